//! One polite and guarded look at a URL: conditional GET, a few requests at a time, redirects by hand.
//! It keeps no state but the turn at each host; what was seen and when to come again is the caller's.
//! RFC 9110 and 9111.

use std::net::IpAddr;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::time::Instant;
use url::Url;

use crate::domain::feeds::{Block, without_login};

pub mod background;
mod body;
mod caching;
mod client;
mod cookies;
mod deadline;
pub mod discover;
mod error;
mod file;
mod guard;
mod names;
mod redirect;
mod request;
mod turns;

pub use body::room::Share;
pub use caching::Validators;
pub use deadline::{Deadlines, Stage};
pub use error::{Error, Verdict};
pub use guard::Refused;
pub use names::Names;

use body::coding;
use body::room::Room;
use cookies::Cookies;
use redirect::Trail;
use request::{Ask, Hop};
pub use turns::key as host_key;

const MAX_REDIRECTS: usize = 10;

/// How to fetch.
#[derive(Debug, Clone)]
pub struct Options {
    /// Who we are, with an address where a server's owner finds us.
    pub user_agent: String,
    /// Requests at once over all hosts.
    pub concurrency: usize,
    /// Requests at once to one host.
    pub per_host: usize,
    /// Between the beginnings of two requests to one host.
    pub spacing: Duration,
    /// How long each stage may take.
    pub deadlines: Deadlines,
    /// Of the unpacked body.
    pub max_body_bytes: u64,
    /// Networks that are dialled although they are not public: address and prefix length.
    pub allow_private: Vec<(IpAddr, u8)>,
    /// Hosts and ports that the administrator wrote, to which a redirect may lead beside 80 and 443.
    pub ports: Vec<(String, u16)>,
    /// Whether `file:` URLs are read.
    pub allow_files: bool,
    /// Takes over the guard's duty for names: it resolves them.
    pub proxy: Option<Url>,
    /// Certificates of further authorities, in PEM.
    pub ca: Option<Vec<u8>>,
    /// Who resolves names.
    pub names: Names,
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
#[derive(Debug)]
pub struct Response {
    /// What came back.
    pub outcome: Outcome,
    /// To be replayed next time.
    pub validators: Validators,
    /// Where it was found in the end; without credentials, for links are resolved against it.
    pub final_url: Url,
    /// Where it has moved for good (301, 308), if it has.
    pub moved_to: Option<Url>,
    /// Nothing new is promised before.
    pub fresh_until: Option<DateTime<Utc>>,
    /// It wants to be left alone until then, though it answered.
    pub retry_after: Option<DateTime<Utc>>,
    /// What the body takes of the room for all of them; to be kept as long as the body is.
    pub share: Share,
    /// What was wrong with the answer, though its document is whole.
    pub flaw: Option<String>,
    /// Who keeps us out, if this is no feed.
    pub block: Option<Block>,
}

impl Response {
    fn of(outcome: Outcome, final_url: Url, share: Share) -> Self {
        let validators = Validators::default();
        Self {
            outcome,
            validators,
            final_url,
            moved_to: None,
            fresh_until: None,
            retry_after: None,
            share,
            flaw: None,
            block: None,
        }
    }
}

/// Fetches; cheap to share by reference.
pub struct Fetcher {
    client: reqwest::Client,
    guard: guard::Guard,
    turns: turns::Turns,
    room: Room,
    options: Options,
}

impl Fetcher {
    /// Sets the client up.
    ///
    /// # Errors
    /// A proxy, a certificate or a TLS set-up that cannot be used.
    pub fn new(options: Options) -> Result<Self, Error> {
        let guard = guard::Guard::new(&options.allow_private);
        let client = client::build(&options, &guard)?;
        let turns = turns::Turns::new(options.concurrency, options.per_host, options.spacing);
        Ok(Self { client, guard, turns, room: Room::new(), options })
    }

    /// Whether a proxy resolves the names, and so decides which addresses are dialled.
    #[must_use]
    pub fn is_behind_proxy(&self) -> bool {
        self.options.proxy.is_some()
    }

    /// Whether a page may name `target` as its feed: the ports are those that a redirect may use.
    #[must_use]
    pub fn may_follow(&self, page: &Url, target: &Url) -> bool {
        redirect::Trail::new(page, &self.options.ports).follow(302, target.as_str()).is_ok()
    }

    /// Looks at `url`; what has not changed since `validators` is not sent again.
    ///
    /// # Errors
    /// See [`Error`]; ask its verdict.
    pub async fn fetch(&self, url: &Url, validators: &Validators, now: DateTime<Utc>) -> Result<Response, Error> {
        match url.scheme() {
            "file" if self.options.allow_files => {
                return file::read(url, validators, self.options.max_body_bytes, self.room.share()).await;
            }
            "http" | "https" => {}
            _ => return Err(Error::NotAllowed(url.clone())),
        }
        let mut trail = Trail::new(url, &self.options.ports);
        let mut left = self.options.deadlines.total;
        let mut cookies = Cookies::default();
        for _ in 0..=MAX_REDIRECTS {
            let ask = Ask { url: &trail.current, asked: url, validators, cookie: cookies.of(&trail.current), now };
            match self.hop(&ask, &mut left).await? {
                Hop::Found(mut response) => {
                    response.moved_to = trail.moved_to.as_ref().map(without_login);
                    return Ok(*response);
                }
                Hop::Redirect { code, location, set } => {
                    cookies.set(&trail.current, &set);
                    trail.follow(code, &location)?;
                }
            }
        }
        Err(Error::TooManyRedirects(MAX_REDIRECTS))
    }

    /// One request, in its turn; `left` is what remains of the fetch's time, in which waiting does not count.
    async fn hop(&self, ask: &Ask<'_>, left: &mut Duration) -> Result<Hop, Error> {
        let url = ask.url;
        self.guard.check(url).map_err(|source| Error::Address { host: error::host(url), source })?;
        let _turn = self.turns.wait(url).await;
        // It may have said so while this one waited.
        if let Some(until) = self.turns.held(url, ask.now) {
            return Err(Error::Held { host: error::host(url), until });
        }
        let start = Instant::now();
        let answer = self.request(ask, start + *left).await;
        if let Err(Error::Status { code: 429 | 503, retry_after: Some(until), .. }) = &answer {
            self.turns.hold(url, *until, ask.now);
        }
        *left = left.saturating_sub(start.elapsed());
        answer
    }
}

/// A document as it was meant, if it is packed in a way that is known.
#[must_use]
pub fn unpacked(bytes: Vec<u8>, limit: u64) -> Vec<u8> {
    match coding::unpack(bytes.clone(), "", limit) {
        Ok(unpacked) => unpacked.bytes,
        Err(_) => bytes,
    }
}

#[cfg(test)]
mod tests;
