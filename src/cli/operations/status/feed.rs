//! A feed's row in `status`: its state, what may be missing, and when and why it is polled next.

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;

use crate::domain::feeds::Because;
use crate::store::FeedState;

/// When it is polled next and, if there is room, the reason unless it is our own interval.
pub(super) fn next(feed: &FeedState, zone: Tz, now: DateTime<Utc>, room: usize) -> String {
    if feed.gone.is_some() {
        return "never".to_owned();
    }
    if feed.next_check <= now {
        return "now".to_owned();
    }
    let local = feed.next_check.with_timezone(&zone);
    // For times in the near future, the day is clear.
    let format = if feed.next_check - now < TimeDelta::hours(18) { "%H:%M" } else { "%-d %b %H:%M" };
    let at = local.format(format).to_string();
    match feed.because {
        Some(because) if because != Because::Interval && at.len() + because.to_string().len() + 3 <= room => {
            format!("{at} ({because})")
        }
        _ => at,
    }
}

/// Its state in words, the worst first.
pub(super) fn state(feed: &FeedState, zone: Tz) -> String {
    let day = |at: DateTime<Utc>| at.with_timezone(&zone).format("%-d %b %Y").to_string();
    let mut notes = vec![match (&feed.error, feed.gone, feed.checked) {
        (Some(error), Some(since), _) => format!("gone since {}: {error}", day(since)),
        (Some(error), None, _) if feed.failures == 1 => format!("failed: {error}"),
        (Some(error), None, _) => format!("failed {} times: {error}", feed.failures),
        (None, _, None) => "not polled yet".to_owned(),
        (None, _, Some(_)) => "ok".to_owned(),
    }];
    if let Some(moved) = &feed.moved {
        let asked = if feed.address.is_some() { ", and is asked there" } else { "" };
        notes.push(format!("moved to {}{asked}: change its `url` in feeds.toml", moved.to));
    }
    if !feed.cut.is_nothing() {
        notes.push(format!("left out {}: see `policy-digest feeds check {}`", feed.cut, feed.id));
    }
    if let Some(at) = feed.gap {
        notes.push(format!("items may have been missed before {}: poll it more often", day(at)));
    }
    notes.join("; ")
}
