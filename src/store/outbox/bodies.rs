//! Bodies: rendered emails, before what is personal is put into them. A run's are shared by many messages; the others have
//! one message each.

use crate::store::Outbox;
use std::collections::HashSet;

use crate::store::database::sql::{self, OptionalExtension as _, Row, Transaction, params};

use crate::store::Error;

/// What a message says, before what is personal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Body {
    /// Subject line.
    pub subject: String,
    /// Plain text.
    pub text: String,
    /// HTML.
    pub html: String,
    /// The language in which it was rendered; empty for the default one.
    pub language: String,
    /// The run that it was rendered for; none for an email to one person.
    pub run: Option<RunName>,
}

/// A run, as emails and reports name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunName {
    /// Its number.
    pub id: i64,
    /// daily, weekly, monthly or once.
    pub cadence: String,
}

const BODY: &str =
    "SELECT p.language, p.subject, p.text, p.html, r.id AS run, r.cadence FROM bodies p LEFT JOIN runs r ON r.id = p.run
    WHERE p.id = ?1";

fn body(row: Row<'_>) -> sql::Result<Body> {
    let run = match (row.get("run")?, row.get("cadence")?) {
        (Some(id), Some(cadence)) => Some(RunName { id, cadence }),
        _ => None,
    };
    let (language, subject) = (row.get("language")?, row.get("subject")?);
    Ok(Body { language, subject, text: row.get("text")?, html: row.get("html")?, run })
}

impl Outbox<'_> {
    /// What a message says.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn body(self, id: i64) -> Result<Body, Error> {
        self.reader.read(move |connection| Ok(connection.prepare(BODY)?.query_row([id], body)?)).await
    }
}

const INSERT: &str = "INSERT INTO bodies (run, language, subject, text, html) VALUES (?1, ?2, ?3, ?4, ?5) RETURNING id";

/// Keeps a rendered email: its subject, text and HTML. Its number.
pub(in crate::store) fn insert(
    tx: &Transaction<'_>,
    run: Option<i64>,
    language: &str,
    (subject, text, html): (&str, &str, &str),
) -> Result<i64, Error> {
    Ok(tx.prepare(INSERT)?.query_row(params![run, language, subject, text, html], |row| row.get("id"))?)
}

/// Removes the bodies of a run that has no messages after all.
pub(in crate::store) fn remove_of_run(tx: &Transaction<'_>, run: i64) -> Result<(), Error> {
    tx.execute("DELETE FROM bodies WHERE run = ?1", [run])?;
    Ok(())
}

const LAST_RUNS: &str = "SELECT max(r.id) AS run FROM runs r JOIN bodies p ON p.run = r.id GROUP BY r.cadence";

const RUN_OF_UNUSED: &str =
    "SELECT run FROM bodies WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM messages WHERE body = bodies.id)";

/// Removes those of these bodies that no message has any more, save those of each cadence's last run, whose subjects the
/// next one must not repeat.
pub(super) fn remove_unused(tx: &Transaction<'_>, bodies: &HashSet<i64>) -> Result<(), Error> {
    let mut statement = tx.prepare(LAST_RUNS)?;
    let last: HashSet<i64> = statement.query_map([], |row| row.get("run"))?.collect::<Result<_, _>>()?;
    for body in bodies {
        let unused = tx.prepare(RUN_OF_UNUSED)?.query_row([body], |row| row.get("run")).optional()?;
        let is_of_last = |run: Option<i64>| run.is_some_and(|run| last.contains(&run));
        if unused.is_some_and(|run| !is_of_last(run)) {
            tx.prepare("DELETE FROM bodies WHERE id = ?1")?.execute([body])?;
        }
    }
    Ok(())
}
