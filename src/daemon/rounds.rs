//! The two rounds that the alarm wakes: gathering (polls and digests) and sending. Each begins with the newest
//! configuration and goes on with it to its end. One line of log a round that did something; an error is told when it
//! comes up and when it is over.

use std::future::Future;
use std::sync::Arc;

use anyhow::Context as _;
use tokio::sync::Notify;

use crate::app::digests::once::gather;
use crate::app::digests::send_now;
use crate::app::feeds::poll::PollReport;
use crate::app::operations::alarms;
use crate::app::operations::reload::Live;
use crate::app::outbox::deliver::{DeliverReport, deliver};
use crate::app::silent;

/// Looks for trouble, polls and makes digests at every wake, those that were asked for first, one at a time: wakes during a long one become one.
pub(super) async fn gather_due(live: Live, wake: Arc<Notify>, made: Arc<Notify>) {
    let mut incidents = Incidents::new("due feeds and digests");
    let mut requests = Incidents::new("digests that were asked for");
    let mut looks = Incidents::new("looks for trouble");
    loop {
        let app = live.app();
        let (looking, asked, doing) = (app.clone(), app.clone(), app.clone());
        looks.take_in(apart(async move { alarms::look(&looking).await }).await);
        if let Some(Some(poll)) = requests.take_in(apart(async move { send_now::serve(&asked).await }).await) {
            tell_polled(&poll);
            made.notify_one();
        }
        let ended = apart(async move { gather(&doing, true, &silent).await }).await;
        if let Some((poll, _)) = incidents.take_in(ended) {
            tell_polled(&poll);
            made.notify_one();
        }
        tokio::select! {
            biased;
            () = app.stop.requested() => return,
            () = wake.notified() => {}
        }
    }
}

/// Sends what is due at every wake, and as soon as a digest is made.
pub(super) async fn send_due(live: Live, wake: Arc<Notify>) {
    let mut incidents = Incidents::new("due mails");
    loop {
        let app = live.app();
        let doing = app.clone();
        let ended = apart(async move { deliver(&doing, &silent).await }).await;
        if let Some(report) = incidents.take_in(ended) {
            tell_sent(&report);
        }
        tokio::select! {
            biased;
            () = app.stop.requested() => return,
            () = wake.notified() => {}
        }
    }
}

/// In a task of its own, so that a panic ends only this wake.
async fn apart<T: Send + 'static>(
    doing: impl Future<Output = anyhow::Result<T>> + Send + 'static,
) -> anyhow::Result<T> {
    tokio::spawn(doing).await.context("it ended in a panic")?
}

fn tell_polled(poll: &PollReport) {
    let (saved, feeds) = (poll.saved(), poll.feeds.len());
    if feeds > 0 {
        tracing::info!(feeds, failed = poll.failed(), new = saved.new, picked = saved.picked, "polled");
    }
}

fn tell_sent(report: &DeliverReport) {
    if report.sent > 0 {
        tracing::info!(sent = report.sent, "delivered");
    }
    if report.late > 0 {
        tracing::warn!(late = report.late, "mails were given up: they would have come too late");
    }
}

/// Logs an error when it comes up, not at every wake while it lasts.
struct Incidents {
    what: &'static str,
    last: Option<String>,
}

impl Incidents {
    fn new(what: &'static str) -> Self {
        Self { what, last: None }
    }

    fn take_in<T>(&mut self, ended: anyhow::Result<T>) -> Option<T> {
        match ended {
            Ok(report) => {
                if self.last.take().is_some() {
                    tracing::info!("{} are done again", self.what);
                }
                Some(report)
            }
            Err(error) => {
                let text = format!("{error:#}");
                if self.last.as_ref() != Some(&text) {
                    tracing::error!("{} could not be done, and are tried again: {text}", self.what);
                    self.last = Some(text);
                }
                None
            }
        }
    }
}
