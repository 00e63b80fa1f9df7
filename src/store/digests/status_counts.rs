//! How runs stand, for those who look: their messages by state, what was reported of them, which are held. What makes
//! them stand so is `holds`.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use rusqlite::{Connection, Row};

use crate::domain::subscribers::subscriber::Cadence;
use crate::store::{Error, Reader, RunName, optional_time, time};

/// How a run stands, in full.
#[derive(Debug, Clone)]
pub struct RunStanding {
    /// Its number.
    pub id: i64,
    /// daily, weekly, monthly or once.
    pub cadence: String,
    /// Slot's name.
    pub slot: String,
    /// When it was made.
    pub made: DateTime<Utc>,
    /// Since when it is held.
    pub held: Option<DateTime<Utc>>,
    /// Why it is held, or was.
    pub because: Option<String>,
    /// When a person let it go on.
    pub released: Option<DateTime<Utc>>,
    /// When a person ended it: nothing more of it is sent.
    pub cancelled: Option<DateTime<Utc>>,
    /// When its sample was found good, or it was released.
    pub judged: Option<DateTime<Utc>>,
    /// Messages of its sample.
    pub attempted: u64,
    /// Of these, failed for good.
    pub failed: u64,
    /// Its messages by state, those that are kept no longer among them.
    pub messages: BTreeMap<String, u64>,
}

/// What was reported of a run's messages, counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportCount {
    /// person, soft, ours, complaint.
    pub fault: String,
    /// Its codes.
    pub code: String,
    /// How often.
    pub count: u64,
    /// Of these, not weighed yet.
    pub waiting: u64,
}

/// A run that is held now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldRun {
    /// Its number.
    pub id: i64,
    /// daily, weekly, monthly or once.
    pub cadence: String,
    /// Slot's name.
    pub slot: String,
    /// Since when.
    pub since: DateTime<Utc>,
    /// Why.
    pub because: String,
    /// Messages that wait for its release.
    pub waiting: u64,
}

/// A digest that was made, without anybody's personal links.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastDigest {
    /// Its run.
    pub run: i64,
    /// daily, weekly, monthly or once.
    pub cadence: String,
    /// When it was made.
    pub made: DateTime<Utc>,
    /// One line.
    pub subject: String,
    /// The plain-text part.
    pub text: String,
    /// The HTML part.
    pub html: String,
}

/// What is not final.
pub(crate) const OPEN: &str = "state IN ('queued', 'sending', 'unknown', 'retry')";

const STANDING: &str = "SELECT id, cadence, slot, made, held, held_because, released, judged,
    (SELECT count(*) FROM samples s WHERE s.run = runs.id),
    (SELECT count(*) FROM samples s WHERE s.run = runs.id AND s.failed = 1), cancelled FROM runs";

impl Reader {
    /// The newest digest of a cadence, or of any, as most of its people got it.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn last_digest(&self, cadence: Option<Cadence>) -> Result<Option<LastDigest>, Error> {
        // A quiet note of the same run covers nothing: its message does not go up to the run's end.
        const LAST: &str = "SELECT r.id, r.cadence, r.made, p.subject, p.text, p.html
            FROM messages m JOIN parts p ON p.id = m.part JOIN runs r ON r.id = m.run
            WHERE m.run = (SELECT max(id) FROM runs WHERE (?1 IS NULL OR cadence = ?1)
                           AND EXISTS (SELECT 1 FROM run_stories s WHERE s.run = runs.id AND s.listed = 0))
            AND m.kind = 'digest' AND m.upto = r.upto GROUP BY p.id ORDER BY count(*) DESC, p.id LIMIT 1";
        self.read(move |connection| {
            let mut statement = connection.prepare(LAST)?;
            let mut rows = statement.query([cadence.map(Cadence::as_str)])?;
            let Some(row) = rows.next()? else { return Ok(None) };
            Ok(Some(LastDigest {
                run: row.get("id")?,
                cadence: row.get("cadence")?,
                made: time(row.get("made")?)?,
                subject: row.get("subject")?,
                text: row.get("text")?,
                html: row.get("html")?,
            }))
        })
        .await
    }

    /// The newest runs, and every one that is held; newest first.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn runs(&self, limit: usize) -> Result<Vec<RunStanding>, Error> {
        self.read(move |connection| {
            let mut statement = connection.prepare(&format!(
                "{STANDING} WHERE held IS NOT NULL OR id IN (SELECT id FROM runs ORDER BY id DESC LIMIT ?1) ORDER BY id DESC"
            ))?;
            let mut rows = statement.query([limit])?;
            let mut runs = Vec::new();
            while let Some(row) = rows.next()? {
                runs.push(standing(connection, row)?);
            }
            Ok(runs)
        })
        .await
    }

    /// One run, with what was reported of it, most frequent first. `None` if there is none of this number.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn run(&self, id: i64) -> Result<Option<(RunStanding, Vec<ReportCount>)>, Error> {
        self.read(move |connection| {
            let mut statement = connection.prepare(&format!("{STANDING} WHERE id = ?1"))?;
            let mut rows = statement.query([id])?;
            let Some(row) = rows.next()? else { return Ok(None) };
            let mut reports = connection.prepare(
                "SELECT fault, code, count(*), count(*) - count(applied) FROM reports
                 WHERE message IN (SELECT id FROM messages WHERE run = ?1) GROUP BY fault, code ORDER BY 3 DESC, 1, 2",
            )?;
            let reports = reports.query_map([id], |row| {
                Ok(ReportCount { fault: row.get(0)?, code: row.get(1)?, count: row.get(2)?, waiting: row.get(3)? })
            })?;
            Ok(Some((standing(connection, row)?, reports.collect::<Result<_, _>>()?)))
        })
        .await
    }

    /// The runs in whose digests an item's story stands, oldest first.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn runs_with(&self, item: i64) -> Result<Vec<RunName>, Error> {
        self.read(move |connection| {
            let mut statement = connection.prepare(
                "SELECT id, cadence FROM runs WHERE id IN (SELECT run FROM run_stories
                 WHERE story = (SELECT story FROM items WHERE seq = ?1)) ORDER BY id",
            )?;
            let runs = statement.query_map([item], |row| Ok(RunName { id: row.get(0)?, cadence: row.get(1)? }))?;
            Ok(runs.collect::<Result<_, _>>()?)
        })
        .await
    }

    /// The runs that are held now, oldest first.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn held_runs(&self) -> Result<Vec<HeldRun>, Error> {
        self.read(|connection| held(connection, "")).await
    }
}

fn standing(connection: &Connection, row: &Row<'_>) -> Result<RunStanding, Error> {
    let id = row.get(0)?;
    let mut counts = connection.prepare_cached("SELECT state, count FROM tallies WHERE run = ?1 AND count > 0")?;
    let messages = counts.query_map([id], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?;
    Ok(RunStanding {
        id,
        cadence: row.get(1)?,
        slot: row.get(2)?,
        made: time(row.get(3)?)?,
        held: optional_time(row.get(4)?)?,
        because: row.get(5)?,
        released: optional_time(row.get(6)?)?,
        judged: optional_time(row.get(7)?)?,
        attempted: row.get(8)?,
        failed: row.get(9)?,
        cancelled: optional_time(row.get(10)?)?,
        messages,
    })
}

/// The held runs that meet a further condition, oldest first.
pub(crate) fn held(connection: &Connection, which: &str) -> Result<Vec<HeldRun>, Error> {
    let mut statement = connection.prepare(&format!(
        "SELECT id, cadence, slot, held, coalesce(held_because, ''),
         (SELECT coalesce(sum(count), 0) FROM tallies WHERE run = runs.id AND {OPEN})
         FROM runs WHERE held IS NOT NULL {which} ORDER BY id"
    ))?;
    let mut rows = statement.query([])?;
    let mut held = Vec::new();
    while let Some(row) = rows.next()? {
        held.push(HeldRun {
            id: row.get(0)?,
            cadence: row.get(1)?,
            slot: row.get(2)?,
            since: time(row.get(3)?)?,
            because: row.get(4)?,
            waiting: row.get(5)?,
        });
    }
    Ok(held)
}
