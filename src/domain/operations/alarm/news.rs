//! Decides what is reported by email, and when: the start of each incident once, and its end once. News about feeds can
//! wait and is sent at most once a day: a hundred feeds of one host that fail one after another cause two emails, not a
//! hundred. Other news is sent at once, together with any news that waits.

use chrono::{DateTime, TimeDelta, Utc};

use super::Alarm;

/// The minimum time between two emails that are only about feeds.
const BETWEEN_FEEDS: TimeDelta = TimeDelta::days(1);

/// The content of an email.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct News<'a> {
    /// Incidents that started.
    pub raised: Vec<&'a Alarm>,
    /// Incidents that ended, whether or not their start was reported.
    pub over: Vec<&'a Alarm>,
}

/// The news to report now from these incidents, which have something unreported. `last_feed_email` is when an email
/// about a feed was last queued. `None` means that there is nothing to report yet.
#[must_use]
pub fn news(unannounced: &[Alarm], last_feed_email: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Option<News<'_>> {
    let raised = unannounced.iter().filter(|it| it.ended.is_none() && it.announced.is_none() && !it.kind.stops_mail());
    let over = unannounced.iter().filter(|it| it.ended.is_some() && it.end_announced.is_none());
    let news = News { raised: raised.collect(), over: over.collect() };
    let mut all = news.raised.iter().chain(&news.over).peekable();
    all.peek()?;
    // An email time in the future, from a clock that was ahead, does not delay anything.
    let is_early = last_feed_email.is_some_and(|at| at <= now && now - at < BETWEEN_FEEDS);
    (!is_early || all.any(|alarm| !alarm.kind.is_of_a_feed())).then_some(news)
}
