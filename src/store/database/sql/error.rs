//! What a database answers instead of rows. Nothing outside this folder asks which driver said it.

use std::fmt;

use postgres::error::SqlState;

use super::values::{ColumnIndex, Stored};
use crate::store::Error;

/// A statement that failed, or an answer that cannot be read.
#[derive(Debug)]
pub struct SqlError(Cause);

#[derive(Debug)]
enum Cause {
    Sqlite(rusqlite::Error),
    Migration(rusqlite_migration::Error),
    Postgres(postgres::Error),
    Tls(String),
    Parameter(String),
    NoRow,
    Column { column: String, found: &'static str },
    TooLarge(u64),
}

pub(crate) type Result<T> = std::result::Result<T, SqlError>;

impl SqlError {
    pub(super) fn no_row() -> Self {
        Self(Cause::NoRow)
    }

    pub(super) fn column(column: impl ColumnIndex, stored: Stored<'_>) -> Self {
        let found = match stored {
            Stored::Null => "nothing",
            Stored::Integer(_) => "an integer",
            Stored::Real(_) => "a number",
            Stored::Text(_) => "text",
            Stored::Bytes(_) => "bytes",
        };
        Self(Cause::Column { column: column.to_string(), found })
    }

    pub(super) fn parameter(name: &str) -> Self {
        Self(Cause::Parameter(name.to_owned()))
    }

    pub(in crate::store::database) fn tls(why: String) -> Self {
        Self(Cause::Tls(why))
    }

    pub(super) fn too_large(value: impl TryInto<u64>) -> Self {
        Self(Cause::TooLarge(value.try_into().unwrap_or(u64::MAX)))
    }

    /// Whether there was no row where one was read.
    pub(crate) fn is_no_row(&self) -> bool {
        matches!(self.0, Cause::NoRow)
    }

    /// Whether a statement that a session had prepared was not there: a pooler has given it another session of the server's.
    pub(in crate::store::database) fn is_another_session(&self) -> bool {
        let codes = [SqlState::INVALID_SQL_STATEMENT_NAME, SqlState::DUPLICATE_PSTATEMENT];
        matches!(&self.0, Cause::Postgres(error) if error.code().is_some_and(|code| codes.contains(code)))
    }

    /// Whether a server said it, or kept silent.
    pub(in crate::store::database) fn is_of_server(&self) -> bool {
        matches!(self.0, Cause::Postgres(_) | Cause::Tls(_))
    }

    /// SQLite's code for it.
    pub(in crate::store::database) fn sqlite_code(&self) -> Option<rusqlite::ErrorCode> {
        match &self.0 {
            Cause::Sqlite(error) => error.sqlite_error_code(),
            Cause::Migration(rusqlite_migration::Error::RusqliteError { err, .. }) => err.sqlite_error_code(),
            _ => None,
        }
    }
}

impl From<rusqlite::Error> for SqlError {
    fn from(error: rusqlite::Error) -> Self {
        Self(Cause::Sqlite(error))
    }
}

impl From<rusqlite_migration::Error> for SqlError {
    fn from(error: rusqlite_migration::Error) -> Self {
        Self(Cause::Migration(error))
    }
}

impl From<postgres::Error> for SqlError {
    fn from(error: postgres::Error) -> Self {
        Self(Cause::Postgres(error))
    }
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        Self::Statement(error.into())
    }
}

impl fmt::Display for SqlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Cause::Sqlite(error) => error.fmt(f),
            Cause::Migration(error) => error.fmt(f),
            // The driver says only `db error` of what the server has said.
            Cause::Postgres(error) => match error.as_db_error() {
                Some(said) => write!(f, "{} ({})", said.message(), said.code().code()),
                None => error.fmt(f),
            },
            Cause::Tls(why) => write!(f, "a certificate authority cannot be used: {why}"),
            Cause::Parameter(name) => write!(f, "the parameter `{name}` has no value"),
            Cause::NoRow => f.write_str("the answer has no row"),
            Cause::Column { column, found } => write!(f, "the column `{column}` holds {found}"),
            Cause::TooLarge(value) => write!(f, "{value} is too large for a column"),
        }
    }
}

impl std::error::Error for SqlError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.0 {
            Cause::Sqlite(error) => error.source(),
            Cause::Migration(error) => error.source(),
            Cause::Postgres(error) if error.as_db_error().is_none() => error.source(),
            _ => None,
        }
    }
}

/// `None` where there is no row.
pub(crate) trait OptionalExtension<T> {
    fn optional(self) -> Result<Option<T>>;
}

impl<T> OptionalExtension<T> for Result<T> {
    fn optional(self) -> Result<Option<T>> {
        match self {
            Ok(value) => Ok(Some(value)),
            Err(error) if error.is_no_row() => Ok(None),
            Err(error) => Err(error),
        }
    }
}
