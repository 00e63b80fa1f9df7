//! Adds a feed to the list. First it fetches the address and reports what a person needs to know to decide; then it
//! writes the entry to feeds.toml. A web page leads to its feed.

use chrono::{DateTime, TimeDelta, Utc};
use url::Url;

use super::look::{FetchedFeed, Judged, Unreadable, discover, judged, look};
use super::poll::chain;
use super::{Proposal, Refusal, address};
use crate::app::ReadOnly;
use crate::config::{Config, NewFeed, edit_feeds};
use crate::domain::feeds::{Feed, FeedId, Names, without_login};
use crate::domain::items::canonical::canonical;
use crate::domain::items::item::Item;
use crate::domain::items::text::{single_line, truncate_at_word};
use crate::domain::selection::relevance::{Score, Scorer, Text};
use crate::store::FeedState;

/// The number of sample posts to show.
const POSTS: usize = 5;

/// The maximum number of feeds to choose from.
const MAX_FEEDS: usize = 6;

/// A blog without posts for this long may have ended.
const LONG_SILENCE: TimeDelta = TimeDelta::days(180);

/// The request for a feed.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// The address as typed.
    pub address: String,
    /// Replaces the id made from the title.
    pub id: Option<String>,
    /// Replaces the feed's own title.
    pub title: Option<String>,
    /// Tags for the entry.
    pub tags: Vec<String>,
}

/// A feed that can be added.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// The entry that would be written.
    pub entry: NewFeed,
    /// The page where the feed was found.
    pub page: Option<Url>,
    /// Entries in the document.
    pub items: usize,
    /// How many of them are selected.
    pub selected: usize,
    /// The feed's publication frequency, in words.
    pub rhythm: String,
    /// The newest posts, newest first.
    pub posts: Vec<Post>,
    /// Remarks for the person.
    pub warnings: Vec<String>,
}

/// A post of a feed.
#[derive(Debug, Clone, PartialEq)]
pub struct Post {
    /// One line.
    pub title: String,
    /// Its address.
    pub link: Option<Url>,
    /// When it was published.
    pub published: Option<DateTime<Utc>>,
    /// Its score.
    pub score: Score,
    /// Whether it would be selected if nothing counted against it.
    pub is_outweighed: bool,
}

/// Fetches and reads an address. Stores and writes nothing.
///
/// # Errors
/// See [`Refusal`]; or the database fails.
pub async fn find(app: &ReadOnly, wanted: &Wanted) -> anyhow::Result<Candidate> {
    let given = address::parse(&wanted.address)?;
    let id = wanted.id.as_deref().map(|id| own_id(&app.config, id)).transpose()?;
    let states = app.store.feeds().feed_states().await?;
    refuse_known(app, &states, &given, false)?;
    let readers = &*app.readers;
    let (url, page, fetched) = match look(app, readers, &given).await {
        Ok(fetched) => (given, None, fetched),
        Err(Unreadable::Page(response, _)) => {
            let found = discover(app, readers, &response, MAX_FEEDS).await;
            if let Some(block) = response.block.as_ref().filter(|_| found.is_empty()) {
                let address = without_login(&response.final_url);
                return Err(Refusal::NoFeed { address, why: block.to_string() }.into());
            }
            let (url, fetched) = the_one(&response.final_url, found)?;
            refuse_known(app, &states, &url, true)?;
            (url, Some(given), fetched)
        }
        Err(unseen) => return Err(refusal(without_login(&given), unseen).into()),
    };
    for leads_to in [Some(&fetched.response.final_url), fetched.response.moved_to.as_ref()].into_iter().flatten() {
        refuse_known(app, &states, leads_to, true)?;
    }
    let mut candidate = candidate(app, wanted, id, (url, page, fetched));
    candidate.warnings.extend(copies(app, &candidate.posts).await?);
    Ok(candidate)
}

/// Whether the feed is another address of one that is already polled, because its posts are already stored.
async fn copies(app: &ReadOnly, posts: &[Post]) -> anyhow::Result<Option<String>> {
    let (mut known, mut source) = (0, None);
    for link in posts.iter().filter_map(|post| post.link.as_ref()) {
        if let Some(item) = app.store.items().item_by_link(canonical(link)).await? {
            known += 1;
            source = Some(item.source);
        }
    }
    Ok(source.map(|source| format!("{known} of its last {} posts are here already, from {source}", posts.len())))
}

fn own_id(config: &Config, id: &str) -> Result<FeedId, Refusal> {
    let id = FeedId::parse(id).ok_or_else(|| Refusal::NotAnId(id.to_owned()))?;
    if config.feeds.iter().any(|feed| feed.id == id) { Err(Refusal::IdTaken(id)) } else { Ok(id) }
}

/// Refuses an address that is already listed. Two addresses are the same feed if they are the same page, including the
/// new address of a feed that has moved.
fn refuse_known(app: &ReadOnly, states: &[FeedState], url: &Url, is_led_to: bool) -> Result<(), Refusal> {
    let wanted = canonical(url);
    let is_it = |feed: &&Feed| {
        let state = states.iter().find(|state| state.id == feed.id.as_str());
        let found = state.into_iter().flat_map(|state| {
            let moved = state.moved.as_ref().map(|moved| moved.to.as_str());
            [moved, state.address.as_deref(), state.location.as_deref()]
        });
        canonical(&feed.url) == wanted
            || found.flatten().filter_map(|url| Url::parse(url).ok()).any(|url| canonical(&url) == wanted)
    };
    match app.config.feeds.iter().find(is_it) {
        Some(feed) => {
            let leads_to = is_led_to.then(|| without_login(url));
            Err(Refusal::Known { feed: Box::new(feed.clone()), leads_to })
        }
        None => Ok(()),
    }
}

/// The only feed of the page; feeds of comments do not count if there is another.
fn the_one(page: &Url, mut seen: Vec<(Url, FetchedFeed)>) -> Result<(Url, FetchedFeed), Refusal> {
    let is_of_comments = |(url, fetched): &(Url, FetchedFeed)| {
        let title = fetched.document.title.as_deref().unwrap_or_default().to_lowercase();
        url.path().contains("/comments/") || title.starts_with("comments ")
    };
    if !seen.iter().all(is_of_comments) {
        seen.retain(|found| !is_of_comments(found));
    }
    match seen.len() {
        0 => Err(Refusal::Feedless(without_login(page))),
        1 => Ok(seen.remove(0)),
        _ => {
            let feeds = seen.into_iter().map(Proposal::of).collect();
            Err(Refusal::Several { page: without_login(page), feeds })
        }
    }
}

fn refusal(address: Url, unseen: Unreadable) -> Refusal {
    match unseen {
        Unreadable::Unfetched(error) => Refusal::Unfetched { address, error: Box::new(error) },
        Unreadable::Page(_, error) | Unreadable::Unparsed(error) => Refusal::NoFeed { address, why: chain(&error) },
        Unreadable::Blocked(block) => Refusal::NoFeed { address, why: block.to_string() },
        Unreadable::GivenUp(why) => Refusal::NoFeed { address, why },
    }
}

fn candidate(
    app: &ReadOnly,
    wanted: &Wanted,
    id: Option<FeedId>,
    (url, page, fetched): (Url, Option<Url>, FetchedFeed),
) -> Candidate {
    let FetchedFeed { response, document, at } = fetched;
    let own_title = document.title.as_deref().map(|title| truncate_at_word(&single_line(title), 120));
    let title = wanted.title.clone().or(own_title).filter(|title| !title.is_empty());
    let names = || Names::beside(app.config.feeds.iter().map(|feed| feed.id.clone()));
    let id = id.unwrap_or_else(|| names().name(title.as_deref().unwrap_or_default(), &url));
    // A feed that has moved permanently gets its new address. A log-in is only for the old one.
    let moved_to = response.moved_to.as_ref().filter(|_| without_login(&url) == url);
    let mut warnings = Vec::new();
    match (&response.moved_to, moved_to) {
        (Some(target), Some(_)) => warnings.push(format!("it has moved from {url} to {target} for good")),
        (Some(target), None) => warnings.push(format!("it has moved to {target} for good: does it need the log-in?")),
        (None, _) => {}
    }
    if !document.repairs.is_empty() {
        let repairs: Vec<_> = document.repairs.iter().map(ToString::to_string).collect();
        warnings.push(format!("it is not well-formed, and was repaired: {}", repairs.join(", ")));
    }
    let url = moved_to.unwrap_or(&url).clone();
    let Judged { items, selected, undated, newest, rhythm } = judged(app, 0.0, document, at);
    warnings.extend(about(app, items.len(), undated, newest));
    let lenient = Scorer::new(&app.config.topic.without_exclusions());
    let posts: Vec<Post> = items.iter().rev().take(POSTS).map(|item| post(item, &lenient)).collect();
    if let Some(language) = posts.first().and_then(|post| post.score.language.as_ref()) {
        warnings.push(format!("it is in {language}, not the topic's language: only titles and categories are judged"));
    }
    let entry = NewFeed { id, title, url: url.to_string(), tags: wanted.tags.clone(), enabled: true };
    Candidate { entry, page, items: items.len(), selected, rhythm, posts, warnings }
}

fn about(app: &ReadOnly, items: usize, undated: usize, newest: Option<DateTime<Utc>>) -> Vec<String> {
    let mut warnings = Vec::new();
    if items == 0 {
        warnings.push("it has no posts at present".to_owned());
    } else if undated == items {
        warnings.push("its posts have no dates: those of the first poll are kept, and not mailed".to_owned());
    } else if undated > 0 {
        warnings.push(format!("{undated} of its posts have no date"));
    }
    if let Some(newest) = newest.filter(|newest| app.clock.now() - *newest > LONG_SILENCE) {
        warnings.push(format!("its last post is from {}", newest.format("%B %Y")));
    }
    if app.fetcher.is_behind_proxy() {
        warnings.push("it was fetched by the proxy of `polling.proxy`, which decides what may be reached".to_owned());
    }
    warnings
}

fn post(item: &crate::store::ScoredItem, lenient: &Scorer) -> Post {
    let Item { title, summary, content, categories, .. } = &item.item;
    let text = Text { title, summary, content, categories, prior: item.prior };
    Post {
        is_outweighed: !item.score.selected && lenient.score(&text).selected,
        title: item.item.title.clone(),
        link: item.item.link.clone(),
        published: item.item.published.or(item.item.updated),
        score: item.score.clone(),
    }
}

/// Adds a feed to feeds.toml.
///
/// # Errors
/// The list cannot be written.
pub fn add(config: &Config, entry: &NewFeed) -> Result<(), Refusal> {
    Ok(edit_feeds(config, |list| list.add(entry))?)
}
