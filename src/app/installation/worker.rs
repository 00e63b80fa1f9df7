//! Which process works on the database. Of one in a file, it is who holds the lock of the data folder. Of one on a server, it is
//! who holds the worker's lock there; the others stand by and take over.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::{App, Installation, ReadOnly, keys_of, take_lock};
use crate::app::clock::Clock;
use crate::app::lock;
use crate::app::lock::{Busy, Lock};
use crate::app::place;
use crate::config::Config;
use crate::store::{Error, Keys, Process, Reader, Store};

impl ReadOnly {
    /// The process that works on the database: "`policy-digest run` (process 4711)". `None` if there is none.
    ///
    /// # Errors
    /// The database fails.
    pub async fn holder(&self) -> anyhow::Result<Option<String>> {
        match self.has_server() {
            true => Ok(worker(self.store.processes().await?)),
            false => Ok(lock::holder(&self.config.settings.data)),
        }
    }

    /// Whether the database is on a server, so that processes may stand by for one another.
    #[must_use]
    pub fn has_server(&self) -> bool {
        self.config.settings.database.is_on_server()
    }

    /// The same installation with its database opened anew.
    fn with(&self, store: Reader, keys: Keys) -> Installation {
        let old = &**self;
        Installation {
            config: old.config.clone(),
            store,
            clock: old.clock.clone(),
            opened: old.opened,
            keys,
            stop: Arc::clone(&old.stop),
            queued: Arc::clone(&old.queued),
            limits: Arc::clone(&old.limits),
            fetcher: Arc::clone(&old.fetcher),
            readers: Arc::clone(&old.readers),
            renderer: Arc::clone(&old.renderer),
            scorer: Arc::clone(&old.scorer),
            signer: old.signer.clone(),
            transport: Arc::clone(&old.transport),
        }
    }
}

impl App {
    /// Opens the database for the daemon: as [`App::work`], or to stand by while another process works on the same server.
    ///
    /// # Errors
    /// As [`App::work`]. While an earlier version works, or the schema cannot be brought up to date for processes of one:
    /// [`Error::OlderSchema`], [`Error::EarlierVersions`], which end by themselves.
    pub async fn serve(config: Config, clock: Clock, command: &str) -> anyhow::Result<Self> {
        match Self::work(config.clone(), clock.clone(), command).await {
            Err(error) if error.is::<Busy>() && config.settings.database.is_on_server() => {
                let app = Self::edit(config, clock).await?;
                app.store.introduce(command).await?;
                Ok(app)
            }
            worked => worked,
        }
    }

    /// Opens the database anew, to stand by, after the connection was lost. All but the database stays as it is.
    ///
    /// # Errors
    /// The server does not answer, or has a database that this program cannot use.
    pub async fn reconnect(&self, command: &str) -> anyhow::Result<Self> {
        let store = Store::open_existing(place(&self.config.settings)).await?;
        store.introduce(command).await?;
        let keys = keys_of(&store).await?;
        Ok(Self::of(self.looked_at.with(store.reader(), keys), store, None))
    }

    /// Becomes the worker unless another process is: takes over the list of feeds and what that process left undone.
    ///
    /// # Errors
    /// The database fails, or something that the first start does cannot be done.
    pub async fn take_over(&self) -> anyhow::Result<bool> {
        if !self.store.take_over().await? {
            return Ok(false);
        }
        self.start_work().await?;
        Ok(true)
    }

    /// Whether another process has changed the keys since this one read them.
    ///
    /// # Errors
    /// The database fails.
    pub async fn has_other_keys(&self) -> anyhow::Result<bool> {
        let known = self.store.operations().known_keys().await?;
        Ok(known.is_some_and(|known| !known.token.is_same(&self.keys.token)))
    }

    /// Whether this is the one process that polls, makes digests and delivers.
    #[must_use]
    pub fn is_worker(&self) -> bool {
        self.is_worker.load(Ordering::SeqCst)
    }

    /// Takes the lock for something that only one process may do at a time, in an installation opened with
    /// [`App::edit`].
    ///
    /// # Errors
    /// [`Busy`], which names the holder.
    pub async fn lock(&self, command: &str) -> anyhow::Result<Option<Arc<Lock>>> {
        if self.has_server() {
            self.store.introduce(command).await?;
            if let Err(error) = self.store.become_worker().await {
                let Error::InUse { path } = error else { return Err(error.into()) };
                return Err(busy(self.store.processes().await?, &path, command).into());
            }
            self.recover().await?;
            return Ok(None);
        }
        if let Some(lock) = &self.lock {
            return Ok(Some(Arc::clone(lock)));
        }
        let lock = take_lock(&self.config.settings.data, command)?;
        self.recover().await?;
        Ok(Some(Arc::new(lock)))
    }
}

/// The worker among the processes of a server.
fn worker(processes: Vec<Process>) -> Option<String> {
    processes.into_iter().find(|process| process.is_worker).map(|process| process.to_string())
}

pub(super) fn busy(processes: Vec<Process>, server: &Path, command: &str) -> Busy {
    let holder = worker(processes).unwrap_or_else(|| "another process".to_owned());
    Busy { holder, folder: server.display().to_string(), wanted_by: command.to_owned() }
}
