//! Lets posts of a feed that were too old at its first read into the next digest.

use std::time::Duration;

use super::refuse_unknown;
use crate::app::App;
use crate::domain::feeds::FeedId;
use crate::store::Reopened;

/// The feed was never read, so no post can have been too old.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("feed `{0}` has not been read yet")]
pub struct NeverRead(FeedId);

impl NeverRead {
    /// What to do instead.
    #[must_use]
    pub fn next(&self) -> String {
        format!(
            "run `policy-digest poll {}`, or set `first_poll_window` of the feed in feeds.toml, which holds when it is first \
             read",
            self.0
        )
    }
}

/// Includes posts of a feed that were published within `window` and were too old when it was first read.
///
/// # Errors
/// The feed is not in the list, or [`NeverRead`]; or the database fails.
pub async fn reopen(app: &App, feed: &str, window: Duration) -> anyhow::Result<Reopened> {
    refuse_unknown(app, &[feed.to_owned()])?;
    let feed = FeedId::parse(feed).expect("it is in the list");
    let now = app.clock.now();
    let since = chrono::TimeDelta::from_std(window).ok().and_then(|window| now.checked_sub_signed(window));
    let since = since.unwrap_or(chrono::DateTime::UNIX_EPOCH);
    Ok(app.store.feeds().reopen(&feed, since, now).await?.ok_or(NeverRead(feed))?)
}
