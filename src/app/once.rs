//! `once`: what the daemon does, done once. What an earlier process left open is sent first, so that nothing
//! newer is made for people whose last digest may still be on its way.

use super::cleanup::{cleanup, cleanup_due};
use super::deliver::{DeliverReport, deliver};
use super::digest::{DigestReport, make, make_due};
use super::poll::{PollReport, Which, poll};
use super::{App, Listener};
use crate::store::HeldRun;

/// What came of it.
#[derive(Debug, Clone, Default)]
pub struct OnceReport {
    /// What an earlier process had left to send.
    pub resumed: DeliverReport,
    /// The polls.
    pub poll: PollReport,
    /// The digests.
    pub digests: Vec<DigestReport>,
    /// The mails.
    pub delivery: DeliverReport,
    /// Runs that are held: they send nothing until a person releases them.
    pub held: Vec<HeldRun>,
}

/// Erases whose time is over, polls every feed, makes the digest of all that is new, and delivers it; with `only_due`, only what the
/// schedule and the feeds' next check say.
///
/// # Errors
/// The database or a template fails.
pub async fn once(app: &App, only_due: bool, listener: Listener<'_>) -> anyhow::Result<OnceReport> {
    let resumed = deliver(app, listener).await?;
    if only_due {
        cleanup_due(app).await?
    } else {
        cleanup(app).await?
    };
    let which = if only_due { Which::Due } else { Which::All };
    let poll = poll(app, &which, listener).await?;
    if app.stop.is_requested() {
        // Feeds may be unread, so no digest is made from what there is.
        return Ok(OnceReport { resumed, poll, ..OnceReport::default() });
    }
    let digests = if only_due { make_due(app).await? } else { vec![make(app).await?] };
    let delivery = deliver(app, listener).await?;
    let held = app.store.held_runs().await?;
    Ok(OnceReport { resumed, poll, digests, delivery, held })
}
