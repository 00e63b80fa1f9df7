//! `once`: what the daemon does, done once, and staying for the retries that fit into a limit: nothing else may run
//! here until next week. What an earlier process left open is sent first, so that nothing
//! newer is made for people whose last digest may still be on its way.

use super::{DigestReport, fill_begun, is_restored, make, make_due};
use crate::app::feeds::poll::{PollReport, Which, poll};
use crate::app::operations::alarms;
use crate::app::operations::alarms::AlarmReport;
use crate::app::operations::cleanup::{cleanup, cleanup_due};
use crate::app::outbox::deliver::{DeliverReport, deliver, deliver_now};
use crate::app::selection::learn;
use crate::app::{App, Listener, Progress};
use crate::domain::operations::alarm::Notice;
use crate::domain::outbox::LONGEST_PAUSE;
use crate::store::{HeldRun, Pause};
use chrono::{DateTime, TimeDelta, Utc};
use std::time::Duration;

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
    /// What is left to send, runs that are held apart.
    pub left: Left,
}

/// Emails that are still to be tried, which nothing does by itself once this has ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Left {
    /// How many.
    pub messages: usize,
    /// When the next of them is due.
    pub next: Option<DateTime<Utc>>,
}

impl OnceReport {
    /// Whether somebody who waits for it should know: an email was given up, nothing is delivered at present, no feed was
    /// read, or a run is held. What came too late is in the next digest, and what is left is still to be sent.
    #[must_use]
    pub fn is_failure(&self) -> bool {
        let given_up = self.resumed.failed + self.delivery.failed;
        given_up > 0 || self.pause().is_some() || self.poll.is_total_failure() || !self.held.is_empty()
    }

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
    once_and_wait(app, only_due, Duration::ZERO, listener).await
}

/// The same, and stays for what is to be tried again within `limit`: emails that were put off, and a way out that is
/// closed.
///
/// # Errors
/// As [`once`].
pub async fn once_and_wait(
    app: &App,
    only_due: bool,
    limit: Duration,
    listener: Listener<'_>,
) -> anyhow::Result<OnceReport> {
    fill_begun(app).await?;
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
    delivery = stay(app, limit, delivery, listener).await?;
    let held = app.store.digests().held_runs().await?;
    let left = left(app).await?;
    Ok(OnceReport { resumed, poll, digests, delivery, alarms: alarms.raised, held, left })
}

/// Waits for each next attempt that comes within the limit, and makes it.
async fn stay(
    app: &App,
    limit: Duration,
    mut delivery: DeliverReport,
    listener: Listener<'_>,
) -> anyhow::Result<DeliverReport> {
    let until = app.clock.now() + TimeDelta::from_std(limit).unwrap_or(TimeDelta::MAX);
    while !limit.is_zero() && !app.stop.is_requested() {
        let Left { messages, next: Some(next) } = left(app).await? else { break };
        let probe = delivery.pause.as_ref().map(|pause| pause.probe);
        let at = match probe {
            // Nothing here lifts this pause.
            Some(None) => break,
            Some(Some(probe)) => probe.max(next),
            None => next,
        };
        if at > until {
            break;
        }
        listener(Progress::Waiting { messages, until: at });
        tokio::select! {
            () = app.clock.reach(at) => {}
            () = app.stop.requested() => {}
        }
        listener(Progress::Finished);
        if app.stop.is_requested() {
            break;
        }
        let before = (app.clock.now(), left(app).await?);
        delivery = delivery.and(deliver(app, listener).await?);
        if (app.clock.now(), left(app).await?) == before && delivery.pause.is_none() {
            // What is due and is not sent waits for something else than time.
            break;
        }
    }
    Ok(delivery)
}

async fn left(app: &App) -> anyhow::Result<Left> {
    let messages = app.store.outbox().due_count(app.clock.now() + LONGEST_PAUSE * 2).await?;
    Ok(Left { messages, next: app.store.outbox().next_unheld().await? })
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
    fill_begun(app).await?;
    if only_due {
        cleanup_due(app).await?;
        // A digest does not wait for what only `status` says.
        if let Err(error) = learn::look_due(app).await {
            tracing::warn!("cannot look whether learning from the labels is worth it: {error:#}");
        }
    } else {
        cleanup(app).await?;
    }
    let which = if only_due { Which::Due } else { Which::All };
    let poll = poll(app, &which, listener).await?;
    if app.stop.is_requested() || is_restored(app).await? {
        // After a stop request some feeds may be unread, so no digest is made.
        return Ok((poll, Vec::new()));
    }
    let digests = if only_due { make_due(app).await? } else { vec![make(app).await?] };
    Ok((poll, digests))
}
