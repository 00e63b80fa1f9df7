//! Feeds' state between polls, and the one transaction in which a poll's outcome is kept: either all of its
//! items are in and its state says so, or the poll has not been.

use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension as _, Row, Transaction, params};

use super::arrival::{self, Arrival, Brought, Saved};
use super::items::ScoredItem;
use super::{Error, Store, optional_time, seconds, time};
use crate::domain::feed::{Feed, FeedId};

/// What is known of a feed from its polls.
#[derive(Debug, Clone)]
pub struct FeedState {
    /// Which feed.
    pub id: String,
    /// Its validator, replayed exactly.
    pub etag: Option<String>,
    /// Its other validator, replayed exactly.
    pub last_modified: Option<String>,
    /// Hash of the last body, so that equal bytes cost no parse.
    pub body_hash: Option<String>,
    /// When it is to be polled next.
    pub next_check: DateTime<Utc>,
    /// It asked to be left alone until then.
    pub not_before: Option<DateTime<Utc>>,
    /// Last poll.
    pub checked: Option<DateTime<Utc>>,
    /// Last successful poll.
    pub succeeded: Option<DateTime<Utc>>,
    /// Failed polls in a row.
    pub failures: u32,
    /// What the last failure was.
    pub error: Option<String>,
    /// Items kept of it.
    pub items: u64,
    /// Items picked of it.
    pub picked: u64,
}

/// One poll of one feed, to be kept.
#[derive(Debug, Clone)]
pub struct Poll {
    /// Which feed.
    pub feed: FeedId,
    /// When.
    pub now: DateTime<Utc>,
    /// When to come again.
    pub next_check: DateTime<Utc>,
    /// What came of it.
    pub outcome: PollOutcome,
}

/// What came of a poll.
#[derive(Debug, Clone)]
pub enum PollOutcome {
    /// Nothing has changed since the last one.
    Unchanged {
        /// Refreshed validator.
        etag: Option<String>,
        /// Refreshed validator.
        last_modified: Option<String>,
    },
    /// The document was read.
    Read {
        /// Validator to replay.
        etag: Option<String>,
        /// Validator to replay.
        last_modified: Option<String>,
        /// Hash of its bytes.
        body_hash: String,
        /// Fingerprint of the topic that judged the items.
        fingerprint: String,
        /// New or changed, oldest first.
        items: Vec<ScoredItem>,
        /// Entries beside them that are known and stand as they were.
        unchanged: usize,
    },
    /// It could not be read.
    Failed {
        /// What a person is told.
        error: String,
        /// It asked to be left alone until then.
        not_before: Option<DateTime<Utc>>,
    },
}

impl Store {
    /// Makes a row for each feed of the list that has none, and marks those that were taken out. `since` is
    /// set once, when the row is made: `first_poll_window` before `now`. A new address forgets the validators.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn sync_feeds(&self, feeds: Vec<(Feed, std::time::Duration)>, now: DateTime<Utc>) -> Result<(), Error> {
        self.write(move |tx| {
            tx.execute("UPDATE feeds SET removed = ?1 WHERE removed IS NULL", [seconds(now)])?;
            for (feed, window) in &feeds {
                let since = seconds(now).saturating_sub_unsigned(window.as_secs()).max(0);
                tx.prepare_cached(
                    "INSERT INTO feeds (id, url, title, since, next_check) VALUES (?1, ?2, ?3, ?4, 0)
                     ON CONFLICT (id) DO UPDATE SET title = excluded.title, removed = NULL",
                )?
                .execute(params![feed.id.as_str(), feed.url.as_str(), feed.title, since])?;
                tx.prepare_cached(
                    "UPDATE feeds SET url = ?2, etag = NULL, last_modified = NULL, body_hash = NULL, next_check = 0,
                     not_before = NULL, failures = 0, error = NULL WHERE id = ?1 AND url <> ?2",
                )?
                .execute(params![feed.id.as_str(), feed.url.as_str()])?;
            }
            Ok(())
        })
        .await
    }

    /// The state of every feed in the list, by id.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn feed_states(&self) -> Result<Vec<FeedState>, Error> {
        self.read(|connection| {
            let mut statement = connection.prepare(
                "SELECT f.id, etag, last_modified, body_hash, next_check, not_before, checked, succeeded, failures, error,
                 (SELECT count(*) FROM items i WHERE i.feed = f.id),
                 (SELECT count(*) FROM items i WHERE i.feed = f.id AND i.picked = 1)
                 FROM feeds f WHERE removed IS NULL ORDER BY f.id",
            )?;
            let mut rows = statement.query([])?;
            let mut states = Vec::new();
            while let Some(row) = rows.next()? {
                states.push(state(row)?);
            }
            Ok(states)
        })
        .await
    }

    /// Keeps one poll's outcome: items first, numbered in order, and the feed's state with them.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn save_poll(&self, poll: Poll) -> Result<Saved, Error> {
        self.write(move |tx| save(tx, poll)).await
    }

    /// Keeps several polls with one commit; each is kept whole, or fails by itself and leaves nothing behind.
    ///
    /// # Errors
    /// [`Error::Statement`]: nothing could be kept at all.
    pub async fn save_polls(&self, polls: Vec<Poll>) -> Result<Vec<Result<Saved, Error>>, Error> {
        self.write(move |tx| polls.into_iter().map(|poll| apart(tx, || save(tx, poll))).collect()).await
    }
}

/// Runs `work` so that its failure undoes its own statements and no others.
fn apart<T>(tx: &Transaction<'_>, work: impl FnOnce() -> Result<T, Error>) -> Result<Result<T, Error>, Error> {
    let mark = |statement| tx.prepare_cached(statement)?.execute([]);
    mark("SAVEPOINT apart")?;
    let done = work();
    if let Err(error) = done {
        // A full disk and its like end the whole transaction, and there is nothing left to go back to.
        if tx.is_autocommit() {
            return Err(error);
        }
        mark("ROLLBACK TO apart")?;
        mark("RELEASE apart")?;
        return Ok(Err(error));
    }
    mark("RELEASE apart")?;
    Ok(done)
}

fn save(tx: &Transaction<'_>, poll: Poll) -> Result<Saved, Error> {
    let (id, now) = (poll.feed.as_str(), seconds(poll.now));
    let mut saved = Saved::default();
    match poll.outcome {
        PollOutcome::Failed { error, not_before } => {
            tx.prepare_cached(
                "UPDATE feeds SET checked = ?2, next_check = ?3, not_before = ?4, failures = failures + 1, error = ?5
                 WHERE id = ?1",
            )?
            .execute(params![id, now, seconds(poll.next_check), not_before.map(seconds), error])?;
            return Ok(saved);
        }
        PollOutcome::Unchanged { etag, last_modified } => {
            // RFC 9111 §4.3.4: a 304 refreshes the stored validators that it carries.
            tx.prepare_cached(
                "UPDATE feeds SET etag = coalesce(?2, etag), last_modified = coalesce(?3, last_modified) WHERE id = ?1",
            )?
            .execute(params![id, etag, last_modified])?;
        }
        PollOutcome::Read { etag, last_modified, body_hash, fingerprint, items, unchanged } => {
            let known: Option<(i64, Option<i64>)> = tx
                .prepare_cached("SELECT since, first_polled FROM feeds WHERE id = ?1")?
                .query_row([id], |row| Ok((row.get(0)?, row.get(1)?)))
                .optional()?;
            let (since, first_polled) = known.ok_or_else(|| Error::content("a known feed", id))?;
            let arrival = Arrival { feed: id, now, since, is_first: first_polled.is_none(), fingerprint: &fingerprint };
            saved = arrival::keep(tx, &arrival, &Brought { items: &items, unchanged })?;
            tx.prepare_cached(
                "UPDATE feeds SET etag = ?2, last_modified = ?3, body_hash = ?4, first_polled = coalesce(first_polled, ?5)
                 WHERE id = ?1",
            )?
            .execute(params![id, etag, last_modified, body_hash, now])?;
        }
    }
    tx.prepare_cached(
        "UPDATE feeds SET checked = ?2, succeeded = ?2, next_check = ?3, not_before = NULL, failures = 0, error = NULL
         WHERE id = ?1",
    )?
    .execute(params![id, now, seconds(poll.next_check)])?;
    Ok(saved)
}

fn state(row: &Row<'_>) -> Result<FeedState, Error> {
    Ok(FeedState {
        id: row.get(0)?,
        etag: row.get(1)?,
        last_modified: row.get(2)?,
        body_hash: row.get(3)?,
        next_check: time(row.get(4)?)?,
        not_before: optional_time(row.get(5)?)?,
        checked: optional_time(row.get(6)?)?,
        succeeded: optional_time(row.get(7)?)?,
        failures: row.get(8)?,
        error: row.get(9)?,
        items: row.get(10)?,
        picked: row.get(11)?,
    })
}
