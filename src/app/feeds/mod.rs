//! The list of feeds. `check` fetches each address and reports what it answers, without storing anything. If the answer
//! is a web page, it tries the feeds that the page names or that are usually found there, and proposes those that can
//! be read; it never switches to them without a person's consent. `add`, `edit` and `exchange` change the list itself.

pub mod add;
mod address;
pub mod edit;
pub mod exchange;
pub mod letter;
mod look;
pub mod poll;
mod refusal;
pub mod reopen;
pub mod sources;

use chrono::{DateTime, Utc};
use futures::StreamExt as _;

use super::{Listener, Progress, ReadOnly};
use crate::domain::feeds::block::Blocker;
use crate::domain::feeds::{Cut, Feed};
use crate::store::FeedState;
use look::{FetchedFeed, Judged, Unreadable, discover, judged, look};
use poll::{Readers, address, blocked, chain, refuse_unknown, unparsed};
pub use refusal::Refusal;

/// The result for an address with a feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckResult {
    /// Entries in the document.
    pub items: usize,
    /// How many of them are selected.
    pub selected: usize,
    /// Entries without a date.
    pub undated: usize,
    /// The feed's publication frequency, in words.
    pub rhythm: String,
    /// Date of the newest entry.
    pub newest: Option<DateTime<Utc>>,
    /// The new address after a permanent redirect.
    pub moved_to: Option<String>,
    /// What had to be repaired in the document.
    pub repairs: Vec<String>,
    /// What was wrong with the answer that brought it, which was read all the same.
    pub flaw: Option<String>,
    /// What is left out of it because there is more than the limits allow.
    pub cut: Cut,
    /// When a poll last found no known entry, so that earlier entries may have been missed.
    pub gap: Option<DateTime<Utc>>,
}

/// An address without a readable feed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Unread {
    /// The error for the administrator.
    pub error: String,
    /// Feeds that were found instead; each was fetched and read.
    pub proposals: Vec<Proposal>,
}

/// A feed that the administrator may have meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// For `url` in feeds.toml.
    pub url: String,
    /// Its own title.
    pub title: Option<String>,
    /// Entries in it.
    pub items: usize,
}

/// The result of a check.
#[derive(Debug, Clone, Default)]
pub struct CheckReport {
    /// In the order of the list, each with its id.
    pub feeds: Vec<(String, Result<CheckResult, Unread>)>,
    /// A proxy fetches for us, so it decides which addresses are refused.
    pub is_behind_proxy: bool,
}

/// The maximum number of proposals.
const MAX_PROPOSALS: usize = 3;

/// Fetches and reads feeds concurrently, all enabled ones if `names` is empty; returns the result of each.
///
/// # Errors
/// A named feed is not in the list, or the database fails.
pub async fn check(app: &ReadOnly, names: &[String], listener: Listener<'_>) -> anyhow::Result<CheckReport> {
    refuse_unknown(app, names)?;
    let is_chosen = |feed: &&Feed| match names {
        [] => feed.enabled,
        names => names.iter().any(|name| name == feed.id.as_str()),
    };
    let (states, readers) = (app.store.feeds().feed_states().await?, &*app.readers);
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
    // As in a poll, this limits how many bodies can wait to be read.
    let feeds = futures::stream::iter(checks).buffered(app.config.settings.polling.concurrency).collect().await;
    listener(Progress::Finished);
    Ok(CheckReport { feeds, is_behind_proxy: app.fetcher.is_behind_proxy() })
}

async fn check_one(
    app: &ReadOnly,
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
    let FetchedFeed { response, document, at } = match look(app, readers, &address).await {
        Ok(fetched) => fetched,
        Err(Unreadable::Unfetched(error)) => return Err(unread(error.explain())),
        Err(Unreadable::GivenUp(error)) => return Err(unread(error)),
        Err(Unreadable::Unparsed(error)) => return Err(unread(unparsed(&error, feed))),
        Err(Unreadable::Blocked(block)) => return Err(unread(blocked(&block))),
        Err(Unreadable::Page(page, error)) => {
            let proposals: Vec<_> =
                discover(app, readers, &page, MAX_PROPOSALS).await.into_iter().map(Proposal::of).collect();
            let block = page.block.as_ref().filter(|block| proposals.is_empty() || block.by == Blocker::NotFound);
            return Err(Unread { error: block.map_or_else(|| chain(&error), blocked), proposals });
        }
    };
    let moved_to = response.moved_to.as_ref().map(ToString::to_string);
    let moved_to = moved_to.or_else(|| state.and_then(|state| state.address.clone()));
    let (repairs, cut) = (document.repairs.iter().map(ToString::to_string).collect(), document.cut);
    let Judged { items, selected, undated, newest, rhythm } = judged(app, feed.prior, document, at);
    Ok(CheckResult {
        items: items.len(),
        selected,
        undated,
        rhythm,
        newest,
        moved_to,
        repairs,
        flaw: response.flaw.clone(),
        cut,
        gap: state.and_then(|state| state.gap),
    })
}

impl Proposal {
    fn of((url, fetched): (url::Url, FetchedFeed)) -> Self {
        Self { url: url.to_string(), title: fetched.document.title, items: fetched.document.items.len() }
    }
}
