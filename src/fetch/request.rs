//! One request and what its answer means: a document, nothing new, a redirect, or an error.

use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::StatusCode;
use reqwest::header::{
    ACCEPT, ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE, COOKIE, HeaderMap, IF_MODIFIED_SINCE, IF_NONE_MATCH,
    LOCATION, SET_COOKIE,
};
use tokio::time::Instant;
use url::Url;

use super::error::{self, Error, shown};
use super::room::FREE_BYTES;
use super::{Fetcher, Outcome, Response, Share, Stage, Validators, caching, coding};
use crate::domain::feeds::block::Answer;
use crate::domain::feeds::{Block, without_login};

const FEEDS: &str = "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml;q=0.9, \
                     application/xml;q=0.8, text/xml;q=0.8, application/json;q=0.7, */*;q=0.5";

/// The part of an answer that is no feed which is examined to find who blocks us.
const MOST_OF_A_REFUSAL: usize = 64 * 1024;

/// One request.
pub(super) struct Ask<'a> {
    pub(super) url: &'a Url,
    /// The address that the fetch began with.
    pub(super) asked: &'a Url,
    pub(super) validators: &'a Validators,
    pub(super) cookie: Option<String>,
    pub(super) now: DateTime<Utc>,
}

pub(super) enum Hop {
    Found(Box<Response>),
    Redirect {
        code: u16,
        location: String,
        /// Its `Set-Cookie` lines.
        set: Vec<String>,
    },
}

impl Fetcher {
    pub(super) async fn request(&self, ask: &Ask<'_>, until: Instant) -> Result<Hop, Error> {
        let &Ask { url, validators, now, .. } = ask;
        let bare = without_login(url);
        let is_theirs = validators.location.as_deref().is_none_or(|location| location == bare.as_str());
        let known = if is_theirs { validators.clone() } else { Validators::default() };
        let mut answer = self.answer(ask, &known, until).await?;
        let headers = answer.headers().clone();
        let fresh = Validators { location: Some(bare.to_string()), ..Validators::of(&headers) };
        let found = |outcome, validators| {
            let fresh_until = caching::fresh_until(&headers, now);
            let retry_after = caching::retry_after(&headers, now);
            let found = Response::of(outcome, bare.clone(), self.room.share());
            Box::new(Response { validators, fresh_until, retry_after, ..found })
        };
        let status = answer.status();
        match status {
            StatusCode::NOT_MODIFIED if known.is_empty() => return Err(Error::Unasked),
            StatusCode::NOT_MODIFIED => return Ok(Hop::Found(found(Outcome::Unchanged, fresh.refreshed(&known)))),
            StatusCode::GONE => return Err(Error::Gone),
            _ if matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308) => {
                let location = text(&headers, &LOCATION).unwrap_or_default();
                let set = headers.get_all(SET_COOKIE).iter();
                let set = set.map(|line| String::from_utf8_lossy(line.as_bytes()).into_owned()).collect();
                return Ok(Hop::Redirect { code: status.as_u16(), location, set });
            }
            _ if status.is_success() => {}
            _ => {
                let retry_after = caching::retry_after(&headers, now);
                let body = self.beginning(&mut answer, &headers, until).await;
                let block = block(ask, status, &headers, &body).map(Box::new);
                return Err(Error::Status { code: status.as_u16(), retry_after, block });
            }
        }
        let content_type = text(&headers, &CONTENT_TYPE);
        let mut response = found(Outcome::Unchanged, fresh);
        let (bytes, flaw) = self.body(&mut answer, &mut response.share, &headers, ask.url, until).await?;
        // RFC 9110 §15.3.7: a part is no document, and we ask for none; but some servers call all of it so.
        if status == StatusCode::PARTIAL_CONTENT && !coding::ends_whole(&bytes) {
            return Err(Error::Status { code: status.as_u16(), retry_after: None, block: None });
        }
        response.flaw = flaw;
        response.block = block(ask, status, &headers, &bytes);
        response.outcome = Outcome::Body { bytes, content_type };
        Ok(Hop::Found(response))
    }

    /// Sends the request and waits for the head of the answer.
    async fn answer(&self, ask: &Ask<'_>, known: &Validators, until: Instant) -> Result<reqwest::Response, Error> {
        let url = ask.url;
        let mut request = self.client.get(url.clone()).header(ACCEPT, FEEDS).header(ACCEPT_ENCODING, coding::ACCEPTED);
        if let Some(etag) = &known.etag {
            request = request.header(IF_NONE_MATCH, etag);
        }
        if let Some(date) = &known.last_modified {
            request = request.header(IF_MODIFIED_SINCE, date);
        }
        if let Some(cookie) = &ask.cookie {
            request = request.header(COOKIE, cookie);
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

    /// The unpacked body. If the answer ends badly but its document is whole, also what was wrong with the answer.
    async fn body(
        &self,
        answer: &mut reqwest::Response,
        share: &mut Share,
        headers: &HeaderMap,
        url: &Url,
        until: Instant,
    ) -> Result<(Vec<u8>, Option<String>), Error> {
        let limit = self.options.max_body_bytes;
        if answer.content_length().is_some_and(|length| length > limit) {
            return Err(Error::TooLarge { limit });
        }
        let mut packed = Vec::new();
        let end = match tokio::time::timeout_at(until, self.collect(answer, &mut packed, share, url)).await {
            Ok(end) => end,
            Err(_) => {
                let limit = self.options.deadlines.total;
                Err(Error::Timeout { host: error::host(url), stage: Stage::Body, limit })
            }
        };
        if let Err(error @ (Error::TooLarge { .. } | Error::Memory { .. })) = end {
            return Err(error);
        }
        let received = packed.len();
        let label = text(headers, &CONTENT_ENCODING).unwrap_or_default();
        let unpacked = unpack(packed, &label, limit, share).await.map_err(|failure| match failure {
            coding::Failure::TooLarge => Error::TooLarge { limit },
            coding::Failure::Memory => Error::Memory { host: error::host(url) },
            coding::Failure::Unknown => Error::Encoding(shown(&label)),
        })?;
        let is_whole = || coding::ends_whole(&unpacked.bytes);
        match (end, unpacked.flaw) {
            (Ok(()), None) => Ok((unpacked.bytes, None)),
            (Ok(()), Some(flaw)) if is_whole() => Ok((unpacked.bytes, Some(flaw.to_owned()))),
            (Ok(()), Some(_)) => Err(Error::BadlyPacked { host: error::host(url), received }),
            (Err(_), _) if is_whole() => {
                Ok((unpacked.bytes, Some("the connection did not end as the answer said it would".to_owned())))
            }
            (Err(error), _) => Err(error),
        }
    }

    /// Collects the body as it arrives and as there is room for it; waiting for room counts within the fetch's timeout.
    async fn collect(
        &self,
        answer: &mut reqwest::Response,
        bytes: &mut Vec<u8>,
        share: &mut Share,
        url: &Url,
    ) -> Result<(), Error> {
        let limit = self.options.max_body_bytes;
        let announced = answer.content_length().and_then(|length| usize::try_from(length).ok()).unwrap_or_default();
        let no_memory = |_| Error::Memory { host: error::host(url) };
        let mut look = FIRST_LOOK;
        bytes.try_reserve_exact(announced.min(FREE_BYTES)).map_err(no_memory)?;
        loop {
            match answer.chunk().await {
                Ok(None) => return Ok(()),
                Ok(Some(piece)) if (bytes.len() + piece.len()) as u64 > limit => return Err(Error::TooLarge { limit }),
                Ok(Some(piece)) => {
                    let needed = bytes.len() + piece.len();
                    if needed > bytes.capacity() {
                        let most = usize::try_from(limit).unwrap_or(usize::MAX);
                        let capacity = needed.saturating_add(needed / 2).min(most).max(needed);
                        share.grow_to(capacity).await;
                        // Where the process's memory is limited, this visit fails and the process goes on.
                        bytes.try_reserve_exact(capacity - bytes.len()).map_err(no_memory)?;
                    }
                    bytes.extend_from_slice(&piece);
                    // What unpacks to more than is read is given up long before it has all come.
                    if bytes.len() >= look && coding::is_packed(bytes, "") {
                        look *= 2;
                        if matches!(coding::unpack(bytes.clone(), "", limit), Err(coding::Failure::TooLarge)) {
                            return Err(Error::TooLarge { limit });
                        }
                    }
                }
                Err(error) => return Err(Error::of_body(error, url, bytes.len())),
            }
        }
    }

    /// The beginning of an answer that is no feed, as far as it comes.
    async fn beginning(&self, answer: &mut reqwest::Response, headers: &HeaderMap, until: Instant) -> Vec<u8> {
        let mut bytes = Vec::new();
        let collect = async {
            while let Ok(Some(piece)) = answer.chunk().await {
                let room = MOST_OF_A_REFUSAL - bytes.len();
                bytes.extend_from_slice(&piece[..piece.len().min(room)]);
                if bytes.len() == MOST_OF_A_REFUSAL {
                    break;
                }
            }
        };
        // It is worth no wait: the status is known.
        let soon = until.min(Instant::now() + A_WHILE);
        let _ = tokio::time::timeout_at(soon, collect).await;
        let label = text(headers, &CONTENT_ENCODING).unwrap_or_default();
        coding::unpack(bytes, &label, 1024 * 1024).map(|unpacked| unpacked.bytes).unwrap_or_default()
    }
}

/// Unpacks a body. Most feeds fit into the part of a body that is free; the others get room for the limit while they are
/// unpacked, and keep what they need.
async fn unpack(
    packed: Vec<u8>,
    label: &str,
    limit: u64,
    share: &mut Share,
) -> Result<coding::Unpacked, coding::Failure> {
    if !coding::is_packed(&packed, label) {
        return coding::unpack(packed, label, limit);
    }
    let free = limit.min(FREE_BYTES as u64);
    match coding::unpack(packed.clone(), label, free) {
        Err(coding::Failure::TooLarge) if free < limit => {}
        unpacked => return unpacked,
    }
    share.grow_to(packed.len().saturating_add(usize::try_from(limit).unwrap_or(usize::MAX))).await;
    let unpacked = coding::unpack(packed, label, limit)?;
    share.shrink_to(unpacked.bytes.len());
    Ok(unpacked)
}

/// The number of packed bytes after which the body is unpacked on trial; then after twice as many, and so on.
const FIRST_LOOK: usize = 64 * 1024;

const A_WHILE: Duration = Duration::from_secs(3);

/// Who keeps us out, if the answer is no feed by its looks.
fn block(ask: &Ask<'_>, status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Option<Block> {
    let start = body.iter().position(|byte| !byte.is_ascii_whitespace()).unwrap_or(body.len());
    let head = String::from_utf8_lossy(&body[start..body.len().min(start + 64)]).to_ascii_lowercase();
    let is_page = ["<!doctype html", "<html", "<head", "<body", "<!--"].iter().any(|begin| head.contains(begin));
    if status.is_success() && !is_page && !head.is_empty() {
        return None;
    }
    let lines: Vec<(String, String)> = headers
        .iter()
        .map(|(name, value)| (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
        .collect();
    let body = String::from_utf8_lossy(&body[..body.len().min(MOST_OF_A_REFUSAL)]);
    Block::of(&Answer { status: status.as_u16(), headers: &lines, body: &body, asked: ask.asked, url: ask.url })
}

fn text(headers: &HeaderMap, name: &reqwest::header::HeaderName) -> Option<String> {
    headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
}
