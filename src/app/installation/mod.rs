//! Opening an installation. [`App::look`] only reads: it makes, writes and locks nothing, so it works beside a daemon,
//! for a user with read access only, on a full disk, and with a configuration that differs from the daemon's.
//! [`App::work`] takes the lock; only then does it make and migrate the database and take over the configuration's
//! lists. [`App::edit`] changes something in an existing database, such as `subscribers add` beside a daemon. A use
//! case that takes a [`ReadOnly`] cannot write, because its store has no method for it.
//!
//! Of a database on a server, the lock is the worker's, on the server itself. [`App::serve`] takes it, or stands by while
//! another process has it.

mod worker;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use tokio::sync::Notify;

use super::clock::Clock;
use super::feeds::poll;
use super::feeds::poll::Readers;
use super::lock::Lock;
use super::outbox::{dkim, transport};
use super::stop::Stop;
use super::subscribers::import;
use super::subscribers::rate_limits::Limits;
use super::{database, fetcher, place, private, random, renderer, silent};
use crate::config::Config;
use crate::domain::selection::relevance::Scorer;
use crate::domain::subscribers::token::{Key, KeyRing};
use crate::fetch::Fetcher;
use crate::mail::Transport;
use crate::mail::dkim::Signer;
use crate::render::Renderer;
use crate::store::{Error, FreshKeys, Keys, Place, Reader, Store};
use worker::busy;

/// What a read-only use case needs: the installation with a database that can only be read.
#[derive(Clone)]
pub struct ReadOnly(pub(super) Arc<Installation>);

impl std::ops::Deref for ReadOnly {
    type Target = Installation;

    fn deref(&self) -> &Installation {
        &self.0
    }
}

/// What every other use case needs: the installation with a writable database, usually with the lock held. Clones share
/// the same installation, so concurrent delivery attempts can each hold one.
#[derive(Clone)]
pub struct App {
    pub(super) looked_at: ReadOnly,
    /// The database.
    pub store: Arc<Store>,
    pub(super) lock: Option<Arc<Lock>>,
    /// Whether this is the one process that polls, makes digests and delivers.
    pub(super) is_worker: Arc<AtomicBool>,
}

impl std::ops::Deref for App {
    type Target = ReadOnly;

    fn deref(&self) -> &ReadOnly {
        &self.looked_at
    }
}

/// The shared part of both: the configuration, and one of each adapter. A changed configuration gets a new one
/// (`reload`), which shares what must exist only once: the database, the rate limits, the stop signal.
pub struct Installation {
    /// The validated configuration.
    pub config: Config,
    /// The database, for reading.
    pub store: Reader,
    /// The clock.
    pub clock: Clock,
    /// Since when this configuration has been in use.
    pub opened: DateTime<Utc>,
    /// This installation's secrets.
    pub keys: Keys,
    /// Whether the process was asked to stop.
    pub stop: Arc<Stop>,
    /// Wakes delivery: notified when messages were queued.
    pub queued: Arc<Notify>,
    /// Rate limits for visitors of the pages.
    pub limits: Arc<Limits>,
    pub(crate) fetcher: Arc<Fetcher>,
    pub(crate) readers: Arc<Readers>,
    pub(crate) renderer: Arc<Renderer>,
    pub(crate) scorer: Arc<Scorer>,
    pub(crate) signer: Option<Arc<Signer>>,
    pub(crate) transport: Arc<Transport>,
}

impl App {
    /// Opens an existing installation read-only. It creates and changes nothing, and does not need a running process.
    ///
    /// # Errors
    /// There is no database yet ([`crate::store::Error::Missing`], [`OldPlace`]), or this version cannot read it
    /// ([`crate::store::Error::OlderSchema`], [`crate::store::Error::NewerSchema`]); or something that the
    /// configuration names cannot be used.
    pub async fn look(config: Config, clock: Clock) -> anyhow::Result<ReadOnly> {
        let reader = Reader::open(database_place(&config)?).await?;
        let keys = keys_of(&reader).await?;
        let transport = transport::transport(&config);
        Ok(ReadOnly(Arc::new(install(config, clock, transport)?(reader, keys))))
    }

    /// Like [`App::look`] before the first start: there is a configuration, and the database is an empty one in memory.
    ///
    /// # Errors
    /// Something that the configuration names cannot be used.
    pub async fn look_ahead(config: Config, clock: Clock) -> anyhow::Result<ReadOnly> {
        let (value, made) = (random(32)?, clock.now());
        let key = Key { number: 1, value, made, retired: None, ends: None, is_unnumbered: false };
        let keys = Keys { token: KeyRing::new(key, Vec::new()), suppression: random(32)? };
        let transport = transport::transport(&config);
        Ok(ReadOnly(Arc::new(install(config, clock, transport)?(Reader::empty().await?, keys))))
    }

    /// Opens an existing database for a change under its own write lock, beside the process that works on it. The
    /// configuration may differ from that process's, so neither its feeds nor its list of subscribers is taken over.
    ///
    /// # Errors
    /// As [`App::look`]; or the database cannot be written.
    pub async fn edit(config: Config, clock: Clock) -> anyhow::Result<Self> {
        let store = Store::open_existing(database_place(&config)?).await?;
        let keys = keys_of(&store).await?;
        let transport = transport::transport(&config);
        let installation = install(config, clock, transport)?(store.reader(), keys);
        Ok(Self::of(installation, store, None))
    }

    fn of(installation: Installation, store: Store, lock: Option<Lock>) -> Self {
        Self {
            looked_at: ReadOnly(Arc::new(installation)),
            store: Arc::new(store),
            lock: lock.map(Arc::new),
            is_worker: Arc::default(),
        }
    }

    /// What the process that works on a database does first.
    async fn start_work(&self) -> anyhow::Result<()> {
        self.sync_feeds().await?;
        self.import_once().await?;
        self.recover().await?;
        self.is_worker.store(true, Ordering::SeqCst);
        Ok(())
    }

    /// Takes the lock of the data folder. Then it makes or migrates the database, takes over the list of feeds, and
    /// imports `subscribers.csv` into a new database. It is for the one process that polls, makes digests and delivers.
    /// Processes that are kept out see `command` as the holder's name.
    ///
    /// # Errors
    /// [`super::lock::Busy`], which names the holder; [`OldPlace`]; or something cannot be opened, made or read.
    pub async fn work(config: Config, clock: Clock, command: &str) -> anyhow::Result<Self> {
        let transport = transport::transport(&config);
        Self::work_with(config, clock, command, transport).await
    }

    /// Like [`App::work`], with the given transport.
    ///
    /// # Errors
    /// As [`App::work`].
    pub async fn work_with(config: Config, clock: Clock, command: &str, transport: Transport) -> anyhow::Result<Self> {
        let place = database_place(&config)?;
        let data = config.settings.data.clone();
        let now = clock.now();
        // Report problems with the configuration before making anything.
        let install = install(config, clock, transport)?;
        private::make_folder(&data).with_context(|| format!("cannot make the data folder `{}`", data.display()))?;
        let lock = match &place {
            Place::File(_) => Some(take_lock(&data, command)?),
            Place::Server(_) => None,
        };
        let store = match Store::open(place.clone()).await {
            Err(Error::InUse { path }) => {
                let processes = Reader::open(place).await?.processes().await?;
                return Err(busy(processes, &path, command).into());
            }
            opened => opened?,
        };
        store.introduce(command).await?;
        let keys = store.operations().keys(FreshKeys { token: random(32)?, suppression: random(32)? }, now).await?;
        let app = Self::of(install(store.reader(), keys), store, lock);
        app.start_work().await?;
        Ok(app)
    }

    /// The holder of the lock knows that no other process sends. Messages with an attempt that a dead process left open
    /// become `unknown` and will be resent first.
    async fn recover(&self) -> anyhow::Result<()> {
        let unknown = self.store.outbox().recover(self.clock.now()).await?;
        poll::recover(self).await?;
        // No daemon goes on with an earlier configuration.
        self.store.operations().set_pending_configuration(None).await?;
        if unknown > 0 {
            tracing::warn!(
                unknown,
                "an earlier process ended while it was sending; its messages will be resent unchanged"
            );
        }
        Ok(())
    }

    /// Imports `subscribers.csv` into a new database. The mark is set when the import is complete, so that a bad file
    /// or a kill during the import loses no subscriber.
    async fn import_once(&self) -> anyhow::Result<()> {
        const MARK: &str = "subscribers.csv";
        if self.store.operations().is_marked(MARK).await? {
            return Ok(());
        }
        if let Some(path) = &self.config.subscribers_csv {
            let report = import::import(self, path, "the list in the configuration folder", &silent).await?;
            tracing::info!(path = %path.display(), added = report.added, "imported subscribers into the new database");
            if report.outside > 0 {
                tracing::info!(
                    subscribers = report.outside,
                    "their domains are not in `sign_up_domains`; imported all the same"
                );
            }
            for (line, reason) in &report.rejected {
                tracing::warn!("{}:{line}: {reason}", path.display());
            }
        }
        Ok(self.store.operations().mark(MARK, self.clock.now()).await?)
    }

    pub(super) async fn sync_feeds(&self) -> anyhow::Result<()> {
        let default = self.config.settings.polling.first_poll_window;
        let feeds = self.config.feeds.iter().map(|feed| (feed.clone(), feed.first_poll_window.unwrap_or(default)));
        Ok(self.store.feeds().sync_feeds(feeds.collect(), self.clock.now()).await?)
    }
}

/// Takes the lock, and removes what a process that was killed while holding it left half done.
fn take_lock(data: &Path, command: &str) -> anyhow::Result<Lock> {
    let lock = Lock::take(data, command)?;
    Store::remove_unfinished(&database(data))?;
    Ok(lock)
}

/// Where the database of a configuration is.
///
/// # Errors
/// [`OldPlace`]: there is no database at the configured place, but one where earlier versions looked.
fn database_place(config: &Config) -> Result<Place, OldPlace> {
    let place = place(&config.settings);
    match (&place, &config.settings.former_data) {
        (Place::File(path), Some(former)) if !path.exists() && database(former).is_file() => {
            Err(OldPlace { former: absolute(former), data: absolute(&config.settings.data) })
        }
        _ => Ok(place),
    }
}

/// The keys of an existing database.
///
/// # Errors
/// [`Error::Missing`] if another process has made the database but not yet its keys; or the database fails.
async fn keys_of(store: &Reader) -> Result<Keys, Error> {
    store.operations().known_keys().await?.ok_or_else(|| store.missing())
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

/// The database is where relative paths used to start: the working directory.
#[derive(Debug, thiserror::Error)]
#[error(
    "the database is in `{}`, where earlier versions looked for it, and `data` of digest.toml means `{}` now",
    former.display(),
    data.display()
)]
pub struct OldPlace {
    /// The folder that contains it.
    pub former: PathBuf,
    /// The configured folder.
    pub data: PathBuf,
}

impl OldPlace {
    /// What the person can do.
    #[must_use]
    pub fn next(&self) -> String {
        format!(
            "relative paths in digest.toml start from its own folder: write `data = {:?}` there, or move that folder to `{}`",
            self.former,
            self.data.display()
        )
    }
}

/// Everything of an installation except its database, which is opened last.
fn install(
    config: Config,
    clock: Clock,
    transport: Transport,
) -> anyhow::Result<impl FnOnce(Reader, Keys) -> Installation> {
    let signer = dkim::signer(&config)?.map(Arc::new);
    let fetcher = Arc::new(fetcher(&config)?);
    let renderer = Arc::new(renderer(&config)?);
    let scorer = Arc::new(Scorer::new(&config.topic));
    Ok(|store, keys| Installation {
        config,
        store,
        limits: Arc::new(Limits::new(&clock)),
        opened: clock.now(),
        clock,
        keys,
        stop: Arc::default(),
        queued: Arc::default(),
        fetcher,
        readers: Arc::new(Readers::new()),
        renderer,
        scorer,
        signer,
        transport: Arc::new(transport),
    })
}
