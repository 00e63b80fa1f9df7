//! The status of runs, for those who look: their messages by state, what was reported about them, which are held. What
//! holds and releases them is in `held_runs`.

use crate::store::Digests;
use std::collections::BTreeMap;

use crate::store::database::sql::{self, Connection, Row, named_params};
use chrono::{DateTime, Utc};

use crate::domain::outbox::State;
use crate::domain::subscribers::subscriber::Cadence;
use crate::store::{Error, RunName, optional_time, time};

/// The full status of a run.
#[derive(Debug, Clone)]
pub struct RunStatus {
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
    /// When a person released it.
    pub released: Option<DateTime<Utc>>,
    /// When a person cancelled it: nothing more of it is sent.
    pub cancelled: Option<DateTime<Utc>>,
    /// When its sample was found good, or it was released.
    pub judged: Option<DateTime<Utc>>,
    /// Messages of its sample.
    pub attempted: u64,
    /// Of these, failed for good.
    pub failed: u64,
    /// Its messages by state, including those that were removed since.
    pub messages: BTreeMap<String, u64>,
}

/// Reports about a run's messages, counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportCount {
    /// person, soft, ours, complaint.
    pub fault: String,
    /// Its codes.
    pub code: String,
    /// How often.
    pub count: u64,
    /// Of these, not applied yet.
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

/// A digest that was made, without personal links.
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
    /// The plain-text body.
    pub text: String,
    /// The HTML body.
    pub html: String,
}

const RUNS: &str = "SELECT id, cadence, slot, made, held, held_because, released, judged, cancelled,
    (SELECT count(*) FROM samples s WHERE s.run = runs.id) AS attempted,
    (SELECT count(*) FROM samples s WHERE s.run = runs.id AND s.failed = 1) AS failed
    FROM runs WHERE held IS NOT NULL OR id IN (SELECT id FROM runs ORDER BY id DESC LIMIT ?1) ORDER BY id DESC";

const RUN: &str = "SELECT id, cadence, slot, made, held, held_because, released, judged, cancelled,
    (SELECT count(*) FROM samples s WHERE s.run = runs.id) AS attempted,
    (SELECT count(*) FROM samples s WHERE s.run = runs.id AND s.failed = 1) AS failed
    FROM runs WHERE id = ?1";

const REPORTS: &str = "SELECT fault, code, count(*) AS count, count(*) - count(applied) AS waiting FROM reports
    WHERE message IN (SELECT id FROM messages WHERE run = ?1)
    GROUP BY fault, code ORDER BY count(*) DESC, fault, code";

const RUNS_WITH: &str = "SELECT id, cadence FROM runs WHERE id IN (SELECT run FROM run_stories
    WHERE story = (SELECT story FROM items WHERE seq = ?1)) ORDER BY id";

const COUNTS: &str = "SELECT state, count FROM tallies WHERE run = ?1 AND count > 0";

/// Those that are held, or only those of them that were not reported yet.
const HELD: &str = "SELECT id, cadence, slot, held, coalesce(held_because, '') AS held_because,
    (SELECT CAST(coalesce(sum(count), 0) AS BIGINT) FROM tallies WHERE run = runs.id AND state IN (:queued, :sending, :unknown, :retry))
        AS waiting
    FROM runs WHERE held IS NOT NULL AND (held_told IS NULL OR :only_unreported = 0) ORDER BY id";

impl Digests<'_> {
    /// The newest digest of a cadence, or of any, as most of its subscribers got it.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn last_digest(self, cadence: Option<Cadence>) -> Result<Option<LastDigest>, Error> {
        // A quiet note of the same run moves no cursor: its message does not go through the run's end.
        const LAST: &str = "SELECT r.id, r.cadence, r.made, p.subject, p.text, p.html
            FROM messages m JOIN bodies p ON p.id = m.body JOIN runs r ON r.id = m.run
            WHERE m.run = (SELECT max(id) FROM runs WHERE (?1 IS NULL OR cadence = ?1)
                           AND EXISTS (SELECT 1 FROM run_stories s WHERE s.run = runs.id AND s.listed = 0))
            AND m.kind = 'digest' AND m.through_seq = r.through_seq GROUP BY p.id, r.id ORDER BY count(*) DESC, p.id LIMIT 1";
        self.reader
            .read(move |connection| {
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
    pub async fn runs(self, limit: usize) -> Result<Vec<RunStatus>, Error> {
        self.reader
            .read(move |connection| {
                let mut statement = connection.prepare(RUNS)?;
                let mut rows = statement.query([limit])?;
                let mut runs = Vec::new();
                while let Some(row) = rows.next()? {
                    runs.push(standing(connection, row)?);
                }
                Ok(runs)
            })
            .await
    }

    /// One run, with the reports about it, most frequent first. `None` if there is none of this number.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn run(self, id: i64) -> Result<Option<(RunStatus, Vec<ReportCount>)>, Error> {
        self.reader
            .read(move |connection| {
                let mut statement = connection.prepare(RUN)?;
                let mut rows = statement.query([id])?;
                let Some(row) = rows.next()? else { return Ok(None) };
                let mut reports = connection.prepare(REPORTS)?;
                let reports = reports.query_map([id], report_count)?;
                Ok(Some((standing(connection, row)?, reports.collect::<Result<_, _>>()?)))
            })
            .await
    }

    /// The runs whose digests contain an item's story, oldest first.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn runs_with(self, item: i64) -> Result<Vec<RunName>, Error> {
        self.reader
            .read(move |connection| {
                let mut statement = connection.prepare(RUNS_WITH)?;
                let runs = statement
                    .query_map([item], |row| Ok(RunName { id: row.get("id")?, cadence: row.get("cadence")? }))?;
                Ok(runs.collect::<Result<_, _>>()?)
            })
            .await
    }

    /// The runs that are held now, oldest first.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn held_runs(self) -> Result<Vec<HeldRun>, Error> {
        self.reader.read(|connection| held(connection, false)).await
    }
}

fn report_count(row: Row<'_>) -> sql::Result<ReportCount> {
    Ok(ReportCount {
        fault: row.get("fault")?,
        code: row.get("code")?,
        count: row.get("count")?,
        waiting: row.get("waiting")?,
    })
}

fn standing(connection: &Connection, row: Row<'_>) -> Result<RunStatus, Error> {
    let id = row.get("id")?;
    let mut counts = connection.prepare(COUNTS)?;
    let messages = counts.query_map([id], |row| Ok((row.get("state")?, row.get("count")?)))?;
    Ok(RunStatus {
        id,
        cadence: row.get("cadence")?,
        slot: row.get("slot")?,
        made: time(row.get("made")?)?,
        held: optional_time(row.get("held")?)?,
        because: row.get("held_because")?,
        released: optional_time(row.get("released")?)?,
        cancelled: optional_time(row.get("cancelled")?)?,
        judged: optional_time(row.get("judged")?)?,
        attempted: row.get("attempted")?,
        failed: row.get("failed")?,
        messages: messages.collect::<Result<_, _>>()?,
    })
}

/// The held runs, oldest first; only those that were not reported yet, if wanted.
pub(crate) fn held(connection: &Connection, only_unreported: bool) -> Result<Vec<HeldRun>, Error> {
    let mut statement = connection.prepare(HELD)?;
    let mut rows = statement.query(named_params! {
        ":only_unreported": only_unreported,
        ":queued": State::Queued.as_str(),
        ":sending": State::Sending.as_str(),
        ":unknown": State::Unknown.as_str(),
        ":retry": State::Retry.as_str(),
    })?;
    let mut held = Vec::new();
    while let Some(row) = rows.next()? {
        held.push(HeldRun {
            id: row.get("id")?,
            cadence: row.get("cadence")?,
            slot: row.get("slot")?,
            since: time(row.get("held")?)?,
            because: row.get("held_because")?,
            waiting: row.get("waiting")?,
        });
    }
    Ok(held)
}
