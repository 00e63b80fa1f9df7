//! Polling: fetches, parses and scores each feed and stores its items; a failure affects only that feed. The fetcher
//! limits fetching; the pipeline parses concurrently and stores in batches.

mod pipeline;
mod reading;
mod report;
mod visit;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use chrono::{DateTime, Utc};
use futures::StreamExt as _;
use url::Url;

use crate::app::{App, Listener, Progress, ReadOnly, sha256};
use crate::domain::feeds::budget::{Budget, Spent};
use crate::domain::feeds::{Feed, Ownership};
use crate::domain::items::canonical::canonical;
use crate::domain::items::story::Fingerprint;
use crate::domain::selection::relevance::{Scorer, Text};
use crate::fetch;
use crate::fetch::Outcome;
use crate::parse;
use crate::store::{FeedState, PollOutcome, Saved, ScoredItem};
use pipeline::Polled;
pub(crate) use pipeline::Readers;
use reading::Reading;
pub use report::{FeedReport, FeedResult, PollReport, Which};
use visit::{Known, READER, VisitResult};
pub(super) use visit::{address, blocked, unparsed};

/// Polls feeds concurrently and stores what is new.
///
/// # Errors
/// The database fails, or a named feed is not in the list. A feed that cannot be read is in the report.
pub async fn poll(app: &App, which: &Which, listener: Listener<'_>) -> anyhow::Result<PollReport> {
    let now = app.clock.now();
    if let Which::Named(names) = which {
        refuse_unknown(app, names)?;
    }
    let states = states(app, now).await?;
    let states: HashMap<&str, &FeedState> = states.iter().map(|state| (state.id.as_str(), state)).collect();
    let chosen: Vec<(&Feed, &FeedState)> = app
        .config
        .feeds
        .iter()
        .filter_map(|feed| Some((feed, *states.get(feed.id.as_str())?)))
        .filter(|(feed, state)| match which {
            Which::All => feed.enabled,
            Which::Due => feed.enabled && state.next_check <= now && state.gone.is_none(),
            Which::Named(names) => names.iter().any(|name| name == feed.id.as_str()),
        })
        .collect();
    listener(Progress::Started { what: "polling", steps: chosen.len() });
    let is_named = matches!(which, Which::Named(_));
    let chosen = &chosen;
    let round = &Round {
        readers: &app.readers,
        log: reading::Log::begin(&app.config.settings.data),
        held_hosts: visit::held_hosts(app, states.values().copied(), now),
        is_named,
        now,
    };
    let (done, to_keep) = pipeline::channel();
    let addresses: Vec<_> = chosen.iter().map(|(feed, state)| visit::address(feed, state)).collect();
    let in_turn = pipeline::spread(addresses.iter().map(|address| address.host_str().unwrap_or_default()));
    // A poll starts, and needs memory, only when its turn comes.
    let polls = futures::stream::iter(in_turn).map(move |place: usize| {
        let (done, (feed, state)) = (done.clone(), chosen[place]);
        async move {
            let polled = poll_one(app, round, place, feed, state).await;
            // The receiver is dropped early only if the database fails, and then that error is reported.
            let _ = done.send(polled).await;
        }
    });
    // More polls run than fetches: the others are being parsed, or wait for their host.
    let concurrency = app.config.settings.polling.concurrency.max(1);
    let under_way = concurrency + concurrency.div_ceil(4);
    // On a stop request, the running fetches are abandoned: each poll is stored completely or not at all, and the rest
    // stays due.
    let polling = async {
        let polls = polls.buffer_unordered(under_way).take_until(app.stop.requested());
        // When the last sender is dropped, the receiver ends.
        polls.for_each(|()| std::future::ready(())).await;
        Ok(())
    };
    let ((), feeds) = futures::future::try_join(polling, pipeline::keep(&app.store, to_keep, listener)).await?;
    round.log.iter().for_each(|log| log.end());
    listener(Progress::Finished);
    Ok(PollReport { feeds })
}

/// A named feed that is not in the list.
#[derive(Debug, thiserror::Error)]
#[error("there is no feed `{0}` in feeds.toml")]
pub struct UnknownFeed(String);

/// The stored state of each feed. Times that a clock set while it was ahead are moved back.
async fn states(app: &App, now: DateTime<Utc>) -> anyhow::Result<Vec<FeedState>> {
    let states = app.store.feeds().feed_states().await?;
    if states.iter().all(|state| state.checked.is_none_or(|checked| checked <= now)) {
        return Ok(states);
    }
    let feeds = app.store.feeds().turn_back(now).await?;
    tracing::warn!(feeds, "the clock has gone back: the times of the next polls go back with it");
    Ok(app.store.feeds().feed_states().await?)
}

pub(crate) fn refuse_unknown(app: &ReadOnly, names: &[String]) -> anyhow::Result<()> {
    match names.iter().find(|name| app.config.feeds.iter().all(|feed| feed.id.as_str() != **name)) {
        Some(name) => Err(UnknownFeed(name.clone()).into()),
        None => Ok(()),
    }
}

/// What the polls of one call have in common.
struct Round<'a> {
    readers: &'a Readers,
    log: Option<Arc<reading::Log>>,
    /// Until when hosts have asked not to be visited.
    held_hosts: HashMap<String, DateTime<Utc>>,
    is_named: bool,
    now: DateTime<Utc>,
}

/// Polls one feed; returns its report and the data to store.
async fn poll_one(app: &App, round: &Round<'_>, place: usize, feed: &Feed, state: &FeedState) -> Polled {
    let report = |result| FeedReport { id: feed.id.to_string(), title: feed.title.clone(), result };
    let not_visited = |result| Polled { place, report: report(result), poll: None, share: None };
    let held = round.held_hosts.get(&fetch::host_key(&visit::address(feed, state))).copied();
    if let Some(result) = visit::left_alone(state, held, round.is_named, round.now) {
        return not_visited(result);
    }
    let start = Instant::now();
    let mut visited = match read(app, round, feed, state).await {
        Ok(visited) => visited,
        Err(HostHeld(until)) => return not_visited(FeedResult::Waiting(until)),
    };
    visited.visit.took = start.elapsed();
    let result = match &visited.outcome {
        PollOutcome::Failed { error, .. } => FeedResult::Failed(error.clone()),
        PollOutcome::Unchanged { .. } => FeedResult::Unchanged,
        PollOutcome::Read { .. } => FeedResult::Read { entries: visited.entries, saved: Saved::default() },
    };
    let share = visited.share.take();
    Polled { place, report: report(result), poll: Some(visit::settle(app, feed, state, round.now, visited)), share }
}

async fn read(app: &App, round: &Round<'_>, feed: &Feed, state: &FeedState) -> Result<VisitResult, HostHeld> {
    let now = round.now;
    let Known { validators, body_hash } = Known::of(state, now);
    let response = match app.fetcher.fetch(&visit::address(feed, state), &validators, now).await {
        Ok(response) => response,
        Err(fetch::Error::Held { until, .. }) => return Err(HostHeld(until)),
        Err(error) => return Ok(VisitResult::unfetched(&error, state)),
    };
    let same = VisitResult::unchanged(&response, feed, state, now);
    let mut share = response.share;
    let Outcome::Body { mut bytes, content_type } = response.outcome else {
        return Ok(same);
    };
    // Many bodies may wait for a reader; what they reserved beyond their end need not.
    bytes.shrink_to_fit();
    let hash = sha256(&bytes);
    if body_hash.as_ref() == Some(&hash) {
        return Ok(same);
    }
    let (scorer, prior, fingerprint) = (Arc::clone(&app.scorer), feed.prior, app.config.topic.fingerprint.clone());
    let (known, final_url) = (known(app, feed, state).await, response.final_url);
    let (limits, excerpt_chars) = (app.config.settings.polling.limits, app.config.settings.digest.excerpt_chars);
    let (log, id) = (round.log.clone(), feed.id.clone());
    let served_from = [feed.url.clone(), final_url.clone()];
    let parsed = round.readers.read(bytes.len(), move |give_up| {
        let _noted = Reading::begin(log, id);
        let budget = Budget::new(bytes.len(), limits.memory_bytes, give_up);
        let source = parse::Source {
            bytes: &bytes,
            content_type: content_type.as_deref(),
            base: Some(&final_url),
            now,
            known: Some(&known),
            limits: &limits,
            budget: &budget,
        };
        let document = parse::parse(&source)?;
        let (hints, is_whole, cut) = (document.hints, document.is_whole, document.cut);
        // Some feeds name themselves as their site.
        let is_page = |site: &&Url| served_from.iter().all(|feed| canonical(feed) != canonical(site));
        let site = document.site.as_ref().filter(is_page).map(ToString::to_string);
        let unchanged = document.unchanged.clone();
        let mut items = judge(&scorer, prior, &served_from, document, &budget)?;
        items.iter_mut().for_each(|scored| scored.make_shown(excerpt_chars));
        Ok::<_, parse::Error>((hints, is_whole, (unchanged, site), cut, items))
    });
    let (hints, is_whole, (unchanged, site), cut, items) = match parsed.await {
        Ok(Ok(read)) => read,
        Ok(Err(error)) => {
            let is_no_feed = matches!(error, parse::Error::NotAFeed(_));
            let block = response.block.as_ref().filter(|_| is_no_feed);
            let why = block.map_or_else(|| visit::unparsed(&error, feed), visit::blocked);
            return Ok(same.unread(why, is_no_feed, state));
        }
        Err(unread) => return Ok(same.unread(unread.to_string(), false, state)),
    };
    let entries = items.len() + unchanged.len();
    // Until they are stored, the items of many documents may wait instead of their bodies.
    share.grow_to(items.iter().map(|scored| parse::stored_bytes(&scored.item)).sum()).await;
    // A truncated document is requested again in full, because its end may hold new entries.
    let (validators, hash) = if is_whole { (response.validators, hash) } else { Default::default() };
    let (etag, last_modified) = (validators.etag, validators.last_modified);
    let outcome = PollOutcome::Read {
        etag,
        last_modified,
        body_hash: hash,
        reader: READER,
        hints,
        fingerprint,
        items,
        unchanged,
        site,
        cut,
    };
    Ok(VisitResult { outcome, entries, share: Some(share), ..same })
}

/// The host asked, in an answer about another feed, not to be visited until this time.
struct HostHeld(DateTime<Utc>);

/// Records the documents that an earlier process was reading when it ended as failed visits. The holder of the lock
/// must call this before it polls.
///
/// # Errors
/// The database fails.
pub(crate) async fn recover(app: &App) -> anyhow::Result<()> {
    let folder = &app.config.settings.data;
    let left_behind = reading::left_behind(folder);
    if left_behind.is_empty() {
        return Ok(());
    }
    let (states, now) = (app.store.feeds().feed_states().await?, app.clock.now());
    let feeds = app.config.feeds.iter().filter(|feed| left_behind.contains(&feed.id));
    let known = feeds.filter_map(|feed| Some((feed, states.iter().find(|state| state.id == feed.id.as_str())?)));
    let (polls, lines): (Vec<_>, Vec<_>) =
        known.map(|(feed, state)| visit::settle(app, feed, state, now, VisitResult::broken_off(feed, state))).unzip();
    app.store.feeds().save_polls(polls).await?.into_iter().collect::<Result<Vec<_>, _>>()?;
    lines.iter().for_each(|line| line.log(&Saved::default()));
    reading::forget(folder);
    Ok(())
}

/// The entries that need not be parsed again while they are unchanged.
async fn known(app: &App, feed: &Feed, state: &FeedState) -> parse::Known {
    // Another version of the program may make more of the same entry.
    let varying = state.varying.clone();
    if state.succeeded.is_none() || state.reader.as_deref() != Some(READER) {
        return parse::Known { varying, ..parse::Known::default() };
    }
    let entries = app.store.items().known(&feed.id, state.entries.unwrap_or(0)).await.unwrap_or_else(|error| {
        // All of it is read again, then, which only takes longer.
        tracing::warn!(feed = %feed.id, "what is known of it cannot be visited up: {error}");
        HashMap::new()
    });
    parse::Known { entries, varying }
}

/// The estimated steps for scoring an item in addition to reading its text; only its beginning is scored.
const JUDGING_STEPS: usize = 2_000;

/// Scores a document's items and sorts them, oldest first, so that they are numbered in that order.
///
/// # Errors
/// The budget is spent.
pub(crate) fn judge(
    scorer: &Scorer,
    prior: f32,
    served_from: &[Url],
    document: parse::Document,
    budget: &Budget,
) -> Result<Vec<ScoredItem>, Spent> {
    let parse::Document { mut items, site, .. } = document;
    items.reverse();
    items.sort_by_key(|fresh| fresh.item.published);
    let judged = |parse::Fresh { item, digest, place, base, is_partial }: parse::Fresh| {
        let text = Text {
            title: &item.title,
            summary: &item.summary,
            content: &item.content,
            categories: &item.categories,
            prior,
        };
        budget.step(JUDGING_STEPS + text.title.len() + text.summary.len() + text.content.len())?;
        Ok(ScoredItem {
            canonical: item.link.as_ref().map(canonical),
            ownership: item
                .link
                .as_ref()
                .map_or(Ownership::Foreign, |link| Ownership::of(link, served_from, site.as_ref())),
            fingerprint: Fingerprint::of(&item),
            score: scorer.score(&text),
            prior,
            shown: None,
            item,
            digest,
            place,
            base,
            is_partial,
        })
    };
    items.into_iter().map(judged).collect()
}

/// An error and its causes, in one line, for a feed's state.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
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
