//! The executor: every statement of the store runs through it, so that no other room names a database's driver. Its shape
//! is that of rusqlite, and its work synchronous: closures run on the thread of their connection (`session`).
//!
//! A statement is one text for every engine, with parameters `?1` or `:name`, and is prepared once for a connection. What
//! such a text must not hold is listed in `tests/it/repository/portable.rs`.

mod cell;
mod engine;
mod error;
mod postgres;
mod values;

use std::ops::Deref;

use postgres::Server;

pub(crate) use cell::Cell;
pub(crate) use engine::ColumnKind;
pub use error::SqlError;
pub(crate) use error::{OptionalExtension, Result};
pub(crate) use values::{Bind, ColumnIndex, FromColumn, Params};
use values::{Key, Stored};

/// Positional parameters, `?1` onwards, of any types that can be bound.
macro_rules! params {
    ($($value:expr),* $(,)?) => {
        &[$(&$value as &dyn $crate::store::database::sql::Bind),*] as &[&dyn $crate::store::database::sql::Bind]
    };
}

/// Named parameters: `named_params! { ":id": id }`.
macro_rules! named_params {
    ($($name:literal: $value:expr),+ $(,)?) => {
        &[$(($name, &$value as &dyn $crate::store::database::sql::Bind)),+]
            as &[(&str, &dyn $crate::store::database::sql::Bind)]
    };
}

pub(crate) use {named_params, params};

/// A connection to the database, owned by one thread.
#[derive(Debug)]
pub(crate) struct Connection {
    engine: Engine,
}

#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "there is one for each connection")]
enum Engine {
    Sqlite(rusqlite::Connection),
    Postgres(Server),
}

impl From<rusqlite::Connection> for Connection {
    fn from(connection: rusqlite::Connection) -> Self {
        Self { engine: Engine::Sqlite(connection) }
    }
}

impl From<::postgres::Client> for Connection {
    fn from(client: ::postgres::Client) -> Self {
        Self { engine: Engine::Postgres(Server::new(client)) }
    }
}

impl Connection {
    /// Prepares a statement, or takes it as it was prepared before.
    pub(crate) fn prepare(&self, text: &str) -> Result<Statement<'_>> {
        match &self.engine {
            Engine::Sqlite(connection) => Ok(Statement { engine: Prepared::Sqlite(connection.prepare_cached(text)?) }),
            Engine::Postgres(server) => Ok(Statement { engine: Prepared::Postgres(server, text.to_owned()) }),
        }
    }

    /// Runs a statement that returns no rows. The number of rows that it changed.
    pub(crate) fn execute(&self, text: &str, values: impl Params) -> Result<usize> {
        self.prepare(text)?.execute(values)
    }

    /// The first row of an answer; [`SqlError::is_no_row`] if there is none.
    pub(crate) fn query_row<T>(
        &self,
        text: &str,
        values: impl Params,
        read: impl FnOnce(Row<'_>) -> Result<T>,
    ) -> Result<T> {
        self.prepare(text)?.query_row(values, read)
    }

    /// Runs several statements without parameters, prepared for this one time.
    pub(super) fn execute_batch(&self, text: &str) -> Result<()> {
        match &self.engine {
            Engine::Sqlite(connection) => Ok(connection.execute_batch(text)?),
            Engine::Postgres(server) => server.batch(text),
        }
    }

    /// Begins a transaction in which the database has one writer. It is rolled back unless it is committed.
    pub(crate) fn begin(&self) -> Result<Transaction<'_>> {
        match &self.engine {
            Engine::Sqlite(connection) => connection.execute_batch("BEGIN IMMEDIATE")?,
            Engine::Postgres(server) => server.begin()?,
        }
        Ok(Transaction { connection: self })
    }

    /// Whether no transaction is open: a full disk, for instance, ends one by itself.
    fn is_outside_transaction(&self) -> bool {
        match &self.engine {
            Engine::Sqlite(connection) => connection.is_autocommit(),
            Engine::Postgres(server) => !server.is_in_transaction(),
        }
    }

    /// Ends a transaction.
    fn end(&self, how: &str) -> Result<()> {
        match &self.engine {
            Engine::Sqlite(connection) => Ok(connection.execute_batch(how)?),
            Engine::Postgres(server) => server.end(how),
        }
    }

    /// Whether it is lost: nothing that it is asked will be answered.
    pub(super) fn is_over(&self) -> bool {
        match &self.engine {
            Engine::Sqlite(_) => false,
            Engine::Postgres(server) => server.is_over(),
        }
    }

    /// Whether it leads to a server.
    pub(super) fn is_remote(&self) -> bool {
        matches!(self.engine, Engine::Postgres(_))
    }

    /// Shows the server that this process runs.
    pub(super) fn pulse(&self) -> Result<()> {
        match &self.engine {
            Engine::Sqlite(_) => Ok(()),
            Engine::Postgres(server) => server.batch("SELECT 1"),
        }
    }

    /// SQLite's connection, for what only SQLite has: pragmas, copies of the file, interrupts.
    pub(in crate::store) fn as_sqlite(&mut self) -> Option<&mut rusqlite::Connection> {
        match &mut self.engine {
            Engine::Sqlite(connection) => Some(connection),
            Engine::Postgres(_) => None,
        }
    }

    /// The same where it is known to be one to a file.
    pub(in crate::store) fn sqlite(&mut self) -> &mut rusqlite::Connection {
        self.as_sqlite().expect("this is done with files only")
    }

    /// Closes it; the last one to close writes a log back.
    pub(super) fn close(self) -> Result<()> {
        match self.engine {
            Engine::Sqlite(connection) => connection.close().map_err(|(_, error)| error.into()),
            Engine::Postgres(server) => server.close(),
        }
    }
}

/// A transaction of the writer.
#[derive(Debug)]
pub(crate) struct Transaction<'a> {
    connection: &'a Connection,
}

impl Deref for Transaction<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.connection
    }
}

impl Transaction<'_> {
    /// Commits it. If that fails, it is rolled back.
    pub(crate) fn commit(self) -> Result<()> {
        self.end("COMMIT")
    }

    /// Runs `work` so that its failure undoes its own statements and no others; the outer error has ended the transaction.
    pub(crate) fn apart<T, E: From<SqlError>>(
        &self,
        work: impl FnOnce() -> std::result::Result<T, E>,
    ) -> std::result::Result<std::result::Result<T, E>, E> {
        let mark = |statement| self.execute(statement, []);
        mark("SAVEPOINT apart")?;
        let done = work();
        if let Err(error) = done {
            if self.is_outside_transaction() {
                return Err(error);
            }
            mark("ROLLBACK TO SAVEPOINT apart")?;
            mark("RELEASE SAVEPOINT apart")?;
            return Ok(Err(error));
        }
        mark("RELEASE SAVEPOINT apart")?;
        Ok(done)
    }
}

impl Drop for Transaction<'_> {
    fn drop(&mut self) {
        if !self.is_outside_transaction()
            && let Err(error) = self.end("ROLLBACK")
        {
            tracing::debug!("a transaction was not rolled back: {error}");
        }
    }
}

/// A prepared statement.
pub(crate) struct Statement<'a> {
    engine: Prepared<'a>,
}

enum Prepared<'a> {
    Sqlite(rusqlite::CachedStatement<'a>),
    Postgres(&'a Server, String),
}

impl Statement<'_> {
    /// Runs it; the number of rows that it changed.
    pub(crate) fn execute(&mut self, values: impl Params) -> Result<usize> {
        match &mut self.engine {
            Prepared::Sqlite(statement) => {
                bind(statement, values)?;
                Ok(statement.raw_execute()?)
            }
            Prepared::Postgres(server, text) => server.execute(text, values),
        }
    }

    /// Asks it.
    pub(crate) fn query(&mut self, values: impl Params) -> Result<Rows<'_>> {
        match &mut self.engine {
            Prepared::Sqlite(statement) => {
                bind(statement, values)?;
                Ok(Rows { engine: Answered::Sqlite(statement.raw_query()) })
            }
            Prepared::Postgres(server, text) => {
                Ok(Rows { engine: Answered::Postgres { rows: server.query(text, values)?, next: 0 } })
            }
        }
    }

    /// Asks it, and reads each row of the answer.
    pub(crate) fn query_map<T, F: FnMut(Row<'_>) -> Result<T>>(
        &mut self,
        values: impl Params,
        read: F,
    ) -> Result<Mapped<'_, F>> {
        Ok(Mapped { rows: self.query(values)?, read })
    }

    /// The first row of its answer; [`SqlError::is_no_row`] if there is none.
    pub(crate) fn query_row<T>(&mut self, values: impl Params, read: impl FnOnce(Row<'_>) -> Result<T>) -> Result<T> {
        self.query(values)?.next()?.map_or_else(|| Err(SqlError::no_row()), read)
    }

    /// Whether its answer has a row.
    pub(crate) fn exists(&mut self, values: impl Params) -> Result<bool> {
        Ok(self.query(values)?.next()?.is_some())
    }
}

fn bind(statement: &mut rusqlite::Statement<'_>, values: impl Params) -> Result<()> {
    let mut bound = 0;
    values.each(&mut |key, value| {
        let index = match key {
            Key::Place(place) => place,
            Key::Name(name) => statement
                .parameter_index(name)?
                .ok_or_else(|| rusqlite::Error::InvalidParameterName(name.to_owned()))?,
        };
        bound += 1;
        Ok(statement.raw_bind_parameter(index, value)?)
    })?;
    let wanted = statement.parameter_count();
    if bound == wanted { Ok(()) } else { Err(rusqlite::Error::InvalidParameterCount(bound, wanted).into()) }
}

/// An answer, read row by row.
pub(crate) struct Rows<'a> {
    engine: Answered<'a>,
}

enum Answered<'a> {
    Sqlite(rusqlite::Rows<'a>),
    Postgres { rows: Vec<::postgres::Row>, next: usize },
}

impl Rows<'_> {
    /// The next row; `None` at the end.
    pub(crate) fn next(&mut self) -> Result<Option<Row<'_>>> {
        match &mut self.engine {
            Answered::Sqlite(rows) => Ok(rows.next()?.map(|row| Row { engine: Read::Sqlite(row) })),
            Answered::Postgres { rows, next } => {
                *next += 1;
                Ok(rows.get(*next - 1).map(|row| Row { engine: Read::Postgres(row) }))
            }
        }
    }
}

/// An answer whose rows are read by a function.
pub(crate) struct Mapped<'a, F> {
    rows: Rows<'a>,
    read: F,
}

impl<T, F: FnMut(Row<'_>) -> Result<T>> Iterator for Mapped<'_, F> {
    type Item = Result<T>;

    fn next(&mut self) -> Option<Result<T>> {
        self.rows.next().map(|row| row.map(&mut self.read)).unwrap_or_else(|error| Some(Err(error)))
    }
}

/// A row of an answer.
#[derive(Clone, Copy)]
pub(crate) struct Row<'a> {
    engine: Read<'a>,
}

#[derive(Clone, Copy)]
enum Read<'a> {
    Sqlite(&'a rusqlite::Row<'a>),
    Postgres(&'a ::postgres::Row),
}

impl Row<'_> {
    /// The value of a column, by its name or place.
    pub(crate) fn get<I: ColumnIndex, T: FromColumn>(&self, column: I) -> Result<T> {
        let stored = match self.engine {
            Read::Sqlite(row) => Stored::from(row.get_ref(column)?),
            Read::Postgres(row) => row.try_get(column)?,
        };
        T::from_column(stored).ok_or_else(|| SqlError::column(column, stored))
    }
}
