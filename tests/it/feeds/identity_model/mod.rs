//! A model of identity: publishers that edit titles and texts, put tokens into links, renumber, move to another host, give
//! one id or one link to all, reorder, cut off their list and leave dates out, read by a reader whose polls fail, break
//! off and are missed. Each post is mailed exactly once.
//!
//! What no reader could tell apart the publisher here does not do: to change the title of a post in the very document in
//! which its id or link changes as well, be it by a token that is not known to be one yet, or before the reader has seen the
//! one change; and to drop the date of a post that has neither id nor link and change its text. An undated post that is
//! first seen below all known ones is taken for an old one.
//! A post that only a missed or broken document has shown is not known to the reader, and not counted.

mod publisher;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use policy_digest::config::Limits;
use policy_digest::domain::feeds::budget::Budget;
use policy_digest::domain::feeds::{Because, Cut, Feed, FeedId, Hints, NextCheck, Ownership};
use policy_digest::domain::items::canonical::canonical;
use policy_digest::domain::items::story::Fingerprint;
use policy_digest::domain::selection::relevance::Score;
use policy_digest::parse::{Fresh, Known, Source, parse};
use policy_digest::store::{Poll, PollOutcome, ScoredItem, Store, Visited};

use publisher::{Ids, Links, Publisher};

use crate::support::start;

/// Runs, each with a seed of its own (`IDENTITY_RUNS` in the environment sets another number), and polls of each.
const RUNS: u64 = 40;
const POLLS: usize = 14;

/// Reads a document and keeps it, as a poll does.
async fn keep(store: &Store, xml: &str, now: DateTime<Utc>) {
    let feed = FeedId::parse("town").unwrap();
    let state = store.feeds().feed_states().await.unwrap().remove(0);
    let entries = store.items().known(&feed, state.entries.unwrap_or(0)).await.unwrap();
    let known = Known { entries, varying: state.varying };
    let (limits, budget) = (Limits::default(), Budget::unlimited());
    let source = Source {
        bytes: xml.as_bytes(),
        content_type: None,
        base: None,
        now,
        known: Some(&known),
        limits: &limits,
        budget: &budget,
    };
    let Ok(document) = parse(&source) else { return };
    let mut items: Vec<ScoredItem> = document.items.into_iter().map(scored).collect();
    items.reverse();
    items.sort_by_key(|scored| scored.item.published);
    let outcome = PollOutcome::Read {
        etag: None,
        last_modified: None,
        body_hash: String::new(),
        reader: "",
        hints: Hints::default(),
        fingerprint: String::new(),
        items,
        unchanged: document.unchanged,
        site: None,
        cut: Cut::default(),
    };
    let next = NextCheck { at: now, because: Because::Interval };
    let first_poll_window = std::time::Duration::from_secs(7 * 86_400);
    let poll = Poll { feed, now, next, not_before: None, first_poll_window, visit: Visited::default(), outcome };
    store.feeds().save_poll(poll).await.unwrap();
}

/// As one that is on the topic.
fn scored(Fresh { item, digest, place, base, is_partial }: Fresh) -> ScoredItem {
    let score = Score {
        total: 5.0,
        selected: true,
        borderline: false,
        themes: Vec::new(),
        language: None,
        excluded: Vec::new(),
        reasons: Vec::new(),
    };
    ScoredItem {
        canonical: item.link.as_ref().map(canonical),
        ownership: Ownership::Foreign,
        fingerprint: Fingerprint::of(&item),
        score,
        prior: 0.0,
        shown: None,
        digest,
        place,
        base,
        is_partial,
        item,
    }
}

/// How often each post is in the digests: its stories with a number.
fn mailed(database: &rusqlite::Connection) -> BTreeMap<usize, usize> {
    let question = "SELECT max(t.content || ' ' || t.summary) FROM stories s JOIN items i ON i.story = s.id
                    JOIN item_texts t ON t.item = i.seq WHERE s.seq IS NOT NULL GROUP BY s.id";
    let mut statement = database.prepare(question).unwrap();
    let texts = statement.query_map([], |row| row.get::<_, String>(0)).unwrap().map(Result::unwrap);
    let mut times = BTreeMap::new();
    for text in texts {
        let number = text.split("post").nth(1).and_then(|rest| rest.split('x').next()).and_then(|n| n.parse().ok());
        *times.entry(number.unwrap_or(0)).or_default() += 1;
    }
    times
}

#[tokio::test]
async fn each_post_is_mailed_exactly_once_whatever_its_publisher_does() {
    let runs = std::env::var("IDENTITY_RUNS").ok().and_then(|runs| runs.parse().ok()).unwrap_or(RUNS);
    let mut failures = Vec::new();
    for seed in 1..=runs {
        if let Err(failure) = run(seed).await {
            failures.push(failure);
        }
    }
    assert!(failures.is_empty(), "{} of {runs} runs:\n{}", failures.len(), failures.join("\n"));
}

async fn run(seed: u64) -> Result<(), String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("policy-digest.db");
    let store = Store::open(&path).await.unwrap();
    let mut publisher = Publisher::new(seed);
    let feed = Feed {
        id: FeedId::parse("town").unwrap(),
        title: "Town".to_owned(),
        url: "https://town.example.org/feed".parse().unwrap(),
        tags: Vec::new(),
        enabled: true,
        first_poll_window: None,
        prior: 0.0,
    };
    store.feeds().sync_feeds(vec![(feed, std::time::Duration::from_secs(7 * 86_400))], start()).await.unwrap();
    let (mut expected, mut seen, mut story, mut polls_with_token) = (BTreeSet::new(), BTreeSet::new(), Vec::new(), 0);
    for poll in 0..POLLS {
        let now = start() + TimeDelta::hours(6 * i64::try_from(poll).unwrap());
        let mut done = if poll > 0 { publisher.work(now) } else { Vec::new() };
        let changes_address = !done.is_empty() && done[0] != "edited a title" && done[0] != "edited a text";
        let reordered = publisher.chance.one_in(6) && publisher.is_dated;
        // A document without its dates, where ids or links tell the posts.
        let has_more = matches!(publisher.ids, Ids::Opaque) || publisher.links == Links::Own && !publisher.has_token;
        let undated = publisher.is_dated && poll > 0 && has_more && !changes_address && publisher.chance.one_in(8);
        if publisher.chance.one_in(7) && poll > 0 {
            publisher.window = 3 + publisher.chance.below(8);
        }
        let (xml, shown) = publisher.document(reordered, undated);
        let fault = if poll > 0 { publisher.chance.below(9) } else { 8 };
        done.extend(reordered.then_some("reordered"));
        done.extend(undated.then_some("went undated"));
        match fault {
            0 => done.push("missed"),
            1 => {
                let cut = publisher.chance.below(xml.len());
                keep(&store, &xml[..cut], now).await;
                publisher.shown(&shown, false);
                done.push("cut off");
            }
            2 => {
                keep(&store, "<html>busy</html>", now).await;
                done.push("failed");
            }
            _ => {
                keep(&store, &xml, now).await;
                let is_known = !store.feeds().feed_states().await.unwrap()[0].varying.is_empty();
                polls_with_token += usize::from(is_known);
                publisher.is_steady = !publisher.has_token || polls_with_token > 2;
                let last = shown.iter().rposition(|number| seen.contains(number)).unwrap_or(shown.len());
                let is_news = |(place, number): &(usize, &usize)| {
                    publisher.is_dated || (poll > 0 && **number > 6 && (*place < last || seen.contains(*number)))
                };
                expected.extend(shown.iter().enumerate().filter(is_news).map(|(_, number)| *number));
                seen.extend(shown.iter().copied());
                publisher.shown(&shown, true);
            }
        }
        story.push(done.join(", "));
    }
    let database = rusqlite::Connection::open(&path).unwrap();
    let times = mailed(&database);
    // What only a document that was cut off has shown is news as well, once.
    let wrong: Vec<String> = (1..=publisher.posts.len())
        .filter_map(|number| {
            let mailed = times.get(&number).copied().unwrap_or(0);
            let is_right = mailed == 1 || (mailed == 0 && !expected.contains(&number));
            (!is_right).then(|| format!("post {number} is mailed {mailed} times"))
        })
        .collect();
    let Publisher { ids, links, is_dated, has_token, .. } = publisher;
    let about = format!("seed {seed}: ids {ids:?}, links {links:?}, dated {is_dated}, tokens {has_token}; {story:?}");
    if wrong.is_empty() { Ok(()) } else { Err(format!("{about}\n    {}", wrong.join("; "))) }
}
