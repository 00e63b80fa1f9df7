//! `[polling]`: how feeds are fetched, and how much of one is taken.

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use schemars::JsonSchema;
use url::Url;

use super::super::schema::Time;

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
