//! The settings of `digest.toml` as plain structs: what every key means. `digest` reads them and `check` compares them
//! with one another; `config/digest.toml` explains the same keys to administrators.

mod editor;
mod mail;
mod mailbox;
mod polling;
mod sender;

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use chrono_tz::Tz;
use schemars::JsonSchema;
use url::Url;

use super::schema::{Optional, Time};
use crate::domain::digests::accent::Accent;
use crate::domain::digests::locale::Locale;
use crate::domain::digests::logo::Logo;
use crate::domain::subscribers::domains::DomainPattern;
use crate::domain::subscribers::subscriber::EmailAddress;

pub use editor::Editor;
pub use mail::{Dkim, Mail, Smtp, Tls, TransportKind};
pub use mailbox::Mailbox;
pub use polling::{Limits, Network, Polling};
pub use sender::{Accessibility, Sender, TranslatedAccessibility, Translation};

/// The whole file; `Settings::default()` is used without one.
#[derive(Debug, Clone, PartialEq, JsonSchema)]
pub struct Settings {
    /// The digest's name, as subscribers see it.
    pub name: String,
    /// The folder that the program writes to, already joined to the configuration folder.
    pub data: PathBuf,
    /// The data folder of earlier versions, relative to the working directory.
    #[schemars(skip)]
    pub former_data: Option<PathBuf>,
    /// The public address of the pages; every link to us in an email begins with it.
    #[schemars(with = "String")]
    pub public_url: Url,
    /// The language and country for dates.
    #[schemars(with = "String")]
    pub locale: Locale,
    /// The languages of emails and pages, the default one first; empty for the language of `locale`.
    pub languages: Vec<String>,
    /// What is written in the other languages, by their codes.
    #[schemars(rename = "in")]
    pub translations: BTreeMap<String, Translation>,
    /// The time zone of the schedule and of dates.
    #[schemars(with = "String")]
    pub timezone: Tz,
    /// The administrators' addresses, for alarms.
    #[schemars(with = "Vec<String>")]
    pub admin_to: Vec<EmailAddress>,
    /// A folder of templates that replace built-in ones, already joined to the configuration folder.
    #[schemars(with = "String")]
    pub templates_dir: Option<PathBuf>,
    /// The colour of headings, links and buttons.
    #[schemars(with = "String")]
    pub accent: Accent,
    /// The file of the logo at the top of a digest, already joined to the configuration folder.
    #[schemars(with = "String")]
    pub logo: Option<PathBuf>,
    /// The file's content.
    #[schemars(skip)]
    pub logo_picture: Option<Logo>,
    /// What the logo shows, for those who do not see it; the organisation's name unless set.
    pub logo_alt: String,
    /// The domains whose addresses may sign up; empty for all.
    #[schemars(with = "Vec<String>")]
    pub sign_up_domains: Vec<DomainPattern>,
    /// Who sends the digest.
    pub sender: Sender,
    /// The accessibility statement.
    pub accessibility: Accessibility,
    /// How feeds are fetched.
    pub polling: Polling,
    /// When digests are made.
    pub schedule: Schedule,
    /// Which posts are relevant.
    pub relevance: Relevance,
    /// What goes into a digest.
    pub digest: Digest,
    /// Who edits it.
    pub editor: Editor,
    /// How emails are sent.
    pub mail: Mail,
    /// Where the pages are served.
    pub web: Web,
    /// Where the database is.
    pub database: Database,
    /// How long things are kept.
    pub retention: Retention,
}

/// `[schedule]`: cron expressions of five fields, checked to have a next slot.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema)]
pub struct Schedule {
    /// For subscribers to a daily digest.
    pub daily: String,
    /// For weekly ones.
    pub weekly: String,
    /// For monthly ones.
    pub monthly: String,
}

/// `[relevance]`: what counts as relevant.
#[derive(Debug, Clone, PartialEq, JsonSchema)]
pub struct Relevance {
    /// How items just below the threshold are treated.
    pub borderline: Borderline,
    /// Overrides the `borderline_margin` of topic.toml.
    #[schemars(with = "Optional")]
    pub borderline_margin: Option<f32>,
    /// Overrides the `threshold` of topic.toml.
    #[schemars(with = "Optional")]
    pub threshold: Option<f32>,
}

/// How items just below the threshold are treated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema)]
#[schemars(rename_all = "lowercase")]
pub enum Borderline {
    /// They are listed briefly at the end.
    List,
    /// They are included like selected ones.
    Include,
}

/// `[digest]`: what a digest holds.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema)]
pub struct Digest {
    /// The most stories shown in full; the best ones are chosen.
    pub max_stories: usize,
    /// The longest excerpt of a story, in characters.
    pub excerpt_chars: usize,
    /// Links of stories that come first.
    #[schemars(with = "Vec<String>")]
    pub pin: Vec<Url>,
    /// Whether to send an email when there is nothing new.
    pub quiet_week: bool,
    /// Whether each story has a link for readers to say that it is not on topic.
    pub reader_votes: bool,
    /// Whether digest and archive say how much of the selection editors kept.
    pub show_quality: bool,
}

/// `[database]`: a PostgreSQL server in place of the file in the data folder.
#[derive(Debug, Clone, PartialEq, JsonSchema)]
pub struct Database {
    /// `postgres://user@host:port/name`, without a password; without it, the database is a file.
    #[schemars(with = "String")]
    pub url: Option<Url>,
    /// The file with the password, already joined to the configuration folder.
    #[schemars(with = "String")]
    pub password_file: Option<PathBuf>,
    /// The password, from the environment, else from `password_file`.
    #[schemars(skip)]
    pub password: Option<Secret>,
    /// Whether the connection is encrypted.
    pub tls: bool,
    /// A file of additional certificate authorities, already joined to the configuration folder.
    #[schemars(with = "String")]
    pub ca_file: Option<PathBuf>,
    /// The file's content.
    #[schemars(skip)]
    pub ca: Option<Vec<u8>>,
    /// The connections that only read.
    pub readers: usize,
}

impl Database {
    /// Whether it is on a server, and not in a file.
    #[must_use]
    pub fn is_on_server(&self) -> bool {
        self.url.is_some()
    }
}

/// `[web]`: where the pages are served.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema)]
pub struct Web {
    /// The address and port of the pages for subscribers.
    #[schemars(with = "String")]
    pub listen: SocketAddr,
    /// The address and port of the operator's pages and health checks.
    #[schemars(with = "String")]
    pub admin_listen: SocketAddr,
    /// Whether the operator's pages may be served where others can reach them.
    pub admin_open: bool,
    /// Host names for the operator's pages, besides IP addresses and the host of `public_url`.
    pub admin_hosts: Vec<String>,
    /// Networks whose `X-Forwarded-For` header is trusted.
    #[schemars(with = "Vec<String>")]
    pub trusted_proxies: Vec<Network>,
    /// Whether search engines may list the public pages and feeds.
    pub robots: bool,
}

/// `[retention]`: how long things are kept.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema)]
pub struct Retention {
    /// The full text of items.
    #[schemars(with = "Time")]
    pub content: Duration,
    /// Delivery attempts.
    #[schemars(with = "Time")]
    pub attempts: Duration,
    /// Sign-ups that were never confirmed.
    #[schemars(with = "Time")]
    pub pending: Duration,
    /// Subscribers who unsubscribed.
    #[schemars(with = "Time")]
    pub left: Duration,
}

/// A secret that `Debug` does not show.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    pub(super) fn new(secret: String) -> Self {
        Self(secret)
    }

    /// The secret itself, to be passed on and never logged.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}
