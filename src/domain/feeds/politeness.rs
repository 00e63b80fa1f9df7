//! Decides when a feed is polled next: after our own interval, later after failures, and never earlier than the feed
//! requests in its headers (RFC 9111), its `ttl`, `skipHours` and `skipDays` (RSS 2.0) or its syndication module. Each
//! request is capped, so that a mistake in a feed does not stop its polling for years.

use std::str::FromStr;
use std::time::Duration;

use chrono::{DateTime, Datelike as _, DurationRound as _, TimeDelta, Timelike as _, Utc};

/// How often feeds are polled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// The time between two successful polls.
    pub interval: Duration,
}

/// What a document requests about polling.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Hints {
    /// The minimum time between two polls: the longer of RSS `ttl` and the syndication module's period.
    pub interval: Option<Duration>,
    /// Hours of the day (GMT) without polls; bit 0 is midnight to one.
    pub skip_hours: u32,
    /// Days of the week (GMT) without polls; bit 0 is Monday.
    pub skip_days: u8,
}

/// The result of a poll, as far as it affects the next one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Visit {
    /// Failed polls in a row; 0 if this one succeeded.
    pub failures: u32,
    /// The server's Retry-After: even an explicit poll must not come earlier.
    pub retry_after: Option<DateTime<Utc>>,
    /// Until when the answer is fresh, from its Cache-Control or Expires.
    pub fresh_until: Option<DateTime<Utc>>,
    /// The document's own requests, from this poll or an earlier one.
    pub hints: Hints,
}

/// When to poll next, and for which reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NextCheck {
    /// The moment.
    pub at: DateTime<Utc>,
    /// The rule that determined it.
    pub because: Because,
}

/// The rule that determined the next poll.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Because {
    /// Our own interval.
    Interval,
    /// The pause that doubles with each failure.
    Failures,
    /// Cache-Control or Expires.
    Freshness,
    /// Retry-After.
    RetryAfter,
    /// `ttl` or the syndication module.
    Hints,
    /// `skipHours` or `skipDays`.
    Skipped,
}

impl Because {
    const ALL: [Self; 6] =
        [Self::Interval, Self::Failures, Self::Freshness, Self::RetryAfter, Self::Hints, Self::Skipped];

    /// The word that is stored.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Interval => "interval",
            Self::Failures => "failures",
            Self::Freshness => "freshness",
            Self::RetryAfter => "retry-after",
            Self::Hints => "hints",
            Self::Skipped => "skipped",
        }
    }
}

impl FromStr for Because {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|because| because.as_str() == text).ok_or(())
    }
}

impl std::fmt::Display for Because {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Interval => "our interval",
            Self::Failures => "later after each failure",
            Self::Freshness => "its Cache-Control or Expires",
            Self::RetryAfter => "its Retry-After",
            Self::Hints => "its ttl or update period",
            Self::Skipped => "its skipHours or skipDays",
        })
    }
}

/// A failing feed is tried at least once a day. A requested pause does not count beyond a day either, because a daily
/// digest must not miss an active feed with a `ttl` of years.
const LONGEST_PAUSE: TimeDelta = TimeDelta::days(1);

/// A server in trouble may ask for more than a day; more than a week is a mistake.
const LONGEST_RETRY: TimeDelta = TimeDelta::days(7);

const ALL_HOURS: u32 = (1 << 24) - 1;
const ALL_DAYS: u8 = (1 << 7) - 1;

/// The jitter: our own pause is shortened by up to this share of it, so that feeds which were polled together are
/// polled at different times later. A larger share would make a feed due only every second time when cron polls every
/// hour.
const JITTER: f64 = 0.1;

/// When to poll again. Each failure doubles the pause, up to a day; the pause is never shorter than the feed requested,
/// within the caps above. `chance` is a random number in 0..1.
#[must_use]
pub fn next_check(now: DateTime<Utc>, visit: &Visit, policy: &Policy, chance: f64) -> NextCheck {
    let interval = TimeDelta::from_std(policy.interval).unwrap_or(LONGEST_PAUSE);
    let doubled = interval.checked_mul(1 << visit.failures.saturating_sub(1).min(16)).unwrap_or(LONGEST_PAUSE);
    let (pause, because) = match visit.failures {
        0 => (interval, Because::Interval),
        _ => (doubled.min(LONGEST_PAUSE.max(interval)), Because::Failures),
    };
    let jitter = pause.as_seconds_f64() * JITTER * chance.clamp(0.0, 1.0);
    let mut next = NextCheck { at: now + pause - TimeDelta::seconds(jitter as i64), because };
    let hinted = visit.hints.interval.map(|pause| now + TimeDelta::from_std(pause).unwrap_or(LONGEST_PAUSE));
    for (wish, most, because) in [
        (hinted, LONGEST_PAUSE, Because::Hints),
        (visit.fresh_until, LONGEST_PAUSE, Because::Freshness),
        (visit.retry_after, LONGEST_RETRY, Because::RetryAfter),
    ] {
        let wish = wish.map(|at| at.min(now + most));
        if let Some(at) = wish.filter(|at| *at > next.at) {
            next = NextCheck { at, because };
        }
    }
    match past_skipped(next.at, &visit.hints) {
        at if at > next.at => NextCheck { at, because: Because::Skipped },
        _ => next,
    }
}

/// The first moment from `at` on that is not in a skipped hour or on a skipped day. A feed cannot mean to skip every
/// hour or every day, so such a list is ignored.
fn past_skipped(at: DateTime<Utc>, hints: &Hints) -> DateTime<Utc> {
    let hours = Some(hints.skip_hours & ALL_HOURS).filter(|hours| *hours != ALL_HOURS).unwrap_or(0);
    let days = Some(hints.skip_days & ALL_DAYS).filter(|days| *days != ALL_DAYS).unwrap_or(0);
    let is_skipped =
        |at: &DateTime<Utc>| hours & (1 << at.hour()) != 0 || days & (1 << at.weekday().num_days_from_monday()) != 0;
    let hour = TimeDelta::hours(1);
    let start = at.duration_trunc(hour).unwrap_or(at);
    // At least one hour of one day of the week is allowed.
    let later = (1..=7 * 24).map(|hours| start + hour * hours);
    std::iter::once(at).chain(later).find(|at| !is_skipped(at)).unwrap_or(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: Policy = Policy { interval: Duration::from_secs(3600) };

    /// A Tuesday.
    fn noon() -> DateTime<Utc> {
        "2026-11-24T12:10:00Z".parse().unwrap()
    }

    fn next(visit: Visit) -> (i64, Because) {
        let next = next_check(noon(), &visit, &POLICY, 0.0);
        ((next.at - noon()).num_minutes(), next.because)
    }

    #[test]
    fn a_failing_feed_is_asked_ever_more_rarely_and_at_least_daily() {
        let pause = |failures| next(Visit { failures, ..Visit::default() }).0 / 60;
        assert_eq!([0, 1, 2, 3, 4, 5, 6, 99].map(pause), [1, 1, 2, 4, 8, 16, 24, 24]);
    }

    #[test]
    fn a_feed_is_never_asked_before_it_allows_and_the_state_says_why() {
        let in_hours = |hours| Some(noon() + TimeDelta::hours(hours));
        let every = |hours: u64| Hints { interval: Some(Duration::from_secs(hours * 3600)), ..Hints::default() };
        assert_eq!(next(Visit::default()), (60, Because::Interval));
        assert_eq!(next(Visit { fresh_until: in_hours(3), ..Visit::default() }), (180, Because::Freshness));
        assert_eq!(next(Visit { hints: every(4), ..Visit::default() }), (240, Because::Hints));
        let busy = Visit { failures: 1, retry_after: in_hours(72), hints: every(4), fresh_until: None };
        assert_eq!(next(busy), (72 * 60, Because::RetryAfter));
        let short =
            Visit { hints: Hints { interval: Some(Duration::from_secs(60)), ..Hints::default() }, ..Visit::default() };
        assert_eq!(next(short), (60, Because::Interval), "no poll comes earlier than our own interval");
    }

    #[test]
    fn our_own_pause_has_a_jitter_of_a_tenth_and_never_undercuts_the_feeds_request() {
        let minutes = |visit: Visit, chance| (next_check(noon(), &visit, &POLICY, chance).at - noon()).num_minutes();
        assert_eq!([0.0, 0.5, 1.0].map(|chance| minutes(Visit::default(), chance)), [60, 57, 54]);
        assert_eq!(minutes(Visit { failures: 99, ..Visit::default() }, 1.0), 24 * 54);
        let fresh = Visit { fresh_until: Some(noon() + TimeDelta::minutes(59)), ..Visit::default() };
        assert_eq!(minutes(fresh, 1.0), 59);
    }

    #[test]
    fn years_are_taken_for_a_slip() {
        let years = Duration::from_secs(20 * 365 * 86_400);
        for visit in [
            Visit { hints: Hints { interval: Some(years), ..Hints::default() }, ..Visit::default() },
            Visit { hints: Hints { interval: Some(Duration::MAX), ..Hints::default() }, ..Visit::default() },
            Visit { fresh_until: Some(noon() + TimeDelta::days(7000)), ..Visit::default() },
        ] {
            assert_eq!(next(visit).0, 24 * 60);
        }
        assert_eq!(next(Visit { retry_after: Some(DateTime::<Utc>::MAX_UTC), ..Visit::default() }).0, 7 * 24 * 60);
    }

    #[test]
    fn skipped_hours_and_days_are_passed_over() {
        let skip = |skip_hours, skip_days| {
            let hints = Hints { interval: None, skip_hours, skip_days };
            next_check(noon(), &Visit { hints, ..Visit::default() }, &POLICY, 0.0).at.format("%a %H:%M").to_string()
        };
        assert_eq!(skip(0, 0), "Tue 13:10");
        assert_eq!(skip(1 << 13 | 1 << 14, 0), "Tue 15:00");
        assert_eq!(skip(0, 1 << 1), "Wed 00:00");
        assert_eq!(skip(0xff, 1 << 1 | 1 << 2), "Thu 08:00");
        assert_eq!(skip(!(1 << 12), 0), "Wed 12:00", "bits beyond the day mean nothing");
        assert_eq!(skip(!(1 << 13), !1), "Mon 13:00");
    }

    #[test]
    fn a_feed_that_skips_everything_skips_nothing() {
        for (skip_hours, skip_days) in [(u32::MAX, 0), (0, u8::MAX), (u32::MAX, u8::MAX), (ALL_HOURS, ALL_DAYS)] {
            let hints = Hints { interval: None, skip_hours, skip_days };
            assert_eq!(next(Visit { hints, ..Visit::default() }), (60, Because::Interval));
        }
    }

    #[test]
    fn each_reason_is_read_as_it_was_stored() {
        for because in Because::ALL {
            assert_eq!(because.as_str().parse(), Ok(because));
        }
    }
}
