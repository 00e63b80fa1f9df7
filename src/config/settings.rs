//! The settings of `digest.toml` as plain structs: what every key means. `digest` reads them and `check` compares them
//! with one another; `config/digest.toml` explains the same keys to administrators.

mod editor;
mod mailbox;
mod sender;

use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use chrono_tz::Tz;
use schemars::JsonSchema;
use url::Url;

use super::schema::{Optional, Time};
use crate::domain::digests::accent::Accent;
use crate::domain::digests::locale::Locale;
use crate::domain::subscribers::domains::DomainPattern;
use crate::domain::subscribers::subscriber::EmailAddress;

pub use editor::Editor;
pub use mailbox::Mailbox;
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

/// `[polling]`: how feeds are fetched.
#[derive(Debug, Clone, PartialEq, JsonSchema)]
pub struct Polling {
    /// The most feeds fetched at the same time.
    pub concurrency: usize,
    /// Of these, from one host.
    pub per_host: usize,
    /// The minimum pause between two requests to one host.
    #[schemars(with = "Time")]
    pub spacing: Duration,
    /// How often a feed is polled if it does not say itself.
    #[schemars(with = "Time")]
    pub interval: Duration,
    /// How old an item may be to be emailed when its feed is new.
    #[schemars(with = "Time")]
    pub first_poll_window: Duration,
    /// The time limit of one fetch.
    #[schemars(with = "Time")]
    pub timeout: Duration,
    /// The largest response that is read, after decompression.
    pub max_body_bytes: u64,
    /// What one feed may deliver at one poll.
    pub limits: Limits,
    /// Private networks that may be fetched from.
    #[schemars(with = "Vec<String>")]
    pub allow_private: Vec<Network>,
    /// Whether feeds may be `file:` URLs.
    pub allow_files: bool,
    /// The proxy for every fetch.
    #[schemars(with = "String")]
    pub proxy: Option<Url>,
    /// A file of additional certificate authorities, already joined to the configuration folder.
    #[schemars(with = "String")]
    pub ca_file: Option<PathBuf>,
    /// The file's content.
    #[schemars(skip)]
    pub ca: Option<Vec<u8>>,
    /// A contact address in the User-Agent, for the feeds' owners; `public_url` unless set.
    #[schemars(with = "String")]
    pub contact_url: Url,
}

/// `[polling.limits]`: what one feed may deliver at one poll. Anything above is left out and counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema)]
pub struct Limits {
    /// The most entries of one document; the newest are kept.
    pub entries: usize,
    /// The most stored bytes of one entry; longer texts are shortened.
    pub entry_bytes: usize,
    /// The most stored bytes of all new entries of one poll; the newest are kept.
    pub visit_bytes: usize,
    /// The most authors of one entry.
    pub authors: usize,
    /// The most categories of one entry.
    pub categories: usize,
    /// The memory for reading one document, in bytes; a document that needs more is not read.
    pub memory_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            entries: 2_000,
            entry_bytes: 256 * 1024,
            visit_bytes: 8 * 1024 * 1024,
            authors: 20,
            categories: 50,
            memory_bytes: 96 * 1024 * 1024,
        }
    }
}

/// A network of IP addresses, written `10.0.0.0/8`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    /// Any address in it.
    pub address: IpAddr,
    /// The prefix length: how many leading bits all its addresses have in common.
    pub length: u8,
}

impl Network {
    /// Whether the network contains an address. An IPv4-mapped IPv6 address (RFC 4291 §2.5.5.2) counts as IPv4.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        let bits = |address: IpAddr| match address.to_canonical() {
            IpAddr::V4(address) => (u128::from(address.to_bits()) << 96, 32),
            IpAddr::V6(address) => (address.to_bits(), 128),
        };
        let ((own, width), (other, other_width)) = (bits(self.address), bits(address));
        let rest = u32::from(self.length).min(width);
        width == other_width && (own ^ other).checked_shr(128 - rest).unwrap_or(0) == 0
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.length)
    }
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

/// `[mail]`: how emails are sent.
#[derive(Debug, Clone, PartialEq, JsonSchema)]
pub struct Mail {
    /// By which transport.
    pub transport: TransportKind,
    /// The From header: `Name <address>`.
    #[schemars(with = "String")]
    pub from: Mailbox,
    /// The Reply-To header; without it, replies go to `from`.
    #[schemars(with = "String")]
    pub reply_to: Option<Mailbox>,
    /// Receives a proof of each digest before the subscribers.
    #[schemars(with = "String")]
    pub proof_to: Option<EmailAddress>,
    /// Receives bounces: each email's return path is this address with `+` and a token of its own. Without it, bounces go to
    /// the sender.
    #[schemars(with = "String")]
    pub bounce_address: Option<String>,
    /// Receives unsubscribe requests by email.
    #[schemars(with = "String")]
    pub unsubscribe_address: Option<String>,
    /// The mail server.
    pub smtp: Smtp,
    /// The DKIM signature; `None` while its keys are empty.
    #[schemars(with = "Dkim")]
    pub dkim: Option<Dkim>,
}

/// How emails leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema)]
#[schemars(rename_all = "lowercase")]
pub enum TransportKind {
    /// Each email becomes a file in `outbox/` in the data folder.
    Directory,
    /// Emails are sent through the server in `[mail.smtp]`.
    Smtp,
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

/// `[mail.smtp]`: the mail server.
#[derive(Debug, Clone, PartialEq, JsonSchema)]
pub struct Smtp {
    /// Its host name or IP address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is protected.
    pub tls: Tls,
    /// A file of additional certificate authorities, already joined to the configuration folder.
    #[schemars(with = "String")]
    pub ca_file: Option<PathBuf>,
    /// The file's content.
    #[schemars(skip)]
    pub ca: Option<Vec<u8>>,
    /// The user name; without it, there is no log-in.
    #[schemars(with = "String")]
    pub username: Option<String>,
    /// The file with the password, already joined to the configuration folder.
    #[schemars(with = "String")]
    pub password_file: Option<PathBuf>,
    /// The password, from the environment, else from `password_file`.
    #[schemars(skip)]
    pub password: Option<Secret>,
    /// The name in EHLO; the host of `public_url` unless set.
    #[schemars(with = "String")]
    pub ehlo_name: Option<String>,
    /// The time limit for one reply.
    #[schemars(with = "Time")]
    pub timeout: Duration,
    /// The most connections open at the same time.
    pub max_connections: usize,
    /// The most emails sent over one connection.
    pub messages_per_connection: u32,
    /// The most emails sent in a second; 0 for no limit.
    pub messages_per_second: u32,
}

/// How a connection is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema)]
#[schemars(rename_all = "lowercase")]
pub enum Tls {
    /// TLS from the first byte, usually port 465.
    Tls,
    /// Begins unencrypted and must be upgraded, usually port 587.
    Starttls,
    /// No TLS; allowed only for a server on this machine.
    None,
}

/// `[mail.dkim]`: the DKIM signature.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema)]
pub struct Dkim {
    /// The signing domain.
    pub domain: String,
    /// The selector: the record's name under `_domainkey`.
    pub selector: String,
    /// The private key in PEM, already joined to the configuration folder.
    pub key_file: PathBuf,
    /// The file's content; `None` only if the file could not be read, which is a finding.
    #[schemars(skip)]
    pub key: Option<Secret>,
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
