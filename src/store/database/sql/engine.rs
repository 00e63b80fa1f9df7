//! What engines do differently beyond their statements: which tables and columns there are, and how a session is let write.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use super::{Connection, Engine, Result, Row, params};

/// The kind of a column's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ColumnKind {
    Integer,
    Real,
    Text,
    Bytes,
}

impl Connection {
    /// The columns of a table that can be written, in their order, with their kinds. Generated ones are left out.
    pub(in crate::store::database) fn columns(&self, table: &str) -> Result<Vec<(String, ColumnKind)>> {
        let columns = match &self.engine {
            Engine::Sqlite(_) => "SELECT name, type FROM pragma_table_xinfo(?1, 'main') WHERE hidden = 0 ORDER BY cid",
            Engine::Postgres(_) => {
                "SELECT column_name AS name, data_type AS type FROM information_schema.columns
                 WHERE table_schema = current_schema() AND table_name = ?1 AND is_generated = 'NEVER'
                 ORDER BY ordinal_position"
            }
        };
        let mut statement = self.prepare(columns)?;
        let column = |row: Row<'_>| {
            let kind = match row.get::<_, String>("type")?.as_str() {
                "INTEGER" | "bigint" => ColumnKind::Integer,
                "REAL" | "double precision" => ColumnKind::Real,
                "BLOB" | "bytea" => ColumnKind::Bytes,
                _ => ColumnKind::Text,
            };
            Ok((row.get("name")?, kind))
        };
        statement.query_map(params![table], column)?.collect()
    }

    /// The name before that of a table, to tell it from a temporary one.
    pub(in crate::store::database) fn schema_name(&self) -> Result<String> {
        match &self.engine {
            Engine::Sqlite(_) => Ok("main".to_owned()),
            Engine::Postgres(_) => {
                self.query_row("SELECT CAST(current_schema() AS TEXT) AS name", [], |row| row.get("name"))
            }
        }
    }

    /// Lets a connection that only reads make temporary tables, or not any more.
    pub(in crate::store::database) fn allow_temporary(&self, is_allowed: bool) -> Result<()> {
        self.execute_batch(match (&self.engine, is_allowed) {
            (Engine::Sqlite(_), true) => "PRAGMA query_only = OFF; PRAGMA temp_store = MEMORY;",
            (Engine::Sqlite(_), false) => "PRAGMA query_only = ON",
            (Engine::Postgres(_), true) => "SET default_transaction_read_only = off",
            (Engine::Postgres(_), false) => "SET default_transaction_read_only = on",
        })
    }

    /// Reads every row of an answer inside a transaction, however many there are, without keeping them.
    pub(in crate::store::database) fn each_row(
        &self,
        text: &str,
        mut read: impl FnMut(Row<'_>) -> Result<()>,
    ) -> Result<()> {
        let mut pass = |text: &str| -> Result<usize> {
            let (mut statement, mut number) = (self.prepare(text)?, 0);
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                number += 1;
                read(row)?;
            }
            Ok(number)
        };
        match &self.engine {
            Engine::Sqlite(_) => pass(text).map(|_| ()),
            Engine::Postgres(_) => {
                // Each statement has a name of its own: a prepared FETCH has the columns of one.
                let mut hash = DefaultHasher::new();
                text.hash(&mut hash);
                let name = format!("every_{:016x}", hash.finish());
                self.execute_batch(&format!("DECLARE {name} NO SCROLL CURSOR FOR {text}"))?;
                while pass(&format!("FETCH 1000 FROM {name}"))? > 0 {}
                self.execute_batch(&format!("CLOSE {name}"))
            }
        }
    }

    /// Stops the triggers of a table that is filled from a copy, whose counts are in the copy; returns what starts them again.
    pub(in crate::store::database) fn stop_triggers(&self, table: &str) -> Result<String> {
        match &self.engine {
            Engine::Sqlite(_) => {
                let mut statement =
                    self.prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = ?1")?;
                let triggers: Vec<(String, String)> = statement
                    .query_map([table], |row| Ok((row.get("name")?, row.get("sql")?)))?
                    .collect::<Result<_>>()?;
                for (name, _) in &triggers {
                    self.execute_batch(&format!("DROP TRIGGER {name}"))?;
                }
                Ok(triggers.into_iter().map(|(_, text)| text + ";").collect())
            }
            Engine::Postgres(_) => {
                self.execute_batch(&format!("ALTER TABLE {table} DISABLE TRIGGER USER"))?;
                Ok(format!("ALTER TABLE {table} ENABLE TRIGGER USER;"))
            }
        }
    }

    /// Lets the numbers of a filled table go on after the highest; SQLite does so by itself.
    pub(in crate::store::database) fn go_on_numbering(&self, table: &str, column: &str) -> Result<()> {
        match &self.engine {
            Engine::Sqlite(_) => Ok(()),
            Engine::Postgres(_) => self.execute_batch(&format!(
                "SELECT setval(pg_get_serial_sequence('{table}', '{column}'), (SELECT max({column}) FROM {table}))
                 WHERE pg_get_serial_sequence('{table}', '{column}') IS NOT NULL AND EXISTS (SELECT 1 FROM {table})"
            )),
        }
    }
}
