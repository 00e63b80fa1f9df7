//! How many feeds could be read before a slot. If most could not, the digest would be thin, and pass for all there
//! was: it waits instead. A feed that was last read two periods ago, and fails again and again, is given up, so that
//! feeds that die one after another never silence the digest.

use chrono::{DateTime, TimeDelta, Utc};

/// A feed, as far as it could be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sign {
    /// Failed polls in a row.
    pub failures: u32,
    /// When it was last read; when it was first listed, if never.
    pub last: DateTime<Utc>,
}

/// So often a feed fails before it is given up: more than a day, polled hourly at first. After a long time off, the
/// first failures may be the network's.
const FAILURES: u32 = 6;

/// So long after a slot, what is read is read for it: feeds are polled when it has come.
const POLLS: TimeDelta = TimeDelta::hours(1);

/// How many feeds could be read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Reach {
    /// Feeds that are not given up.
    pub alive: usize,
    /// Of these, how many could not be read since the slot before.
    pub unread: usize,
}

impl Reach {
    /// Counts for a slot.
    #[must_use]
    pub fn of(feeds: impl IntoIterator<Item = Sign>, slot: DateTime<Utc>, period: TimeDelta) -> Self {
        let before = slot - period + POLLS;
        let alive = feeds.into_iter().filter(|feed| feed.failures < FAILURES || feed.last > before - period);
        alive.fold(Self::default(), |reach, feed| Self {
            alive: reach.alive + 1,
            unread: reach.unread + usize::from(feed.failures > 0 && feed.last <= before),
        })
    }

    /// Most of them could not be read.
    #[must_use]
    pub fn is_thin(&self) -> bool {
        self.unread * 2 > self.alive
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Feeds by their failures in a row and the days since they were last read.
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
        assert!(!reach(&[(0, 9), (0, 9)]).is_thin(), "who need not be asked yet is not unread");
    }

    #[test]
    fn a_feed_that_died_long_ago_counts_no_more() {
        assert_eq!(reach(&[(0, 0), (99, 14), (99, 400)]), Reach { alive: 1, unread: 0 });
        assert!(!reach(&[(99, 14), (99, 15)]).is_thin());
        assert!(reach(&[(5, 14), (1, 400)]).is_thin(), "after a long time off, it may be the network");
    }
}
