//! The two loops that the timer wakes: gathering (polls and digests) and sending. Each round uses the configuration that
//! is current when it begins. A round that did something logs one line; an error is logged when it appears and when it is
//! resolved. Only the worker runs them.

use std::future::Future;
use std::sync::Arc;

use anyhow::Context as _;
use tokio::sync::Notify;
use tokio::task::{JoinHandle, JoinSet};

use crate::app::digests::once::gather;
use crate::app::digests::send_now;
use crate::app::feeds::poll::PollReport;
use crate::app::operations::alarms;
use crate::app::operations::reload::Live;
use crate::app::outbox::deliver::{DeliverReport, deliver};
use crate::app::silent;

/// The two loops, running. When this is dropped, they are broken off where they are, as by a kill: the process that takes
/// the work over finds what was left undone.
pub(super) struct Rounds {
    gather: JoinHandle<()>,
    send: JoinHandle<()>,
}

impl Rounds {
    /// Starts them; `gathering` and `sending` wake them.
    pub(super) fn start(live: &Live, gathering: &Arc<Notify>, sending: &Arc<Notify>) -> Self {
        let gather = gather_due(live.clone(), Arc::clone(gathering), Arc::clone(sending));
        Self { gather: tokio::spawn(gather), send: tokio::spawn(send_due(live.clone(), Arc::clone(sending))) }
    }

    /// Waits until both have ended, after a request to stop.
    ///
    /// # Errors
    /// One of them ended in a panic.
    pub(super) async fn finish(mut self) -> anyhow::Result<()> {
        (&mut self.gather).await.context("polling ended in a panic")?;
        (&mut self.send).await.context("delivery ended in a panic")
    }
}

impl Drop for Rounds {
    fn drop(&mut self) {
        self.gather.abort();
        self.send.abort();
    }
}

/// At every wake, checks for alarms, polls and makes digests, requested ones first, one at a time. Wakes during a long round
/// are merged into one.
async fn gather_due(live: Live, wake: Arc<Notify>, made: Arc<Notify>) {
    let mut incidents = Incidents::new("due feeds and digests");
    let mut requests = Incidents::new("requested digests");
    let mut looks = Incidents::new("checks for alarms");
    loop {
        let app = live.app();
        let (looking, asked, doing) = (app.clone(), app.clone(), app.clone());
        looks.handle(isolated(async move { alarms::look(&looking).await }).await);
        if let Some(Some(poll)) = requests.handle(isolated(async move { send_now::serve(&asked).await }).await) {
            log_polled(&poll);
            made.notify_one();
        }
        let ended = isolated(async move { gather(&doing, true, &silent).await }).await;
        if let Some((poll, _)) = incidents.handle(ended) {
            log_polled(&poll);
            made.notify_one();
        }
        tokio::select! {
            biased;
            () = app.stop.requested() => return,
            () = wake.notified() => {}
        }
    }
}

/// Sends due emails at every wake, and as soon as a digest has been made.
async fn send_due(live: Live, wake: Arc<Notify>) {
    let mut incidents = Incidents::new("due emails");
    loop {
        let app = live.app();
        let doing = app.clone();
        let ended = isolated(async move { deliver(&doing, &silent).await }).await;
        if let Some(report) = incidents.handle(ended) {
            log_sent(&report);
        }
        tokio::select! {
            biased;
            () = app.stop.requested() => return,
            () = wake.notified() => {}
        }
    }
}

/// Runs in its own task, so that a panic ends only this round. The task ends with the future that is returned.
async fn isolated<T: Send + 'static>(
    doing: impl Future<Output = anyhow::Result<T>> + Send + 'static,
) -> anyhow::Result<T> {
    let mut tasks = JoinSet::new();
    tasks.spawn(doing);
    tasks.join_next().await.expect("there is a task").context("it ended in a panic")?
}

fn log_polled(poll: &PollReport) {
    let (saved, feeds) = (poll.saved(), poll.feeds.len());
    if feeds > 0 {
        tracing::info!(feeds, failed = poll.failed(), new = saved.new, selected = saved.selected, "polled");
    }
}

fn log_sent(report: &DeliverReport) {
    if report.sent > 0 {
        tracing::info!(sent = report.sent, "delivered");
    }
    if report.late > 0 {
        tracing::warn!(late = report.late, "emails were dropped: they would have arrived too late");
    }
}

/// Logs an error when it first appears, not in every round while it lasts.
struct Incidents {
    what: &'static str,
    last: Option<String>,
}

impl Incidents {
    fn new(what: &'static str) -> Self {
        Self { what, last: None }
    }

    fn handle<T>(&mut self, ended: anyhow::Result<T>) -> Option<T> {
        match ended {
            Ok(report) => {
                if self.last.take().is_some() {
                    tracing::info!("{} work again", self.what);
                }
                Some(report)
            }
            Err(error) => {
                let text = format!("{error:#}");
                if self.last.as_ref() != Some(&text) {
                    tracing::error!("{} failed and will be tried again: {text}", self.what);
                    self.last = Some(text);
                }
                None
            }
        }
    }
}
