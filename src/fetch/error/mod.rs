//! Why a feed could not be fetched, in words for `status`, what to do about it, and what it means for the next
//! poll.

#![expect(missing_docs, reason = "the messages say what the fields are")]

mod status;

use std::time::Duration;

use chrono::{DateTime, Utc};
use url::Url;

use super::deadline::{Deadlines, Stage};
use super::guard::{Refused, Unresolved};
use crate::domain::feeds::Block;
use crate::domain::operations::os_error;

/// A failed fetch. The cause, where there is one, is in `source`.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The guard against requests into our own network.
    #[error("the address of `{host}` is refused")]
    Address {
        host: String,
        #[source]
        source: Refused,
    },
    /// No such name.
    #[error("the name `{host}` cannot be resolved")]
    Dns {
        host: String,
        #[source]
        source: reqwest::Error,
    },
    /// The server cannot be reached.
    #[error("no connection to `{host}`")]
    Connect {
        host: String,
        #[source]
        source: reqwest::Error,
    },
    /// The certificate or the protocol.
    #[error("no secure connection to `{host}`")]
    Tls {
        host: String,
        #[source]
        source: reqwest::Error,
    },
    /// Too slow.
    #[error("{}", slow(host, *stage, *limit))]
    Timeout { host: String, stage: Stage, limit: Duration },
    /// The answer was no HTTP, or the connection ended before its body.
    #[error("the answer of `{host}` cannot be read")]
    NoAnswer {
        host: String,
        #[source]
        source: reqwest::Error,
    },
    /// More headers than any server sends.
    #[error("the answer of `{host}` has more headers than are read")]
    Headers { host: String },
    /// The body ended too early, or could not be unpacked.
    #[error("the answer of `{host}` broke off after {received} bytes")]
    BrokenOff {
        host: String,
        received: usize,
        #[source]
        source: reqwest::Error,
    },
    /// What was packed cannot be unpacked to its end.
    #[error("the answer of `{host}` cannot be unpacked: {received} bytes came")]
    BadlyPacked { host: String, received: usize },
    /// The server refused or failed.
    #[error("{}", refused(*code, block.as_deref()))]
    Status { code: u16, retry_after: Option<DateTime<Utc>>, block: Option<Box<Block>> },
    /// It asked to be left alone, by the answer to another request.
    #[error("`{host}` asked to be left alone until {}", until.format("%Y-%m-%d %H:%M UTC"))]
    Held { host: String, until: DateTime<Utc> },
    /// 410: the owner says that it will not come back.
    #[error("the feed is gone for good, says its server (410)")]
    Gone,
    /// A 304 to a request that named no version.
    #[error("the server says that nothing has changed, and we had nothing yet (304)")]
    Unasked,
    /// The body, unpacked, is beyond the limit.
    #[error("the document is larger than {limit} bytes")]
    TooLarge { limit: u64 },
    /// The system gives this process no more of it.
    #[error("there is not enough memory to read the answer of `{host}`")]
    Memory { host: String },
    /// Most likely a loop.
    #[error("more than {0} redirects")]
    TooManyRedirects(usize),
    /// A redirect without a usable address, or to a scheme or port that is not followed.
    #[error("the redirect to `{0}` is not followed")]
    Redirect(String),
    /// Still packed after unpacking: an encoding that nobody asked for.
    #[error("the encoding `{0}` is not supported")]
    Encoding(String),
    /// Neither http nor https nor an allowed file.
    #[error("`{0}` may not be read")]
    NotAllowed(Url),
    /// A local feed.
    #[error("the file `{path}` cannot be read")]
    File {
        path: String,
        #[source]
        source: std::io::Error,
    },
    /// The extra certificates.
    #[error("`polling.ca_file` holds no certificates that can be read")]
    Certificates(#[source] reqwest::Error),
    /// Our own settings.
    #[error("the HTTP client cannot be set up")]
    Setup(#[source] reqwest::Error),
}

/// What to make of a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It may pass: try again later.
    Transient,
    /// The feed's owner or its URL has to change.
    Permanent,
    /// Our configuration or machine.
    Ours,
}

impl Error {
    /// Whether it may pass by itself, and whose it is.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        match self {
            Self::Address { .. }
            | Self::NotAllowed(_)
            | Self::File { .. }
            | Self::Memory { .. }
            | Self::Certificates(_)
            | Self::Setup(_) => Verdict::Ours,
            Self::Gone
            | Self::Encoding(_)
            | Self::Headers { .. }
            | Self::TooLarge { .. }
            | Self::TooManyRedirects(_)
            | Self::Redirect(_) => Verdict::Permanent,
            Self::Status { code, .. } if !status::may_pass(*code) => Verdict::Permanent,
            _ => Verdict::Transient,
        }
    }

    /// The server's own word on when to come back.
    #[must_use]
    pub fn retry_after(&self) -> Option<DateTime<Utc>> {
        match self {
            Self::Status { retry_after, .. } => *retry_after,
            Self::Held { until, .. } => Some(*until),
            _ => None,
        }
    }

    /// What a person can do about it.
    #[must_use]
    pub fn advice(&self) -> &'static str {
        match self {
            _ if os_error::root(self).is_some_and(os_error::is_out_of_descriptors) => os_error::OUT_OF_DESCRIPTORS,
            Self::Address { .. } => {
                "if this is a server of your own, list its network in `allow_private` of digest.toml"
            }
            Self::Dns { .. } => "check the spelling of its `url` in feeds.toml; if that is right, the site may be gone",
            Self::Connect { .. } | Self::NoAnswer { .. } | Self::BrokenOff { .. } | Self::BadlyPacked { .. } => {
                "it is tried again; if it lasts, open its `url` in a browser"
            }
            Self::Tls { .. } => {
                "open its `url` in a browser to see the certificate; one of your own authority goes into `ca_file`"
            }
            Self::Timeout { .. } => "it is tried again; if it lasts, `timeout` in digest.toml can be longer",
            Self::Status { block: Some(block), .. } => block.advice(),
            Self::Status { code, .. } => status::advice(*code),
            Self::Held { .. } => "it is asked again then",
            Self::Gone => "it is not asked again: take it out of feeds.toml, or give it its new `url`",
            Self::Unasked => "it is tried again; if it lasts, tell the site's owner",
            Self::TooLarge { .. } => "look for a shorter feed of the site, or raise `max_body_bytes` in digest.toml",
            Self::Memory { .. } => {
                "it is tried again; if it lasts, allow this program more memory, or lower `concurrency` in digest.toml"
            }
            Self::TooManyRedirects(_) | Self::Redirect(_) => {
                "open its `url` in a browser, and write where it ends into feeds.toml"
            }
            Self::Headers { .. } | Self::Encoding(_) => "tell the site's owner",
            Self::NotAllowed(_) => "`allow_files` in digest.toml permits `file:` addresses",
            Self::File { .. } => "check the path in feeds.toml, and who may read it",
            Self::Certificates(_) | Self::Setup(_) => "see `[polling]` in digest.toml",
        }
    }

    /// The whole of it in one line: what happened, the root of it, and what to do about a feed.
    #[must_use]
    pub fn explain(&self) -> String {
        format!("{}; {}", self.cause(), self.advice())
    }

    /// What happened, and the root of it.
    #[must_use]
    pub fn cause(&self) -> String {
        let mut line = self.to_string();
        let mut cause = std::error::Error::source(self);
        while let Some(source) = cause {
            cause = source.source();
            if cause.is_none() {
                line = format!("{line}: {}", shown(&source.to_string()));
            }
        }
        line
    }

    /// What went wrong between the request and the head of its answer.
    pub(super) fn of_request(error: reqwest::Error, url: &Url, deadlines: &Deadlines) -> Self {
        let host = host(url);
        let error = error.without_url();
        let (mut tls, mut head, mut names) = (false, false, false);
        let mut cause: Option<&(dyn std::error::Error + 'static)> = std::error::Error::source(&error);
        while let Some(inner) = cause {
            if let Some(refused) = inner.downcast_ref::<Refused>() {
                return Self::Address { host, source: refused.clone() };
            }
            names |= inner.is::<Unresolved>();
            // The TLS and HTTP libraries hide behind io errors and are not ours to name.
            let text = inner.to_string().to_ascii_lowercase();
            tls |= ["certificate", "handshake", "tls", "corrupt message"].iter().any(|word| text.contains(word));
            head |= text.contains("message head is too large");
            cause = inner.source();
        }
        let timeout = |host, stage, limit| Self::Timeout { host, stage, limit };
        match () {
            () if names => timeout(host, Stage::Dns, deadlines.dns),
            () if error.is_timeout() => timeout(host, Stage::Connect, deadlines.connect),
            () if error.is_dns() => Self::Dns { host, source: error },
            () if tls && error.is_connect() => Self::Tls { host, source: error },
            () if error.is_connect() => Self::Connect { host, source: error },
            () if head => Self::Headers { host },
            () => Self::NoAnswer { host, source: error },
        }
    }

    pub(super) fn of_body(error: reqwest::Error, url: &Url, received: usize) -> Self {
        Self::BrokenOff { host: host(url), received, source: error.without_url() }
    }
}

fn refused(code: u16, block: Option<&Block>) -> String {
    block.map_or_else(|| format!("the server answered {code} ({})", status::meaning(code)), ToString::to_string)
}

pub(super) fn host(url: &Url) -> String {
    url.host_str().unwrap_or_default().to_owned()
}

/// What a server wrote, fit for a terminal: short and without control characters.
pub(super) fn shown(text: &str) -> String {
    const MOST: usize = 200;
    let mut shown: String = text.chars().filter(|c| !c.is_control()).take(MOST).collect();
    if text.chars().count() > MOST {
        shown.push('…');
    }
    shown
}

fn slow(host: &str, stage: Stage, limit: Duration) -> String {
    let seconds = limit.as_secs_f32();
    match stage {
        Stage::Dns => format!("no answer about the name `{host}` within {seconds} seconds"),
        Stage::Connect => format!("no connection to `{host}` within {seconds} seconds"),
        Stage::FirstByte => format!("`{host}` took the request and did not answer within {seconds} seconds"),
        Stage::Body => format!("the answer of `{host}` was not complete after {seconds} seconds"),
    }
}
