//! What is polled, and the report of a poll.

use chrono::{DateTime, Utc};

use crate::store::Saved;

/// Which feeds are polled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    /// Every enabled feed, except those with a running Retry-After.
    All,
    /// Those whose next check is due.
    Due,
    /// The named ones.
    Named(Vec<String>),
}

/// The report of one feed.
#[derive(Debug, Clone)]
pub struct FeedReport {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// The outcome.
    pub result: FeedResult,
}

/// The outcome for one feed.
#[derive(Debug, Clone, PartialEq)]
pub enum FeedResult {
    /// It was read.
    Read {
        /// Entries in the document.
        entries: usize,
        /// What was stored.
        saved: Saved,
    },
    /// Nothing has changed.
    Unchanged,
    /// It asked not to be polled until this time.
    Waiting(DateTime<Utc>),
    /// Since this day its server says that it is gone permanently; it is no longer polled.
    Gone(DateTime<Utc>),
    /// It could not be read.
    Failed(String),
}

/// The result of a poll.
#[derive(Debug, Clone, Default)]
pub struct PollReport {
    /// In the order of the list.
    pub feeds: Vec<FeedReport>,
}

impl PollReport {
    /// Sums over all feeds that were read.
    #[must_use]
    pub fn saved(&self) -> Saved {
        self.feeds.iter().fold(Saved::default(), |sum, feed| match &feed.result {
            FeedResult::Read { saved, .. } => Saved {
                new: sum.new + saved.new,
                changed: sum.changed + saved.changed,
                selected: sum.selected + saved.selected,
                listed: sum.listed + saved.listed,
                old: sum.old + saved.old,
                gap: sum.gap || saved.gap,
                renumbered: sum.renumbered || saved.renumbered,
            },
            _ => sum,
        })
    }

    /// Feeds that could not be read.
    #[must_use]
    pub fn failed(&self) -> usize {
        self.feeds.iter().filter(|feed| matches!(feed.result, FeedResult::Failed(_))).count()
    }

    /// Whether feeds were tried, and none could be read.
    #[must_use]
    pub fn is_total_failure(&self) -> bool {
        let is_failure = |feed: &FeedReport| matches!(feed.result, FeedResult::Failed(_) | FeedResult::Gone(_));
        !self.feeds.is_empty() && self.feeds.iter().all(is_failure)
    }
}
