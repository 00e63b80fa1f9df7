//! The use cases, and the only place where the adapters meet. Every one has the same shape,
//! `verb(app, …) -> Result<Report>`: the command prints the report, the daemon logs it, tests assert on it.

mod advised;
pub mod alarms;
mod answers;
pub mod archive;
pub mod backup;
pub mod bounces;
pub mod check;
mod choices;
pub mod cleanup;
pub mod clock;
pub mod deliver;
pub mod digest;
pub mod dkim;
mod document;
pub mod explain;
pub mod feeds;
pub mod import;
pub mod integrity;
pub mod keys;
mod letter;
pub mod limits;
pub mod lock;
pub mod note;
pub mod once;
pub mod people;
pub mod poll;
pub mod preferences;
mod private;
pub mod proof;
pub mod reconcile;
pub mod reload;
pub mod runs;
pub mod send_now;
pub mod sign_up;
pub mod sources;
pub mod status;
pub mod stop;
pub mod subscribe;
pub mod syndication;
pub mod templates;
pub mod topic;
pub mod transport;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use sha2::{Digest as _, Sha256};

use crate::config::Config;
use crate::domain::relevance::Scorer;
use crate::fetch::{self, Fetcher};
use crate::mail::Transport;
use crate::mail::dkim::Signer;
use crate::render::Renderer;
use crate::store::{FreshKeys, Keys, Store};
pub use advised::Advised;
use clock::Clock;
pub use document::Document;
use limits::Limits;
use lock::Lock;
use poll::Readers;
use stop::Stop;

/// Everything that a use case needs. A clone is the same one: attempts at mails run beside one another with theirs.
#[derive(Clone)]
pub struct App(Arc<Installation>);

impl std::ops::Deref for App {
    type Target = Installation;

    fn deref(&self) -> &Installation {
        &self.0
    }
}

/// What is behind it: the configuration, and each adapter once. Another configuration makes another one (`reload`),
/// which shares what must not be there twice: the database, the limits, the word to stop.
pub struct Installation {
    /// What the administrator wrote, checked.
    pub config: Config,
    /// The database.
    pub store: Arc<Store>,
    /// The time.
    pub clock: Clock,
    /// Since when this configuration holds here.
    pub opened: DateTime<Utc>,
    /// This installation's secrets.
    pub keys: Keys,
    /// Whether the process was told to stop.
    pub stop: Arc<Stop>,
    /// How often visitors of the pages are heard.
    pub limits: Arc<Limits>,
    pub(crate) fetcher: Arc<Fetcher>,
    pub(crate) readers: Arc<Readers>,
    pub(crate) renderer: Renderer,
    pub(crate) scorer: Arc<Scorer>,
    pub(crate) signer: Option<Signer>,
    pub(crate) transport: Arc<Transport>,
}

/// What a use case tells while it works; a progress bar shows it, a daemon does not listen.
#[derive(Debug, Clone, Copy)]
pub enum Progress<'a> {
    /// So many steps are ahead.
    Started {
        /// What is being done.
        what: &'a str,
        /// Number of steps.
        steps: usize,
    },
    /// One of them is done.
    Step(&'a str),
    /// All are.
    Finished,
}

/// Whoever listens to the progress.
pub type Listener<'a> = &'a (dyn Fn(Progress<'_>) + Sync);

/// Nobody listens.
pub fn silent(_: Progress<'_>) {}

impl App {
    /// Opens the data folder and its database, making both if need be, and imports `subscribers.csv` into a
    /// new one.
    ///
    /// # Errors
    /// Says what cannot be opened, made or read.
    pub async fn open(config: Config, clock: Clock) -> anyhow::Result<Self> {
        let transport = transport::transport(&config);
        Self::open_with(config, clock, transport).await
    }

    /// The same with a transport of the caller's.
    ///
    /// # Errors
    /// As [`App::open`].
    pub async fn open_with(config: Config, clock: Clock, transport: Transport) -> anyhow::Result<Self> {
        let signer = dkim::signer(&config)?;
        let data = &config.settings.data;
        private::make_folder(data).with_context(|| format!("cannot make the data folder `{}`", data.display()))?;
        let store = Store::open(&database(data)).await?;
        let fresh = FreshKeys { token: random(32)?, suppression: random(32)? };
        let keys = store.keys(fresh, clock.now()).await?;
        let installation = Installation {
            fetcher: Arc::new(fetcher(&config)?),
            readers: Arc::new(Readers::new()),
            renderer: renderer(&config)?,
            scorer: Arc::new(Scorer::new(&config.topic)),
            config,
            store: Arc::new(store),
            limits: Arc::new(Limits::new(&clock)),
            opened: clock.now(),
            clock,
            keys,
            stop: Arc::default(),
            signer,
            transport: Arc::new(transport),
        };
        let app = Self(Arc::new(installation));
        app.sync_feeds().await?;
        app.import_once().await?;
        Ok(app)
    }

    /// Takes the lock: one process at a time polls, makes digests and delivers. Messages whose attempt a dead
    /// process left open become `unknown`, to be resent first.
    ///
    /// # Errors
    /// [`lock::Busy`], naming who holds it.
    pub async fn lock(&self, command: &str) -> anyhow::Result<Lock> {
        let lock = Lock::take(&self.config.settings.data, command)?;
        Store::remove_unfinished(&database(&self.config.settings.data))?;
        let unknown = self.store.recover(self.clock.now()).await?;
        // Whoever got here has read the configuration.
        self.store.set_untaken(None).await?;
        if unknown > 0 {
            tracing::warn!(unknown, "an earlier process ended while it sent; its messages are resent as they were");
        }
        Ok(lock)
    }

    /// Imports `subscribers.csv` into a new database. The mark is set when all of it is in, so that a bad file or
    /// a kill in between loses nobody.
    async fn import_once(&self) -> anyhow::Result<()> {
        const MARK: &str = "subscribers.csv";
        if self.store.is_marked(MARK).await? {
            return Ok(());
        }
        if let Some(path) = &self.config.subscribers_csv {
            let report = import::import(self, path, "the list in the configuration folder", &silent).await?;
            tracing::info!(path = %path.display(), added = report.added, "imported subscribers into the new database");
            for (line, reason) in &report.rejected {
                tracing::warn!("{}:{line}: {reason}", path.display());
            }
        }
        Ok(self.store.mark(MARK, self.clock.now()).await?)
    }

    async fn sync_feeds(&self) -> anyhow::Result<()> {
        let default = self.config.settings.polling.first_poll_window;
        let feeds = self.config.feeds.iter().map(|feed| (feed.clone(), feed.first_poll_window.unwrap_or(default)));
        Ok(self.store.sync_feeds(feeds.collect(), self.clock.now()).await?)
    }

    /// The folder in which the `directory` transport puts mails.
    #[must_use]
    pub fn outbox(&self) -> PathBuf {
        outbox(&self.config.settings.data)
    }

    /// A page's address under the public URL.
    pub(crate) fn page(&self, path: &str) -> String {
        format!("{}/{path}", self.config.settings.public_url.as_str().trim_end_matches('/'))
    }
}

pub(crate) fn outbox(data: &Path) -> PathBuf {
    data.join("outbox")
}

fn database(data: &Path) -> PathBuf {
    data.join("policy-digest.db")
}

fn fetcher(config: &Config) -> anyhow::Result<Fetcher> {
    Fetcher::new(fetch_options(config)).context("cannot set up the HTTP client")
}

fn renderer(config: &Config) -> anyhow::Result<Renderer> {
    let renderer = Renderer::new(config.settings.templates_dir.as_deref()).context("cannot load the templates")?;
    Ok(renderer.for_site(&config.settings.name, config.settings.public_url.as_str()))
}

pub(crate) fn fetch_options(config: &Config) -> fetch::Options {
    let polling = &config.settings.polling;
    fetch::Options {
        user_agent: format!("policy-digest/{} (+{})", env!("CARGO_PKG_VERSION"), polling.contact_url),
        concurrency: polling.concurrency,
        per_host: polling.per_host,
        spacing: polling.spacing,
        deadlines: fetch::Deadlines::within(polling.timeout),
        max_body_bytes: polling.max_body_bytes,
        allow_private: polling.allow_private.iter().map(|network| (network.address, network.length)).collect(),
        ports: config
            .feeds
            .iter()
            .filter_map(|feed| Some((feed.url.host_str()?.to_owned(), feed.url.port()?)))
            .collect(),
        allow_files: polling.allow_files,
        proxy: polling.proxy.clone(),
        ca: polling.ca.clone(),
        names: fetch::Names::default(),
    }
}

/// `length` bytes from the operating system.
pub(crate) fn random(length: usize) -> anyhow::Result<Vec<u8>> {
    let mut bytes = vec![0; length];
    getrandom::fill(&mut bytes).map_err(|error| anyhow::anyhow!("the system gives no random bytes: {error}"))?;
    Ok(bytes)
}

/// A random number in 0..1. Without one, as an operating system may fail to give it, the middle will do.
pub(crate) fn chance() -> f64 {
    getrandom::u32().map_or(0.5, |number| f64::from(number) / (f64::from(u32::MAX) + 1.0))
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut hex, byte| {
        write!(hex, "{byte:02x}").expect("writing to a String cannot fail");
        hex
    })
}

pub(crate) fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Why a document could not be parsed.
#[derive(Debug, Clone)]
pub struct Unparsed {
    /// What a person is told.
    pub error: String,
    /// The parser panicked, and was caught.
    pub is_panic: bool,
}

/// Does what takes the processor for long on a thread for such work, so that the pages and the other tasks go on beside it.
pub(crate) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> anyhow::Result<T> {
    tokio::task::spawn_blocking(work).await.context("it ended in a panic")
}

/// Parses one document as a poll would: its title and its items.
///
/// # Errors
/// [`Unparsed`], with the reason.
pub fn parse_document(
    bytes: &[u8],
    content_type: Option<&str>,
    base: Option<&url::Url>,
    now: DateTime<Utc>,
) -> Result<(Option<String>, Vec<crate::domain::item::Item>), Unparsed> {
    let source = crate::parse::Source { bytes, content_type, base, now, known: None };
    match crate::parse::parse(&source) {
        Ok(document) => Ok((document.title, document.items.into_iter().map(|fresh| fresh.item).collect())),
        Err(error) => Err(Unparsed {
            is_panic: matches!(error, crate::parse::Error::Panic),
            error: format!("{:#}", anyhow::Error::new(error)),
        }),
    }
}
