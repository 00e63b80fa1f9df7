//! Polling: each feed is fetched, parsed, judged and kept; a failing one ends only itself. Fetching is limited
//! by the fetcher, parsing runs on the blocking threads beside it, and the store's writer takes one poll at a time.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use futures::StreamExt as _;

use super::{App, Listener, Progress, sha256};
use crate::domain::canonical::canonical;
use crate::domain::feed::{self, Feed};
use crate::domain::relevance::{Scorer, Text};
use crate::domain::story::Likeness;
use crate::fetch::{Outcome, Response, Validators};
use crate::parse;
use crate::store::{FeedState, Poll, PollOutcome, Saved, ScoredItem};

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
                listed: sum.listed + saved.listed,
                old: sum.old + saved.old,
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
        self.failed() > 0 && self.feeds.iter().all(|feed| matches!(feed.result, FeedResult::Failed(_)))
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
            Which::Due => feed.enabled && state.next_check <= now,
            Which::Named(names) => names.iter().any(|name| name == feed.id.as_str()),
        })
        .collect();
    listener(Progress::Started { what: "polling", steps: chosen.len() });
    let mut polls = Vec::with_capacity(chosen.len());
    for (feed, state) in chosen {
        polls.push(async move {
            let report = poll_one(app, feed, state, now).await;
            listener(Progress::Step(&feed.title));
            report
        });
    }
    let polled = futures::stream::iter(polls).buffered(app.config.settings.polling.concurrency.max(1));
    // Told to stop, the fetches are given up: each poll is kept whole or not at all, and the rest stays due.
    let results: Vec<_> = polled.take_until(app.stop.requested()).collect().await;
    listener(Progress::Finished);
    let feeds = results.into_iter().collect::<Result<_, _>>()?;
    Ok(PollReport { feeds })
}

/// What an address answers, looked at without storing anything.
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
}

/// Fetches and reads feeds side by side, all enabled ones if none is named; each with its result or what is wrong.
///
/// # Errors
/// A named feed is not in the list.
pub async fn check(
    app: &App,
    names: &[String],
    listener: Listener<'_>,
) -> anyhow::Result<Vec<(String, Result<CheckResult, String>)>> {
    refuse_unknown(app, names)?;
    let is_chosen = |feed: &&Feed| match names {
        [] => feed.enabled,
        names => names.iter().any(|name| name == feed.id.as_str()),
    };
    let chosen: Vec<&Feed> = app.config.feeds.iter().filter(is_chosen).collect();
    listener(Progress::Started { what: "checking", steps: chosen.len() });
    let checks = chosen.into_iter().map(|feed| async move {
        let result = check_one(app, feed).await;
        listener(Progress::Step(&feed.title));
        (feed.id.to_string(), result)
    });
    let results = futures::stream::iter(checks).buffered(app.config.settings.polling.concurrency).collect().await;
    listener(Progress::Finished);
    Ok(results)
}

async fn check_one(app: &App, feed: &Feed) -> Result<CheckResult, String> {
    let now = app.clock.now();
    let response = app.fetcher.fetch(&feed.url, &Validators::default(), now).await.map_err(|error| chain(&error))?;
    let Outcome::Body { bytes, content_type } = response.outcome else {
        return Err("it answered that nothing has changed, although it was not asked".to_owned());
    };
    let base = Some(&response.final_url);
    let source = parse::Source { bytes: &bytes, content_type: content_type.as_deref(), base, now, known: None };
    let document = parse::parse(&source).map_err(|error| chain(&error))?;
    let repairs = document.repairs.iter().map(ToString::to_string).collect();
    let items = judge(&app.scorer, feed.prior, document);
    Ok(CheckResult {
        items: items.len(),
        picked: items.iter().filter(|item| item.score.picked).count(),
        undated: items.iter().filter(|item| item.item.published.or(item.item.updated).is_none()).count(),
        moved_to: (response.permanent && response.final_url != feed.url).then(|| response.final_url.to_string()),
        repairs,
    })
}

fn refuse_unknown(app: &App, names: &[String]) -> anyhow::Result<()> {
    match names.iter().find(|name| app.config.feeds.iter().all(|feed| feed.id.as_str() != **name)) {
        Some(name) => anyhow::bail!("there is no feed `{name}` in feeds.toml"),
        None => Ok(()),
    }
}

async fn poll_one(app: &App, feed: &Feed, state: &FeedState, now: DateTime<Utc>) -> anyhow::Result<FeedReport> {
    let report = |result| FeedReport { id: feed.id.to_string(), title: feed.title.clone(), result };
    if let Some(until) = state.not_before.filter(|until| *until > now) {
        return Ok(report(FeedResult::Waiting(until)));
    }
    let policy = feed::Policy { interval: app.config.settings.polling.interval };
    let (outcome, entries, next_check) = match read(app, feed, state, now).await {
        Ok(Answer { outcome, entries, not_before }) => {
            (outcome, entries, feed::next_check(now, 0, not_before, &policy))
        }
        Err(Failure { error, not_before }) => {
            let failures = state.failures + 1;
            tracing::warn!(feed = %feed.id, failures, "{error}");
            let next_check = feed::next_check(now, failures, not_before, &policy);
            (PollOutcome::Failed { error, not_before }, 0, next_check)
        }
    };
    let result = match &outcome {
        PollOutcome::Failed { error, .. } => Some(FeedResult::Failed(error.clone())),
        PollOutcome::Unchanged { .. } => Some(FeedResult::Unchanged),
        PollOutcome::Read { .. } => None,
    };
    let saved = app.store.save_poll(Poll { feed: feed.id.clone(), now, next_check, outcome }).await?;
    tracing::debug!(feed = %feed.id, entries, new = saved.new, picked = saved.picked, "polled");
    Ok(report(result.unwrap_or(FeedResult::Read { entries, saved })))
}

/// What a feed answered.
struct Answer {
    outcome: PollOutcome,
    entries: usize,
    /// It need not be asked again before.
    not_before: Option<DateTime<Utc>>,
}

struct Failure {
    error: String,
    not_before: Option<DateTime<Utc>>,
}

async fn read(app: &App, feed: &Feed, state: &FeedState, now: DateTime<Utc>) -> Result<Answer, Failure> {
    let validators = Validators { etag: state.etag.clone(), last_modified: state.last_modified.clone() };
    let fetched = app.fetcher.fetch(&feed.url, &validators, now).await;
    let Response { outcome, validators, final_url, not_before, .. } =
        fetched.map_err(|error| Failure { not_before: error.retry_after(), error: chain(&error) })?;
    let Validators { etag, last_modified } = validators;
    let Outcome::Body { bytes, content_type } = outcome else {
        return Ok(Answer { outcome: PollOutcome::Unchanged { etag, last_modified }, entries: 0, not_before });
    };
    let body_hash = sha256(&bytes);
    if state.body_hash.as_ref() == Some(&body_hash) {
        return Ok(Answer { outcome: PollOutcome::Unchanged { etag, last_modified }, entries: 0, not_before });
    }
    let (scorer, prior, fingerprint) = (Arc::clone(&app.scorer), feed.prior, app.config.topic.fingerprint.clone());
    let parsed = tokio::task::spawn_blocking(move || {
        let source = parse::Source {
            bytes: &bytes,
            content_type: content_type.as_deref(),
            base: Some(&final_url),
            now,
            known: None,
        };
        parse::parse(&source).map(|document| judge(&scorer, prior, document))
    });
    let items = match parsed.await {
        Ok(Ok(items)) => items,
        Ok(Err(error)) => return Err(Failure { error: chain(&error), not_before: None }),
        Err(_) => return Err(Failure { error: "reading it failed within the program".to_owned(), not_before: None }),
    };
    let entries = items.len();
    let outcome = PollOutcome::Read { etag, last_modified, body_hash, fingerprint, items };
    Ok(Answer { outcome, entries, not_before })
}

/// Judges a document's items and puts them in order, oldest first, so that they are numbered in that order.
fn judge(scorer: &Scorer, prior: f32, document: parse::Document) -> Vec<ScoredItem> {
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
fn chain(error: &dyn std::error::Error) -> String {
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
