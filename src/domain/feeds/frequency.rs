//! How often a feed publishes. A feed shows only its newest entries, so its history before the first read is
//! only partly known: the rate is computed over the known period, of at least a week.

use chrono::{DateTime, TimeDelta, Utc};

/// The longest period that is considered.
pub const LOOK_BACK: TimeDelta = TimeDelta::weeks(12);

const WEEK: f64 = 7.0 * 24.0 * 3600.0;
const WEEKS_A_MONTH: f64 = 52.0 / 12.0;

/// How often a feed publishes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Frequency {
    /// It has no dated posts in the last [`LOOK_BACK`].
    Silent,
    /// Less than one post a month.
    Seldom,
    /// About so many posts in a period.
    About(u64, Period),
}

/// The period of a rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Period {
    /// A day.
    Day,
    /// A week.
    Week,
    /// A month.
    Month,
}

/// The frequency of a feed with `items` known items in the last [`LOOK_BACK`] before `last_read`, the oldest from
/// `oldest`. The rate is rounded, and given for the longest unit (day, week, month) in which it is at least one.
#[must_use]
pub fn frequency(
    items: u64,
    oldest: Option<DateTime<Utc>>,
    first_read: DateTime<Utc>,
    last_read: DateTime<Utc>,
) -> Frequency {
    let Some(oldest) = oldest.filter(|_| items > 0) else { return Frequency::Silent };
    let known = (last_read - oldest.min(first_read)).clamp(TimeDelta::weeks(1), LOOK_BACK);
    // If the period starts with a post, that post only marks its start.
    let counted = if oldest < first_read { (items - 1).max(1) } else { items };
    let a_week = counted as f64 * WEEK / known.as_seconds_f64();
    let (rate, period) = match a_week {
        often if often / 7.0 >= 1.5 => (often / 7.0, Period::Day),
        weekly if weekly >= 0.75 => (weekly, Period::Week),
        seldom => (seldom * WEEKS_A_MONTH, Period::Month),
    };
    match rate.round() {
        none if none < 1.0 => Frequency::Seldom,
        some => Frequency::About(some as u64, period),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(items: u64, oldest_days_ago: i64, first_read_days_ago: i64) -> Frequency {
        let now: DateTime<Utc> = "2026-11-28T09:00:00Z".parse().unwrap();
        let ago = |days| now - TimeDelta::days(days);
        frequency(items, (items > 0).then(|| ago(oldest_days_ago)), ago(first_read_days_ago), now)
    }

    #[test]
    fn a_rate_uses_the_unit_that_suits_it() {
        use Frequency::{About, Seldom, Silent};
        for (items, expected) in [
            (0, Silent),
            (1, Seldom),
            (2, About(1, Period::Month)),
            (6, About(2, Period::Month)),
            (12, About(1, Period::Week)),
            (24, About(2, Period::Week)),
            (120, About(10, Period::Week)),
            (126, About(2, Period::Day)),
            (840, About(10, Period::Day)),
        ] {
            assert_eq!(of(items, 80, 365), expected, "{items} in 12 weeks");
        }
    }

    #[test]
    fn of_a_feed_that_is_new_here_only_the_time_that_it_shows_counts() {
        use Frequency::About;
        assert_eq!(of(10, 35, 0), About(2, Period::Week));
        assert_eq!(of(10, 2, 0), About(9, Period::Week), "two days are too few for a daily rate");
        assert_eq!(of(1, 1, 0), About(1, Period::Week));
        assert_eq!(of(3, 57, 0), About(1, Period::Month));
        assert_eq!(of(4, 3, 14), About(2, Period::Week), "the quiet time before counts too");
    }
}
