//! The checked form of `digest.toml`: what every key means, in plain structs. Read by `digest`, checked against one
//! another by `check`; the file `config/digest.toml` explains the same keys to the administrator.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use chrono_tz::Tz;
use schemars::JsonSchema;
use url::Url;

use super::spelling::{Optional, Time};
use crate::domain::digests::locale::Locale;
use crate::domain::subscribers::subscriber::EmailAddress;

/// The whole file; `Settings::default()` is what holds without one.
#[derive(Debug, Clone, PartialEq, JsonSchema)]
pub struct Settings {
    /// The digest's name, as subscribers see it.
    pub name: String,
    /// The folder for what the program writes, already joined to the configuration folder.
    pub data: PathBuf,
    /// Where earlier versions looked for it: from the working directory.
    #[schemars(skip)]
    pub former_data: Option<PathBuf>,
    /// Where subscribers reach the pages; every link in a mail begins with it.
    #[schemars(with = "String")]
    pub public_url: Url,
    /// The language and country that dates are written for.
    #[schemars(with = "String")]
    pub locale: Locale,
    /// The zone in which the schedule is meant.
    #[schemars(with = "String")]
    pub timezone: Tz,
    /// Who is told when something needs a person.
    #[schemars(with = "Vec<String>")]
    pub admin_to: Vec<EmailAddress>,
    /// A folder whose templates go before the embedded ones, already joined to the configuration folder.
    #[schemars(with = "String")]
    pub templates_dir: Option<PathBuf>,
    /// Who sends the digest.
    pub sender: Sender,
    /// How feeds are fetched.
    pub polling: Polling,
    /// When digests are made.
    pub schedule: Schedule,
    /// What counts as relevant.
    pub relevance: Relevance,
    /// What a digest holds.
    pub digest: Digest,
    /// How mail leaves.
    pub mail: Mail,
    /// Where the pages are served.
    pub web: Web,
    /// How long things are kept.
    pub retention: Retention,
}

/// `[sender]`: what every footer says about who sends; empty texts are left out.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema)]
pub struct Sender {
    /// The organisation's name.
    pub organisation: String,
    /// Its postal address, on one line.
    pub postal_address: String,
    /// Where a reader can write to or call.
    pub contact: String,
    /// The privacy notice.
    pub privacy_url: String,
    /// What a person agrees to when they sign up, as the page says it. A hash of it is kept with their consent.
    pub consent: String,
}

/// `[polling]`: how feeds are fetched.
#[derive(Debug, Clone, PartialEq, JsonSchema)]
pub struct Polling {
    /// Feeds fetched at the same time.
    pub concurrency: usize,
    /// Of these, from one host.
    pub per_host: usize,
    /// The least pause between two requests to one host.
    #[schemars(with = "Time")]
    pub spacing: Duration,
    /// How often a feed is asked when it does not say.
    #[schemars(with = "Time")]
    pub interval: Duration,
    /// How old an item may be to be mailed when its feed is new.
    #[schemars(with = "Time")]
    pub first_poll_window: Duration,
    /// The most that one fetch may take.
    #[schemars(with = "Time")]
    pub timeout: Duration,
    /// The largest answer that is read, unpacked.
    pub max_body_bytes: u64,
    /// What one feed may bring at a visit.
    pub limits: Limits,
    /// Private networks that may be fetched from.
    #[schemars(with = "Vec<String>")]
    pub allow_private: Vec<Network>,
    /// Whether feeds may be `file:` URLs.
    pub allow_files: bool,
    /// A proxy for every fetch.
    #[schemars(with = "String")]
    pub proxy: Option<Url>,
    /// Further certificate authorities, already joined to the configuration folder.
    #[schemars(with = "String")]
    pub ca_file: Option<PathBuf>,
    /// The file's content.
    #[schemars(skip)]
    pub ca: Option<Vec<u8>>,
    /// Named in the User-Agent, for a feed's owner to find us by; `public_url` unless set.
    #[schemars(with = "String")]
    pub contact_url: Url,
}

/// `[polling.limits]`: what one feed may bring at a visit. What is over is left out and counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema)]
pub struct Limits {
    /// Entries of one document; the newest are kept.
    pub entries: usize,
    /// Stored bytes of one entry; longer texts are shortened.
    pub entry_bytes: usize,
    /// Stored bytes of all new entries of one visit; the newest are kept.
    pub visit_bytes: usize,
    /// Authors of one entry.
    pub authors: usize,
    /// Categories of one entry.
    pub categories: usize,
    /// Memory for reading one document, in bytes; one that needs more is not read.
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

/// All addresses that begin like this one. Reads as `10.0.0.0/8`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    /// One of them.
    pub address: IpAddr,
    /// How many bits are common to all.
    pub length: u8,
}

impl Network {
    /// Whether an address begins like this one. An IPv4 address written as an IPv6 one (RFC 4291 §2.5.5.2) is the IPv4
    /// address that it stands for.
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

/// `[schedule]`: cron lines of five fields, checked to have a next slot.
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
    /// What becomes of items just under the threshold.
    pub borderline: Borderline,
    /// Goes before the topic file's margin, as the next one does before its threshold.
    #[schemars(with = "Optional")]
    pub borderline_margin: Option<f32>,
    /// Overrides the `threshold` of topic.toml.
    #[schemars(with = "Optional")]
    pub threshold: Option<f32>,
}

/// What becomes of items just under the threshold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema)]
#[schemars(rename_all = "lowercase")]
pub enum Borderline {
    /// They are listed shortly at the end.
    List,
    /// They are taken in like the others.
    Include,
}

/// `[digest]`: what a digest holds.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema)]
pub struct Digest {
    /// The most stories in full; the best are taken.
    pub max_stories: usize,
    /// The length of a story's excerpt, in characters.
    pub excerpt_chars: usize,
    /// Links of stories that go first.
    #[schemars(with = "Vec<String>")]
    pub pin: Vec<Url>,
    /// Whether a mail goes out that says there was nothing.
    pub quiet_week: bool,
}

/// `[mail]`: how mail leaves.
#[derive(Debug, Clone, PartialEq, JsonSchema)]
pub struct Mail {
    /// By which way.
    pub transport: TransportKind,
    /// The From line: `Name <address>`.
    pub from: String,
    /// The Reply-To line; empty when answers go to `from`.
    pub reply_to: String,
    /// Gets a proof of each digest before the subscribers do.
    #[schemars(with = "String")]
    pub proof_to: Option<EmailAddress>,
    /// Takes what comes back: each mail's return path is this address with a token of its own behind a `+`. Without
    /// it, what comes back goes to the sender.
    #[schemars(with = "String")]
    pub bounce_address: Option<String>,
    /// Takes mails that ask to be unsubscribed.
    #[schemars(with = "String")]
    pub unsubscribe_address: Option<String>,
    /// The relay.
    pub smtp: Smtp,
    /// The signature; none while its keys are empty.
    #[schemars(with = "Dkim")]
    pub dkim: Option<Dkim>,
}

/// By which way mail leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema)]
#[schemars(rename_all = "lowercase")]
pub enum TransportKind {
    /// Each mail becomes a file in `outbox/` in the data folder.
    Directory,
    /// To the relay of `[mail.smtp]`.
    Smtp,
}

/// `[mail.smtp]`: the relay.
#[derive(Debug, Clone, PartialEq, JsonSchema)]
pub struct Smtp {
    /// Its name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is protected.
    pub tls: Tls,
    /// Further certificate authorities, already joined to the configuration folder.
    #[schemars(with = "String")]
    pub ca_file: Option<PathBuf>,
    /// The file's content.
    #[schemars(skip)]
    pub ca: Option<Vec<u8>>,
    /// The log-in; none while the user name is empty.
    #[schemars(with = "String")]
    pub username: Option<String>,
    /// The file that the password was read from, already joined to the configuration folder.
    #[schemars(with = "String")]
    pub password_file: Option<PathBuf>,
    /// From the environment, else from `password_file`.
    #[schemars(skip)]
    pub password: Option<Secret>,
    /// The name in EHLO; the host of `public_url` unless set.
    #[schemars(with = "String")]
    pub ehlo_name: Option<String>,
    /// The longest wait for one answer.
    #[schemars(with = "Time")]
    pub timeout: Duration,
    /// Connections open at the same time.
    pub max_connections: usize,
    /// Mails over one connection before it is closed.
    pub messages_per_connection: u32,
    /// 0 is no limit.
    pub messages_per_second: u32,
}

/// How a connection is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema)]
#[schemars(rename_all = "lowercase")]
pub enum Tls {
    /// TLS from the first byte, usually port 465.
    Tls,
    /// Begins in the clear and must be upgraded, usually port 587.
    Starttls,
    /// Not at all; only to this machine.
    None,
}

/// `[mail.dkim]`: the signature.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema)]
pub struct Dkim {
    /// The domain that signs.
    pub domain: String,
    /// The record's name under `_domainkey`.
    pub selector: String,
    /// The private key in PEM, already joined to the configuration folder.
    pub key_file: PathBuf,
    /// The file's content; none only where the file could not be read, which is a finding.
    #[schemars(skip)]
    pub key: Option<Secret>,
}

/// `[web]`: where the pages are served.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema)]
pub struct Web {
    /// For subscribers.
    #[schemars(with = "String")]
    pub listen: SocketAddr,
    /// For health checks and the operator.
    #[schemars(with = "String")]
    pub admin_listen: SocketAddr,
    /// Whether the operator's pages may be served where others reach them.
    pub admin_open: bool,
    /// Names under which the operator's pages may be asked for, beside IP addresses and the host of `public_url`.
    pub admin_hosts: Vec<String>,
    /// Networks whose `X-Forwarded-For` is believed.
    #[schemars(with = "Vec<String>")]
    pub trusted_proxies: Vec<Network>,
    /// Whether search engines may list the pages and feeds that are for everybody.
    pub robots: bool,
}

/// `[retention]`: how long things are kept.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema)]
pub struct Retention {
    /// The full text of items.
    #[schemars(with = "Time")]
    pub content: Duration,
    /// Attempts of delivery.
    #[schemars(with = "Time")]
    pub attempts: Duration,
    /// Sign-ups that were never confirmed.
    #[schemars(with = "Time")]
    pub pending: Duration,
    /// Subscribers who left.
    #[schemars(with = "Time")]
    pub left: Duration,
}

/// A value that does not show itself.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    pub(super) fn new(secret: String) -> Self {
        Self(secret)
    }

    /// The value itself: for the one who must hand it on, never for a log.
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
