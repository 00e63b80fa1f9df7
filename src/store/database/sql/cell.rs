//! A value of any column, as it is copied from one engine to the other.

use super::values::Value;
use super::{Bind, ColumnKind, Result, Row};

/// A value of a column; NULL is of its column's kind.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Cell {
    Integer(Option<i64>),
    Real(Option<f64>),
    Text(Option<String>),
    Bytes(Option<Vec<u8>>),
}

impl Cell {
    pub(crate) fn read(row: Row<'_>, place: usize, kind: ColumnKind) -> Result<Self> {
        Ok(match kind {
            ColumnKind::Integer => Self::Integer(row.get(place)?),
            ColumnKind::Real => Self::Real(row.get(place)?),
            // No engine but SQLite has this character in a text.
            ColumnKind::Text => {
                Self::Text(row.get::<_, Option<String>>(place)?.map(|text| text.replace('\0', "\u{fffd}")))
            }
            ColumnKind::Bytes => Self::Bytes(row.get(place)?),
        })
    }

    /// Passes on bytes that tell it from every other value of its kind.
    pub(crate) fn hash(&self, to: &mut dyn FnMut(&[u8])) {
        let mut with_length = |bytes: &[u8]| {
            to(&(bytes.len() as u64 + 1).to_be_bytes());
            to(bytes);
        };
        match self {
            Self::Integer(Some(value)) => with_length(&value.to_be_bytes()),
            Self::Real(Some(value)) => with_length(&value.to_be_bytes()),
            Self::Text(Some(value)) => with_length(value.as_bytes()),
            Self::Bytes(Some(value)) => with_length(value),
            Self::Integer(None) | Self::Real(None) | Self::Text(None) | Self::Bytes(None) => to(&0_u64.to_be_bytes()),
        }
    }
}

impl Bind for Cell {
    fn value(&self) -> Result<Value<'_>> {
        Ok(match self {
            Self::Integer(value) => Value::Integer(*value),
            Self::Real(value) => Value::Real(*value),
            Self::Text(value) => Value::Text(value.as_deref()),
            Self::Bytes(value) => Value::Bytes(value.as_deref()),
        })
    }
}
