//! Why a feed could not be fetched, in words for `status`, and what that means for the next poll.

#![expect(missing_docs, reason = "the messages say what the fields are")]

use chrono::{DateTime, Utc};
use url::Url;

use super::guard::Refused;

/// A failed fetch. The cause, where there is one, is in `source`.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The guard against requests into our own network.
    #[error("the address of `{host}` is refused; `allow_private` can permit it")]
    Address {
        host: String,
        #[source]
        source: Refused,
    },
    /// No such name, or no answer about it.
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
    /// Too slow, at whatever stage.
    #[error("`{host}` did not answer within {} seconds", limit.as_secs_f32())]
    Timeout { host: String, limit: std::time::Duration },
    /// The answer broke off or was no HTTP.
    #[error("the answer of `{host}` was broken off or cannot be read")]
    Broken {
        host: String,
        #[source]
        source: reqwest::Error,
    },
    /// The server refused or failed.
    #[error("the server answered with status {code}")]
    Status { code: u16, retry_after: Option<DateTime<Utc>> },
    /// 410: the owner says that it will not come back.
    #[error("the feed is gone for good (410)")]
    Gone,
    /// The body, unpacked, is beyond the limit.
    #[error("the document is larger than {limit} bytes")]
    TooLarge { limit: u64 },
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
    #[error("`{0}` may not be read; `allow_files` permits `file:` addresses")]
    NotAllowed(Url),
    /// A local feed.
    #[error("the file `{path}` cannot be read")]
    File {
        path: String,
        #[source]
        source: std::io::Error,
    },
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
            Self::Address { .. } | Self::NotAllowed(_) | Self::File { .. } | Self::Setup(_) => Verdict::Ours,
            Self::Gone | Self::Encoding(_) | Self::TooLarge { .. } | Self::TooManyRedirects(_) | Self::Redirect(_) => {
                Verdict::Permanent
            }
            Self::Status { code, .. } if (400..500).contains(code) && !matches!(code, 408 | 425 | 429) => {
                Verdict::Permanent
            }
            _ => Verdict::Transient,
        }
    }

    /// The server's own word on when to come back.
    #[must_use]
    pub fn retry_after(&self) -> Option<DateTime<Utc>> {
        match self {
            Self::Status { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    pub(super) fn of(error: reqwest::Error, url: &Url, limit: std::time::Duration) -> Self {
        let host = url.host_str().unwrap_or_default().to_owned();
        let error = error.without_url();
        let mut cause: Option<&(dyn std::error::Error + 'static)> = std::error::Error::source(&error);
        let mut tls = false;
        while let Some(inner) = cause {
            if let Some(refused) = inner.downcast_ref::<Refused>() {
                return Self::Address { host, source: refused.clone() };
            }
            // The TLS library hides behind io errors and is not ours to name.
            tls |= ["certificate", "handshake", "tls"]
                .iter()
                .any(|word| inner.to_string().to_ascii_lowercase().contains(word));
            cause = inner.source();
        }
        match () {
            () if error.is_timeout() => Self::Timeout { host, limit },
            () if error.is_dns() => Self::Dns { host, source: error },
            () if tls && error.is_connect() => Self::Tls { host, source: error },
            () if error.is_connect() => Self::Connect { host, source: error },
            () => Self::Broken { host, source: error },
        }
    }
}
