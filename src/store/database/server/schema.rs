//! The schema on a PostgreSQL server: the same tables and columns as SQLite's, under the same numbers. It begins with the
//! first version that could use a server; later steps are numbered, append-only, one purpose each.

use std::path::Path;

use crate::store::Error;
use crate::store::database::schema::STEPS;
use crate::store::database::sql::{Connection, SqlError, params};

/// Each step, and the number of the schema that it makes.
const SERVER_STEPS: &[(usize, &str)] = &[
    (31, include_str!("0031_base.sql")),
    (32, include_str!("0032_language.sql")),
    (33, include_str!("0033_drafts.sql")),
    (34, include_str!("0034_corrections.sql")),
    (35, include_str!("0035_labels.sql")),
    (36, include_str!("0036_draft_samples.sql")),
];

/// Whether there is a table that keeps the schema's number, and one of its name that would be in the way of ours.
const FOUND: &str = "SELECT to_regclass('schema_number') IS NOT NULL AS is_ours,
    to_regclass('feeds') IS NOT NULL OR to_regclass('items') IS NOT NULL AS is_taken";

const NUMBER: &str = "SELECT number FROM schema_number";

const SET_NUMBER: &str = "INSERT INTO schema_number (one, number) VALUES (1, ?1)
    ON CONFLICT (one) DO UPDATE SET number = excluded.number";

/// The number of a database's schema; 0 if it is empty.
///
/// # Errors
/// [`Error::Foreign`]; [`Error::Statement`].
fn schema(connection: &Connection, path: &Path) -> Result<usize, Error> {
    let (is_ours, is_taken) = connection.query_row(FOUND, [], |row| Ok((row.get("is_ours")?, row.get("is_taken")?)))?;
    match (is_ours, is_taken) {
        (true, _) => Ok(connection.query_row(NUMBER, [], |row| row.get("number"))?),
        (false, false) => Ok(0),
        (false, true) => Err(Error::Foreign { path: path.to_owned() }),
    }
}

/// Makes sure that a database has the current schema.
///
/// # Errors
/// [`Error::Missing`] for an empty one; [`Error::OlderSchema`], [`Error::NewerSchema`], [`Error::Foreign`].
pub(in crate::store) fn require_latest(connection: &Connection, path: &Path) -> Result<(), Error> {
    let (found, known, path) = (schema(connection, path)?, STEPS.len(), path.to_owned());
    match found {
        0 => Err(Error::Missing { path }),
        found if found < known => Err(Error::OlderSchema { path, found, known }),
        found if found > known => Err(Error::NewerSchema { path, found, known }),
        _ => Ok(()),
    }
}

/// Makes the schema, or brings it up to date, all of it or nothing.
///
/// # Errors
/// [`Error::Foreign`], [`Error::NewerSchema`], [`Error::Migrate`].
pub(in crate::store) fn to_latest(connection: &Connection, path: &Path) -> Result<(), Error> {
    let failed = |source: SqlError| Error::Migrate { path: path.to_owned(), source };
    let transaction = connection.begin()?;
    let found = schema(&transaction, path)?;
    if found > STEPS.len() {
        return Err(Error::NewerSchema { path: path.to_owned(), found, known: STEPS.len() });
    }
    if found < STEPS.len() {
        for (_, step) in SERVER_STEPS.iter().filter(|(number, _)| *number > found) {
            transaction.execute_batch(step).map_err(failed)?;
        }
        transaction.execute(SET_NUMBER, params![STEPS.len()]).map_err(failed)?;
    }
    transaction.commit().map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::{SERVER_STEPS, STEPS};

    #[test]
    fn a_server_has_the_same_schema_as_a_file() {
        assert_eq!(SERVER_STEPS.last().map(|(number, _)| *number), Some(STEPS.len()));
        assert!(SERVER_STEPS.is_sorted_by(|(one, _), (other, _)| one < other));
    }
}
