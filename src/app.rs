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
mod installation;
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

use std::borrow::Cow;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use sha2::{Digest as _, Sha256};

use crate::config::{Config, Limits};
use crate::domain::budget::{Budget, GiveUp};
use crate::domain::item::Item;
use crate::fetch::{self, Fetcher};
use crate::render::Renderer;
pub use advised::Advised;
pub use document::Document;
pub use installation::{App, Installation, OldPlace, ReadOnly};

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

impl ReadOnly {
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

/// Of a document that is given as a file.
const MOST_UNPACKED: u64 = 32 * 1024 * 1024;

/// Parses one document as a poll would, within the standard limits: its title and its items.
///
/// # Errors
/// [`Unparsed`], with the reason.
pub fn parse_document(
    bytes: &[u8],
    content_type: Option<&str>,
    base: Option<&url::Url>,
    now: DateTime<Utc>,
    give_up: GiveUp,
) -> Result<(Option<String>, Vec<Item>), Unparsed> {
    let limits = Limits::default();
    // A file may have been kept as it came.
    let bytes = &*match bytes {
        [0x1f, 0x8b, ..] => Cow::Owned(fetch::unpacked(bytes.to_vec(), MOST_UNPACKED)),
        _ => Cow::Borrowed(bytes),
    };
    let budget = Budget::new(bytes.len(), limits.memory_bytes, give_up);
    let source = crate::parse::Source { bytes, content_type, base, now, known: None, limits: &limits, budget: &budget };
    match crate::parse::parse(&source) {
        Ok(document) => {
            // A post without a link is looked for on the feed's page, as in a digest.
            let site = document.site.as_ref().filter(|site| base != Some(*site));
            let linked = |item: Item| Item { link: item.link.or_else(|| site.cloned()), ..item };
            Ok((document.title, document.items.into_iter().map(|fresh| linked(fresh.item)).collect()))
        }
        Err(error) => Err(Unparsed {
            is_panic: matches!(error, crate::parse::Error::Panic),
            error: format!("{:#}", anyhow::Error::new(error)),
        }),
    }
}
