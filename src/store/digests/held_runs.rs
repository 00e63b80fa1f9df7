//! Runs are judged by their first messages, held when too many fail, and released by a person. While a run is held, none of
//! its messages is sent and its reports wait; what they led to before is taken back. The rule is
//! `domain::outbox::bounce::judge`; `status_counts` counts a run's messages by state.

use crate::store::DigestChanges;
use crate::store::database::sql::{OptionalExtension as _, Transaction, named_params, params};
use chrono::{DateTime, Utc};

use super::filling;
use super::status_counts::{HeldRun, held};
use crate::domain::outbox::bounce::{Judgement, SAMPLE, judge as judge_sample};
use crate::store::outbox::{messages, states, suppressions};
use crate::store::{Error, Kind, seconds};

/// What a release did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Released {
    /// Messages that were refused, and are queued again.
    pub retried: usize,
    /// Messages that are open now, these included.
    pub open: u64,
}

/// What cancelling a run did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cancelled {
    /// Messages that will not be sent.
    pub messages: usize,
    /// Messages that are being sent: they may still arrive, and are not tried again.
    pub under_way: u64,
}

/// What becomes of a run's reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// They wait: too few messages were attempted.
    Open,
    /// They are applied.
    Judged,
    /// They wait: the run is held.
    Held,
}

const IS_ANY_DUE: &str = "SELECT EXISTS (SELECT 1 FROM runs WHERE held IS NOT NULL AND held_told IS NULL)
    OR EXISTS (SELECT 1 FROM reports r JOIN messages m ON m.id = r.message JOIN runs ON runs.id = m.run
    WHERE r.applied IS NULL AND held IS NULL)";

const WITH_WAITING_REPORTS: &str = "SELECT DISTINCT m.run FROM reports r JOIN messages m ON m.id = r.message
    JOIN runs ON runs.id = m.run WHERE r.applied IS NULL AND held IS NULL";

const TOLD: &str = "UPDATE runs SET held_told = ?1 WHERE held IS NOT NULL AND held_told IS NULL";

impl DigestChanges<'_> {
    /// Judges the runs whose reports still wait (the rest of a sample may have been cancelled), and returns the held runs
    /// that were not reported yet, which count as reported from now on.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn newly_held(self, now: DateTime<Utc>) -> Result<Vec<HeldRun>, Error> {
        // Looked up first: nearly always there is nothing to write.
        let is_any =
            self.reader.read(|connection| Ok(connection.query_row(IS_ANY_DUE, [], |row| row.get::<_, bool>(0))?));
        if !is_any.await? {
            return Ok(Vec::new());
        }
        self.store
            .write(move |tx| {
                let mut statement = tx.prepare(WITH_WAITING_REPORTS)?;
                let waiting: Vec<i64> = statement.query_map([], |row| row.get("run"))?.collect::<Result<_, _>>()?;
                for run in waiting {
                    judge(tx, run, now)?;
                }
                let unreported = held(tx, true)?;
                tx.execute(TOLD, [seconds(now)])?;
                Ok(unreported)
            })
            .await
    }

    /// Holds a run by hand. What its reports led to so far stays, since nothing speaks against them. False if there is no
    /// run of this number, or it is held already.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn hold(self, run: i64, because: String, now: DateTime<Utc>) -> Result<bool, Error> {
        self.store.write(move |tx| hold(tx, run, &because, now)).await
    }

    /// Lets a held run go on; it is not held automatically again. Its reports are applied now if they are believed, else
    /// dropped, and the messages they were about are queued again, unless something newer was made for their
    /// subscriber. `None` if it is not held.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn release(self, run: i64, believe: bool, now: DateTime<Utc>) -> Result<Option<Released>, Error> {
        self.store
            .write(move |tx| {
                if tx.execute(RELEASE, params![run, seconds(now)])? == 0 {
                    return Ok(None);
                }
                let retried = if believe {
                    suppressions::weigh_waiting(tx, run, now)?;
                    0
                } else {
                    let retried = states::queue_again(tx, run, now)?;
                    suppressions::forget_waiting(tx, run, now)?;
                    retried
                };
                messages::retry_now(tx, run, now)?;
                Ok(Some(Released { retried, open: messages::open_of(tx, run)? }))
            })
            .await
    }

    /// Ends a run: its open messages are cancelled and move no cursor, so that the next digest has its stories, and no more
    /// are queued. The waiting reports of a held run are dropped. `None` if there is no run of this number, it is cancelled
    /// already, or it is neither held nor has anything open.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn cancel(self, run: i64, now: DateTime<Utc>) -> Result<Option<Cancelled>, Error> {
        self.store
            .write(move |tx| {
                let found: Option<(bool, bool)> =
                    tx.query_row(IS_HELD, [run], |row| Ok((row.get("is_held")?, row.get("is_filled")?))).optional()?;
                let Some((is_held, is_filled)) = found else { return Ok(None) };
                if !is_held && is_filled && messages::open_of(tx, run)? == 0 {
                    return Ok(None);
                }
                filling::end(tx, run)?;
                if is_held {
                    suppressions::forget_waiting(tx, run, now)?;
                }
                tx.execute(CANCEL, params![run, seconds(now)])?;
                let messages = states::cancel_run(tx, run, now)?;
                Ok(Some(Cancelled { messages, under_way: messages::sending_of(tx, run)? }))
            })
            .await
    }
}

const RELEASE: &str = "UPDATE runs SET held = NULL, released = ?2, judged = coalesce(judged, ?2)
    WHERE id = ?1 AND held IS NOT NULL";

const IS_HELD: &str = "SELECT held IS NOT NULL AS is_held, filled_to IS NULL AS is_filled FROM runs
    WHERE id = ?1 AND cancelled IS NULL";

const CANCEL: &str = "UPDATE runs SET cancelled = ?2, held = NULL, released = coalesce(released, ?2),
    judged = coalesce(judged, ?2) WHERE id = ?1";

const SAMPLE_MESSAGE: &str =
    "INSERT INTO samples (run, message) SELECT ?1, ?2 FROM runs WHERE id = ?1 AND judged IS NULL
    AND (SELECT count(*) FROM samples WHERE run = ?1) < ?3 ON CONFLICT DO NOTHING";

/// Puts an attempted message into its run's sample while there is room. True if it is new there.
pub(crate) fn sample(tx: &Transaction<'_>, run: i64, message: i64) -> Result<bool, Error> {
    Ok(tx.prepare(SAMPLE_MESSAGE)?.execute(params![run, message, SAMPLE])? == 1)
}

/// A message of the sample has failed for good.
pub(crate) fn fail(tx: &Transaction<'_>, run: i64, message: i64) -> Result<(), Error> {
    tx.prepare("UPDATE samples SET failed = 1 WHERE run = ?1 AND message = ?2")?.execute([run, message])?;
    Ok(())
}

/// Takes a message that is removed out of its run's sample.
pub(in crate::store) fn forget_sample(tx: &Transaction<'_>, message: i64) -> Result<(), Error> {
    tx.prepare("DELETE FROM samples WHERE message = ?1")?.execute([message])?;
    Ok(())
}

const STATUS: &str =
    "SELECT held IS NOT NULL AS is_held, judged IS NOT NULL AS is_judged, released IS NOT NULL AS is_released,
    filled_to IS NULL AS is_filled FROM runs WHERE id = ?1";

const ATTEMPTED: &str =
    "SELECT count(*) AS attempted, CAST(coalesce(sum(failed), 0) AS BIGINT) AS failed FROM samples WHERE run = ?1";

/// Digests that may still be attempted; as many as the sample has room for, at most.
const STILL_OPEN: &str = "SELECT count(*) AS open FROM (SELECT 1 FROM messages
    WHERE :attempted < :sample AND run = :run AND kind = :digest AND turn IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM samples WHERE run = :run AND message = messages.id) LIMIT :sample - :attempted) room";

/// Judges a run by its sample: its waiting reports are applied, or it is held. A run that was found good is held as well
/// when reports by email, which come late, say otherwise.
pub(crate) fn judge(tx: &Transaction<'_>, run: i64, now: DateTime<Utc>) -> Result<Standing, Error> {
    let (held, judged, released, is_filled): (bool, bool, bool, bool) =
        tx.prepare(STATUS)?.query_row([run], |row| {
            Ok((row.get("is_held")?, row.get("is_judged")?, row.get("is_released")?, row.get("is_filled")?))
        })?;
    if held || released {
        return Ok(if held { Standing::Held } else { Standing::Judged });
    }
    let (attempted, failed): (usize, usize) =
        tx.prepare(ATTEMPTED)?.query_row([run], |row| Ok((row.get("attempted")?, row.get("failed")?)))?;
    // In a run with fewer messages, the sample is what was attempted and what may still be; of one that is being filled, it
    // is not known yet.
    let room = named_params! {
        ":run": run,
        ":sample": SAMPLE,
        ":attempted": attempted,
        ":digest": Kind::Digest.as_str(),
    };
    let open: usize = tx.prepare(STILL_OPEN)?.query_row(room, |row| row.get("open"))?;
    let size = if is_filled { attempted + open } else { SAMPLE };
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

const HOLD: &str = "UPDATE runs SET held = ?2, held_because = ?3, held_told = NULL WHERE id = ?1 AND held IS NULL";

fn hold(tx: &Transaction<'_>, run: i64, because: &str, now: DateTime<Utc>) -> Result<bool, Error> {
    Ok(tx.execute(HOLD, params![run, seconds(now), because])? == 1)
}

const MOST_FREQUENT_CODE: &str = "SELECT code FROM reports WHERE code <> ''
    AND message IN (SELECT message FROM samples WHERE run = ?1 AND failed = 1)
    GROUP BY code ORDER BY count(*) DESC, code LIMIT 1";

fn because(tx: &Transaction<'_>, run: i64, attempted: usize, failed: usize) -> Result<String, Error> {
    let code: Option<String> = tx.query_row(MOST_FREQUENT_CODE, [run], |row| row.get("code")).optional()?;
    let code = code.map_or(String::new(), |code| format!(", most often with `{code}`"));
    Ok(format!("{failed} of its first {attempted} emails were rejected or bounced{code}"))
}
