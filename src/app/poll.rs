//! Polling: each feed is fetched, parsed, judged and kept; a failing one ends only itself. Fetching is limited
//! by the fetcher; reading beside it and keeping in batches is the pipeline's.

mod pipeline;

use std::collections::HashMap;
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
use pipeline::{Polled, Readers};

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
    let states: HashMap<&str, &FeedState> = states.iter().map(|state| (state.id.as_str(), state)).collect();
    let chosen: Vec<(&Feed, &FeedState)> = app
        .config
        .feeds
        .iter()
        .filter_map(|feed| Some((feed, *states.get(feed.id.as_str())?)))
        .filter(|(feed, state)| match which {
            Which::All => feed.enabled,
            Which::Due => feed.enabled && state.next_check <= now,
            Which::Named(names) => names.iter().any(|name| name == feed.id.as_str()),
        })
        .collect();
    listener(Progress::Started { what: "polling", steps: chosen.len() });
    let (chosen, readers) = (&chosen, &Readers::new());
    let (done, to_keep) = pipeline::channel();
    let in_turn = pipeline::spread(chosen.iter().map(|(feed, _)| feed.url.host_str().unwrap_or_default()));
    // A poll begins to take memory when its turn comes.
    let polls = futures::stream::iter(in_turn).map(move |place: usize| {
        let (done, (feed, state)) = (done.clone(), chosen[place]);
        async move {
            let (report, poll) = poll_one(app, readers, feed, state, now).await;
            // The keeper goes away first only when the database fails, and then that is what is told.
            let _ = done.send(Polled { place, report, poll }).await;
        }
    });
    // More under way than are fetched at once: the others are being read, or wait for their host.
    let concurrency = app.config.settings.polling.concurrency.max(1);
    let under_way = concurrency + concurrency.div_ceil(4);
    // Told to stop, the fetches are given up: each poll is kept whole or not at all, and the rest stays due.
    let polling = async {
        let polls = polls.buffer_unordered(under_way).take_until(app.stop.requested());
        // With the last of them, the way to the keeper ends.
        polls.for_each(|()| std::future::ready(())).await;
        Ok(())
    };
    let ((), feeds) = futures::future::try_join(polling, pipeline::keep(&app.store, to_keep, listener)).await?;
    listener(Progress::Finished);
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

/// Polls one feed: what there is to tell, and what there is to keep.
async fn poll_one(
    app: &App,
    readers: &Readers,
    feed: &Feed,
    state: &FeedState,
    now: DateTime<Utc>,
) -> (FeedReport, Option<Poll>) {
    let report = |result| FeedReport { id: feed.id.to_string(), title: feed.title.clone(), result };
    if let Some(until) = state.not_before.filter(|until| *until > now) {
        return (report(FeedResult::Waiting(until)), None);
    }
    let policy = feed::Policy { interval: app.config.settings.polling.interval };
    let (outcome, entries, next_check) = match read(app, readers, feed, state, now).await {
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
        PollOutcome::Failed { error, .. } => FeedResult::Failed(error.clone()),
        PollOutcome::Unchanged { .. } => FeedResult::Unchanged,
        PollOutcome::Read { .. } => FeedResult::Read { entries, saved: Saved::default() },
    };
    (report(result), Some(Poll { feed: feed.id.clone(), now, next_check, outcome }))
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

async fn read(
    app: &App,
    readers: &Readers,
    feed: &Feed,
    state: &FeedState,
    now: DateTime<Utc>,
) -> Result<Answer, Failure> {
    let validators = Validators { etag: state.etag.clone(), last_modified: state.last_modified.clone() };
    let fetched = app.fetcher.fetch(&feed.url, &validators, now).await;
    let Response { outcome, validators, final_url, not_before, .. } =
        fetched.map_err(|error| Failure { not_before: error.retry_after(), error: chain(&error) })?;
    let Validators { etag, last_modified } = validators;
    let Outcome::Body { mut bytes, content_type } = outcome else {
        return Ok(Answer { outcome: PollOutcome::Unchanged { etag, last_modified }, entries: 0, not_before });
    };
    // Many bodies may wait for a reader; the room that they grew into need not.
    bytes.shrink_to_fit();
    let body_hash = sha256(&bytes);
    if state.body_hash.as_ref() == Some(&body_hash) {
        return Ok(Answer { outcome: PollOutcome::Unchanged { etag, last_modified }, entries: 0, not_before });
    }
    let (scorer, prior, fingerprint) = (Arc::clone(&app.scorer), feed.prior, app.config.topic.fingerprint.clone());
    let known = known(app, feed, state).await;
    let parsed = readers.read(move || {
        let source = parse::Source {
            bytes: &bytes,
            content_type: content_type.as_deref(),
            base: Some(&final_url),
            now,
            known: Some(&known),
        };
        parse::parse(&source).map(|document| (document.unchanged, judge(&scorer, prior, document)))
    });
    let (unchanged, items) = match parsed.await {
        Ok(Ok(read)) => read,
        Ok(Err(error)) => return Err(Failure { error: chain(&error), not_before: None }),
        Err(unread) => return Err(Failure { error: unread.to_string(), not_before: None }),
    };
    let entries = items.len() + unchanged;
    let outcome = PollOutcome::Read { etag, last_modified, body_hash, fingerprint, items, unchanged };
    Ok(Answer { outcome, entries, not_before })
}

/// The entries that need not be read again as long as they stay as they were.
async fn known(app: &App, feed: &Feed, state: &FeedState) -> parse::Known {
    if state.succeeded.is_none() {
        return parse::Known::new();
    }
    app.store.known(&feed.id).await.unwrap_or_else(|error| {
        // All of it is read again, then, which only takes longer.
        tracing::warn!(feed = %feed.id, "what is known of it cannot be looked up: {error}");
        parse::Known::new()
    })
}

/// Judges a document's items and puts them in order, oldest first, so that they are numbered in that order.
fn judge(scorer: &Scorer, prior: f32, document: parse::Document) -> Vec<ScoredItem> {
    let mut items = document.items;
    items.reverse();
    items.sort_by_key(|fresh| fresh.item.published);
    items
        .into_iter()
        .map(|parse::Fresh { item, digest }| ScoredItem {
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
            digest,
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
