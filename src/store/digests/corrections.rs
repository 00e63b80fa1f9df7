//! Corrections of stories that were sent. The frozen page of their digest stays as it was: it is shown with them.

use crate::store::database::sql::{Connection, OptionalExtension as _, Params, Row, Transaction, named_params, params};
use chrono::{DateTime, Utc};

use crate::domain::digests::correction::{Correction, Kind};
use crate::domain::subscribers::subscriber::Cadence;
use crate::store::{Archive, DigestChanges, Digests, Error, seconds, time, word};

/// A correction to be recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCorrection {
    /// The run.
    pub run: i64,
    /// The story's number.
    pub seq: i64,
    /// Which kind.
    pub kind: Kind,
    /// What is wrong.
    pub words: String,
}

/// Conditions for [`select`], with their order.
const OF_PAGE: &str = "WHERE c.run = (SELECT run FROM archives WHERE name = ?1) ORDER BY c.id";

/// Those of digests that the readers of a cadence got: its own, and those of `once`.
const UNANNOUNCED: &str = "JOIN runs r ON r.id = c.run WHERE c.announced IS NULL AND r.published IS NOT NULL
    AND (?1 IS NULL OR r.cadence = ?1 OR r.cadence = 'once') ORDER BY c.id";

impl Archive<'_> {
    /// The corrections of a page, each with its time.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn corrections(self, name: String) -> Result<Vec<(Correction, DateTime<Utc>)>, Error> {
        self.reader.read(move |connection| select(connection, OF_PAGE, params![name])).await
    }
}

impl Digests<'_> {
    /// The corrections that the next digest of a cadence, or of `once`, announces.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn unannounced(self, cadence: Option<Cadence>) -> Result<Vec<Correction>, Error> {
        let cadence = cadence.map(Cadence::as_str);
        let found = self.reader.read(move |connection| select(connection, UNANNOUNCED, params![cadence])).await?;
        Ok(found.into_iter().map(|(correction, _)| correction).collect())
    }
}

impl DigestChanges<'_> {
    /// Records a correction; a second one of a story takes the place of the first, and is announced again. Its story's title;
    /// `None` if the run has no such story on its page.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn correct(self, new: NewCorrection, now: DateTime<Utc>) -> Result<Option<String>, Error> {
        self.store.write(move |tx| correct(tx, &new, now)).await
    }
}

const TITLE: &str = "SELECT title FROM archive_stories WHERE run = ?1 AND seq = ?2";

const RECORD: &str = "INSERT INTO corrections (run, seq, kind, words, made) VALUES (:run, :seq, :kind, :words, :now)
    ON CONFLICT (run, seq) DO UPDATE SET kind = excluded.kind, words = excluded.words, made = excluded.made, announced = NULL";

fn correct(tx: &Transaction<'_>, new: &NewCorrection, now: DateTime<Utc>) -> Result<Option<String>, Error> {
    let title = tx.query_row(TITLE, [new.run, new.seq], |row| row.get("title")).optional()?;
    if title.is_some() {
        tx.execute(
            RECORD,
            named_params! {
                ":run": new.run,
                ":seq": new.seq,
                ":kind": new.kind.as_str(),
                ":words": new.words,
                ":now": seconds(now),
            },
        )?;
    }
    Ok(title)
}

/// A run that is being frozen announces these.
pub(super) fn announce(tx: &Transaction<'_>, corrections: &[i64], run: i64) -> Result<(), Error> {
    for id in corrections {
        tx.prepare("UPDATE corrections SET announced = ?2 WHERE id = ?1")?.execute([*id, run])?;
    }
    Ok(())
}

fn select(
    connection: &Connection,
    which: &str,
    values: impl Params,
) -> Result<Vec<(Correction, DateTime<Utc>)>, Error> {
    let mut statement = connection.prepare(&format!(
        "SELECT c.id, s.title, s.link, c.kind, c.words, c.made FROM corrections c
         JOIN archive_stories s ON s.run = c.run AND s.seq = c.seq {which}"
    ))?;
    let mut rows = statement.query(values)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(correction(row)?);
    }
    Ok(found)
}

fn correction(row: Row<'_>) -> Result<(Correction, DateTime<Utc>), Error> {
    let correction = Correction {
        id: row.get("id")?,
        title: row.get("title")?,
        link: row.get("link")?,
        kind: word("a kind of correction", row.get("kind")?)?,
        words: row.get("words")?,
    };
    Ok((correction, time(row.get("made")?)?))
}
