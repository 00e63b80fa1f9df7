//! Permanent moves of a feed (RFC 9110 §15.4.2 and §15.4.9: 301 and 308). A single such answer may be a mistake, so it
//! is followed, but the old address is requested again. When several polls over a day have seen the move, it is
//! believed, and the feed is requested at the new address from then on. A temporary redirect in between starts the
//! count again.

use chrono::{DateTime, TimeDelta, Utc};

/// A move as seen so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// The new address.
    pub to: String,
    /// When it was first seen.
    pub since: DateTime<Utc>,
    /// The number of polls that saw it.
    pub polls: u32,
}

/// The number of polls that must see a move before it is believed.
const POLLS: u32 = 3;
/// The minimum time since the first of them.
const DAY: TimeDelta = TimeDelta::days(1);

impl Moved {
    /// Records the move as seen again, or as seen for the first time if it is another one.
    #[must_use]
    pub fn seen(before: Option<&Self>, to: &str, now: DateTime<Utc>) -> Self {
        match before {
            // If the clock has gone back, a day that never passed must not count.
            Some(before) if before.to == to && before.since <= now => {
                Self { polls: before.polls.saturating_add(1), ..before.clone() }
            }
            _ => Self { to: to.to_owned(), since: now, polls: 1 },
        }
    }

    /// Whether the move is believed.
    #[must_use]
    pub fn is_settled(&self, now: DateTime<Utc>) -> bool {
        self.polls >= POLLS && now - self.since >= DAY
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether a move is believed after these addresses were seen at these hours.
    fn is_believed(addresses: &[(&str, i64)]) -> bool {
        let at = |hours| DateTime::UNIX_EPOCH + TimeDelta::hours(hours);
        let all = addresses
            .iter()
            .fold(None, |moved: Option<Moved>, (to, hours)| Some(Moved::seen(moved.as_ref(), to, at(*hours))));
        all.is_some_and(|moved| moved.is_settled(at(addresses.last().map_or(0, |(_, hours)| *hours))))
    }

    #[test]
    fn a_move_is_believed_after_three_polls_over_a_day() {
        assert!(is_believed(&[("a", 0), ("a", 12), ("a", 24)]));
        assert!(!is_believed(&[("a", 0), ("a", 24)]), "two are few");
        assert!(!is_believed(&[("a", 0), ("a", 1), ("a", 2), ("a", 23)]), "a day is long");
        assert!(!is_believed(&[("a", 0), ("b", 12), ("a", 24), ("a", 36), ("a", 47)]), "one address after another");
        assert!(!is_believed(&[("a", 900), ("a", 0), ("a", 1), ("a", 2)]), "the clock went back");
    }
}
