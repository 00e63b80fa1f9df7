//! Where a feed has moved for good (RFC 9110 §15.4.2 and §15.4.9: 301 and 308). One such answer may be a slip, so it
//! is followed and the old address asked again; seen in several polls over a day, it is believed, and the feed is asked
//! at the new one before the old one ends. A temporary redirect in between begins it anew.

use chrono::{DateTime, TimeDelta, Utc};

/// A move, as far as it was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// The new address.
    pub to: String,
    /// When it was first told.
    pub since: DateTime<Utc>,
    /// In how many polls it was.
    pub polls: u32,
}

/// A move is believed when it was told in so many polls,
const POLLS: u32 = 3;
/// the first of them so long ago.
const DAY: TimeDelta = TimeDelta::days(1);

impl Moved {
    /// The move, told once more, or another one, told for the first time.
    #[must_use]
    pub fn told(before: Option<&Self>, to: &str, now: DateTime<Utc>) -> Self {
        match before {
            // A clock that has gone back would count a day that never was.
            Some(before) if before.to == to && before.since <= now => {
                Self { polls: before.polls.saturating_add(1), ..before.clone() }
            }
            _ => Self { to: to.to_owned(), since: now, polls: 1 },
        }
    }

    /// Whether it is believed.
    #[must_use]
    pub fn is_settled(&self, now: DateTime<Utc>) -> bool {
        self.polls >= POLLS && now - self.since >= DAY
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Told at these hours, one after another.
    fn told(addresses: &[(&str, i64)]) -> bool {
        let at = |hours| DateTime::UNIX_EPOCH + TimeDelta::hours(hours);
        let all = addresses
            .iter()
            .fold(None, |moved: Option<Moved>, (to, hours)| Some(Moved::told(moved.as_ref(), to, at(*hours))));
        all.is_some_and(|moved| moved.is_settled(at(addresses.last().map_or(0, |(_, hours)| *hours))))
    }

    #[test]
    fn a_move_is_believed_after_three_polls_over_a_day() {
        assert!(told(&[("a", 0), ("a", 12), ("a", 24)]));
        assert!(!told(&[("a", 0), ("a", 24)]), "two are few");
        assert!(!told(&[("a", 0), ("a", 1), ("a", 2), ("a", 23)]), "a day is long");
        assert!(!told(&[("a", 0), ("b", 12), ("a", 24), ("a", 36), ("a", 47)]), "one address after another");
        assert!(!told(&[("a", 900), ("a", 0), ("a", 1), ("a", 2)]), "the clock went back");
    }
}
