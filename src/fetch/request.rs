//! One request and what its answer means: a document, nothing new, a redirect, or an error.

use chrono::{DateTime, Utc};
use reqwest::StatusCode;
use reqwest::header::{ACCEPT, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, IF_MODIFIED_SINCE, IF_NONE_MATCH, LOCATION};
use tokio::time::Instant;
use url::Url;

use super::error::{self, Error, shown};
use super::room::FREE_BYTES;
use super::{Fetcher, Outcome, Response, Share, Stage, Validators, caching};
use crate::domain::feeds::without_login;

const FEEDS: &str = "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml;q=0.9, \
                     application/xml;q=0.8, text/xml;q=0.8, application/json;q=0.7, */*;q=0.5";

pub(super) enum Hop {
    Found(Box<Response>),
    Redirect { code: u16, location: String },
}

impl Fetcher {
    pub(super) async fn request(
        &self,
        url: &Url,
        validators: &Validators,
        now: DateTime<Utc>,
        until: Instant,
    ) -> Result<Hop, Error> {
        let bare = without_login(url);
        let is_theirs = validators.location.as_deref().is_none_or(|location| location == bare.as_str());
        let known = if is_theirs { validators.clone() } else { Validators::default() };
        let mut answer = self.answer(url, &known, until).await?;
        let headers = answer.headers();
        let fresh = Validators { location: Some(bare.to_string()), ..Validators::of(headers) };
        let found = |outcome, validators| {
            let fresh_until = caching::fresh_until(headers, now);
            let retry_after = caching::retry_after(headers, now);
            let found = Response::of(outcome, bare.clone(), self.room.share());
            Box::new(Response { validators, fresh_until, retry_after, ..found })
        };
        let status = answer.status();
        match status {
            StatusCode::NOT_MODIFIED if known.is_empty() => return Err(Error::Unasked),
            StatusCode::NOT_MODIFIED => return Ok(Hop::Found(found(Outcome::Unchanged, fresh.refreshed(&known)))),
            StatusCode::GONE => return Err(Error::Gone),
            _ if matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308) => {
                let location = text(headers, &LOCATION).unwrap_or_default();
                return Ok(Hop::Redirect { code: status.as_u16(), location });
            }
            // RFC 9110 §15.3.7: a part is no document, and we ask for none.
            _ if status.is_success() && status != StatusCode::PARTIAL_CONTENT => {}
            _ => {
                let retry_after = caching::retry_after(headers, now);
                return Err(Error::Status { code: status.as_u16(), retry_after });
            }
        }
        // What was unpacked has lost this header.
        if let Some(encoding) = text(headers, &CONTENT_ENCODING).filter(|value| !is_plain(value)) {
            return Err(Error::Encoding(shown(&encoding)));
        }
        let content_type = text(headers, &CONTENT_TYPE);
        let mut response = found(Outcome::Unchanged, fresh);
        let bytes = match tokio::time::timeout_at(until, self.body(&mut answer, &mut response.share, url)).await {
            Ok(bytes) => bytes?,
            Err(_) => {
                let limit = self.options.deadlines.total;
                return Err(Error::Timeout { host: error::host(url), stage: Stage::Body, limit });
            }
        };
        response.outcome = Outcome::Body { bytes, content_type };
        Ok(Hop::Found(response))
    }

    /// Sends the request and waits for the head of the answer.
    async fn answer(&self, url: &Url, known: &Validators, until: Instant) -> Result<reqwest::Response, Error> {
        let mut request = self.client.get(url.clone()).header(ACCEPT, FEEDS);
        if let Some(etag) = &known.etag {
            request = request.header(IF_NONE_MATCH, etag);
        }
        if let Some(date) = &known.last_modified {
            request = request.header(IF_MODIFIED_SINCE, date);
        }
        let deadlines = &self.options.deadlines;
        // The name and the connection have their own deadlines within this one.
        let limit = deadlines.first_byte;
        let host = || error::host(url);
        let answer = match tokio::time::timeout_at(until.min(Instant::now() + limit), request.send()).await {
            Ok(answer) => answer.map_err(|error| Error::of_request(error, url, deadlines))?,
            Err(_) => return Err(Error::Timeout { host: host(), stage: Stage::FirstByte, limit }),
        };
        // Behind the first check, this one can only fail if the client dials what it was not given.
        if let (None, Some(peer)) = (&self.options.proxy, answer.remote_addr()) {
            self.guard.check_address(peer.ip()).map_err(|source| Error::Address { host: host(), source })?;
        }
        Ok(answer)
    }

    /// Reads the body, as there is room for it; waiting for that takes of the fetch's time.
    async fn body(&self, answer: &mut reqwest::Response, share: &mut Share, url: &Url) -> Result<Vec<u8>, Error> {
        let limit = self.options.max_body_bytes;
        // Of a packed body this header is gone, and the pieces are counted as they are unpacked.
        if answer.content_length().is_some_and(|length| length > limit) {
            return Err(Error::TooLarge { limit });
        }
        let told = answer.content_length().and_then(|length| usize::try_from(length).ok()).unwrap_or_default();
        let no_memory = |_| Error::Memory { host: error::host(url) };
        let mut bytes: Vec<u8> = Vec::new();
        bytes.try_reserve_exact(told.min(FREE_BYTES)).map_err(no_memory)?;
        loop {
            match answer.chunk().await {
                Ok(None) => return Ok(bytes),
                Ok(Some(piece)) if (bytes.len() + piece.len()) as u64 > limit => return Err(Error::TooLarge { limit }),
                Ok(Some(piece)) => {
                    let needed = bytes.len() + piece.len();
                    if needed > bytes.capacity() {
                        let most = usize::try_from(limit).unwrap_or(usize::MAX);
                        let roomy = needed.saturating_add(needed / 2).min(most).max(needed);
                        share.grow_to(roomy).await;
                        // A process whose memory is limited fails this visit, and does not end.
                        bytes.try_reserve_exact(roomy - bytes.len()).map_err(no_memory)?;
                    }
                    bytes.extend_from_slice(&piece);
                }
                Err(error) => return Err(Error::of_body(error, url, bytes.len())),
            }
        }
    }
}

fn is_plain(encoding: &str) -> bool {
    let encoding = encoding.trim();
    encoding.is_empty() || encoding.eq_ignore_ascii_case("identity")
}

fn text(headers: &HeaderMap, name: &reqwest::header::HeaderName) -> Option<String> {
    headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
}
