//! The daemon: a timer, the web pages, and a graceful shutdown. The timer only wakes the use cases, the same ones as
//! `once --due`; they look up what is due, so a restart, a clock jump or a missed week needs no special code. Delivery
//! runs beside polling: a long run does not delay feeds, and a slow feed does not delay emails. The timer ticks in UTC,
//! because tokio-cron-scheduler freezes a zone's offset when a job is created (its issue 107). Of several processes on one
//! database, one works (`part`), and all serve the pages.

mod edits;
mod part;
mod rounds;
mod signals;
mod supervisor;

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio_cron_scheduler::{Job, JobScheduler};

use crate::app::operations::reload::Live;
use crate::app::operations::status;
use crate::app::{Advised, App};
use crate::config::{Config, Findings};
use crate::domain::operations::os_error;
use crate::web;
use edits::Edits;
use part::Role;
use signals::{Signal, Signals};

/// How often to look for due work, as a cron expression of six fields; the first is seconds.
const EVERY_TEN_SECONDS: &str = "*/10 * * * * *";

/// The time limit for a note in the database that may as well be made later.
const NOTE: Duration = Duration::from_secs(5);

/// The time limit for work in progress at shutdown. An email whose attempt is cut off is resent unchanged.
const GRACE: Duration = Duration::from_secs(30);

/// Runs until SIGTERM or SIGINT; a second one ends it at once. On SIGHUP or an edit, calls `read` for the new
/// configuration. `on_ready` gets the address of the pages.
///
/// # Errors
/// The address is in use, the web server fails, or a second signal interrupts the shutdown.
pub async fn run(
    app: App,
    read: impl Fn() -> Result<Config, Findings> + Send + Sync + 'static,
    on_ready: impl FnOnce(SocketAddr),
) -> anyhow::Result<()> {
    let mut signals = Signals::new().context("cannot listen for signals")?;
    let listen = app.config.settings.web.listen;
    let (listener, address) = bind("the pages", listen, "listen").await?;
    let live = Live::new(app.clone());
    let [gathering, looking] = [(); 2].map(|()| Arc::new(Notify::new()));
    let sending = Arc::clone(&app.queued);
    let mut timer =
        start_timer([&gathering, &sending, &looking].map(Arc::clone)).await.context("cannot start the scheduler")?;
    let stop = Arc::clone(&app.stop);
    let mut pages = tokio::spawn(web::serve(live.clone(), listener, async move { stop.requested().await }));
    tokio::spawn(serve_operator(live.clone()));
    let watchdog = tokio::spawn(supervisor::feed_watchdog(live.clone()));
    let mut edits = Edits::new(live.clone(), read);
    tracing::info!(%address, version = env!("CARGO_PKG_VERSION"), "started");
    for pause in app.store.outbox().pauses().await? {
        tracing::warn!(since = %pause.since, "delivery is paused: {}", pause.reason);
    }
    let mut role = Role::new(live.clone(), gathering, sending);
    on_ready(address);
    supervisor::ready(&format!("serving on {address}"));
    let ended_early = loop {
        let now = live.app();
        tokio::select! {
            signal = signals.next() => match signal {
                Signal::Reload => edits.take_over().await,
                Signal::Stop(name) => { tracing::info!(signal = name, "stopping"); break None }
            },
            () = looking.notified() => {
                edits.look().await;
                // A server that is away must not keep the daemon from its signals.
                let _ = tokio::time::timeout(NOTE, status::note_serving(&live.app())).await;
            }
            () = role.due() => role.ask().await,
            ended = &mut pages => break Some(ended),
            () = now.store.lost(), if app.has_server() => role.lose().await,
            // The supervisor starts a new process, which resumes the work in progress.
            () = now.store.lost(), if !app.has_server() => anyhow::bail!(
                "a bug in the program, logged above, has ended its connection to the database; start it again"
            ),
        }
    };
    supervisor::stopping();
    app.stop.request();
    if let Err(error) = timer.shutdown().await {
        tracing::debug!("the scheduler has already stopped: {error}");
    }
    let served = async {
        match ended_early {
            Some(ended) => ended,
            None => pages.await,
        }
    };
    let finish = async {
        role.finish().await?;
        served.await.context("the web server ended in a panic")
    };
    let ended = tokio::select! {
        ended = finish => { tracing::info!("stopped"); ended }
        () = signals.stop() => Err(anyhow::anyhow!(
            "a second signal ended it at once; work in progress resumes at the next start"
        )),
        () = tokio::time::sleep(GRACE) => {
            tracing::warn!("some work is still in progress; it resumes at the next start");
            Ok(())
        }
    };
    watchdog.abort();
    // After the end, no process runs with another configuration than that of the files.
    let app = live.app();
    if app.is_worker()
        && let Err(error) = app.store.operations().set_pending_configuration(None).await
    {
        tracing::debug!("the pending configuration is still recorded: {error}");
    }
    if app.has_server() {
        // Another process can take over at once.
        app.store.close().await;
    }
    ended
}

/// Serves the operator's pages on their own address. If that fails, everything else still runs.
async fn serve_operator(live: Live) {
    let app = live.app();
    let listen = app.config.settings.web.admin_listen;
    match bind("the operator's pages", listen, "admin_listen").await {
        Ok((listener, address)) => {
            tracing::info!(%address, "serving the operator's pages");
            web::serve_admin(live, listener, async move { app.stop.requested().await }).await;
        }
        Err(error) => {
            let hint = error.downcast_ref::<Advised>().map_or("", |advised| &advised.hint);
            tracing::warn!("{error:#}; {hint}");
        }
    }
}

/// Listens on the address of a key in `[web]`.
///
/// # Errors
/// [`Advised`], which names the address and the key.
async fn bind(what: &str, listen: SocketAddr, key: &str) -> anyhow::Result<(TcpListener, SocketAddr)> {
    let bound = async {
        let listener = TcpListener::bind(listen).await?;
        let address = listener.local_addr()?;
        std::io::Result::Ok((listener, address))
    };
    bound.await.map_err(|error| {
        let hint = match error.kind() {
            ErrorKind::AddrInUse => {
                format!("another program is using this port: stop it, or choose another port for `{key}`")
            }
            ErrorKind::PermissionDenied => format!(
                "ports below 1024 need a privilege (CAP_NET_BIND_SERVICE): choose a higher one for `{key}`, with a web server \
                 in front that forwards requests to it"
            ),
            _ => os_error::next(&error).map_or_else(|| format!("choose another address for `{key}`"), str::to_owned),
        };
        let message = format!("cannot serve {what} on `{listen}` (`{key}` in `[web]` of digest.toml)");
        anyhow::Error::new(error).context(Advised::failure(message, hint))
    })
}

async fn start_timer(wakes: [Arc<Notify>; 3]) -> Result<JobScheduler, tokio_cron_scheduler::JobSchedulerError> {
    let scheduler = JobScheduler::new().await?;
    let job = Job::new(EVERY_TEN_SECONDS, move |_, _| wakes.iter().for_each(|wake| wake.notify_one()))?;
    scheduler.add(job).await?;
    scheduler.start().await?;
    Ok(scheduler)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::clock::Clock;
    use crate::config;

    #[tokio::test]
    async fn a_panic_in_the_database_ends_the_daemon_with_a_message() {
        let folder = tempfile::tempdir().unwrap();
        let settings = "[web]\nlisten = \"127.0.0.1:0\"\nadmin_listen = \"127.0.0.1:0\"\n";
        let topic = "name = \"t\"\ntitle = \"T\"\ndescription = \"d\"\n";
        for (name, text) in [("digest.toml", settings), ("topic.toml", topic), ("feeds.toml", "")] {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        let config = config::load(folder.path(), Some(&folder.path().join("data")), &[]).unwrap();
        let app = App::work(config.clone(), Clock::System, "a test").await.unwrap();
        let (started, ready) = tokio::sync::oneshot::channel();
        let daemon = tokio::spawn(run(app.clone(), move || Ok(config.clone()), |_| started.send(()).unwrap()));
        ready.await.unwrap();
        app.store.lose().await;
        let ended = tokio::time::timeout(Duration::from_secs(60), daemon).await.unwrap().unwrap();
        let error = ended.unwrap_err().to_string();
        assert!(error.contains("has ended its connection to the database"), "{error}");
    }
}
