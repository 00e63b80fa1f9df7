//! The daemon: an alarm, the pages, and a graceful end. The alarm only wakes; what is due is looked up by the use
//! case, the same one as `once --due`, so a restart, a clock jump and a missed week need nothing of their own.
//! The alarm ticks in UTC: tokio-cron-scheduler keeps a zone's offset from when the job was made (its issue 107).

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio_cron_scheduler::{Job, JobScheduler};

use crate::app::once::{OnceReport, once};
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
    let wake = Arc::new(Notify::new());
    let mut alarm = alarm(Arc::clone(&wake)).await.context("cannot start the scheduler")?;
    let told = Arc::clone(&app);
    let mut pages = tokio::spawn(web::serve(Arc::clone(&app), listener, async move { told.stop.requested().await }));
    let work = tokio::spawn(work(Arc::clone(&app), wake));
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
        work.await.context("the work ended in a panic")?;
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

/// Does what is due at every wake, one at a time: wakes during a long one become one.
async fn work(app: Arc<App>, wake: Arc<Notify>) {
    let mut incident = None;
    loop {
        let ended = do_due(Arc::clone(&app)).await;
        tell(ended, &mut incident);
        tokio::select! {
            biased;
            () = app.stop.requested() => return,
            () = wake.notified() => {}
        }
    }
}

/// In a task of its own, so that a panic ends only this wake.
async fn do_due(app: Arc<App>) -> anyhow::Result<OnceReport> {
    let doing = tokio::spawn(async move { once(&app, true, &silent).await });
    doing.await.context("it ended in a panic")?
}

/// Logs what was done, and an error when it comes up, not at every wake while it lasts.
fn tell(ended: anyhow::Result<OnceReport>, incident: &mut Option<String>) {
    match ended {
        Ok(report) => {
            if incident.take().is_some() {
                tracing::info!("due work is done again");
            }
            let (saved, feeds, sent) =
                (report.poll.saved(), report.poll.feeds.len(), report.resumed.sent + report.delivery.sent);
            if feeds > 0 {
                tracing::info!(feeds, failed = report.poll.failed(), new = saved.new, picked = saved.picked, "polled");
            }
            let late = report.resumed.late + report.delivery.late;
            if sent > 0 {
                tracing::info!(sent, "delivered");
            }
            if late > 0 {
                tracing::warn!(late, "mails were given up: they would have come too late");
            }
        }
        Err(error) => {
            let text = format!("{error:#}");
            if incident.as_ref() != Some(&text) {
                tracing::error!("due work could not be done, and is tried again: {text}");
                *incident = Some(text);
            }
        }
    }
}

async fn alarm(wake: Arc<Notify>) -> Result<JobScheduler, tokio_cron_scheduler::JobSchedulerError> {
    let scheduler = JobScheduler::new().await?;
    let job = Job::new(EVERY_TEN_SECONDS, move |_, _| wake.notify_one())?;
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
