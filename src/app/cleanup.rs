//! What has had its time is erased: sign-ups that were never confirmed, and people who left. How long each is kept
//! stands in `[retention]`; how a person is erased is `store::erasure`'s.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::App;
use crate::store::{Erased, Expiry};

/// How often it is done beside other due work.
const EVERY: TimeDelta = TimeDelta::days(1);

/// The mark that says when it was last done.
const MARK: &str = "cleanup";

/// The mark that says since when it waits because the last one is long ago.
const DOUBT: &str = "cleanup doubted";

/// Erases everybody whose time is over.
///
/// # Errors
/// The database fails.
pub async fn cleanup(app: &App) -> anyhow::Result<Erased> {
    let now = app.clock.now();
    let retention = &app.config.settings.retention;
    let expiry = Expiry { pending: before(now, retention.pending), left: before(now, retention.left) };
    let erased = app.store.expire(expiry, now).await?;
    app.store.mark(MARK, now).await?;
    if erased != Erased::default() {
        tracing::info!(pending = erased.pending, left = erased.left, "erased people whose time was over");
    }
    Ok(erased)
}

/// The same if it was not done within a day. After a longer time it is put off for one more day: the clock may have
/// gone wrong, and who is erased does not come back when it is set right.
///
/// # Errors
/// The database fails.
pub async fn cleanup_due(app: &App) -> anyhow::Result<Erased> {
    let now = app.clock.now();
    // A mark that a clock ahead has set counts for nothing.
    let Some(last) = app.store.marked(MARK).await?.filter(|last| *last <= now) else { return cleanup(app).await };
    let doubted = app.store.marked(DOUBT).await?.filter(|doubted| last < *doubted && *doubted <= now);
    match doubted {
        _ if now - last < EVERY => Ok(Erased::default()),
        None if now - last > EVERY * 2 => {
            app.store.mark(DOUBT, now).await?;
            Ok(Erased::default())
        }
        Some(doubted) if now - doubted < EVERY => Ok(Erased::default()),
        _ => cleanup(app).await,
    }
}

fn before(now: DateTime<Utc>, kept: Duration) -> DateTime<Utc> {
    TimeDelta::from_std(kept).ok().and_then(|kept| now.checked_sub_signed(kept)).unwrap_or(DateTime::UNIX_EPOCH)
}
