//! `once`: what the daemon does, done once. What an earlier process left open is sent first, so that nothing
//! newer is made for people whose last digest may still be on its way.

use super::{DigestReport, make, make_due};
use crate::app::feeds::poll::{PollReport, Which, poll};
use crate::app::operations::alarms;
use crate::app::operations::alarms::AlarmReport;
use crate::app::operations::cleanup::{cleanup, cleanup_due};
use crate::app::outbox::deliver::{DeliverReport, deliver, deliver_now};
use crate::app::{App, Listener};
use crate::domain::operations::alarm::Notice;
use crate::store::{HeldRun, Pause, PauseCause};

/// The result of `once`.
#[derive(Debug, Clone, Default)]
pub struct OnceReport {
    /// The messages that an earlier process had left to send.
    pub resumed: DeliverReport,
    /// The polls.
    pub poll: PollReport,
    /// The digests.
    pub digests: Vec<DigestReport>,
    /// The delivery of this run's emails.
    pub delivery: DeliverReport,
    /// Alarms that were raised.
    pub alarms: Vec<Notice>,
    /// Runs that are held: they send nothing until a person releases them.
    pub held: Vec<HeldRun>,
}

impl OnceReport {
    /// Why nothing more is delivered at present.
    #[must_use]
    pub fn pause(&self) -> Option<&Pause> {
        self.delivery.pause.as_ref()
    }
}

/// Erases whose time is over, polls every feed, makes the digest of all that is new, delivers it, and tells what needs a
/// person; with `only_due`,
/// only what the schedule and the feeds' next check say, and a way out that was closed is left alone until its next
/// probe.
///
/// # Errors
/// The database or a template fails.
pub async fn once(app: &App, only_due: bool, listener: Listener<'_>) -> anyhow::Result<OnceReport> {
    let resumed = if only_due { deliver(app, listener).await? } else { deliver_now(app, listener).await? };
    let (poll, digests) = gather(app, only_due, listener).await?;
    let mut delivery = DeliverReport { pause: resumed.pause.clone(), ..DeliverReport::default() };
    let mut alarms = AlarmReport::default();
    if !app.stop.is_requested() {
        delivery = deliver(app, listener).await?;
        // Only now is it known whether the run is held and whether delivery is possible.
        alarms = alarms::look(app).await?;
        if alarms.mails > 0 {
            delivery = delivery.and(deliver(app, listener).await?);
        }
    }
    let held = app.store.held_runs().await?;
    Ok(OnceReport { resumed, poll, digests, delivery, alarms: alarms.raised, held })
}

/// Erases whose time is over, polls, and makes the digests, which are then delivered; the daemon does both side by side.
///
/// In a restored database feeds are polled, so that nothing is missed, and no digest is made: its windows may hold
/// what people have had already, and who is asked whether it may send could not take back what was made.
///
/// # Errors
/// The database or a template fails.
pub async fn gather(
    app: &App,
    only_due: bool,
    listener: Listener<'_>,
) -> anyhow::Result<(PollReport, Vec<DigestReport>)> {
    if only_due {
        cleanup_due(app).await?;
    } else {
        cleanup(app).await?;
    }
    let which = if only_due { Which::Due } else { Which::All };
    let poll = poll(app, &which, listener).await?;
    let is_restored = app.store.pauses().await?.iter().any(|pause| pause.cause == PauseCause::Restored);
    if app.stop.is_requested() || is_restored {
        // After a stop request some feeds may be unread, so no digest is made.
        return Ok((poll, Vec::new()));
    }
    let digests = if only_due { make_due(app).await? } else { vec![make(app).await?] };
    Ok((poll, digests))
}
