//! The use cases, and the only place where the adapters meet. All have the same shape, `verb(app, …) ->
//! Result<Report>`: the command prints the report, the daemon logs it, and tests assert on it.

mod advised;
pub mod clock;
pub mod digests;
mod document;
pub mod feeds;
mod installation;
pub mod lock;
pub mod operations;
pub mod outbox;
mod private;
pub mod selection;
pub mod stop;
pub mod subscribers;

use std::borrow::Cow;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use sha2::{Digest as _, Sha256};

use crate::config::{Config, Database, Limits, Settings};
use crate::domain::catalogue::Catalogue;
use crate::domain::feeds::budget::{Budget, GiveUp};
use crate::domain::items::item::Item;
use crate::domain::items::language::Detector;
use crate::domain::selection::topic::Theme;
use crate::fetch::{self, Fetcher};
use crate::render::view::{LanguageLink, LogoView, SiteView};
use crate::render::{self, Renderer};
use crate::store::{Place, Server};
pub use advised::Advised;
pub use document::Document;
pub use installation::{App, Installation, OldPlace, ReadOnly};

/// The progress of a use case, for a progress bar; the daemon ignores it.
#[derive(Debug, Clone, Copy)]
pub enum Progress<'a> {
    /// The work has started.
    Started {
        /// What the use case is doing.
        what: &'a str,
        /// The number of steps.
        steps: usize,
    },
    /// One step is done.
    Step(&'a str),
    /// Nothing is done until then: so many emails wait for their next attempt.
    Waiting {
        /// How many.
        messages: usize,
        /// Until when.
        until: DateTime<Utc>,
    },
    /// All are.
    Finished,
}

/// A function that is called with the progress.
pub type Listener<'a> = &'a (dyn Fn(Progress<'_>) + Sync);

/// A listener that ignores the progress.
pub fn silent(_: Progress<'_>) {}

impl ReadOnly {
    /// The folder where the `directory` transport writes emails.
    #[must_use]
    pub fn outbox(&self) -> PathBuf {
        outbox(&self.config.settings.data)
    }

    /// The default language.
    #[must_use]
    pub fn words(&self) -> &Arc<Catalogue> {
        self.config.languages.first()
    }

    /// The path of the pages in a language below the public URL: empty for the default one, else `cy/`.
    pub(crate) fn language_path(&self, words: &Catalogue) -> String {
        if words.code() == self.words().code() { String::new() } else { format!("{}/", words.code()) }
    }

    /// The address of a page in a language.
    pub(crate) fn page_in(&self, words: &Catalogue, path: &str) -> String {
        self.page(&format!("{}{path}", self.language_path(words)))
    }

    /// The digest's name in a language.
    pub(crate) fn name(&self, words: &Catalogue) -> &str {
        let settings = &self.config.settings;
        let own = settings.translations.get(words.code()).and_then(|own| own.name.as_deref());
        own.unwrap_or(&settings.name)
    }

    /// What the digest is about, in a language.
    pub(crate) fn topic(&self, words: &Catalogue) -> &str {
        let own = self.config.settings.translations.get(words.code()).and_then(|own| own.topic.as_deref());
        own.unwrap_or(&self.config.topic.title)
    }

    /// The title of a theme in a language.
    pub(crate) fn theme_title<'a>(&'a self, words: &Catalogue, theme: &'a Theme) -> &'a str {
        let own = self.config.settings.translations.get(words.code());
        own.and_then(|own| own.themes.get(&theme.name)).map_or(&theme.title, String::as_str)
    }

    /// The description of a theme in a language; empty in a language in which only its title is given.
    pub(crate) fn theme_description<'a>(&self, words: &Catalogue, theme: &'a Theme) -> &'a str {
        let own = self.config.settings.translations.get(words.code());
        if own.is_some_and(|own| own.themes.contains_key(&theme.name)) { "" } else { &theme.description }
    }

    /// The language of a theme's title and description where that is not the page's: nobody translated it. Else empty.
    pub(crate) fn theme_language<'l>(&self, words: &Catalogue, theme: &Theme, topic_language: &'l str) -> &'l str {
        let own = self.config.settings.translations.get(words.code());
        if own.is_some_and(|own| own.themes.contains_key(&theme.name)) { "" } else { topic_language }
    }

    /// The language of the titles and descriptions in topic.toml, BCP 47; empty if it is the page's. It is told by their words,
    /// else it is the default one.
    pub(crate) fn topic_language(&self, words: &Catalogue) -> String {
        let themes = self.config.topic.themes.iter().flat_map(|theme| [&*theme.title, ". ", &*theme.description, ". "]);
        let text: String = themes.collect();
        let foreign_to = |words: &Catalogue| Detector::new(&[words.code().to_owned()]).foreign("", &text);
        match foreign_to(words) {
            Some(language) => language.code().to_owned(),
            None if words.code() == self.words().code() || foreign_to(self.words()).is_some() => String::new(),
            None => self.words().locale().to_string(),
        }
    }

    /// What a subscriber agrees to, in a language.
    pub(crate) fn consent(&self, words: &Catalogue) -> String {
        let settings = &self.config.settings;
        let own = settings.translations.get(words.code()).and_then(|own| own.consent.clone());
        // The built-in text is English; each language has its own.
        let is_written =
            words.code() == self.words().code() && settings.sender.consent != Settings::default().sender.consent;
        own.unwrap_or_else(|| if is_written { settings.sender.consent.clone() } else { words.words("sign_up.consent") })
    }

    /// The address of a page below the public URL.
    pub(crate) fn page(&self, path: &str) -> String {
        format!("{}/{path}", self.config.settings.public_url.as_str().trim_end_matches('/'))
    }
}

pub(crate) fn outbox(data: &Path) -> PathBuf {
    data.join("outbox")
}

/// The database's file, where it is one.
fn database(data: &Path) -> PathBuf {
    data.join("policy-digest.db")
}

/// Where the database is.
fn place(settings: &Settings) -> Place {
    let Database { url, password, tls, ca, readers, .. } = &settings.database;
    match url {
        None => Place::File(database(&settings.data)),
        Some(url) => Place::Server(Box::new(Server {
            url: url.clone(),
            password: password.as_ref().map(|password| password.reveal().to_owned()),
            is_encrypted: *tls,
            authorities: ca.clone(),
            readers: *readers,
        })),
    }
}

fn fetcher(config: &Config) -> anyhow::Result<Fetcher> {
    Fetcher::new(fetch_options(config)).context("cannot set up the HTTP client")
}

fn renderer(config: &Config) -> anyhow::Result<Renderer> {
    let renderer = Renderer::new(config.settings.templates_dir.as_deref(), &config.languages)
        .context("cannot load the templates")?;
    Ok(renderer.for_site(|code| site(config, code)))
}

/// What all pages in a language show.
fn site(config: &Config, code: &str) -> SiteView {
    let settings = &config.settings;
    let base = settings.public_url.path().trim_end_matches('/');
    let below = |code: &str| if code == config.languages.first().code() { String::new() } else { format!("{code}/") };
    let others = config.languages.iter().filter(|words| words.code() != code);
    let link = |words: &Arc<Catalogue>| LanguageLink {
        code: words.code().to_owned(),
        name: words.words("language.name"),
        root: format!("{base}/{}", below(words.code())),
    };
    let own = settings.translations.get(code);
    let alt = own.and_then(|own| own.logo_alt.as_ref()).unwrap_or(&settings.logo_alt);
    let (accent, accent_dark) = render::colours(settings.accent);
    SiteView {
        name: own.and_then(|own| own.name.as_ref()).unwrap_or(&settings.name).clone(),
        home: format!("{}/{}", settings.public_url.as_str().trim_end_matches('/'), below(code)),
        root: format!("{base}/{}", below(code)),
        here: "",
        accent,
        accent_dark,
        logo: settings.logo_picture.as_ref().map(|logo| LogoView::new(logo, alt)),
        languages: others.map(link).collect(),
        has_accessibility: settings.accessibility.has_statement(),
    }
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

/// `length` random bytes from the operating system.
pub(crate) fn random(length: usize) -> anyhow::Result<Vec<u8>> {
    let mut bytes = vec![0; length];
    getrandom::fill(&mut bytes).map_err(|error| anyhow::anyhow!("the system provides no random bytes: {error}"))?;
    Ok(bytes)
}

/// A random number in 0..1, or 0.5 if the operating system does not provide one.
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
    /// The error message for people.
    pub error: String,
    /// Whether the parser panicked; the panic was caught.
    pub is_panic: bool,
}

/// Runs CPU-intensive work on a blocking thread, so that the pages and other tasks are not delayed.
pub(crate) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> anyhow::Result<T> {
    tokio::task::spawn_blocking(work).await.context("it ended in a panic")
}

/// The largest unpacked size, in bytes, of a document that is given as a file.
const MOST_UNPACKED: u64 = 32 * 1024 * 1024;

/// Parses one document as a poll would, with the standard limits; returns its title and items.
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
