//! What is told by mail, and when: each incident's beginning once, and its end once. News of feeds can wait, and go out
//! once a day at most: a hundred feeds of one host that fail one after another are two mails, not a hundred. Other news
//! go out at once, and take with them what waits.

use chrono::{DateTime, TimeDelta, Utc};

use super::Alarm;

/// The least time between two mails that were about feeds only.
const BETWEEN_FEEDS: TimeDelta = TimeDelta::days(1);

/// What a mail tells.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct News<'a> {
    /// What began.
    pub raised: Vec<&'a Alarm>,
    /// What is over, told of before or not.
    pub over: Vec<&'a Alarm>,
}

/// What is to be told now of these incidents, of which something is untold; `told` is when a mail was last queued that
/// told of a feed. `None`: nothing, or not yet.
#[must_use]
pub fn news(untold: &[Alarm], told: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Option<News<'_>> {
    let raised = untold.iter().filter(|it| it.ended.is_none() && it.told.is_none() && !it.kind.stops_mail());
    let over = untold.iter().filter(|it| it.ended.is_some() && it.told_end.is_none());
    let news = News { raised: raised.collect(), over: over.collect() };
    let mut all = news.raised.iter().chain(&news.over).peekable();
    all.peek()?;
    // A mail from a clock that was ahead holds nothing up.
    let is_early = told.is_some_and(|told| told <= now && now - told < BETWEEN_FEEDS);
    (!is_early || all.any(|alarm| !alarm.kind.is_of_a_feed())).then_some(news)
}
