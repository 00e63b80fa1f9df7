//! Runs that are judged by their first messages, held when too many fail, and let go by a person. While a run is held,
//! none of its messages is claimed and its reports wait; what they led to before is taken back. The rule is
//! `domain::bounce::judge`.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension as _, Row, Transaction, params};

use super::{Error, Store, optional_time, reports, seconds, suppressions, time};
use crate::domain::bounce::{Judgement, SAMPLE, judge as judge_sample};

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
    /// When its sample was found good, or it was released.
    pub judged: Option<DateTime<Utc>>,
    /// Messages of its sample.
    pub attempted: u64,
    /// Of these, failed for good.
    pub failed: u64,
    /// Its messages by state.
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

/// What a release did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Released {
    /// Messages that were refused, and are tried again.
    pub retried: usize,
    /// Messages open now, those among them.
    pub open: u64,
}

/// How a run stands when a report comes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// Too few were attempted.
    Open,
    /// Its reports count.
    Judged,
    /// They wait.
    Held,
}

const OPEN: &str = "state IN ('queued', 'sending', 'unknown', 'retry')";

const STANDING: &str = "SELECT id, cadence, slot, made, held, held_because, released, judged,
    (SELECT count(*) FROM samples s WHERE s.run = runs.id),
    (SELECT count(*) FROM samples s WHERE s.run = runs.id AND s.failed = 1) FROM runs";

impl Store {
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

    /// The runs that are held now, oldest first.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn held_runs(&self) -> Result<Vec<HeldRun>, Error> {
        self.read(|connection| held(connection, "")).await
    }

    /// Judges the runs whose reports still wait (the rest of a sample may have been cancelled), and gives those held runs
    /// that have not been told of, which are told of now.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn newly_held(&self, now: DateTime<Utc>) -> Result<Vec<HeldRun>, Error> {
        // Looked up first: nearly always there is nothing to write.
        let due: bool = self
            .read(|connection| {
                Ok(connection.query_row(
                    "SELECT EXISTS (SELECT 1 FROM runs WHERE held IS NOT NULL AND held_told IS NULL)
                     OR EXISTS (SELECT 1 FROM reports r JOIN messages m ON m.id = r.message JOIN runs ON runs.id = m.run
                     WHERE r.applied IS NULL AND held IS NULL)",
                    [],
                    |row| row.get(0),
                )?)
            })
            .await?;
        if !due {
            return Ok(Vec::new());
        }
        self.write(move |tx| {
            let mut statement = tx.prepare(
                "SELECT DISTINCT m.run FROM reports r JOIN messages m ON m.id = r.message JOIN runs ON runs.id = m.run
                 WHERE r.applied IS NULL AND held IS NULL",
            )?;
            let waiting: Vec<i64> = statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
            for run in waiting {
                judge(tx, run, now)?;
            }
            let untold = held(tx, "AND held_told IS NULL")?;
            tx.execute("UPDATE runs SET held_told = ?1 WHERE held IS NOT NULL AND held_told IS NULL", [seconds(now)])?;
            Ok(untold)
        })
        .await
    }

    /// Holds a run by hand. False if there is none of this number, or it is held already.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn hold(&self, run: i64, because: String, now: DateTime<Utc>) -> Result<bool, Error> {
        self.write(move |tx| hold(tx, run, &because, now)).await
    }

    /// Lets a held run go on, never to be held again by itself. Its reports are weighed now if they are believed, else
    /// forgotten, and the messages they were about are tried again, unless something newer was made for their
    /// person. `None` if it is not held.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn release(&self, run: i64, believe: bool, now: DateTime<Utc>) -> Result<Option<Released>, Error> {
        self.write(move |tx| {
            let released = tx.execute(
                "UPDATE runs SET held = NULL, released = ?2, judged = coalesce(judged, ?2) WHERE id = ?1 AND held IS NOT NULL",
                params![run, seconds(now)],
            )?;
            if released == 0 {
                return Ok(None);
            }
            let retried = if believe {
                reports::weigh_waiting(tx, run, now)?;
                0
            } else {
                try_again(tx, run, now)?
            };
            tx.execute(
                "UPDATE messages SET next_attempt = min(next_attempt, ?2) WHERE run = ?1 AND state = 'retry'",
                params![run, seconds(now)],
            )?;
            let open = tx.query_row(&format!("SELECT count(*) FROM messages WHERE run = ?1 AND {OPEN}"), [run], |row| {
                row.get(0)
            })?;
            Ok(Some(Released { retried, open }))
        })
        .await
    }
}

/// Puts an attempted message into its run's sample while there is room. True if it is new there.
pub(super) fn sample(tx: &Transaction<'_>, run: i64, message: i64) -> Result<bool, Error> {
    let added = tx
        .prepare_cached(
            "INSERT OR IGNORE INTO samples (run, message) SELECT ?1, ?2 FROM runs WHERE id = ?1 AND judged IS NULL
             AND (SELECT count(*) FROM samples WHERE run = ?1) < ?3",
        )?
        .execute(params![run, message, SAMPLE])?;
    Ok(added == 1)
}

/// A message has failed for good.
pub(super) fn fail(tx: &Transaction<'_>, run: i64, message: i64) -> Result<(), Error> {
    tx.prepare_cached("UPDATE samples SET failed = 1 WHERE run = ?1 AND message = ?2")?.execute([run, message])?;
    Ok(())
}

/// Judges a run by its sample: its waiting reports are weighed, or it is held. A run that was found good is held as well
/// when reports by mail, which come late, say otherwise.
pub(super) fn judge(tx: &Transaction<'_>, run: i64, now: DateTime<Utc>) -> Result<Standing, Error> {
    let (held, judged, released): (bool, bool, bool) = tx
        .prepare_cached("SELECT held IS NOT NULL, judged IS NOT NULL, released IS NOT NULL FROM runs WHERE id = ?1")?
        .query_row([run], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    if held || released {
        return Ok(if held { Standing::Held } else { Standing::Judged });
    }
    let (attempted, failed): (usize, usize) = tx
        .prepare_cached("SELECT count(*), coalesce(sum(failed), 0) FROM samples WHERE run = ?1")?
        .query_row([run], |row| Ok((row.get(0)?, row.get(1)?)))?;
    // Of a run of fewer messages, the sample is what was attempted and what may still be.
    let size: usize = tx
        .prepare_cached(&format!(
            "SELECT count(*) FROM (SELECT 1 FROM messages WHERE ?2 < ?3 AND run = ?1 AND kind = 'digest' AND {OPEN}
             AND NOT EXISTS (SELECT 1 FROM samples WHERE run = ?1 AND message = messages.id) LIMIT ?3 - ?2)"
        ))?
        .query_row(params![run, attempted, SAMPLE], |row| row.get::<_, usize>(0))?
        + attempted;
    match judge_sample(size, attempted, failed) {
        Judgement::Bad => {
            let because = because(tx, run, attempted, failed)?;
            hold(tx, run, &because, now)?;
            Ok(Standing::Held)
        }
        _ if judged => Ok(Standing::Judged),
        Judgement::Good => {
            tx.execute("UPDATE runs SET judged = ?2 WHERE id = ?1", params![run, seconds(now)])?;
            reports::weigh_waiting(tx, run, now)?;
            Ok(Standing::Judged)
        }
        Judgement::Open => Ok(Standing::Open),
    }
}

fn hold(tx: &Transaction<'_>, run: i64, because: &str, now: DateTime<Utc>) -> Result<bool, Error> {
    let held = tx.execute(
        "UPDATE runs SET held = ?2, held_because = ?3, held_told = NULL WHERE id = ?1 AND held IS NULL",
        params![run, seconds(now), because],
    )?;
    if held == 1 {
        suppressions::take_back(tx, run)?;
    }
    Ok(held == 1)
}

fn because(tx: &Transaction<'_>, run: i64, attempted: usize, failed: usize) -> Result<String, Error> {
    let code: Option<String> = tx
        .query_row(
            "SELECT code FROM reports WHERE code <> '' AND message IN (SELECT message FROM samples WHERE run = ?1 AND failed = 1)
             GROUP BY code ORDER BY count(*) DESC, code LIMIT 1",
            [run],
            |row| row.get(0),
        )
        .optional()?;
    let code = code.map_or(String::new(), |code| format!(", most often with `{code}`"));
    Ok(format!("{failed} of its first {attempted} mails were refused or came back{code}"))
}

/// What failed is not believed: forgotten, and tried again.
fn try_again(tx: &Transaction<'_>, run: i64, now: DateTime<Utc>) -> Result<usize, Error> {
    const WAITING: &str = "applied IS NULL AND message IN (SELECT id FROM messages WHERE run = ?1)";
    let retried = tx.execute(
        &format!(
            "UPDATE messages SET state = 'queued', next_attempt = ?2, settled = NULL, error = NULL
             WHERE run = ?1 AND state IN ('failed', 'sent') AND id IN (SELECT message FROM reports WHERE {WAITING})
             AND NOT EXISTS (SELECT 1 FROM messages n WHERE n.subscriber = messages.subscriber AND n.run > ?1)"
        ),
        params![run, seconds(now)],
    )?;
    tx.execute(&format!("DELETE FROM reports WHERE {WAITING} AND fault IN ('person', 'soft')"), [run])?;
    tx.execute(&format!("UPDATE reports SET applied = ?2 WHERE {WAITING}"), params![run, seconds(now)])?;
    Ok(retried)
}

fn standing(connection: &Connection, row: &Row<'_>) -> Result<RunStanding, Error> {
    let id = row.get(0)?;
    let mut counts = connection.prepare_cached("SELECT state, count(*) FROM messages WHERE run = ?1 GROUP BY state")?;
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
        messages,
    })
}

fn held(connection: &Connection, which: &str) -> Result<Vec<HeldRun>, Error> {
    let mut statement = connection.prepare(&format!(
        "SELECT id, cadence, slot, held, coalesce(held_because, ''),
         (SELECT count(*) FROM messages WHERE run = runs.id AND {OPEN})
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
