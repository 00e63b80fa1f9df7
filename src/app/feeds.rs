//! `feeds check`: what each address answers, looked at without storing anything. For a page in a feed's place, the
//! feeds that it names or that usually lie there are tried, and those that are one are proposed; nobody follows
//! them by himself.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use url::Url;

use super::poll::{Readers, address, chain, judge, refuse_unknown, unparsed};
use super::{App, Listener, Progress};
use crate::domain::feed::Feed;
use crate::fetch::{Outcome, Response, Validators, discover};
use crate::parse;
use crate::store::FeedState;

/// What an address answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckResult {
    /// Entries in the document.
    pub items: usize,
    /// Of these, how many are picked.
    pub picked: usize,
    /// Entries without a date.
    pub undated: usize,
    /// Where it has moved for good.
    pub moved_to: Option<String>,
    /// What had to be repaired in the document.
    pub repairs: Vec<String>,
    /// When a poll last showed nothing that was known: items before it may have been missed.
    pub gap: Option<DateTime<Utc>>,
}

/// An address that answers with no feed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Unread {
    /// What a person is told.
    pub error: String,
    /// Feeds that were found instead, each fetched and read.
    pub proposals: Vec<Proposal>,
}

/// A feed that could be meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// For `url` in feeds.toml.
    pub url: String,
    /// Its own title.
    pub title: Option<String>,
    /// Entries in it.
    pub items: usize,
}

/// What came of a check.
#[derive(Debug, Clone, Default)]
pub struct CheckReport {
    /// In the order of the list, each with its id.
    pub feeds: Vec<(String, Result<CheckResult, Unread>)>,
    /// A proxy fetches for us, and which addresses are refused is its to decide.
    pub is_behind_proxy: bool,
}

/// As many proposals as a person wants to choose from.
const MAX_PROPOSALS: usize = 3;

/// Fetches and reads feeds side by side, all enabled ones if none is named; each with its result or what is wrong.
///
/// # Errors
/// A named feed is not in the list, or the database fails.
pub async fn check(app: &App, names: &[String], listener: Listener<'_>) -> anyhow::Result<CheckReport> {
    refuse_unknown(app, names)?;
    let is_chosen = |feed: &&Feed| match names {
        [] => feed.enabled,
        names => names.iter().any(|name| name == feed.id.as_str()),
    };
    let (states, readers) = (app.store.feed_states().await?, &Readers::new());
    let chosen: Vec<&Feed> = app.config.feeds.iter().filter(is_chosen).collect();
    listener(Progress::Started { what: "checking", steps: chosen.len() });
    let checks = chosen.into_iter().map(|feed| {
        let state = states.iter().find(|state| state.id == feed.id.as_str());
        async move {
            let result = check_one(app, readers, feed, state).await;
            listener(Progress::Step(&feed.title));
            (feed.id.to_string(), result)
        }
    });
    // The fetcher knows how many at once.
    let feeds = futures::future::join_all(checks).await;
    listener(Progress::Finished);
    Ok(CheckReport { feeds, is_behind_proxy: app.fetcher.is_behind_proxy() })
}

async fn check_one(
    app: &App,
    readers: &Readers,
    feed: &Feed,
    state: Option<&FeedState>,
) -> Result<CheckResult, Unread> {
    let now = app.clock.now();
    let unread = |error| Unread { error, proposals: Vec::new() };
    if let Some(until) = state.and_then(|state| state.not_before).filter(|until| *until > now) {
        return Err(unread(format!("left alone until {}, as it asked", until.format("%Y-%m-%d %H:%M UTC"))));
    }
    let address = state.map_or_else(|| feed.url.clone(), |state| address(feed, state));
    let fetched = app.fetcher.fetch(&address, &Validators::default(), now).await;
    let response = fetched.map_err(|error| unread(error.explain()))?;
    let moved_to = response.moved_to.as_ref().map(ToString::to_string);
    let moved_to = moved_to.or_else(|| state.and_then(|state| state.address.clone()));
    let response = Arc::new(response);
    let document = match read(readers, &response, now).await.map_err(unread)? {
        Ok(document) => document,
        Err(error @ parse::Error::NotAFeed(parse::Kind::HtmlPage)) => {
            let proposals = discover(app, readers, &response).await;
            return Err(Unread { error: chain(&error), proposals });
        }
        Err(error) => return Err(unread(unparsed(&error, feed))),
    };
    let repairs = document.repairs.iter().map(ToString::to_string).collect();
    let items = judge(&app.scorer, feed.prior, document);
    Ok(CheckResult {
        items: items.len(),
        picked: items.iter().filter(|item| item.score.picked).count(),
        undated: items.iter().filter(|item| item.item.published.or(item.item.updated).is_none()).count(),
        moved_to,
        repairs,
        gap: state.and_then(|state| state.gap),
    })
}

/// Reads on a thread of its own, so that the others are fetched meanwhile; what takes too long is given up.
async fn read(
    readers: &Readers,
    response: &Arc<Response>,
    now: DateTime<Utc>,
) -> Result<Result<parse::Document, parse::Error>, String> {
    let response = Arc::clone(response);
    let work = move || {
        let (bytes, content_type) = body(&response);
        parse::parse(&parse::Source { bytes, content_type, base: Some(&response.final_url), now, known: None })
    };
    readers.read(work).await.map_err(|error| error.to_string())
}

/// Without validators nobody answers "unchanged".
fn body(response: &Response) -> (&[u8], Option<&str>) {
    match &response.outcome {
        Outcome::Body { bytes, content_type } => (bytes, content_type.as_deref()),
        Outcome::Unchanged => (&[], None),
    }
}

/// The feeds that a page names; when none of them is one, those that usually lie there.
async fn discover(app: &App, readers: &Readers, page: &Arc<Response>) -> Vec<Proposal> {
    let read = Arc::clone(page);
    let work = move || {
        let (bytes, content_type) = body(&read);
        parse::discover::page(bytes, content_type, &read.final_url)
    };
    let Ok(parse::discover::Page { feeds, generator }) = readers.read(work).await else { return Vec::new() };
    let named = verify(app, readers, page, feeds).await;
    if !named.is_empty() {
        return named;
    }
    verify(app, readers, page, discover::well_known(&page.final_url, generator.as_deref())).await
}

/// Keeps what is a feed, one request after another until there are enough.
async fn verify(app: &App, readers: &Readers, page: &Response, addresses: Vec<Url>) -> Vec<Proposal> {
    let now = app.clock.now();
    let mut proposals = Vec::new();
    for url in addresses {
        if proposals.len() == MAX_PROPOSALS || !app.fetcher.may_follow(&page.final_url, &url) {
            continue;
        }
        let Ok(found) = app.fetcher.fetch(&url, &Validators::default(), now).await else { continue };
        if let Ok(Ok(document)) = read(readers, &Arc::new(found), now).await {
            let proposal = Proposal { url: url.to_string(), title: document.title, items: document.items.len() };
            // Guesses often lead to one and the same feed.
            if !proposals.iter().any(|known: &Proposal| known.title == proposal.title && known.items == proposal.items)
            {
                proposals.push(proposal);
            }
        }
    }
    proposals
}
