//! How often a feed publishes, in words. A feed shows only its newest entries, so its history before the first read is
//! only partly known: the rate is computed over the known period, of at least a week.

use chrono::{DateTime, TimeDelta, Utc};

/// The longest period that is considered.
pub const LOOK_BACK: TimeDelta = TimeDelta::weeks(12);

const WEEK: f64 = 7.0 * 24.0 * 3600.0;
const WEEKS_A_MONTH: f64 = 52.0 / 12.0;

/// The frequency of a feed with `items` known items in the last [`LOOK_BACK`] before `last_read`, the oldest from
/// `oldest`. The rate is rounded, and given for the longest unit (day, week, month) in which it is at least one.
#[must_use]
pub fn in_words(
    items: u64,
    oldest: Option<DateTime<Utc>>,
    first_read: DateTime<Utc>,
    last_read: DateTime<Utc>,
) -> String {
    let Some(oldest) = oldest.filter(|_| items > 0) else {
        return "no posts with a date in the last 12 weeks".to_owned();
    };
    let known = (last_read - oldest.min(first_read)).clamp(TimeDelta::weeks(1), LOOK_BACK);
    // If the period starts with a post, that post only marks its start.
    let counted = if oldest < first_read { (items - 1).max(1) } else { items };
    let a_week = counted as f64 * WEEK / known.as_seconds_f64();
    let (rate, unit) = match a_week {
        often if often / 7.0 >= 1.5 => (often / 7.0, "day"),
        weekly if weekly >= 0.75 => (weekly, "week"),
        seldom => (seldom * WEEKS_A_MONTH, "month"),
    };
    match rate.round() {
        none if none < 1.0 => "less than one post a month".to_owned(),
        1.0 => format!("about one post a {unit}"),
        some => format!("about {some} posts a {unit}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frequency(items: u64, oldest_days_ago: i64, first_read_days_ago: i64) -> String {
        let now: DateTime<Utc> = "2026-11-28T09:00:00Z".parse().unwrap();
        let ago = |days| now - TimeDelta::days(days);
        in_words(items, (items > 0).then(|| ago(oldest_days_ago)), ago(first_read_days_ago), now)
    }

    #[test]
    fn a_rate_uses_the_unit_that_suits_it() {
        for (items, words) in [
            (0, "no posts with a date in the last 12 weeks"),
            (1, "less than one post a month"),
            (2, "about one post a month"),
            (6, "about 2 posts a month"),
            (12, "about one post a week"),
            (24, "about 2 posts a week"),
            (120, "about 10 posts a week"),
            (126, "about 2 posts a day"),
            (840, "about 10 posts a day"),
        ] {
            assert_eq!(frequency(items, 80, 365), words, "{items} in 12 weeks");
        }
    }

    #[test]
    fn of_a_feed_that_is_new_here_only_the_time_that_it_shows_counts() {
        assert_eq!(frequency(10, 35, 0), "about 2 posts a week");
        assert_eq!(frequency(10, 2, 0), "about 9 posts a week", "two days are too few for a daily rate");
        assert_eq!(frequency(1, 1, 0), "about one post a week");
        assert_eq!(frequency(3, 57, 0), "about one post a month");
        assert_eq!(frequency(4, 3, 14), "about 2 posts a week", "the quiet time before counts too");
    }
}
