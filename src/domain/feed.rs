//! A feed as the administrator lists it, and when it is to be polled next.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use url::Url;

/// A feed's short name: lower-case letters, digits and hyphens, as in `feeds.toml`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FeedId(String);

impl FeedId {
    /// Takes 1 to 64 lower-case letters, digits and hyphens; `None` for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        (!text.is_empty() && text.len() <= 64 && text.chars().all(allowed)).then(|| Self(text.to_owned()))
    }

    /// The name itself.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for FeedId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// One `[[feed]]` of `feeds.toml`, checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Feed {
    /// Its short name.
    pub id: FeedId,
    /// The name that readers see.
    pub title: String,
    /// http, https, or an absolute `file:` URL.
    pub url: Url,
    /// The administrator's own groups.
    pub tags: Vec<String>,
    /// A disabled feed is kept, and not polled.
    pub enabled: bool,
    /// Overrides `polling.first_poll_window`.
    pub first_poll_window: Option<Duration>,
    /// Added to the score of each of its items: a reform blog deserves a little trust.
    pub prior: f32,
}

/// What a feed itself says about when to come again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Hints {
    /// Least time between two visits: the longer of RSS `ttl` and the syndication module's period.
    pub interval: Option<Duration>,
    /// Hours of the day, GMT, in which not to come; bit 0 is midnight to one.
    pub skip_hours: u32,
    /// Days of the week, GMT, on which not to come; bit 0 is Monday.
    pub skip_days: u8,
}

/// How often feeds are polled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// Between two successful polls.
    pub interval: Duration,
}

/// A failing feed is tried at least once a day.
const LONGEST_PAUSE: TimeDelta = TimeDelta::days(1);

/// When to poll again, after `failures` failed polls in a row (0: it went well). The pause doubles with each
/// failure up to a day, and is never shorter than the feed asked for.
#[must_use]
pub fn next_check(
    now: DateTime<Utc>,
    failures: u32,
    not_before: Option<DateTime<Utc>>,
    policy: &Policy,
) -> DateTime<Utc> {
    let interval = TimeDelta::from_std(policy.interval).unwrap_or(LONGEST_PAUSE);
    let doubled = interval.checked_mul(1 << failures.saturating_sub(1).min(16)).unwrap_or(LONGEST_PAUSE);
    let pause = if failures == 0 { interval } else { doubled.min(LONGEST_PAUSE.max(interval)) };
    (now + pause).max(not_before.unwrap_or(now))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failing_feed_is_asked_ever_more_rarely_and_at_least_daily() {
        let policy = Policy { interval: Duration::from_secs(3600) };
        let pause =
            |failures| (next_check(DateTime::UNIX_EPOCH, failures, None, &policy) - DateTime::UNIX_EPOCH).num_hours();
        assert_eq!([0, 1, 2, 3, 4, 5, 6, 99].map(pause), [1, 1, 2, 4, 8, 16, 24, 24]);
    }

    #[test]
    fn a_feed_is_never_asked_before_it_allows() {
        let policy = Policy { interval: Duration::from_secs(3600) };
        let asked = DateTime::UNIX_EPOCH + TimeDelta::days(3);
        assert_eq!(next_check(DateTime::UNIX_EPOCH, 1, Some(asked), &policy), asked);
    }

    #[test]
    fn a_feed_id_is_a_short_plain_name() {
        assert!(FeedId::parse("what-works-2").is_some());
        for text in ["", "What", "a b", "a/b", &"x".repeat(65)] {
            assert!(FeedId::parse(text).is_none(), "{text}");
        }
    }
}
