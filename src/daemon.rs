//! The daemon: an alarm, the pages, and a graceful end. The alarm only wakes; what is due is looked up by the use
//! cases, the same ones as `once --due`, so a restart, a clock jump and a missed week need nothing of their own.
//! Mail goes out beside the polls: a run that takes hours keeps no feed waiting, and a slow feed no mail.
//! The alarm ticks in UTC: tokio-cron-scheduler keeps a zone's offset from when the job was made (its issue 107).

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio_cron_scheduler::{Job, JobScheduler};

use crate::app::deliver::{DeliverReport, deliver};
use crate::app::once::gather;
use crate::app::poll::PollReport;
use crate::app::{App, silent};
use crate::web;

/// How often due work is looked for: six fields, the first is seconds.
const EVERY_TEN_SECONDS: &str = "*/10 * * * * *";

/// What is in flight may take this long to end; a mail whose attempt is cut off then is resent as it was.
const GRACE: Duration = Duration::from_secs(30);

/// Runs until SIGTERM or SIGINT; a second one ends it at once. `on_ready` is told where the pages are served.
///
/// # Errors
/// The address is taken, the web server fails, or a second signal cut the end short.
pub async fn run(app: Arc<App>, on_ready: impl FnOnce(SocketAddr)) -> anyhow::Result<()> {
    let mut signals = Signals::new().context("cannot listen to signals")?;
    let listen = app.config.settings.web.listen;
    let cannot_listen = || format!("cannot serve the pages on `{listen}`");
    let listener = TcpListener::bind(listen).await.with_context(cannot_listen)?;
    let address = listener.local_addr().with_context(cannot_listen)?;
    let (gathering, sending) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let mut alarm = alarm([&gathering, &sending].map(Arc::clone)).await.context("cannot start the scheduler")?;
    let told = Arc::clone(&app);
    let mut pages = tokio::spawn(web::serve(Arc::clone(&app), listener, async move { told.stop.requested().await }));
    tokio::spawn(serve_operator(Arc::clone(&app)));
    let gather = tokio::spawn(gather_due(Arc::clone(&app), gathering, Arc::clone(&sending)));
    let send = tokio::spawn(send_due(Arc::clone(&app), sending));
    tracing::info!(%address, "started");
    for pause in app.store.pauses().await? {
        tracing::warn!(since = %pause.since, "delivery is paused: {}", pause.reason);
    }
    on_ready(address);
    let ended_early = tokio::select! {
        signal = signals.next() => { tracing::info!(signal, "stopping"); None }
        ended = &mut pages => Some(ended),
    };
    app.stop.request();
    if let Err(error) = alarm.shutdown().await {
        tracing::debug!("the scheduler had ended: {error}");
    }
    let served = async {
        match ended_early {
            Some(ended) => ended,
            None => pages.await,
        }
    };
    let finish = async {
        gather.await.context("the polls ended in a panic")?;
        send.await.context("the delivery ended in a panic")?;
        served.await.context("the web server ended in a panic")?
    };
    tokio::select! {
        ended = finish => { tracing::info!("stopped"); ended }
        _ = signals.next() => anyhow::bail!("a second signal ended it at once; what was in flight is taken up at the next start"),
        () = tokio::time::sleep(GRACE) => {
            tracing::warn!("what is still in flight is left, and taken up at the next start");
            Ok(())
        }
    }
}

/// Serves the operator's pages, on an address of their own. That they cannot be shown keeps no mail waiting.
async fn serve_operator(app: Arc<App>) {
    let listen = app.config.settings.web.admin_listen;
    let told = Arc::clone(&app);
    let served = async {
        let listener = TcpListener::bind(listen).await?;
        tracing::info!(address = %listener.local_addr()?, "serving the operator's pages");
        web::serve_admin(app, listener, async move { told.stop.requested().await }).await
    };
    if let Err(error) = served.await {
        tracing::warn!("the operator's pages are not served on `{listen}`: {error:#}");
    }
}

/// Polls and makes digests at every wake, one at a time: wakes during a long one become one.
async fn gather_due(app: Arc<App>, wake: Arc<Notify>, made: Arc<Notify>) {
    let mut incidents = Incidents::new("due feeds and digests");
    loop {
        let doing = Arc::clone(&app);
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
async fn send_due(app: Arc<App>, wake: Arc<Notify>) {
    let mut incidents = Incidents::new("due mails");
    loop {
        let doing = Arc::clone(&app);
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

async fn alarm(wakes: [Arc<Notify>; 2]) -> Result<JobScheduler, tokio_cron_scheduler::JobSchedulerError> {
    let scheduler = JobScheduler::new().await?;
    let job = Job::new(EVERY_TEN_SECONDS, move |_, _| wakes.iter().for_each(|wake| wake.notify_one()))?;
    scheduler.add(job).await?;
    scheduler.start().await?;
    Ok(scheduler)
}

/// What tells a process to end.
struct Signals {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
        }
    }
}

#[cfg(not(unix))]
impl Signals {
    fn new() -> std::io::Result<Self> {
        Ok(Self {})
    }

    async fn next(&mut self) -> &'static str {
        match tokio::signal::ctrl_c().await {
            Ok(()) => "Ctrl-C",
            Err(_) => std::future::pending().await,
        }
    }
}
