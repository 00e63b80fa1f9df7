//! Runs that are judged by their first messages, held when too many fail, and let go by a person. While a run is held,
//! none of its messages is claimed and its reports wait; what they led to before is taken back. The rule is
//! `domain::outbox::bounce::judge`; how runs stand is told by `standings`.

use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension as _, Transaction, params};

use super::status_counts::{HeldRun, OPEN, held};
use crate::domain::outbox::bounce::{Judgement, SAMPLE, judge as judge_sample};
use crate::store::outbox::suppressions;
use crate::store::{Error, Store, seconds};

/// What a release did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Released {
    /// Messages that were refused, and are tried again.
    pub retried: usize,
    /// Messages open now, those among them.
    pub open: u64,
}

/// What cancelling a run did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cancelled {
    /// Messages that are not sent any more.
    pub messages: usize,
    /// Messages whose attempt is under way: they end as they will, and are not tried again.
    pub under_way: u64,
}

/// How a run stands when a report comes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Too few were attempted.
    Open,
    /// Its reports count.
    Judged,
    /// They wait.
    Held,
}

impl Store {
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

    /// Holds a run by hand: what its reports led to so far stays, since nothing speaks against them. False if there is none of this number, or it is held already.
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
                suppressions::weigh_waiting(tx, run, now)?;
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

impl Store {
    /// Ends a run: what of it is open is cancelled, and covers nobody, so that the next digest has it. What waits to be
    /// weighed of a held run is forgotten. `None` if there is none of this number, it is cancelled already, or it is
    /// neither held nor has anything open.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn cancel(&self, run: i64, now: DateTime<Utc>) -> Result<Option<Cancelled>, Error> {
        self.write(move |tx| {
            let question = format!(
                "SELECT held IS NOT NULL, EXISTS (SELECT 1 FROM messages WHERE run = ?1 AND {OPEN}) FROM runs
                 WHERE id = ?1 AND cancelled IS NULL"
            );
            let known: Option<(bool, bool)> =
                tx.query_row(&question, [run], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
            let Some((is_held, is_open)) = known else { return Ok(None) };
            if !is_held && !is_open {
                return Ok(None);
            }
            if is_held {
                forget_waiting(tx, run, now)?;
            }
            tx.execute(
                "UPDATE runs SET cancelled = ?2, held = NULL, released = coalesce(released, ?2), judged = coalesce(judged, ?2)
                 WHERE id = ?1",
                params![run, seconds(now)],
            )?;
            let messages = tx.execute(
                "UPDATE messages SET state = 'cancelled', settled = ?2, error = 'its run was cancelled by hand'
                 WHERE run = ?1 AND state IN ('queued', 'retry', 'unknown')",
                params![run, seconds(now)],
            )?;
            let question = "SELECT count(*) FROM messages WHERE run = ?1 AND state = 'sending'";
            let under_way = tx.query_row(question, [run], |row| row.get(0))?;
            Ok(Some(Cancelled { messages, under_way }))
        })
        .await
    }
}

/// Puts an attempted message into its run's sample while there is room. True if it is new there.
pub(crate) fn sample(tx: &Transaction<'_>, run: i64, message: i64) -> Result<bool, Error> {
    let added = tx
        .prepare_cached(
            "INSERT OR IGNORE INTO samples (run, message) SELECT ?1, ?2 FROM runs WHERE id = ?1 AND judged IS NULL
             AND (SELECT count(*) FROM samples WHERE run = ?1) < ?3",
        )?
        .execute(params![run, message, SAMPLE])?;
    Ok(added == 1)
}

/// A message has failed for good.
pub(crate) fn fail(tx: &Transaction<'_>, run: i64, message: i64) -> Result<(), Error> {
    tx.prepare_cached("UPDATE samples SET failed = 1 WHERE run = ?1 AND message = ?2")?.execute([run, message])?;
    Ok(())
}

/// Judges a run by its sample: its waiting reports are weighed, or it is held. A run that was found good is held as well
/// when reports by mail, which come late, say otherwise.
pub(crate) fn judge(tx: &Transaction<'_>, run: i64, now: DateTime<Utc>) -> Result<Standing, Error> {
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
            suppressions::take_back(tx, run)?;
            Ok(Standing::Held)
        }
        _ if judged => Ok(Standing::Judged),
        Judgement::Good => {
            tx.execute("UPDATE runs SET judged = ?2 WHERE id = ?1", params![run, seconds(now)])?;
            suppressions::weigh_waiting(tx, run, now)?;
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

/// Reports of a run that were not weighed yet.
const WAITING: &str = "applied IS NULL AND message IN (SELECT id FROM messages WHERE run = ?1)";

/// What failed is not believed: forgotten, and tried again.
fn try_again(tx: &Transaction<'_>, run: i64, now: DateTime<Utc>) -> Result<usize, Error> {
    let retried = tx.execute(
        &format!(
            "UPDATE messages SET state = 'queued', next_attempt = ?2, settled = NULL, error = NULL
             WHERE run = ?1 AND state IN ('failed', 'sent') AND id IN (SELECT message FROM reports WHERE {WAITING})
             AND NOT EXISTS (SELECT 1 FROM messages n WHERE n.subscriber = messages.subscriber AND n.run > ?1)"
        ),
        params![run, seconds(now)],
    )?;
    forget_waiting(tx, run, now)?;
    Ok(retried)
}

/// What was reported is not believed.
fn forget_waiting(tx: &Transaction<'_>, run: i64, now: DateTime<Utc>) -> Result<(), Error> {
    tx.execute(&format!("DELETE FROM reports WHERE {WAITING} AND fault IN ('person', 'soft')"), [run])?;
    tx.execute(&format!("UPDATE reports SET applied = ?2 WHERE {WAITING}"), params![run, seconds(now)])?;
    Ok(())
}
