//! Values on their way into statements and out of answers. There are four kinds: 64-bit integers, which booleans and times
//! are as well, floating-point numbers, text and bytes. A value has the kind of its Rust type even where it is NULL, so
//! that a statement's parameters have one type whatever is bound.

use std::borrow::Cow;
use std::fmt::Display;

use rusqlite::types::{ToSqlOutput, ValueRef};

use super::{Result, SqlError};

/// A value to be bound.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Value<'a> {
    Integer(Option<i64>),
    Real(Option<f64>),
    Text(Option<&'a str>),
    Bytes(Option<&'a [u8]>),
}

impl rusqlite::ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        let value = match *self {
            Self::Integer(Some(value)) => ValueRef::Integer(value),
            Self::Real(Some(value)) => ValueRef::Real(value),
            Self::Text(Some(value)) => ValueRef::Text(value.as_bytes()),
            Self::Bytes(Some(value)) => ValueRef::Blob(value),
            Self::Integer(None) | Self::Real(None) | Self::Text(None) | Self::Bytes(None) => ValueRef::Null,
        };
        Ok(ToSqlOutput::Borrowed(value))
    }
}

/// What can be bound.
pub(crate) trait Bind {
    /// It, as a value of its kind.
    fn value(&self) -> Result<Value<'_>>;
}

/// What can be bound, and its NULL.
pub(crate) trait Kind: Bind {
    const NULL: Value<'static>;
}

impl<T: Bind + ?Sized> Bind for &T {
    fn value(&self) -> Result<Value<'_>> {
        (**self).value()
    }
}

impl<T: Kind + ?Sized> Kind for &T {
    const NULL: Value<'static> = T::NULL;
}

impl<T: Kind> Bind for Option<T> {
    fn value(&self) -> Result<Value<'_>> {
        self.as_ref().map_or(Ok(T::NULL), Bind::value)
    }
}

macro_rules! bindable {
    ($kind:ident: $($type:ty, $self:ident => $value:expr;)+) => {
        $(
            impl Bind for $type {
                fn value(&self) -> Result<Value<'_>> {
                    let $self = self;
                    Ok(Value::$kind(Some($value)))
                }
            }

            impl Kind for $type {
                const NULL: Value<'static> = Value::$kind(None);
            }
        )+
    };
}

bindable! { Integer:
    i64, value => *value;
    i32, value => i64::from(*value);
    u8, value => i64::from(*value);
    u32, value => i64::from(*value);
    u64, value => i64::try_from(*value).map_err(|_| SqlError::too_large(*value))?;
    usize, value => i64::try_from(*value).map_err(|_| SqlError::too_large(*value))?;
    bool, value => i64::from(*value);
}

bindable! { Real:
    f64, value => *value;
    f32, value => f64::from(*value);
}

bindable! { Text:
    str, value => value;
    String, value => value;
    Cow<'_, str>, value => value;
}

bindable! { Bytes:
    Vec<u8>, value => value;
}

/// Which parameter is bound: `?1` is the place 1.
#[derive(Debug, Clone, Copy)]
pub(super) enum Key<'a> {
    Place(usize),
    Name(&'a str),
}

/// The parameters of a statement: an array of values of one type, `params!` or `named_params!`.
pub(crate) trait Params {
    /// Passes each of them on.
    #[doc(hidden)]
    #[expect(private_interfaces, reason = "only this folder binds")]
    fn each<'s>(&'s self, to: &mut dyn FnMut(Key<'s>, Value<'s>) -> Result<()>) -> Result<()>;
}

macro_rules! params_of_arrays {
    ($($number:literal)+) => {
        $(
            impl<T: Bind> Params for [T; $number] {
                #[expect(private_interfaces, reason = "only this folder binds")]
                fn each<'s>(&'s self, to: &mut dyn FnMut(Key<'s>, Value<'s>) -> Result<()>) -> Result<()> {
                    self.iter().enumerate().try_for_each(|(place, value)| to(Key::Place(place + 1), value.value()?))
                }
            }
        )+
    };
}

params_of_arrays!(1 2 3 4 5 6);

/// No parameters: `[]`.
impl Params for [&dyn Bind; 0] {
    #[expect(private_interfaces, reason = "only this folder binds")]
    fn each<'s>(&'s self, _: &mut dyn FnMut(Key<'s>, Value<'s>) -> Result<()>) -> Result<()> {
        Ok(())
    }
}

impl Params for &[&dyn Bind] {
    #[expect(private_interfaces, reason = "only this folder binds")]
    fn each<'s>(&'s self, to: &mut dyn FnMut(Key<'s>, Value<'s>) -> Result<()>) -> Result<()> {
        self.iter().enumerate().try_for_each(|(place, value)| to(Key::Place(place + 1), value.value()?))
    }
}

impl Params for &[(&str, &dyn Bind)] {
    #[expect(private_interfaces, reason = "only this folder binds")]
    fn each<'s>(&'s self, to: &mut dyn FnMut(Key<'s>, Value<'s>) -> Result<()>) -> Result<()> {
        self.iter().try_for_each(|(name, value)| to(Key::Name(name), value.value()?))
    }
}

/// A column of an answer, by its name or its place from 0.
pub(crate) trait ColumnIndex: rusqlite::RowIndex + postgres::row::RowIndex + Copy + Display {}

impl ColumnIndex for usize {}
impl ColumnIndex for &str {}

/// A value as an answer holds it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Stored<'a> {
    Null,
    Integer(i64),
    Real(f64),
    Text(&'a [u8]),
    Bytes(&'a [u8]),
}

impl<'a> From<ValueRef<'a>> for Stored<'a> {
    fn from(value: ValueRef<'a>) -> Self {
        match value {
            ValueRef::Null => Self::Null,
            ValueRef::Integer(value) => Self::Integer(value),
            ValueRef::Real(value) => Self::Real(value),
            ValueRef::Text(value) => Self::Text(value),
            ValueRef::Blob(value) => Self::Bytes(value),
        }
    }
}

/// What can be read from a column.
pub(crate) trait FromColumn: Sized {
    /// It; `None` if the column holds something else.
    fn from_column(stored: Stored<'_>) -> Option<Self>;
}

impl<T: FromColumn> FromColumn for Option<T> {
    fn from_column(stored: Stored<'_>) -> Option<Self> {
        match stored {
            Stored::Null => Some(None),
            stored => T::from_column(stored).map(Some),
        }
    }
}

macro_rules! readable_integers {
    ($($type:ty)+) => {
        $(
            impl FromColumn for $type {
                fn from_column(stored: Stored<'_>) -> Option<Self> {
                    let Stored::Integer(value) = stored else { return None };
                    value.try_into().ok()
                }
            }
        )+
    };
}

readable_integers!(i64 i32 u8 u32 u64 usize);

impl FromColumn for bool {
    fn from_column(stored: Stored<'_>) -> Option<Self> {
        i64::from_column(stored).map(|value| value != 0)
    }
}

impl FromColumn for f64 {
    #[expect(clippy::cast_precision_loss, reason = "a whole number in a column of floating-point numbers is small")]
    fn from_column(stored: Stored<'_>) -> Option<Self> {
        match stored {
            Stored::Real(value) => Some(value),
            Stored::Integer(value) => Some(value as Self),
            _ => None,
        }
    }
}

impl FromColumn for f32 {
    #[expect(clippy::cast_possible_truncation, reason = "it was bound as one")]
    fn from_column(stored: Stored<'_>) -> Option<Self> {
        f64::from_column(stored).map(|value| value as Self)
    }
}

impl FromColumn for String {
    fn from_column(stored: Stored<'_>) -> Option<Self> {
        let Stored::Text(value) = stored else { return None };
        Some(std::str::from_utf8(value).ok()?.to_owned())
    }
}

impl FromColumn for Vec<u8> {
    fn from_column(stored: Stored<'_>) -> Option<Self> {
        let Stored::Bytes(value) = stored else { return None };
        Some(value.to_owned())
    }
}
