//! What has had its time is removed: sign-ups that were never confirmed, people who left, the texts of old posts, and what
//! became of old mails. How long each is kept stands in `[retention]`; how a person is erased is `store::subscribers::erasure`'s, the
//! rest is `store::operations::cleanup`'s.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use crate::app::App;
use crate::store::{Erased, Expiry};

/// How often it is done beside other due work.
const EVERY: TimeDelta = TimeDelta::days(1);

/// When it was not done for longer than this, the clock may have jumped ahead. `once` may come as rarely as once a month.
const SILENCE: TimeDelta = TimeDelta::days(35);

/// The mark that says when it was last done.
const MARK: &str = "cleanup";

/// The mark of the time up to which ages are counted, by a clock of its own: it goes on by as much as has passed since the
/// last time, and after a silence by a day. So a clock that is wrong by years removes no more than a day's worth a day, and
/// after a long stop everything is kept for as much longer.
const COUNTED: &str = "cleanup: time counted";

/// What was removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CleanupReport {
    /// People who were erased.
    pub people: Erased,
    /// Items of which only the texts are gone.
    pub texts: usize,
    /// Messages; they stay counted.
    pub messages: usize,
    /// Former keys of links whose end has come.
    pub keys: usize,
}

/// Removes everything whose time is over, by and by: others write in between.
///
/// # Errors
/// The database fails.
pub async fn cleanup(app: &App) -> anyhow::Result<CleanupReport> {
    let now = app.clock.now();
    let last = match app.store.marked(MARK).await? {
        Some(last) => last,
        None => app.store.made().await?,
    };
    let counted = counted(now, last, app.store.marked(COUNTED).await?.unwrap_or(last));
    let retention = &app.config.settings.retention;
    let expiry = Expiry { pending: before(counted, retention.pending), left: before(counted, retention.left) };
    let mut report = CleanupReport {
        people: app.store.expire(expiry, now).await?,
        keys: app.store.remove_ended_keys(counted).await?,
        ..CleanupReport::default()
    };
    let (texts, messages) = (before(counted, retention.content), before(counted, retention.attempts));
    while !app.stop.is_requested() {
        let (emptied, removed) =
            (app.store.remove_texts(texts, now).await?, app.store.remove_messages(messages).await?);
        if (emptied, removed) == (0, 0) {
            // What was cut short is gone on with at the next start.
            app.store.mark(COUNTED, counted).await?;
            app.store.mark(MARK, now).await?;
            break;
        }
        report.texts += emptied;
        report.messages += removed;
    }
    if report != CleanupReport::default() {
        let Erased { pending, left } = report.people;
        let CleanupReport { texts, messages, keys, .. } = report;
        tracing::info!(pending, left, texts, messages, keys, "removed what had its time");
    }
    Ok(report)
}

/// The same if it was not done within a day.
///
/// # Errors
/// The database fails.
pub async fn cleanup_due(app: &App) -> anyhow::Result<CleanupReport> {
    let now = app.clock.now();
    match app.store.marked(MARK).await? {
        // A mark that a clock ahead has set blocks nothing.
        Some(last) if last <= now && now - last < EVERY => Ok(CleanupReport::default()),
        _ => cleanup(app).await,
    }
}

/// The time up to which ages are counted now, from when that was last done, and up to when.
fn counted(now: DateTime<Utc>, last: DateTime<Utc>, counted: DateTime<Utc>) -> DateTime<Utc> {
    let passed = (now - last).max(TimeDelta::zero());
    if passed > SILENCE {
        tracing::warn!(%last, "the clock has gone far ahead, or nothing was removed for long: everything is kept for longer");
        return now.min(counted + EVERY);
    }
    now.min(counted + passed)
}

fn before(now: DateTime<Utc>, kept: Duration) -> DateTime<Utc> {
    TimeDelta::from_std(kept).ok().and_then(|kept| now.checked_sub_signed(kept)).unwrap_or(DateTime::UNIX_EPOCH)
}
