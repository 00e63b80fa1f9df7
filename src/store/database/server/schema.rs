//! The schema on a PostgreSQL server: the same tables and columns as SQLite's, under the same numbers. It begins with the
//! first version that could use a server; later steps are numbered, append-only, one purpose each.

use std::path::Path;

use super::processes;
use super::processes::Process;
use crate::store::Error;
use crate::store::database::schema::STEPS;
use crate::store::database::sql::{Connection, SqlError, params};

/// What a step does to programs of the version before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// It only adds what they leave alone, so that they go on beside later ones.
    Expands,
    /// It takes away what they use, and waits until none of them is connected.
    Contracts,
}

/// Each step, the number of the schema that it makes, and whether the version before can go on beside it.
const SERVER_STEPS: &[(usize, Step, &str)] = &[
    (31, Step::Expands, include_str!("0031_base.sql")),
    (32, Step::Expands, include_str!("0032_language.sql")),
    (33, Step::Expands, include_str!("0033_drafts.sql")),
    (34, Step::Expands, include_str!("0034_corrections.sql")),
    (35, Step::Expands, include_str!("0035_labels.sql")),
    (36, Step::Expands, include_str!("0036_draft_samples.sql")),
    (37, Step::Expands, include_str!("0037_filling.sql")),
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

/// The oldest programs, by the number of their schema, that can use a database of a later version.
const USABLE: &str = "SELECT since FROM schema_usable";

const MAKE_USABLE: &str =
    "CREATE TABLE IF NOT EXISTS schema_usable (one BIGINT PRIMARY KEY CHECK (one = 1), since BIGINT NOT NULL)";

const SET_USABLE: &str = "INSERT INTO schema_usable (one, since) VALUES (1, ?1)
    ON CONFLICT (one) DO UPDATE SET since = excluded.since";

/// Makes sure that this program can use a database: its schema is the current one, or a later one that leaves alone what
/// this program uses.
///
/// # Errors
/// [`Error::Missing`] for an empty one; [`Error::OlderSchema`], [`Error::NewerSchema`], [`Error::Foreign`].
pub(in crate::store) fn require_usable(connection: &Connection, path: &Path) -> Result<(), Error> {
    let (found, known) = (schema(connection, path)?, STEPS.len());
    match found {
        0 => Err(Error::Missing { path: path.to_owned() }),
        found if found < known => Err(Error::OlderSchema { path: path.to_owned(), found, known }),
        found if found > known => require_known(connection, found, path),
        _ => Ok(()),
    }
}

fn require_known(connection: &Connection, found: usize, path: &Path) -> Result<(), Error> {
    let known = STEPS.len();
    let since: usize = connection.query_row(USABLE, [], |row| row.get("since"))?;
    if since <= known { Ok(()) } else { Err(Error::NewerSchema { path: path.to_owned(), found, known }) }
}

/// Makes the schema, or brings it up to date, all of it or nothing. A later schema stays as it is.
///
/// # Errors
/// [`Error::Foreign`], [`Error::NewerSchema`], [`Error::Migrate`]; [`Error::EarlierVersions`] while programs are connected
/// that could not go on with the schema.
pub(in crate::store) fn to_latest(connection: &Connection, path: &Path) -> Result<(), Error> {
    let failed = |source: SqlError| Error::Migrate { path: path.to_owned(), source };
    let transaction = connection.begin()?;
    let found = schema(&transaction, path)?;
    if found > STEPS.len() {
        return require_known(&transaction, found, path);
    }
    if found < STEPS.len() {
        let in_the_way = earlier(SERVER_STEPS, found, processes::all(&transaction)?);
        if !in_the_way.is_empty() {
            return Err(Error::EarlierVersions { path: path.to_owned(), processes: in_the_way.join(", ") });
        }
        for (_, _, step) in SERVER_STEPS.iter().filter(|(number, ..)| *number > found) {
            transaction.execute_batch(step).map_err(failed)?;
        }
        transaction.execute(SET_NUMBER, params![STEPS.len()]).map_err(failed)?;
        transaction.execute_batch(MAKE_USABLE).map_err(failed)?;
        transaction.execute(SET_USABLE, params![usable_since(SERVER_STEPS)]).map_err(failed)?;
    }
    transaction.commit().map_err(failed)
}

/// The oldest schema whose programs can use the latest one: nothing was taken away since.
fn usable_since(steps: &[(usize, Step, &str)]) -> usize {
    let last = steps.iter().rev().find(|(_, step, _)| *step == Step::Contracts).or(steps.first());
    last.map_or(0, |(number, ..)| *number)
}

/// The processes that could not go on with what the steps after `found` take away.
fn earlier(steps: &[(usize, Step, &str)], found: usize, connected: Vec<Process>) -> Vec<String> {
    let contracts = steps.iter().rev().find(|(number, step, _)| *number > found && *step == Step::Contracts);
    let Some((since, ..)) = contracts else { return Vec::new() };
    let are_earlier = connected.into_iter().filter(|process| process.schema < *since);
    are_earlier.map(|process| process.to_string()).collect()
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::{Process, SERVER_STEPS, STEPS, Step, earlier, usable_since};

    #[test]
    fn a_server_has_the_same_schema_as_a_file() {
        assert_eq!(SERVER_STEPS.last().map(|(number, ..)| *number), Some(STEPS.len()));
        assert!(SERVER_STEPS.is_sorted_by(|(one, ..), (other, ..)| one < other));
    }

    #[test]
    fn only_a_step_that_takes_something_away_waits_for_earlier_programs() {
        let steps = [(31, Step::Expands, ""), (32, Step::Contracts, ""), (33, Step::Expands, "")];
        let process = |schema: usize| Process {
            command: "run".to_owned(),
            version: "0.0.9".to_owned(),
            schema,
            id: 4711,
            address: None,
            since: DateTime::UNIX_EPOCH,
            is_worker: false,
        };
        assert_eq!(usable_since(&steps), 32);
        assert_eq!(usable_since(&steps[..1]), 31);
        assert_eq!(earlier(&steps, 31, vec![process(31), process(32)]), ["`policy-digest run` 0.0.9 (process 4711)"]);
        assert_eq!(earlier(&steps, 31, vec![process(33)]), [""; 0]);
        assert_eq!(earlier(&steps, 32, vec![process(31)]), [""; 0]);
    }
}
