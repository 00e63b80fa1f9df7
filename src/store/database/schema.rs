//! The schema's migrations: numbered, append-only, one purpose each. A database of a later version is refused.

use std::path::Path;

use rusqlite::{Connection, Row};
use rusqlite_migration::{Error as MigrationError, M, MigrationDefinitionError, Migrations};

use super::connection;
use super::sql::{self, SqlError};
use crate::store::Error;
use crate::store::items::key;

pub(crate) const STEPS: &[M<'_>] = &[
    M::up(include_str!("migrations/0001_base.sql")),
    M::up(include_str!("migrations/0002_visits.sql")),
    M::up(include_str!("migrations/0003_digests.sql")),
    M::up(include_str!("migrations/0004_borderline.sql")),
    M::up(include_str!("migrations/0005_reasons.sql")),
    M::up(include_str!("migrations/0006_archives.sql")),
    M::up(include_str!("migrations/0007_notes.sql")),
    M::up(include_str!("migrations/0008_trust.sql")),
    M::up(include_str!("migrations/0009_claims.sql")),
    M::up(include_str!("migrations/0010_bounces.sql")),
    M::up(include_str!("migrations/0011_namesakes.sql")),
    M::up(include_str!("migrations/0012_consent.sql")),
    M::up(include_str!("migrations/0013_self.sql")),
    M::up(include_str!("migrations/0014_public.sql")),
    M::up(include_str!("migrations/0015_moves.sql")),
    M::up(include_str!("migrations/0016_upkeep.sql")),
    M::up(include_str!("migrations/0017_alarms.sql")),
    M::up(include_str!("migrations/0018_looks.sql")),
    M::up(include_str!("migrations/0019_ownership.sql")),
    M::up(include_str!("migrations/0020_key_numbers.sql")),
    M::up(include_str!("migrations/0021_tallies.sql")),
    M::up(include_str!("migrations/0022_requests.sql")),
    M::up(include_str!("migrations/0023_links.sql")),
    M::up(include_str!("migrations/0024_excerpts.sql")),
    M::up(include_str!("migrations/0025_cuts.sql")),
    M::up(include_str!("migrations/0026_application.sql")),
    M::up(include_str!("migrations/0027_identity.sql")),
    M::up(include_str!("migrations/0028_vocabulary.sql")),
    M::up(include_str!("migrations/0029_item_texts.sql")),
    M::up(include_str!("migrations/0030_selected.sql")),
    M::up(include_str!("migrations/0031_portable.sql")),
    M::up(include_str!("migrations/0032_language.sql")),
    M::up(include_str!("migrations/0033_drafts.sql")),
    M::up(include_str!("migrations/0034_corrections.sql")),
    M::up(include_str!("migrations/0035_labels.sql")),
    M::up(include_str!("migrations/0036_draft_samples.sql")),
    M::up(include_str!("migrations/0037_filling.sql")),
];

/// Marks a file as ours in SQLite's header (<https://sqlite.org/pragma.html#pragma_application_id>): "PDig".
const APPLICATION_ID: i32 = 0x5044_6967;

/// Tables that every database of this program has had from the start; they identify one that has no [`APPLICATION_ID`] yet.
const TABLES: [&str; 7] = ["keys", "feeds", "stories", "items", "runs", "subscribers", "messages"];

/// The number of a database's schema; 0 if it is empty.
///
/// # Errors
/// [`Error::Foreign`], [`Error::Open`].
pub(crate) fn schema(connection: &Connection, path: &Path) -> Result<usize, Error> {
    let cannot_open = |source| connection::cannot_open(path, source);
    let question = "SELECT a.application_id, v.user_version, (SELECT count(*) FROM sqlite_schema),
                    (SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name IN (SELECT value FROM json_each(?1)))
                    FROM pragma_application_id a, pragma_user_version v";
    let columns = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?));
    let tables = crate::store::to_json(&TABLES.map(str::to_owned));
    let (application, schema, all, ours): (i32, usize, usize, usize) =
        connection.query_row(question, [tables], columns).map_err(cannot_open)?;
    match (application, schema) {
        (APPLICATION_ID, _) => Ok(schema),
        (0, 0) if all == 0 => Ok(0),
        (0, 1..) if ours == TABLES.len() => Ok(schema),
        _ => Err(Error::Foreign { path: path.to_owned() }),
    }
}

/// Makes sure that a database has the current schema.
///
/// # Errors
/// [`Error::Missing`] for an empty file, which another process may be creating; [`Error::OlderSchema`],
/// [`Error::NewerSchema`]; those of [`schema`].
pub(crate) fn require_latest(connection: &Connection, path: &Path) -> Result<(), Error> {
    let (found, known, path) = (schema(connection, path)?, STEPS.len(), path.to_owned());
    match found {
        0 => Err(Error::Missing { path }),
        found if found < known => Err(Error::OlderSchema { path, found, known }),
        found if found > known => Err(Error::NewerSchema { path, found, known }),
        _ => Ok(()),
    }
}

/// Brings the schema up to date, all of it or nothing.
///
/// # Errors
/// [`Error::NewerSchema`], [`Error::Migrate`].
pub(crate) fn to_latest(connection: &mut sql::Connection, path: &Path) -> Result<(), Error> {
    let path = path.to_owned();
    let failed = |source: SqlError| Error::Migrate { path: path.clone(), source };
    let found: usize = connection
        .sqlite()
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .map_err(|error| failed(error.into()))?;
    if (1..SHORT_KEYS).contains(&found) {
        key::shorten(connection).map_err(failed)?;
    }
    match Migrations::from_slice(STEPS).to_latest(connection.sqlite()) {
        Err(MigrationError::MigrationDefinition(MigrationDefinitionError::DatabaseTooFarAhead)) => {
            Err(Error::NewerSchema { path, found, known: STEPS.len() })
        }
        migrated => migrated.map_err(|error| failed(error.into())),
    }
}

/// From this schema on, no key of an item is longer than [`key::LONGEST`](crate::store::items::key::LONGEST).
const SHORT_KEYS: usize = 31;

#[cfg(test)]
mod tests {
    use rusqlite::Connection;
    use rusqlite_migration::Migrations;

    use super::STEPS;
    use crate::store::selection::reasons;

    #[test]
    fn reasons_that_were_kept_with_their_names_are_read() {
        let mut connection = Connection::open_in_memory().unwrap();
        let steps = Migrations::from_slice(STEPS);
        steps.to_version(&mut connection, 4).unwrap();
        let before = r#"[{"phrase":"joined-up","found":"Joined‑up \"work\"","place":"title","weight":3.1123838,"label":"care"},
            {"phrase":"prior","found":"","place":"feed","weight":-1.0,"label":null}]"#;
        connection
            .execute_batch(
                "INSERT INTO feeds (id, title, url, since, next_check) VALUES ('f', 'F', 'https://example.org/feed', 0, 0);
                 INSERT INTO stories (id, made) VALUES (1, 0);",
            )
            .unwrap();
        connection
            .execute(
                "INSERT INTO items (feed, identity, story, title, summary, content, categories, arrived, mailable, title_key,
                 shingles, words, prior, score, picked, themes, reasons, fingerprint)
                 VALUES ('f', 'id:1', 1, 't', '', '', '[]', 0, 1, 't', 0, 0, 0, 1, 1, '[]', ?1, '')",
                [before],
            )
            .unwrap();
        steps.to_latest(&mut connection).unwrap();
        let after: String = connection.query_row("SELECT reasons FROM items", [], |row| row.get(0)).unwrap();
        let read = reasons::read(&after).unwrap();
        assert_eq!((&*read[0].phrase, read[0].found.as_str()), ("joined-up", "Joined‑up \"work\""));
        assert_eq!((read[0].label.as_deref(), read[1].label.as_deref()), (Some("care"), None));
        assert_eq!(reasons::read(&reasons::write(&read)).unwrap()[0].weight, 3.112);
    }

    #[test]
    fn digests_that_were_sent_before_are_told_of_and_others_are_not() {
        let mut connection = Connection::open_in_memory().unwrap();
        let steps = Migrations::from_slice(STEPS);
        steps.to_version(&mut connection, 13).unwrap();
        connection
            .execute_batch(
                "INSERT INTO runs (id, cadence, slot, due, made, upto) VALUES (1, 'once', 'a', 10, 10, 3), (2, 'once', 'b', 20, 20, 3);
                 INSERT INTO stories (id, seq, made) VALUES (1, 1, 0), (2, 2, 0), (3, 3, 0);
                 INSERT INTO run_stories (run, story, listed) VALUES (1, 1, 0), (1, 2, 0), (1, 3, 1);
                 INSERT INTO parts (id, run, subject, text, html) VALUES (1, 1, '', '', '');
                 INSERT INTO messages (kind, run, subscriber, address, message_id, part, state, next_attempt, made, settled)
                 VALUES ('digest', 1, 'a', '', '1', 1, 'failed', 0, 10, 11), ('digest', 1, 'b', '', '2', 1, 'sent', 0, 10, 13),
                 ('digest', 1, 'c', '', '3', 1, 'sent', 0, 10, 12), ('digest', 2, 'a', '', '4', 1, 'failed', 0, 20, 21);",
            )
            .unwrap();
        steps.to_latest(&mut connection).unwrap();
        let mut statement = connection.prepare("SELECT published, stories FROM runs ORDER BY id").unwrap();
        let runs = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        let runs: Vec<(Option<i64>, i64)> = runs.map(Result::unwrap).collect();
        assert_eq!(runs, [(Some(12), 2), (None, 0)]);
    }

    #[test]
    fn what_was_kept_before_is_counted_with_what_is_kept_no_longer() {
        let mut connection = Connection::open_in_memory().unwrap();
        let steps = Migrations::from_slice(STEPS);
        steps.to_version(&mut connection, 20).unwrap();
        connection
            .execute_batch(
                "INSERT INTO feeds (id, title, url, since, next_check) VALUES ('f', 'F', 'https://example.org/feed', 0, 0);
                 INSERT INTO stories (id, made) VALUES (1, 0);
                 INSERT INTO items (feed, identity, story, title, summary, content, categories, arrived, mailable, title_key,
                 shingles, words, prior, score, picked, themes, reasons, fingerprint)
                 SELECT 'f', 'id:' || value, 1, 't', '', '', '[]', 0, 1, 't', 0, 0, 0, 1, value = 1, '[]', '[]', ''
                 FROM json_each('[1, 2, 3]');
                 INSERT INTO runs (id, cadence, slot, due, made, upto) VALUES (1, 'once', 'a', 10, 10, 3);
                 INSERT INTO parts (id, subject, text, html) VALUES (1, '', '', '');
                 INSERT INTO tallies (run, state, count) VALUES (0, 'failed', 1), (1, 'sent', 5);
                 INSERT INTO messages (kind, run, subscriber, address, message_id, part, state, next_attempt, made)
                 VALUES ('digest', 1, 'a', '', '1', 1, 'sent', 0, 10), ('digest', 1, 'b', '', '2', 1, 'queued', 0, 10),
                 ('confirmation', NULL, 'b', '', '3', 1, 'sent', 0, 10);
                 INSERT INTO subscribers (id, address, address_key, status, cadence, covered, consent, joined)
                 VALUES ('a', 'a@example.org', 'a@example.org', 'active', 'weekly', 0, '', 0);",
            )
            .unwrap();
        steps.to_latest(&mut connection).unwrap();
        let rows = |question: &str| -> String {
            let question = format!("SELECT group_concat(line, ', ') FROM ({question})");
            connection.query_row(&question, [], |row| row.get(0)).unwrap()
        };
        assert_eq!(rows("SELECT items || ' ' || selected AS line FROM feeds"), "3 1");
        let tallies = "SELECT run || ' ' || state || ' ' || count AS line FROM tallies ORDER BY run, state";
        assert_eq!(rows(tallies), "0 failed 1, 0 sent 1, 1 queued 1, 1 sent 6");
        let totals = "SELECT subject || ' ' || state || ' ' || count AS line FROM totals ORDER BY subject, state";
        assert_eq!(rows(totals), "messages failed 1, messages queued 1, messages sent 7, subscribers active 1");
    }
}
