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

use super::body::Coming;
use super::error::{self, Error};
use super::{Fetcher, Outcome, Response, Stage, Validators, background, caching, coding};
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
        let body = Coming {
            answer,
            share: self.room.share(),
            label: text(&headers, &CONTENT_ENCODING).unwrap_or_default(),
            limit: self.options.max_body_bytes,
            url: url.clone(),
        };
        let (bytes, flaw);
        (bytes, flaw, response.share) = body.read(until, self.options.deadlines.total).await?;
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
        let sent = background::run(request.send());
        let answer = match tokio::time::timeout_at(until.min(Instant::now() + limit), sent).await {
            Ok(answer) => answer.map_err(|error| Error::of_request(error, url, deadlines))?,
            Err(_) => return Err(Error::Timeout { host: host(), stage: Stage::FirstByte, limit }),
        };
        // Behind the first check, this one can only fail if the client dials what it was not given.
        if let (None, Some(peer)) = (&self.options.proxy, answer.remote_addr()) {
            self.guard.check_address(peer.ip()).map_err(|source| Error::Address { host: host(), source })?;
        }
        Ok(answer)
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
