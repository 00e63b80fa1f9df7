//! Fetches an address, parses and scores its feed; for a web page, tries the feeds that it names or that are usually
//! found there. Stores nothing.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use url::Url;

use super::poll::{Readers, judge};
use super::sources::rhythm;
use crate::app::ReadOnly;
use crate::domain::feeds::budget::Budget;
use crate::domain::feeds::{Block, frequency};
use crate::fetch::{self, Outcome, Response, Validators, discover};
use crate::parse;
use crate::store::ScoredItem;

/// A feed that was fetched and read.
pub(super) struct FetchedFeed {
    pub response: Arc<Response>,
    pub document: parse::Document,
    /// When it was fetched: later dates in it count as this time.
    pub at: DateTime<Utc>,
}

/// Why no feed was read.
pub(super) enum Unreadable {
    /// It could not be fetched.
    Unfetched(fetch::Error),
    /// A web page.
    Page(Arc<Response>, parse::Error),
    /// Somebody keeps us out.
    Blocked(Block),
    /// Something else, or a feed beyond repair.
    Unparsed(parse::Error),
    /// Reading was abandoned.
    GivenUp(String),
}

/// A feed's items with their scores, and a summary.
pub(super) struct Judged {
    /// Oldest first.
    pub items: Vec<ScoredItem>,
    /// Of these, how many are selected.
    pub selected: usize,
    /// Entries without a date.
    pub undated: usize,
    /// Date of the newest.
    pub newest: Option<DateTime<Utc>>,
    /// The publication frequency, in words.
    pub rhythm: String,
}

/// Fetches an address and parses the answer.
pub(super) async fn look(app: &ReadOnly, readers: &Readers, url: &Url) -> Result<FetchedFeed, Unreadable> {
    let now = app.clock.now();
    let response = app.fetcher.fetch(url, &Validators::default(), now).await.map_err(Unreadable::Unfetched)?;
    let response = Arc::new(response);
    match read(app, readers, &response, now).await.map_err(Unreadable::GivenUp)? {
        Ok(document) => Ok(FetchedFeed { response, document, at: now }),
        Err(error @ parse::Error::NotAFeed(parse::Kind::HtmlPage)) => Err(Unreadable::Page(response, error)),
        Err(error @ parse::Error::NotAFeed(_)) => {
            Err(response.block.clone().map_or(Unreadable::Unparsed(error), Unreadable::Blocked))
        }
        Err(error) => Err(Unreadable::Unparsed(error)),
    }
}

/// Scores a document that was fetched at `now`.
pub(super) fn judged(app: &ReadOnly, prior: f32, document: parse::Document, now: DateTime<Utc>) -> Judged {
    // The limits already bound the number of items; and since nothing is stored, the sites of their links do not
    // matter.
    let items = judge(&app.scorer, prior, &[], document, &Budget::unlimited()).unwrap_or_default();
    let dates: Vec<_> = items.iter().filter_map(|item| item.item.published.or(item.item.updated)).collect();
    let recent: Vec<_> = dates.iter().filter(|at| **at >= now - frequency::LOOK_BACK).collect();
    Judged {
        selected: items.iter().filter(|item| item.score.selected).count(),
        undated: items.len() - dates.len(),
        newest: dates.iter().max().copied(),
        rhythm: rhythm(
            app.words(),
            frequency::frequency(recent.len() as u64, recent.iter().min().map(|at| **at), now, now),
        ),
        items,
    }
}

/// Parses on a reader thread while other fetches continue; a document that takes too long is abandoned.
async fn read(
    app: &ReadOnly,
    readers: &Readers,
    response: &Arc<Response>,
    now: DateTime<Utc>,
) -> Result<Result<parse::Document, parse::Error>, String> {
    let (response, limits) = (Arc::clone(response), app.config.settings.polling.limits);
    let length = body(&response).0.len();
    let work = move |give_up| {
        let (bytes, content_type) = body(&response);
        let budget = Budget::new(bytes.len(), limits.memory_bytes, give_up);
        let base = Some(&response.final_url);
        parse::parse(&parse::Source { bytes, content_type, base, now, known: None, limits: &limits, budget: &budget })
    };
    readers.read(length, work).await.map_err(|error| error.to_string())
}

/// Without validators, the server cannot answer "unchanged".
fn body(response: &Response) -> (&[u8], Option<&str>) {
    match &response.outcome {
        Outcome::Body { bytes, content_type } => (bytes, content_type.as_deref()),
        Outcome::Unchanged => (&[], None),
    }
}

/// The feeds that a page names or, if none of them can be read, those at the usual places; at most `most`.
pub(super) async fn discover(
    app: &ReadOnly,
    readers: &Readers,
    page: &Arc<Response>,
    most: usize,
) -> Vec<(Url, FetchedFeed)> {
    let (read, length) = (Arc::clone(page), body(page).0.len());
    let work = move |_| {
        let (bytes, content_type) = body(&read);
        parse::html::discover::page(bytes, content_type, &read.final_url)
    };
    let Ok(parse::html::discover::Page { feeds, generator }) = readers.read(length, work).await else {
        return Vec::new();
    };
    let named = verify(app, readers, page, feeds, most).await;
    if !named.is_empty() {
        return named;
    }
    verify(app, readers, page, discover::well_known(&page.final_url, generator.as_deref()), most).await
}

/// Keeps the addresses that are feeds, one request after another, until there are enough.
async fn verify(
    app: &ReadOnly,
    readers: &Readers,
    page: &Response,
    addresses: Vec<Url>,
    most: usize,
) -> Vec<(Url, FetchedFeed)> {
    let mut seen: Vec<(Url, FetchedFeed)> = Vec::new();
    for url in addresses {
        if seen.len() == most || !app.fetcher.may_follow(&page.final_url, &url) {
            continue;
        }
        let Ok(fetched) = look(app, readers, &url).await else { continue };
        // Several guesses often lead to the same feed.
        if !seen.iter().any(|(_, known)| is_same(&known.document, &fetched.document)) {
            seen.push((url, fetched));
        }
    }
    seen
}

/// A feed in two formats has the same title, and the same number of entries or the same newest one.
fn is_same(one: &parse::Document, other: &parse::Document) -> bool {
    let first = |document: &parse::Document| document.items.first().and_then(|fresh| fresh.item.link.clone());
    let newest = first(one);
    one.title == other.title && (one.items.len() == other.items.len() || (newest.is_some() && newest == first(other)))
}
