//! Counts how many feeds could be read before a slot. If most could not, the digest would be thin without its readers
//! noticing, so it waits. A feed that fails repeatedly and was last read two periods ago is given up, so that feeds
//! which end one after another never block the digest.

use chrono::{DateTime, TimeDelta, Utc};

/// Whether a feed could be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sign {
    /// Failed polls in a row.
    pub failures: u32,
    /// When it was last read successfully, or first listed if it never was.
    pub last: DateTime<Utc>,
}

/// Failures in a row after which a feed is given up: with hourly polls at first, more than a day. After a long
/// downtime, the first failures may be the network's.
const FAILURES: u32 = 6;

/// Polls within this time after a slot still count for it, because feeds are polled when a slot is due.
const POLLS: TimeDelta = TimeDelta::hours(1);

/// How many feeds could be read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Reach {
    /// Feeds that are not given up.
    pub alive: usize,
    /// How many of them could not be read since the previous slot.
    pub unread: usize,
}

impl Reach {
    /// Counts the feeds for a slot.
    #[must_use]
    pub fn of(feeds: impl IntoIterator<Item = Sign>, slot: DateTime<Utc>, period: TimeDelta) -> Self {
        let before = slot - period + POLLS;
        let alive = feeds.into_iter().filter(|feed| feed.failures < FAILURES || feed.last > before - period);
        alive.fold(Self::default(), |reach, feed| Self {
            alive: reach.alive + 1,
            unread: reach.unread + usize::from(feed.failures > 0 && feed.last <= before),
        })
    }

    /// Whether most of them could not be read.
    #[must_use]
    pub fn is_thin(&self) -> bool {
        self.unread * 2 > self.alive
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Feeds given by their failures in a row and the days since they were last read.
    fn reach(feeds: &[(u32, i64)]) -> Reach {
        let (slot, week) = (DateTime::UNIX_EPOCH + TimeDelta::days(100), TimeDelta::days(7));
        let sign = |&(failures, days): &(u32, i64)| Sign { failures, last: slot - TimeDelta::days(days) };
        Reach::of(feeds.iter().map(sign), slot, week)
    }

    #[test]
    fn a_digest_is_thin_when_most_feeds_could_not_be_read_since_the_slot_before() {
        assert!(!reach(&[]).is_thin());
        assert!(!reach(&[(0, 0), (9, 8)]).is_thin(), "half is not most");
        assert!(reach(&[(0, 0), (9, 8), (9, 7)]).is_thin());
        assert!(!reach(&[(0, 0), (9, 8), (9, 6)]).is_thin(), "one of them was read within the period");
        assert!(!reach(&[(0, 9), (0, 9)]).is_thin(), "a feed that is not due yet does not count as unread");
    }

    #[test]
    fn a_feed_that_died_long_ago_counts_no_more() {
        assert_eq!(reach(&[(0, 0), (99, 14), (99, 400)]), Reach { alive: 1, unread: 0 });
        assert!(!reach(&[(99, 14), (99, 15)]).is_thin());
        assert!(reach(&[(5, 14), (1, 400)]).is_thin(), "after a long time off, it may be the network");
    }
}
