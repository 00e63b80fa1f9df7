//! Feeds' state between polls, and the one transaction in which a poll's outcome is kept: either all of its
//! items are in and its state says so, or the poll has not been.

use crate::store::FeedChanges;
use std::time::Duration;

use crate::store::database::sql::{Transaction, params};
use chrono::{DateTime, Utc};

use super::items::arrival;
use super::items::arrival::{Arrival, Brought, Saved};
use super::items::scored::ScoredItem;
use super::{Error, seconds, to_json};
use crate::domain::feeds::{BY_HAND as BY_HAND_ID, Cut, Feed, FeedId, Hints, Moved, NextCheck};
use crate::domain::items::identity::Unchanged;

mod activity;
mod gap;
mod reopen;
mod state;

pub use activity::Activity;
pub use reopen::Reopened;
pub use state::FeedState;

/// One poll of one feed, to be kept.
#[derive(Debug, Clone)]
pub struct Poll {
    /// Which feed.
    pub feed: FeedId,
    /// When.
    pub now: DateTime<Utc>,
    /// When to come again, and why.
    pub next: NextCheck,
    /// It asked to be left alone until then.
    pub not_before: Option<DateTime<Utc>>,
    /// How old an item may be to be mailed, if this is the first time that the feed is read.
    pub first_poll_window: Duration,
    /// How it went.
    pub visit: Visited,
    /// What came of it.
    pub outcome: PollOutcome,
}

/// How a poll went, whatever came of it.
#[derive(Debug, Clone, Default)]
pub struct Visited {
    /// The address that answered, and to which the validators belong.
    pub location: Option<String>,
    /// Where the feed has moved permanently, as far as that is known.
    pub moved: Option<Moved>,
    /// Where it is asked from now on, if that is believed.
    pub address: Option<String>,
    /// Bytes of the answer, unpacked.
    pub bytes: usize,
    /// From the beginning of the poll, the waiting for its turn included, to the end of reading.
    pub took: Duration,
}

/// What came of a poll.
#[derive(Debug, Clone)]
pub enum PollOutcome {
    /// Nothing has changed since the last one.
    Unchanged {
        /// Validator to replay: the answer's, or where a 304 left it out, the old one.
        etag: Option<String>,
        /// Validator to replay.
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
        /// Which version of the program read it.
        reader: &'static str,
        /// What it says about when to come again.
        hints: Hints,
        /// Fingerprint of the topic that judged the items.
        fingerprint: String,
        /// New or changed, oldest first.
        items: Vec<ScoredItem>,
        /// Entries beside them that are known and stand as they were.
        unchanged: Vec<Unchanged>,
        /// The page that the feed says it belongs to.
        site: Option<String>,
        /// What was left out of the document.
        cut: Cut,
    },
    /// It could not be read.
    Failed {
        /// The message for people.
        error: String,
        /// What kind of failure it was.
        why: Failure,
    },
}

/// Kinds of failed polls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// It will not come back, says its server.
    Gone,
    /// It answered, and not with a feed.
    NoFeed,
    /// The program ended while it read the document.
    Crash,
    /// Any other.
    Other,
}

/// The stored word for [`Failure::Crash`].
pub const CRASHED: &str = "crashed";

impl PollOutcome {
    /// The word that is stored and logged.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Unchanged { .. } => "unchanged",
            Self::Read { .. } => "read",
            Self::Failed { why: Failure::Gone, .. } => "gone",
            Self::Failed { why: Failure::NoFeed, .. } => "no_feed",
            Self::Failed { why: Failure::Crash, .. } => CRASHED,
            Self::Failed { why: Failure::Other, .. } => "failed",
        }
    }
}

const BY_HAND: &str = "INSERT INTO feeds (id, url, title, since, next_check, removed)
    VALUES (?1, '', 'Added by hand', 0, 0, ?2) ON CONFLICT (id) DO NOTHING";

/// The id of the feed of posts that editors add by hand. It is in no list and never polled.
pub(super) fn by_hand(tx: &Transaction<'_>, now: i64) -> Result<&'static str, Error> {
    tx.prepare(BY_HAND)?.execute(params![BY_HAND_ID, now])?;
    Ok(BY_HAND_ID)
}

impl FeedChanges<'_> {
    /// Makes a row for each feed of the list that has none, and marks those that were taken out. `since` is settled when
    /// the feed is first read ([`Self::save_poll`]); until then, and where a clock that was ahead has set it, it is the
    /// feed's window before `now`. A new address forgets what the old one has taught.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn sync_feeds(self, feeds: Vec<(Feed, Duration)>, now: DateTime<Utc>) -> Result<(), Error> {
        self.store.write(move |tx| {
            tx.execute("UPDATE feeds SET removed = ?1 WHERE removed IS NULL", [seconds(now)])?;
            for (feed, window) in &feeds {
                let since = seconds(now).saturating_sub_unsigned(window.as_secs()).max(0);
                tx.prepare(
                    "INSERT INTO feeds (id, url, title, since, next_check) VALUES (?1, ?2, ?3, ?4, 0)
                     ON CONFLICT (id) DO UPDATE SET title = excluded.title, removed = NULL,
                     since = CASE WHEN feeds.since > ?5 THEN excluded.since ELSE feeds.since END",
                )?
                .execute(params![feed.id.as_str(), feed.url.as_str(), feed.title, since, seconds(now)])?;
                tx.prepare(
                    "UPDATE feeds SET url = ?2, etag = NULL, last_modified = NULL, body_hash = NULL, next_check = 0,
                     not_before = NULL, failures = 0, error = NULL, outcome = NULL, because = NULL, location = NULL,
                     moved_to = NULL, moved_since = NULL, moved_polls = 0, address = NULL, hint_interval = NULL,
                     skip_hours = 0, skip_days = 0, gone = NULL, gap = NULL, failing = NULL, empty = NULL, renumbered = NULL,
                     varying = NULL, site = NULL, answered = NULL
                     WHERE id = ?1 AND url <> ?2",
                )?
                .execute(params![feed.id.as_str(), feed.url.as_str()])?;
            }
            Ok(())
        })
        .await
    }

    /// After the clock has gone back: what a poll in what is now the future has set for its feed goes back with it, so
    /// that no feed is polled later or earlier than it asked.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn turn_back(self, now: DateTime<Utc>) -> Result<usize, Error> {
        self.store
            .write(move |tx| {
                Ok(tx.execute(
                    "UPDATE feeds SET checked = ?1, next_check = next_check - (checked - ?1),
                 not_before = not_before - (checked - ?1),
                 succeeded = CASE WHEN succeeded > ?1 THEN ?1 ELSE succeeded END,
                 gone = CASE WHEN gone > ?1 THEN ?1 ELSE gone END,
                 since = CASE WHEN since > ?1 THEN since - (checked - ?1) ELSE since END WHERE checked > ?1",
                    [seconds(now)],
                )?)
            })
            .await
    }

    /// Keeps one poll's outcome: items first, numbered in order, and the feed's state with them.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn save_poll(self, poll: Poll) -> Result<Saved, Error> {
        self.store.write(move |tx| save(tx, poll)).await
    }

    /// Stores several polls with one commit; each is stored completely, or fails alone and leaves nothing behind.
    ///
    /// # Errors
    /// [`Error::Statement`]: nothing could be kept at all.
    pub async fn save_polls(self, polls: Vec<Poll>) -> Result<Vec<Result<Saved, Error>>, Error> {
        self.store.write(move |tx| polls.into_iter().map(|poll| tx.apart(|| save(tx, poll))).collect()).await
    }
}

fn save(tx: &Transaction<'_>, poll: Poll) -> Result<Saved, Error> {
    let (id, now) = (poll.feed.as_str(), seconds(poll.now));
    let mut saved = Saved::default();
    visited(tx, &poll)?;
    match poll.outcome {
        PollOutcome::Failed { error, why } => {
            // A clock that was ahead when it began to fail counts for nothing.
            tx.prepare(
                "UPDATE feeds SET failures = failures + 1, error = ?2, gone = coalesce(gone, ?3),
                 failing = CASE WHEN failing < ?4 THEN failing ELSE ?4 END WHERE id = ?1",
            )?
            .execute(params![id, error, (why == Failure::Gone).then_some(now), now])?;
            return Ok(saved);
        }
        PollOutcome::Unchanged { etag, last_modified } => {
            tx.prepare("UPDATE feeds SET etag = ?2, last_modified = ?3, location = ?4 WHERE id = ?1")?
                .execute(params![id, etag, last_modified, poll.visit.location])?;
        }
        PollOutcome::Read {
            etag,
            last_modified,
            body_hash,
            reader,
            hints,
            fingerprint,
            items,
            unchanged,
            site,
            cut,
        } => {
            let state::Before { mut since, first_polled, entries: entries_before, varying } = state::before(tx, id)?;
            if first_polled.is_none() {
                // A feed may be listed for weeks before it can be read: its window ends when it is.
                since = now.saturating_sub_unsigned(poll.first_poll_window.as_secs()).max(0);
            }
            let arrival = Arrival { feed: id, now, since, is_first: first_polled.is_none(), fingerprint: &fingerprint };
            let newest = gap::newest(tx, id)?;
            let brought = Brought { items: &items, unchanged: &unchanged, varying: &varying, entries_before };
            let kept = arrival::keep(tx, &arrival, &brought)?;
            saved = kept.saved;
            saved.gap = unchanged.is_empty() && gap::is_one(newest, &items, saved.new);
            let interval = hints.interval.map(|interval| i64::try_from(interval.as_secs()).unwrap_or(i64::MAX));
            tx.prepare(
                "UPDATE feeds SET etag = ?2, last_modified = ?3, body_hash = ?4, first_polled = coalesce(first_polled, ?5),
                 since = ?14, location = ?6, reader = ?7, entries = ?8, hint_interval = ?9, skip_hours = ?10, skip_days = ?11,
                 gap = coalesce(?12, gap), renumbered = coalesce(?13, renumbered),
                 empty = CASE WHEN ?8 > 0 THEN NULL WHEN empty < ?5 THEN empty ELSE ?5 END, cut = ?15,
                 varying = coalesce(?16, varying), site = ?17 WHERE id = ?1",
            )?
            .execute(params![
                id,
                etag,
                last_modified,
                body_hash,
                now,
                poll.visit.location,
                reader,
                items.len() + unchanged.len(),
                interval,
                hints.skip_hours,
                hints.skip_days,
                saved.gap.then_some(now),
                saved.renumbered.then_some(now),
                since,
                state::cut_to_text(&cut),
                kept.varying.map(|names| to_json(&names)),
                site,
            ])?;
        }
    }
    tx.prepare(
        "UPDATE feeds SET succeeded = ?2, failures = 0, failing = NULL, error = NULL, gone = NULL WHERE id = ?1",
    )?
    .execute(params![id, now])?;
    Ok(saved)
}

/// What is kept of every poll.
fn visited(tx: &Transaction<'_>, poll: &Poll) -> Result<(), Error> {
    let took = i64::try_from(poll.visit.took.as_millis()).unwrap_or(i64::MAX);
    let moved = poll.visit.moved.as_ref();
    tx.prepare(
        "UPDATE feeds SET checked = ?2, next_check = ?3, because = ?4, not_before = ?5, outcome = ?6, bytes = ?7, took = ?8,
         moved_to = ?9, moved_since = ?10, moved_polls = ?11, address = ?12, 
         answered = CASE WHEN ?7 > 0 THEN ?2 ELSE answered END
         WHERE id = ?1",
    )?
    .execute(params![
        poll.feed.as_str(),
        seconds(poll.now),
        seconds(poll.next.at),
        poll.next.because.as_str(),
        poll.not_before.map(seconds),
        poll.outcome.as_str(),
        poll.visit.bytes,
        took,
        moved.map(|moved| &moved.to),
        moved.map(|moved| seconds(moved.since)),
        moved.map_or(0, |moved| moved.polls),
        poll.visit.address,
    ])?;
    Ok(())
}
