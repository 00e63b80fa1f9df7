//! Removes data whose retention period has ended: sign-ups that were never confirmed, subscribers who left, the texts
//! of old posts, old drafts and votes, and the outcomes of old emails. The periods are in `[retention]`. `store::subscribers::erasure` erases
//! a subscriber; `store::operations::cleanup` does the rest.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use crate::app::App;
use crate::store::{Erased, Expiry};

/// How often the clean-up runs along with other due work.
const EVERY: TimeDelta = TimeDelta::days(1);

/// After a longer time without clean-up, the clock may have jumped ahead. `once` may run as rarely as once a month.
const SILENCE: TimeDelta = TimeDelta::days(35);

/// The mark that records the last clean-up.
const MARK: &str = "cleanup";

/// The mark of the time from which ages are counted, a clock of its own: each clean-up advances it by the time since
/// the last one, but only by a day after a long silence. A clock that is wrong by years therefore removes no more than
/// a day's worth each day, and after a long stop everything is kept for correspondingly longer.
const COUNTED: &str = "cleanup: time counted";

/// What was removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CleanupReport {
    /// Subscribers who were erased.
    pub people: Erased,
    /// Items whose texts were removed; the items themselves stay.
    pub texts: usize,
    /// Messages; they stay in the counts.
    pub messages: usize,
    /// Former keys of links that have expired.
    pub keys: usize,
    /// Drafts, with what was done to them.
    pub drafts: usize,
    /// Readers' votes.
    pub votes: usize,
}

/// Removes all data whose retention period has ended, in small steps so that others can write in between.
///
/// # Errors
/// The database fails.
pub async fn cleanup(app: &App) -> anyhow::Result<CleanupReport> {
    let now = app.clock.now();
    let last = match app.store.operations().marked(MARK).await? {
        Some(last) => last,
        None => app.store.digests().made().await?,
    };
    let counted = counted(now, last, app.store.operations().marked(COUNTED).await?.unwrap_or(last));
    let retention = &app.config.settings.retention;
    let expiry = Expiry { pending: before(counted, retention.pending), left: before(counted, retention.left) };
    let mut report = CleanupReport {
        people: app.store.subscribers().expire(expiry, now).await?,
        keys: app.store.operations().remove_ended_keys(counted).await?,
        ..CleanupReport::default()
    };
    let (texts, messages) = (before(counted, retention.content), before(counted, retention.attempts));
    report.drafts = app.store.digests().remove_drafts(texts).await?;
    while !app.stop.is_requested() {
        let (emptied, removed) =
            (app.store.items().remove_texts(texts, now).await?, app.store.outbox().remove_messages(messages).await?);
        if (emptied, removed) == (0, 0) {
            // Labels keep a text no longer than its item does.
            (_, report.votes) = app.store.labels().remove_old(texts).await?;
            // If it was interrupted, the next start continues.
            app.store.operations().mark(COUNTED, counted).await?;
            app.store.operations().mark(MARK, now).await?;
            break;
        }
        report.texts += emptied;
        report.messages += removed;
    }
    if report != CleanupReport::default() {
        let Erased { pending, left } = report.people;
        let CleanupReport { texts, messages, keys, drafts, votes, .. } = report;
        tracing::info!(
            pending,
            left,
            texts,
            messages,
            keys,
            drafts,
            votes,
            "removed data whose retention period had ended"
        );
    }
    Ok(report)
}

/// Runs [`cleanup`] if it has not run within a day.
///
/// # Errors
/// The database fails.
pub async fn cleanup_due(app: &App) -> anyhow::Result<CleanupReport> {
    let now = app.clock.now();
    match app.store.operations().marked(MARK).await? {
        // A mark in the future, from a clock that was ahead, does not prevent the clean-up.
        Some(last) if last <= now && now - last < EVERY => Ok(CleanupReport::default()),
        _ => cleanup(app).await,
    }
}

/// The new time from which ages are counted, given the last clean-up and the previous such time.
fn counted(now: DateTime<Utc>, last: DateTime<Utc>, counted: DateTime<Utc>) -> DateTime<Utc> {
    let passed = (now - last).max(TimeDelta::zero());
    if passed > SILENCE {
        tracing::warn!(%last, "the clock jumped far ahead, or no clean-up ran for a long time: everything is kept for longer");
        return now.min(counted + EVERY);
    }
    now.min(counted + passed)
}

fn before(now: DateTime<Utc>, kept: Duration) -> DateTime<Utc> {
    TimeDelta::from_std(kept).ok().and_then(|kept| now.checked_sub_signed(kept)).unwrap_or(DateTime::UNIX_EPOCH)
}
