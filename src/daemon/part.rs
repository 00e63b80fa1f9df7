//! The part that this process has: the worker's, or that of a process that stands by for it. A database in a file has one
//! worker, which keeps its part until it ends. On a server, the part follows the worker's lock, which belongs to the writer's
//! session: a session that ends takes the lock with it, and no later write of this process can be committed.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, timeout};

use super::rounds::Rounds;
use crate::app::lock::DAEMON;
use crate::app::operations::reload::Live;

/// How often a process that stands by asks for the worker's lock.
const ASK: Duration = Duration::from_secs(2);
/// The longest that a question to the server may take, so that a network that swallows everything does not keep the daemon from
/// its signals.
const PATIENCE: Duration = Duration::from_secs(15);
/// The time that sessions get to end properly.
const FAREWELL: Duration = Duration::from_secs(1);
/// The pauses between attempts to reach the server again: from the first to the longest.
const RETRY: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(10));

enum Part {
    Works(Rounds),
    StandsBy,
    /// The server does not answer; the pages say so.
    IsAway {
        pause: Duration,
    },
}

/// This process's part, and what it needs to change it.
pub(super) struct Role {
    live: Live,
    gathering: Arc<Notify>,
    sending: Arc<Notify>,
    part: Part,
    /// When to ask next, while it does not work.
    next: Instant,
    /// The error that was logged last.
    logged: Option<String>,
}

impl Role {
    /// Begins with the part that the installation was opened for.
    pub(super) fn new(live: Live, gathering: Arc<Notify>, sending: Arc<Notify>) -> Self {
        let mut role =
            Self { live, gathering, sending, part: Part::StandsBy, next: Instant::now() + ASK, logged: None };
        if role.live.app().is_worker() {
            role.work();
        } else {
            tracing::info!("another process is at work: this one serves the pages and stands by");
        }
        role
    }

    /// Whether this process works.
    pub(super) fn works(&self) -> bool {
        matches!(self.part, Part::Works(_))
    }

    fn work(&mut self) {
        self.part = Part::Works(Rounds::start(&self.live, &self.gathering, &self.sending));
    }

    /// Waits until it is time for [`Role::ask`]; a worker waits for ever.
    pub(super) fn due(&self) -> impl Future<Output = ()> + use<> {
        let next = (!self.works()).then_some(self.next);
        async move {
            match next {
                Some(next) => tokio::time::sleep_until(next).await,
                None => std::future::pending().await,
            }
        }
    }

    /// Asks for the worker's lock, or for the server where that is away.
    pub(super) async fn ask(&mut self) {
        self.next = Instant::now() + ASK;
        let is_answered = match self.part {
            Part::Works(_) => return,
            Part::StandsBy => timeout(PATIENCE, self.ask_for_work()).await.is_ok(),
            Part::IsAway { pause } => timeout(PATIENCE, self.reconnect(pause)).await.is_ok(),
        };
        if !is_answered {
            self.log(
                "the database does not answer",
                &anyhow::anyhow!("no answer within {} seconds", PATIENCE.as_secs()),
            );
            self.lose().await;
        }
    }

    async fn ask_for_work(&mut self) {
        let app = self.live.app();
        if matches!(app.has_other_keys().await, Ok(true)) {
            tracing::info!("the keys were changed: the database is opened again to read them");
            self.lose().await;
            return;
        }
        match app.take_over().await {
            Ok(true) => {
                tracing::info!("this process is at work now");
                self.logged = None;
                self.work();
            }
            Ok(false) => {
                if let Ok(processes) = app.store.processes().await {
                    app.limits.share(processes.iter().filter(|process| process.serves()).count());
                }
            }
            Err(error) => {
                self.log("cannot take over the work, and will try again", &error);
                // It may have the lock: that ends with its session.
                self.lose().await;
            }
        }
    }

    /// Ends this process's part at once, after its connection was lost: polls, digests and deliveries are broken off.
    pub(super) async fn lose(&mut self) {
        if matches!(self.part, Part::Works(_)) {
            tracing::warn!("the connection to the database is lost: this process is not at work any more");
        }
        self.part = Part::IsAway { pause: RETRY.0 };
        self.next = Instant::now();
        // Sessions that are still open end as well, the one with the worker's lock first of all.
        let app = self.live.app();
        let _ = timeout(FAREWELL, app.store.close()).await;
    }

    async fn reconnect(&mut self, pause: Duration) {
        match self.live.app().reconnect(DAEMON).await {
            Ok(app) => {
                tracing::info!("the database answers again");
                self.live.replace(app);
                self.part = Part::StandsBy;
                self.next = Instant::now();
                self.logged = None;
            }
            Err(error) => {
                self.log("the database does not answer; the pages say so until it does", &error);
                self.next = Instant::now() + pause;
                self.part = Part::IsAway { pause: (pause * 2).min(RETRY.1) };
            }
        }
    }

    /// Logs an error when it first appears, not each time.
    fn log(&mut self, what: &str, error: &anyhow::Error) {
        let text = format!("{error:#}");
        if self.logged.as_ref() != Some(&text) {
            tracing::error!("{what}: {text}");
            self.logged = Some(text);
        }
    }

    /// Waits until work in progress has ended, after a request to stop.
    ///
    /// # Errors
    /// It ended in a panic.
    pub(super) async fn finish(self) -> anyhow::Result<()> {
        match self.part {
            Part::Works(rounds) => rounds.finish().await,
            Part::StandsBy | Part::IsAway { .. } => Ok(()),
        }
    }
}
