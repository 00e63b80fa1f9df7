//! A look at an address: what it answers, read and judged; and for a page in a feed's place, the feeds that it names or
//! that usually lie there. Nothing is stored.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use url::Url;

use crate::app::ReadOnly;
use crate::app::poll::{Readers, judge};
use crate::domain::budget::Budget;
use crate::domain::feed::Block;
use crate::domain::rhythm;
use crate::fetch::{self, Outcome, Response, Validators, discover};
use crate::parse;
use crate::store::ScoredItem;

/// A feed that was fetched and read.
pub(super) struct Sight {
    pub response: Arc<Response>,
    pub document: parse::Document,
    /// When: dates ahead of it were read as this time.
    pub at: DateTime<Utc>,
}

/// Why there is none.
pub(super) enum Unseen {
    /// It could not be fetched.
    Unfetched(fetch::Error),
    /// A page for people.
    Page(Arc<Response>, parse::Error),
    /// Somebody keeps us out.
    Blocked(Block),
    /// Something else, or a feed beyond repair.
    Unparsed(parse::Error),
    /// Reading it was given up.
    GivenUp(String),
}

/// A feed's items, judged, and what they say together.
pub(super) struct Judged {
    /// Oldest first.
    pub items: Vec<ScoredItem>,
    /// Of these, how many are picked.
    pub picked: usize,
    /// Entries without a date.
    pub undated: usize,
    /// Date of the newest.
    pub newest: Option<DateTime<Utc>>,
    /// How often it publishes, in words.
    pub rhythm: String,
}

/// Fetches an address and reads it.
pub(super) async fn look(app: &ReadOnly, readers: &Readers, url: &Url) -> Result<Sight, Unseen> {
    let now = app.clock.now();
    let response = app.fetcher.fetch(url, &Validators::default(), now).await.map_err(Unseen::Unfetched)?;
    let response = Arc::new(response);
    match read(app, readers, &response, now).await.map_err(Unseen::GivenUp)? {
        Ok(document) => Ok(Sight { response, document, at: now }),
        Err(error @ parse::Error::NotAFeed(parse::Kind::HtmlPage)) => Err(Unseen::Page(response, error)),
        Err(error @ parse::Error::NotAFeed(_)) => {
            Err(response.block.clone().map_or(Unseen::Unparsed(error), Unseen::Blocked))
        }
        Err(error) => Err(Unseen::Unparsed(error)),
    }
}

/// Judges what was read at this time.
pub(super) fn judged(app: &ReadOnly, prior: f32, document: parse::Document, now: DateTime<Utc>) -> Judged {
    // There are no more items than the limits allow; and nothing is stored, so that it does not matter whose site it is.
    let items = judge(&app.scorer, prior, &[], document, &Budget::unlimited()).unwrap_or_default();
    let dates: Vec<_> = items.iter().filter_map(|item| item.item.published.or(item.item.updated)).collect();
    let recent: Vec<_> = dates.iter().filter(|at| **at >= now - rhythm::LOOK_BACK).collect();
    Judged {
        picked: items.iter().filter(|item| item.score.picked).count(),
        undated: items.len() - dates.len(),
        newest: dates.iter().max().copied(),
        rhythm: rhythm::in_words(recent.len() as u64, recent.iter().min().map(|at| **at), now, now),
        items,
    }
}

/// Reads on a thread of its own, so that the others are fetched meanwhile; what takes too long is given up.
async fn read(
    app: &ReadOnly,
    readers: &Readers,
    response: &Arc<Response>,
    now: DateTime<Utc>,
) -> Result<Result<parse::Document, parse::Error>, String> {
    let (response, limits) = (Arc::clone(response), app.config.settings.polling.limits);
    let work = move |give_up| {
        let (bytes, content_type) = body(&response);
        let budget = Budget::new(bytes.len(), limits.memory_bytes, give_up);
        let base = Some(&response.final_url);
        parse::parse(&parse::Source { bytes, content_type, base, now, known: None, limits: &limits, budget: &budget })
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

/// The feeds that a page names; when none of them is one, those that usually lie there. At most so many.
pub(super) async fn discover(
    app: &ReadOnly,
    readers: &Readers,
    page: &Arc<Response>,
    most: usize,
) -> Vec<(Url, Sight)> {
    let read = Arc::clone(page);
    let work = move |_| {
        let (bytes, content_type) = body(&read);
        parse::discover::page(bytes, content_type, &read.final_url)
    };
    let Ok(parse::discover::Page { feeds, generator }) = readers.read(work).await else { return Vec::new() };
    let named = verify(app, readers, page, feeds, most).await;
    if !named.is_empty() {
        return named;
    }
    verify(app, readers, page, discover::well_known(&page.final_url, generator.as_deref()), most).await
}

/// Keeps what is a feed, one request after another until there are enough.
async fn verify(
    app: &ReadOnly,
    readers: &Readers,
    page: &Response,
    addresses: Vec<Url>,
    most: usize,
) -> Vec<(Url, Sight)> {
    let mut seen: Vec<(Url, Sight)> = Vec::new();
    for url in addresses {
        if seen.len() == most || !app.fetcher.may_follow(&page.final_url, &url) {
            continue;
        }
        let Ok(sight) = look(app, readers, &url).await else { continue };
        // Guesses often lead to one and the same feed.
        if !seen.iter().any(|(_, known)| is_same(&known.document, &sight.document)) {
            seen.push((url, sight));
        }
    }
    seen
}

/// A feed in two dialects has one title, and as many entries or the same newest one.
fn is_same(one: &parse::Document, other: &parse::Document) -> bool {
    let first = |document: &parse::Document| document.items.first().and_then(|fresh| fresh.item.link.clone());
    let newest = first(one);
    one.title == other.title && (one.items.len() == other.items.len() || (newest.is_some() && newest == first(other)))
}
