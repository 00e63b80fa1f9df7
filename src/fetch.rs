//! One polite and guarded look at a URL: conditional GET, a few requests at a time, redirects by hand.
//! It keeps no state but the turn at each host; what was seen and when to come again is the caller's.
//! RFC 9110 and 9111.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::StatusCode;
use reqwest::header::{ACCEPT, CONTENT_ENCODING, CONTENT_TYPE, IF_MODIFIED_SINCE, IF_NONE_MATCH, LOCATION};
use tokio::sync::Semaphore;
use tokio::time::Instant;
use url::Url;

mod caching;
mod error;
mod guard;

pub use caching::Validators;
pub use error::{Error, Verdict};
pub use guard::Refused;

const MAX_REDIRECTS: usize = 10;

const FEEDS: &str = "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml;q=0.9, \
                     application/xml;q=0.8, text/xml;q=0.8, application/json;q=0.7, */*;q=0.5";

/// How to fetch.
#[derive(Debug, Clone)]
pub struct Options {
    /// Who we are, with an address where a server's owner finds us.
    pub user_agent: String,
    /// Requests at once over all hosts.
    pub concurrency: usize,
    /// Requests at once to one host and port.
    pub per_host: usize,
    /// Between the beginnings of two requests to one host and port.
    pub spacing: Duration,
    /// For one request from its turn to the last byte; a redirect is a request of its own.
    pub timeout: Duration,
    /// Of the unpacked body.
    pub max_body_bytes: u64,
    /// Networks that are dialled although they are not public: address and prefix length.
    pub allow_private: Vec<(IpAddr, u8)>,
    /// Whether `file:` URLs are read.
    pub allow_files: bool,
    /// Takes over the guard's duty for names: it resolves them.
    pub proxy: Option<Url>,
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// As the validators say, nothing is new.
    Unchanged,
    /// The unpacked body.
    Body {
        /// As it came.
        bytes: Vec<u8>,
        /// The header, for its charset.
        content_type: Option<String>,
    },
}

/// A successful look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// What came back.
    pub outcome: Outcome,
    /// To be replayed next time.
    pub validators: Validators,
    /// Where it was found in the end.
    pub final_url: Url,
    /// There were redirects and each said that it is for good (301, 308).
    pub permanent: bool,
    /// Earlier than this nothing new is promised.
    pub not_before: Option<DateTime<Utc>>,
}

/// Fetches; cheap to share by reference.
pub struct Fetcher {
    client: reqwest::Client,
    guard: guard::Guard,
    options: Options,
    everyone: Semaphore,
    hosts: Mutex<HashMap<String, Arc<Host>>>,
}

struct Host {
    turns: Semaphore,
    next: tokio::sync::Mutex<Option<Instant>>,
}

impl Fetcher {
    /// Sets the client up.
    ///
    /// # Errors
    /// A proxy or a TLS set-up that cannot be used.
    pub fn new(options: Options) -> Result<Self, Error> {
        let guard = guard::Guard::new(&options.allow_private);
        let mut builder = reqwest::Client::builder()
            .user_agent(&options.user_agent)
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .no_proxy()
            .timeout(options.timeout);
        builder = match &options.proxy {
            Some(proxy) => builder.proxy(reqwest::Proxy::all(proxy.clone()).map_err(Error::Setup)?),
            None => builder.dns_resolver(guard.clone()),
        };
        let client = builder.build().map_err(Error::Setup)?;
        let everyone = Semaphore::new(options.concurrency.max(1));
        Ok(Self { client, guard, options, everyone, hosts: Mutex::default() })
    }

    /// Looks at `url`; what has not changed since `validators` is not sent again.
    ///
    /// # Errors
    /// See [`Error`]; ask its verdict.
    pub async fn fetch(&self, url: &Url, validators: &Validators, now: DateTime<Utc>) -> Result<Response, Error> {
        match url.scheme() {
            "file" if self.options.allow_files => return self.read(url, validators).await,
            "http" | "https" => {}
            _ => return Err(Error::NotAllowed(url.clone())),
        }
        let mut current = url.clone();
        let mut permanent = true;
        for hop in 0..=MAX_REDIRECTS {
            let answer = self.hop(&current, validators, now).await?;
            match answer {
                Hop::Found { outcome, validators, not_before } => {
                    let permanent = permanent && hop > 0;
                    return Ok(Response { outcome, validators, final_url: current, permanent, not_before });
                }
                Hop::Redirect { code, location } => {
                    permanent &= matches!(code, 301 | 308);
                    current = redirect(url, &current, &location)?;
                }
            }
        }
        Err(Error::TooManyRedirects(MAX_REDIRECTS))
    }

    async fn hop(&self, url: &Url, validators: &Validators, now: DateTime<Utc>) -> Result<Hop, Error> {
        let name = url.host_str().unwrap_or_default().to_owned();
        self.guard.check(url).map_err(|source| Error::Address { host: name.clone(), source })?;
        let host = self.host(url);
        // The host's turn first: who waits for a slow host holds no place among everyone.
        let closed = "the semaphores are never closed";
        let _turn = host.turns.acquire().await.expect(closed);
        self.space(&host).await;
        let _place = self.everyone.acquire().await.expect(closed);
        let limit = self.options.timeout;
        match tokio::time::timeout(limit, self.request(url, validators, now)).await {
            Ok(answer) => answer,
            Err(_) => Err(Error::Timeout { host: name, limit }),
        }
    }

    async fn request(&self, url: &Url, validators: &Validators, now: DateTime<Utc>) -> Result<Hop, Error> {
        let broken = |error| Error::of(error, url, self.options.timeout);
        let mut request = self.client.get(url.clone()).header(ACCEPT, FEEDS);
        if let Some(etag) = &validators.etag {
            request = request.header(IF_NONE_MATCH, etag);
        }
        if let Some(date) = &validators.last_modified {
            request = request.header(IF_MODIFIED_SINCE, date);
        }
        let mut answer = request.send().await.map_err(broken)?;
        let (status, headers) = (answer.status(), answer.headers());
        let (fresh, not_before) = (Validators::of(headers), caching::not_before(headers, now));
        let text = |name| headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
        match status {
            StatusCode::NOT_MODIFIED => {
                return Ok(Hop::Found {
                    outcome: Outcome::Unchanged,
                    validators: fresh.refreshed(validators),
                    not_before,
                });
            }
            StatusCode::GONE => return Err(Error::Gone),
            _ if matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308) => {
                return Ok(Hop::Redirect { code: status.as_u16(), location: text(LOCATION).unwrap_or_default() });
            }
            _ if status.is_success() => {}
            _ => {
                return Err(Error::Status { code: status.as_u16(), retry_after: caching::retry_after(headers, now) });
            }
        }
        // What was unpacked has lost this header.
        if let Some(encoding) = text(CONTENT_ENCODING).filter(|value| !value.trim().eq_ignore_ascii_case("identity")) {
            return Err(Error::Encoding(encoding));
        }
        let content_type = text(CONTENT_TYPE);
        let limit = self.options.max_body_bytes;
        let mut bytes = Vec::new();
        while let Some(piece) = answer.chunk().await.map_err(broken)? {
            if (bytes.len() + piece.len()) as u64 > limit {
                return Err(Error::TooLarge { limit });
            }
            bytes.extend_from_slice(&piece);
        }
        Ok(Hop::Found { outcome: Outcome::Body { bytes, content_type }, validators: fresh, not_before })
    }

    fn host(&self, url: &Url) -> Arc<Host> {
        let key = format!("{}:{}", url.host_str().unwrap_or_default(), url.port_or_known_default().unwrap_or(0));
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || {
            Arc::new(Host { turns: Semaphore::new(self.options.per_host.max(1)), next: tokio::sync::Mutex::new(None) })
        };
        hosts.entry(key).or_insert_with(new).clone()
    }

    async fn space(&self, host: &Host) {
        let mut next = host.next.lock().await;
        if let Some(moment) = *next {
            tokio::time::sleep_until(moment).await;
        }
        *next = Some(Instant::now() + self.options.spacing);
    }

    async fn read(&self, url: &Url, validators: &Validators) -> Result<Response, Error> {
        let path = url.to_file_path().map_err(|()| Error::NotAllowed(url.clone()))?;
        let failed = |source| Error::File { path: path.display().to_string(), source };
        let about = tokio::fs::metadata(&path).await.map_err(failed)?;
        let limit = self.options.max_body_bytes;
        if about.len() > limit {
            return Err(Error::TooLarge { limit });
        }
        let changed = about.modified().ok().map(DateTime::<Utc>::from).unwrap_or_default();
        let etag = Some(format!("{}-{}", about.len(), changed.timestamp_micros()));
        let outcome = if validators.etag == etag {
            Outcome::Unchanged
        } else {
            Outcome::Body { bytes: tokio::fs::read(&path).await.map_err(failed)?, content_type: None }
        };
        let validators = Validators { etag, last_modified: None };
        Ok(Response { outcome, validators, final_url: url.clone(), permanent: false, not_before: None })
    }
}

enum Hop {
    Found { outcome: Outcome, validators: Validators, not_before: Option<DateTime<Utc>> },
    Redirect { code: u16, location: String },
}

/// Where a redirect leads: http or https, on the usual ports, or on the configured URL's own host and port.
fn redirect(configured: &Url, current: &Url, location: &str) -> Result<Url, Error> {
    let refused = || Error::Redirect(location.to_owned());
    let target = current.join(location).map_err(|_| refused())?;
    let own =
        target.host() == configured.host() && target.port_or_known_default() == configured.port_or_known_default();
    let usual = matches!(target.port_or_known_default(), Some(80 | 443));
    let web = matches!(target.scheme(), "http" | "https");
    if location.is_empty() || !web || !(own || usual) { Err(refused()) } else { Ok(target) }
}

#[cfg(test)]
mod tests;
