//! The daemon: an alarm, the pages, and a graceful end. The alarm only wakes; what is due is looked up by the use
//! cases, the same ones as `once --due`, so a restart, a clock jump and a missed week need nothing of their own.
//! Mail goes out beside the polls: a run that takes hours keeps no feed waiting, and a slow feed no mail.
//! The alarm ticks in UTC: tokio-cron-scheduler keeps a zone's offset from when the job was made (its issue 107).

mod edits;
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
use signals::{Signal, Signals};

/// How often due work is looked for: six fields, the first is seconds.
const EVERY_TEN_SECONDS: &str = "*/10 * * * * *";

/// What is in flight may take this long to end; a mail whose attempt is cut off then is resent as it was.
const GRACE: Duration = Duration::from_secs(30);

/// Runs until SIGTERM or SIGINT; a second one ends it at once. SIGHUP, or an edit, has the configuration `read` anew.
/// `on_ready` is told where the pages are served.
///
/// # Errors
/// The address is taken, the web server fails, or a second signal cut the end short.
pub async fn run(
    app: App,
    read: impl Fn() -> Result<Config, Findings> + Send + Sync + 'static,
    on_ready: impl FnOnce(SocketAddr),
) -> anyhow::Result<()> {
    let mut signals = Signals::new().context("cannot listen to signals")?;
    let listen = app.config.settings.web.listen;
    let (listener, address) = bind("the pages", listen, "listen").await?;
    let live = Live::new(app.clone());
    let [gathering, sending, looking] = [(); 3].map(|()| Arc::new(Notify::new()));
    let mut alarm =
        alarm([&gathering, &sending, &looking].map(Arc::clone)).await.context("cannot start the scheduler")?;
    let stop = Arc::clone(&app.stop);
    let mut pages = tokio::spawn(web::serve(live.clone(), listener, async move { stop.requested().await }));
    tokio::spawn(serve_operator(live.clone()));
    let gather = tokio::spawn(rounds::gather_due(live.clone(), gathering, Arc::clone(&sending)));
    let send = tokio::spawn(rounds::send_due(live.clone(), sending));
    let watchdog = tokio::spawn(supervisor::feed_watchdog(app.clone()));
    let mut edits = Edits::new(live, read);
    tracing::info!(%address, version = env!("CARGO_PKG_VERSION"), "started");
    for pause in app.store.pauses().await? {
        tracing::warn!(since = %pause.since, "delivery is paused: {}", pause.reason);
    }
    on_ready(address);
    supervisor::ready(&format!("serving on {address}"));
    let ended_early = loop {
        tokio::select! {
            signal = signals.next() => match signal {
                Signal::Reload => edits.take_over().await,
                Signal::Stop(name) => { tracing::info!(signal = name, "stopping"); break None }
            },
            () = looking.notified() => {
                edits.look().await;
                status::note_serving(&app).await;
            }
            ended = &mut pages => break Some(ended),
            // The supervisor starts a new process, which takes up what was in flight.
            () = app.store.lost() => anyhow::bail!(
                "a fault in the program, logged above, has ended its connection to the database; start it again"
            ),
        }
    };
    supervisor::stopping();
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
        served.await.context("the web server ended in a panic")
    };
    let ended = tokio::select! {
        ended = finish => { tracing::info!("stopped"); ended }
        () = signals.stop() => Err(anyhow::anyhow!(
            "a second signal ended it at once; what was in flight is taken up at the next start"
        )),
        () = tokio::time::sleep(GRACE) => {
            tracing::warn!("what is still in flight is left, and taken up at the next start");
            Ok(())
        }
    };
    watchdog.abort();
    // Nobody goes on with another configuration than the files' any more.
    if let Err(error) = app.store.set_pending_configuration(None).await {
        tracing::debug!("what was not taken over is still noted: {error}");
    }
    ended
}

/// Serves the operator's pages, on an address of their own. That they cannot be shown keeps no mail waiting.
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

/// Listens on the address that a key in `[web]` gives.
///
/// # Errors
/// [`Advised`], naming both.
async fn bind(what: &str, listen: SocketAddr, key: &str) -> anyhow::Result<(TcpListener, SocketAddr)> {
    let bound = async {
        let listener = TcpListener::bind(listen).await?;
        let address = listener.local_addr()?;
        std::io::Result::Ok((listener, address))
    };
    bound.await.map_err(|error| {
        let hint = match error.kind() {
            ErrorKind::AddrInUse => {
                format!("another program listens there: stop it, or choose another port for `{key}`")
            }
            ErrorKind::PermissionDenied => format!(
                "ports below 1024 need a privilege (CAP_NET_BIND_SERVICE): choose a higher one for `{key}`, with a web server \
                 in front that hands on to it"
            ),
            _ => os_error::next(&error).map_or_else(|| format!("choose another address for `{key}`"), str::to_owned),
        };
        let message = format!("cannot serve {what} on `{listen}` (`{key}` in `[web]` of digest.toml)");
        anyhow::Error::new(error).context(Advised::failure(message, hint))
    })
}

async fn alarm(wakes: [Arc<Notify>; 3]) -> Result<JobScheduler, tokio_cron_scheduler::JobSchedulerError> {
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
    async fn a_panic_in_the_database_ends_the_daemon_with_a_word() {
        let folder = tempfile::tempdir().unwrap();
        let settings = "[web]\nlisten = \"127.0.0.1:0\"\nadmin_listen = \"127.0.0.1:0\"\n";
        let topic = "name = \"t\"\ntitle = \"T\"\ndescription = \"d\"\n";
        for (name, text) in [("digest.toml", settings), ("topic.toml", topic), ("feeds.toml", "")] {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        let config = config::load(folder.path(), Some(&folder.path().join("data")), &[]).unwrap();
        let app = App::work(config.clone(), Clock::System, "a test").await.unwrap();
        let (tell, ready) = tokio::sync::oneshot::channel();
        let daemon = tokio::spawn(run(app.clone(), move || Ok(config.clone()), |_| tell.send(()).unwrap()));
        ready.await.unwrap();
        app.store.lose().await;
        let ended = tokio::time::timeout(Duration::from_secs(60), daemon).await.unwrap().unwrap();
        let error = ended.unwrap_err().to_string();
        assert!(error.contains("has ended its connection to the database"), "{error}");
    }
}
