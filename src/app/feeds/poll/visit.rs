//! The result of a poll besides its items: the failure for the report, the time of the next visit, and the line in the
//! log.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use url::Url;

use super::{App, FeedResult, chain};
use crate::app::chance;
use crate::domain::feeds;
use crate::domain::feeds::budget::Spent;
use crate::domain::feeds::{Block, Feed, Moved, NextCheck, Visit};
use crate::fetch;
use crate::fetch::{Outcome, Response, Share, Validators};
use crate::parse;
use crate::store::{self, Failure, FeedState, Poll, PollOutcome, Saved, Visited};

/// Stands for what the parser makes of a document. Under another one, a document is fetched and read again though
/// it has not changed: count the number up when the same bytes give better items than before.
pub(super) const READER: &str = concat!(env!("CARGO_PKG_VERSION"), "/2");

/// The address for polling: the new one of a feed that has moved, once the move is believed, otherwise the one in the
/// list.
pub(in crate::app) fn address(feed: &Feed, state: &FeedState) -> Url {
    let moved = state.address.as_deref().and_then(|address| Url::parse(address).ok());
    moved.unwrap_or_else(|| feed.url.clone())
}

/// The number of failures at the new address after which the old one is polled again.
const FAILURES_AFTER_A_MOVE: u32 = 3;

/// How long a server's "not modified" is believed; then the document is requested without its validators.
const LONGEST_UNSEEN: TimeDelta = TimeDelta::days(7);

/// What a feed's next answer is compared with.
pub(super) struct Known {
    pub validators: Validators,
    pub body_hash: Option<String>,
}

impl Known {
    /// Nothing, if another version of the program read the last document. A changed topic is no reason to ask
    /// again: the stored items are judged anew.
    pub(super) fn of(state: &FeedState, now: DateTime<Utc>) -> Self {
        // Some servers and caches say "not modified" for weeks, whatever has come.
        let is_stale = state.answered.is_none_or(|answered| answered + LONGEST_UNSEEN < now);
        if is_stale && state.reader.as_deref() == Some(READER) {
            return Self { validators: Validators::default(), body_hash: state.body_hash.clone() };
        }
        if state.reader.as_deref() != Some(READER) {
            return Self { validators: Validators::default(), body_hash: None };
        }
        let validators = Validators {
            etag: state.etag.clone(),
            last_modified: state.last_modified.clone(),
            location: state.location.clone(),
        };
        Self { validators, body_hash: state.body_hash.clone() }
    }
}

/// Whether a feed is not asked now: under a running Retry-After never; when it is gone for good, and for a while after
/// its document has ended the program, only by name.
/// `held` is the time until which its host is left alone.
pub(super) fn left_alone(
    state: &FeedState,
    held: Option<DateTime<Utc>>,
    is_named: bool,
    now: DateTime<Utc>,
) -> Option<FeedResult> {
    let crashed = state.outcome.as_deref() == Some(store::CRASHED) && state.next_check > now;
    match (state.not_before, state.gone) {
        (Some(until), _) if until > now => Some(FeedResult::Waiting(until)),
        _ if held.is_some() => held.map(FeedResult::Waiting),
        (_, Some(since)) if !is_named => Some(FeedResult::Gone(since)),
        _ if crashed && !is_named => state.error.clone().map(FeedResult::Failed),
        _ => None,
    }
}

/// The hosts that one of their feeds has asked to be left alone, and until when: a Retry-After to a refusal is the
/// server's word for all that it serves.
pub(super) fn held_hosts<'a>(
    app: &App,
    states: impl Iterator<Item = &'a FeedState>,
    now: DateTime<Utc>,
) -> HashMap<String, DateTime<Utc>> {
    let mut held: HashMap<String, DateTime<Utc>> = HashMap::new();
    for state in states.filter(|state| state.failures > 0) {
        let Some(until) = state.not_before.filter(|until| *until > now) else { continue };
        let Some(feed) = app.config.feeds.iter().find(|feed| feed.id.as_str() == state.id) else { continue };
        let host = held.entry(fetch::host_key(&address(feed, state))).or_insert(until);
        *host = until.max(*host);
    }
    held
}

/// What a look at a feed has given.
pub(super) struct VisitResult {
    pub outcome: PollOutcome,
    pub entries: usize,
    pub visit: Visited,
    pub fresh_until: Option<DateTime<Utc>>,
    pub retry_after: Option<DateTime<Utc>>,
    /// The share of the memory for all polls that the document needs, until it is stored.
    pub share: Option<Share>,
}

impl VisitResult {
    /// The feed answered that nothing has changed, or its document has not been parsed yet.
    pub(super) fn unchanged(response: &Response, feed: &Feed, state: &FeedState, now: DateTime<Utc>) -> Self {
        let Validators { etag, last_modified, location } = response.validators.clone();
        let bytes = match &response.outcome {
            Outcome::Body { bytes, .. } => bytes.len(),
            Outcome::Unchanged => 0,
        };
        let moved = match &response.moved_to {
            Some(to) => Some(Moved::seen(state.moved.as_ref(), to.as_str(), now)),
            // It answers at the address that it has moved to.
            None => state.moved.clone().filter(|_| state.address.is_some()),
        };
        // A log-in is only for the address that it was written for.
        let has_login = feeds::without_login(&feed.url) != feed.url;
        let settled = moved.as_ref().filter(|moved| response.moved_to.is_some() && moved.is_settled(now) && !has_login);
        let address = settled.map(|moved| moved.to.clone()).or_else(|| state.address.clone());
        Self {
            outcome: PollOutcome::Unchanged { etag, last_modified },
            entries: 0,
            visit: Visited { location, moved, address, bytes, ..Visited::default() },
            fresh_until: response.fresh_until,
            retry_after: response.retry_after,
            share: None,
        }
    }

    /// The program ended while it read the document.
    pub(super) fn broken_off(feed: &Feed, state: &FeedState) -> Self {
        let id = &feed.id;
        let error = format!(
            "the program ended while it read this feed's document, which is not read again at once; `policy-digest poll {id}` \
             does so now, and if that ends it again, please report the document"
        );
        Self {
            outcome: PollOutcome::Failed { error, why: Failure::Crash },
            entries: 0,
            visit: Visited { moved: state.moved.clone(), address: state.address.clone(), ..Visited::default() },
            fresh_until: None,
            retry_after: state.not_before,
            share: None,
        }
    }

    /// It could not be fetched.
    pub(super) fn unfetched(error: &fetch::Error, state: &FeedState) -> Self {
        let is_gone = matches!(error, fetch::Error::Gone);
        // The new address of a moved feed may be gone while the one in the list still works.
        let is_gone_for_good = is_gone && state.address.is_none();
        let why = if is_gone_for_good { Failure::Gone } else { Failure::Other };
        let outcome = PollOutcome::Failed { error: error.explain(), why };
        let (moved, address) = after_failure(state, is_gone);
        Self {
            outcome,
            entries: 0,
            visit: Visited { moved, address, ..Visited::default() },
            fresh_until: None,
            retry_after: error.retry_after(),
            share: None,
        }
    }

    /// Its answer could not be parsed. A freshness period of such an answer does not delay the next poll.
    pub(super) fn unread(self, error: String, is_no_feed: bool, state: &FeedState) -> Self {
        let (moved, address) = after_failure(state, false);
        let visit = Visited { moved, address, ..self.visit };
        let why = if is_no_feed { Failure::NoFeed } else { Failure::Other };
        let outcome = PollOutcome::Failed { error, why };
        Self { outcome, fresh_until: None, visit, ..self }
    }
}

/// A failure says nothing about a move. But after a few failures at the new address of a moved feed, the old one is
/// polled again.
fn after_failure(state: &FeedState, is_gone: bool) -> (Option<Moved>, Option<String>) {
    let is_over = state.address.is_some() && (is_gone || state.failures + 1 >= FAILURES_AFTER_A_MOVE);
    if is_over { (None, None) } else { (state.moved.clone(), state.address.clone()) }
}

/// Who keeps us out, and what to do about it.
pub(in crate::app) fn blocked(block: &Block) -> String {
    format!("{block}; {}", block.advice())
}

/// Why a document could not be read, and what to do about it.
pub(in crate::app) fn unparsed(error: &parse::Error, feed: &Feed) -> String {
    let id = &feed.id;
    let advice = match error {
        parse::Error::NotAFeed(parse::Kind::HtmlPage) => {
            format!("`policy-digest feeds check {id}` looks for the feed of that page")
        }
        parse::Error::NotAFeed(_) => format!("look at {} in a browser", feeds::without_login(&feed.url)),
        parse::Error::Spent(Spent::Unavailable(_)) => {
            "it is tried again; if it lasts, allow this program more memory".to_owned()
        }
        _ => "it is tried again; if it lasts, tell the site's owner".to_owned(),
    };
    format!("{}; {advice}", chain(error))
}

/// The row to store and the line to log for a poll.
pub(super) fn settle(
    app: &App,
    feed: &Feed,
    state: &FeedState,
    now: DateTime<Utc>,
    visited: VisitResult,
) -> (Poll, Line) {
    let failures = match visited.outcome {
        PollOutcome::Failed { .. } => state.failures + 1,
        _ => 0,
    };
    let hints = match &visited.outcome {
        PollOutcome::Read { hints, .. } => *hints,
        _ => state.hints,
    };
    let visit = Visit { failures, retry_after: visited.retry_after, fresh_until: visited.fresh_until, hints };
    let policy = feeds::Policy { interval: app.config.settings.polling.interval };
    let next = feeds::next_check(now, &visit, &policy, chance());
    let error = match &visited.outcome {
        PollOutcome::Failed { error, .. } => Some(error.clone()),
        _ => None,
    };
    let line = Line {
        feed: feed.id.to_string(),
        outcome: visited.outcome.as_str(),
        entries: visited.entries,
        failures,
        next,
        visit: visited.visit.clone(),
        error,
    };
    // The server's request, within our limits.
    let not_before = visited.retry_after.map(|until| until.min(next.at));
    let poll = Poll {
        feed: feed.id.clone(),
        now,
        next,
        not_before,
        first_poll_window: feed.first_poll_window.unwrap_or(app.config.settings.polling.first_poll_window),
        visit: visited.visit,
        outcome: visited.outcome,
    };
    (poll, line)
}

/// One line in the log for each poll.
pub(super) struct Line {
    feed: String,
    outcome: &'static str,
    entries: usize,
    failures: u32,
    next: NextCheck,
    visit: Visited,
    error: Option<String>,
}

impl Line {
    pub(super) fn log(&self, saved: &Saved) {
        let Self { feed, outcome, entries, failures, visit, .. } = self;
        // A number in the log: 128 bits would be text.
        let (bytes, took_ms) = (visit.bytes, u64::try_from(visit.took.as_millis()).unwrap_or(u64::MAX));
        let (next, because) = (self.next.at.to_rfc3339(), self.next.because.as_str());
        match &self.error {
            Some(error) => tracing::warn!(feed, outcome, failures, bytes, took_ms, next, because, error, "polled"),
            None => tracing::debug!(
                feed,
                outcome,
                entries,
                new = saved.new,
                changed = saved.changed,
                selected = saved.selected,
                gap = saved.gap,
                moved_to = visit.moved.as_ref().map(|moved| moved.to.as_str()),
                bytes,
                took_ms,
                next,
                because,
                "polled"
            ),
        }
    }
}
