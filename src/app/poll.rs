//! Polling: each feed is fetched, parsed, judged and kept; a failing one ends only itself. Fetching is limited
//! by the fetcher, parsing runs on the blocking threads beside it, and the store's writer takes one poll at a time.

mod visit;

use std::sync::Arc;
use std::time::Instant;

use chrono::{DateTime, Utc};
use futures::StreamExt as _;

use super::{App, Listener, Progress, sha256};
use crate::domain::canonical::canonical;
use crate::domain::feed::Feed;
use crate::domain::relevance::{Scorer, Text};
use crate::domain::story::Likeness;
use crate::fetch::Outcome;
use crate::parse;
use crate::store::{FeedState, PollOutcome, Saved, ScoredItem};
pub(super) use visit::unparsed;
use visit::{Known, Looked, READER};

/// Which feeds are polled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    /// Every enabled one, save under a running Retry-After.
    All,
    /// Those whose next check has come.
    Due,
    /// Those named.
    Named(Vec<String>),
}

/// What came of one feed.
#[derive(Debug, Clone)]
pub struct FeedReport {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// The outcome.
    pub result: FeedResult,
}

/// The outcome for one feed.
#[derive(Debug, Clone, PartialEq)]
pub enum FeedResult {
    /// It was read.
    Read {
        /// Entries in the document.
        entries: usize,
        /// What they added.
        saved: Saved,
    },
    /// Nothing has changed.
    Unchanged,
    /// It asked to be left alone until then.
    Waiting(DateTime<Utc>),
    /// Its server said on that day that it is gone for good, and it is asked no more.
    Gone(DateTime<Utc>),
    /// It could not be read.
    Failed(String),
}

/// What came of a poll.
#[derive(Debug, Clone, Default)]
pub struct PollReport {
    /// In the order of the list.
    pub feeds: Vec<FeedReport>,
}

impl PollReport {
    /// Sums over all feeds that were read.
    #[must_use]
    pub fn saved(&self) -> Saved {
        self.feeds.iter().fold(Saved::default(), |sum, feed| match &feed.result {
            FeedResult::Read { saved, .. } => Saved {
                new: sum.new + saved.new,
                changed: sum.changed + saved.changed,
                picked: sum.picked + saved.picked,
                old: sum.old + saved.old,
                gap: sum.gap || saved.gap,
            },
            _ => sum,
        })
    }

    /// Feeds that could not be read.
    #[must_use]
    pub fn failed(&self) -> usize {
        self.feeds.iter().filter(|feed| matches!(feed.result, FeedResult::Failed(_))).count()
    }

    /// Whether feeds were tried, and none could be read.
    #[must_use]
    pub fn is_total_failure(&self) -> bool {
        let is_failure = |feed: &FeedReport| matches!(feed.result, FeedResult::Failed(_) | FeedResult::Gone(_));
        !self.feeds.is_empty() && self.feeds.iter().all(is_failure)
    }
}

/// Polls feeds side by side and keeps what is new.
///
/// # Errors
/// The database fails, or a named feed is not in the list. A feed that cannot be read is in the report.
pub async fn poll(app: &App, which: &Which, listener: Listener<'_>) -> anyhow::Result<PollReport> {
    let now = app.clock.now();
    if let Which::Named(names) = which {
        refuse_unknown(app, names)?;
    }
    let states = app.store.feed_states().await?;
    let state_of = |feed: &Feed| states.iter().find(|state| state.id == feed.id.as_str());
    let chosen: Vec<(&Feed, &FeedState)> = app
        .config
        .feeds
        .iter()
        .filter_map(|feed| Some((feed, state_of(feed)?)))
        .filter(|(feed, state)| match which {
            Which::All => feed.enabled,
            Which::Due => feed.enabled && state.next_check <= now && state.gone.is_none(),
            Which::Named(names) => names.iter().any(|name| name == feed.id.as_str()),
        })
        .collect();
    listener(Progress::Started { what: "polling", steps: chosen.len() });
    let mut polls = Vec::with_capacity(chosen.len());
    let is_named = matches!(which, Which::Named(_));
    for (place, (feed, state)) in chosen.into_iter().enumerate() {
        polls.push(async move {
            let report = poll_one(app, feed, state, is_named, now).await;
            listener(Progress::Step(&feed.title));
            report.map(|report| (place, report))
        });
    }
    // In no order, so that a slow feed holds up none that stands behind it; the fetcher knows how many at once.
    let polled = futures::stream::iter(polls).buffer_unordered(usize::MAX);
    // Told to stop, the fetches are given up: each poll is kept whole or not at all, and the rest stays due.
    let results: Vec<_> = polled.take_until(app.stop.requested()).collect().await;
    listener(Progress::Finished);
    let mut feeds = results.into_iter().collect::<Result<Vec<_>, _>>()?;
    feeds.sort_by_key(|(place, _)| *place);
    Ok(PollReport { feeds: feeds.into_iter().map(|(_, report)| report).collect() })
}

pub(super) fn refuse_unknown(app: &App, names: &[String]) -> anyhow::Result<()> {
    match names.iter().find(|name| app.config.feeds.iter().all(|feed| feed.id.as_str() != **name)) {
        Some(name) => anyhow::bail!("there is no feed `{name}` in feeds.toml"),
        None => Ok(()),
    }
}

async fn poll_one(
    app: &App,
    feed: &Feed,
    state: &FeedState,
    is_named: bool,
    now: DateTime<Utc>,
) -> anyhow::Result<FeedReport> {
    let report = |result| FeedReport { id: feed.id.to_string(), title: feed.title.clone(), result };
    if let Some(result) = visit::left_alone(state, is_named, now) {
        return Ok(report(result));
    }
    let start = Instant::now();
    let mut looked = read(app, feed, state, now).await;
    looked.visit.took = start.elapsed();
    let entries = looked.entries;
    let (poll, line) = visit::settle(app, feed, state, now, looked);
    let result = match &poll.outcome {
        PollOutcome::Failed { error, .. } => Some(FeedResult::Failed(error.clone())),
        PollOutcome::Unchanged { .. } => Some(FeedResult::Unchanged),
        PollOutcome::Read { .. } => None,
    };
    let saved = app.store.save_poll(poll).await?;
    line.log(&saved);
    Ok(report(result.unwrap_or(FeedResult::Read { entries, saved })))
}

async fn read(app: &App, feed: &Feed, state: &FeedState, now: DateTime<Utc>) -> Looked {
    let Known { validators, body_hash } = Known::of(state);
    let response = match app.fetcher.fetch(&feed.url, &validators, now).await {
        Ok(response) => response,
        Err(error) => return Looked::unfetched(&error),
    };
    let unchanged = Looked::unchanged(&response);
    let Outcome::Body { bytes, content_type } = response.outcome else {
        return unchanged;
    };
    let hash = sha256(&bytes);
    if body_hash.as_ref() == Some(&hash) {
        return unchanged;
    }
    let (scorer, prior, fingerprint) = (Arc::clone(&app.scorer), feed.prior, app.config.topic.fingerprint.clone());
    let final_url = response.final_url;
    let parsed = tokio::task::spawn_blocking(move || {
        let source = parse::Source {
            bytes: &bytes,
            content_type: content_type.as_deref(),
            base: Some(&final_url),
            now,
            known: None,
        };
        parse::parse(&source).map(|document| (document.hints, judge(&scorer, prior, document)))
    });
    let (hints, items) = match parsed.await {
        Ok(Ok(read)) => read,
        Ok(Err(error)) => return unchanged.unread(visit::unparsed(&error, feed)),
        Err(_) => return unchanged.unread("reading it failed within the program".to_owned()),
    };
    let entries = items.len();
    let (etag, last_modified) = (response.validators.etag, response.validators.last_modified);
    let outcome = PollOutcome::Read { etag, last_modified, body_hash: hash, reader: READER, hints, fingerprint, items };
    Looked { outcome, entries, ..unchanged }
}

/// Judges a document's items and puts them in order, oldest first, so that they are numbered in that order.
pub(super) fn judge(scorer: &Scorer, prior: f32, document: parse::Document) -> Vec<ScoredItem> {
    let mut items: Vec<_> = document.items.into_iter().map(|fresh| fresh.item).collect();
    items.reverse();
    items.sort_by_key(|item| item.published);
    items
        .into_iter()
        .map(|item| ScoredItem {
            canonical: item.link.as_ref().map(canonical),
            likeness: Likeness::of(&item),
            score: scorer.score(&Text {
                title: &item.title,
                summary: &item.summary,
                content: &item.content,
                categories: &item.categories,
                prior,
            }),
            prior,
            item,
        })
        .collect()
}

/// An error and its causes, in one line, for a feed's state.
pub(super) fn chain(error: &dyn std::error::Error) -> String {
    let mut line = error.to_string();
    let mut cause = error.source();
    while let Some(source) = cause {
        let text = source.to_string();
        if !line.contains(&text) {
            line = format!("{line}: {text}");
        }
        cause = source.source();
    }
    line
}
