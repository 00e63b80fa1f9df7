//! No document costs more than in proportion to its size, whatever it is made of: the steps that reading it takes, the
//! memory, and what it leaves in the database. Steps are counted, not timed; `tests/bench/linear` counts instructions.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use policy_digest::app::feeds::poll::{FeedResult, Which, poll};
use policy_digest::app::silent;
use policy_digest::config::Limits;
use policy_digest::domain::feeds::budget::{Budget, GiveUp, Spent};
use policy_digest::parse::{Error, Fresh, Source, parse};

use crate::support::families::{FAMILIES, TEXTS};
use crate::support::{Entry, Reply, World, rss, start};

/// A document four times as large may take this many times as much, and a little to begin with.
const TIMES: u64 = 5;
const BEGINNING: u64 = 200_000;

struct Cost {
    steps: u64,
    memory: u64,
    stored: u64,
}

fn read(document: &str, limits: &Limits) -> (Cost, Result<Vec<Fresh>, Error>) {
    let budget = Budget::new(document.len(), u64::MAX, GiveUp::default());
    let base = "https://blog.example.org/feed".parse().unwrap();
    let source = Source {
        bytes: document.as_bytes(),
        content_type: None,
        base: Some(&base),
        now: start(),
        known: None,
        limits,
        budget: &budget,
    };
    let items = parse(&source).map(|document| document.items);
    let stored = items.iter().flatten().map(|fresh| bytes(fresh) as u64).sum();
    (Cost { steps: budget.steps(), memory: budget.peak(), stored }, items)
}

fn bytes(Fresh { item, .. }: &Fresh) -> usize {
    let names = item.author.as_ref().map_or(0, String::len) + item.categories.iter().map(String::len).sum::<usize>();
    let link = item.link.as_ref().map_or(0, |link| link.as_str().len());
    item.title.len() + item.summary.len() + item.content.len() + names + link
}

#[test]
fn reading_costs_in_proportion_to_the_size_of_the_document() {
    // Without limits on what is kept, everything is read to its end.
    let limits = Limits { entries: usize::MAX, visit_bytes: usize::MAX, ..Limits::default() };
    let mut failures = Vec::new();
    for (family, document) in FAMILIES.iter().chain(TEXTS) {
        let [(small, _), (large, read)] = [64_000, 256_000].map(|size| read(&document(size), &limits));
        for (what, small, large) in [
            ("steps", small.steps, large.steps),
            ("bytes of memory", small.memory, large.memory),
            ("bytes stored", small.stored, large.stored),
        ] {
            if large > TIMES * small + BEGINNING {
                failures.push(format!("{family}: {small} {what} become {large}"));
            }
        }
        if let Err(error @ (Error::Spent(_) | Error::Panic)) = read {
            failures.push(format!("{family}: {error}"));
        }
    }
    assert!(failures.is_empty(), "{failures:#?}");
}

/// Writes them into the folder that `FAMILIES` names, for `tests/bench/linear`.
#[test]
#[ignore = "writes files for a benchmark"]
fn families_are_written() {
    let folder = std::env::var("FAMILIES").expect("FAMILIES names a folder");
    let sizes = std::env::var("FAMILIES_SIZES").unwrap_or_else(|_| "64000,256000".to_owned());
    for size in sizes.split(',').map(|size| size.parse().expect("a number of bytes")) {
        for (family, document) in FAMILIES.iter().chain(TEXTS) {
            let path = format!("{folder}/{}-{size}.xml", family.replace(' ', "_"));
            std::fs::write(path, document(size)).unwrap();
        }
    }
}

#[test]
fn what_is_kept_of_a_document_is_limited_and_the_newest_stays() {
    let limits =
        Limits { entries: 30, entry_bytes: 5_000, visit_bytes: 70_000, authors: 2, categories: 3, ..Limits::default() };
    let mut seen = HashSet::new();
    for (family, document) in FAMILIES.iter().chain(TEXTS) {
        let Ok(items) = read(&document(256_000), &limits).1 else { continue };
        seen.insert(family);
        assert!(items.len() <= limits.entries, "{family}: {} items", items.len());
        let all: usize = items.iter().map(bytes).sum();
        assert!(all <= limits.visit_bytes, "{family}: {all} bytes");
        for fresh in &items {
            let link = fresh.item.link.as_ref().map_or(0, |link| link.as_str().len());
            assert!(bytes(fresh) - link <= limits.entry_bytes, "{family}: {} bytes", bytes(fresh));
            assert!(fresh.item.categories.len() <= limits.categories, "{family}");
        }
    }
    assert!(seen.len() > 60, "most of them are feeds: {}", seen.len());
    let entry = |n: i64| Entry {
        published: Some(start() - chrono::TimeDelta::days(n % 50)),
        ..Entry::on_topic(&n.to_string())
    };
    let (_, items) = read(&rss(&(0..100).map(entry).collect::<Vec<_>>()), &limits);
    let dates: Vec<DateTime<Utc>> = items.unwrap().iter().filter_map(|fresh| fresh.item.published).collect();
    assert!(dates.len() == 30 && dates.iter().all(|date| *date >= start() - chrono::TimeDelta::days(15)), "{dates:?}");
}

#[test]
fn a_document_that_needs_more_memory_than_it_may_have_is_not_read() {
    let limits = Limits::default();
    let budget = Budget::new(0, 100_000, GiveUp::default());
    let document = FAMILIES[0].1(200_000);
    let bytes = document.as_bytes();
    let source =
        Source { bytes, content_type: None, base: None, now: start(), known: None, limits: &limits, budget: &budget };
    let error = parse(&source).unwrap_err();
    assert!(matches!(error, Error::Spent(Spent::Memory(100_000))), "{error:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_hostile_feed_costs_itself_only_and_the_digest_goes_out() {
    let families: Vec<_> = FAMILIES.iter().chain(TEXTS).collect();
    let ids: Vec<String> = (0..families.len()).map(|number| format!("hostile-{number}")).collect();
    let mut ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    ids.push("good");
    let world = World::of_feeds(&ids).await;
    for (id, (_, document)) in ids.iter().zip(&families) {
        world.server.serve(&format!("/{id}.xml"), Reply::feed(document(24_000)));
    }
    world.server.serve("/good.xml", Reply::feed(rss(&[Entry::on_topic("1")])));
    world.subscribe("ada@example.org").await;
    let report = poll(&world.app, &Which::All, &silent).await.unwrap();
    for feed in &report.feeds {
        assert!(
            !format!("{:?}", feed.result).contains("reading it failed in the program"),
            "{}: {:?}",
            feed.id,
            feed.result
        );
    }
    assert!(matches!(report.feeds.last().unwrap().result, FeedResult::Read { entries: 1, .. }));
    world.once().await;
    let mail = world.mails().remove(0);
    assert!(mail.text.contains("Collaborative governance"), "{}", mail.text);
    let long = world.rows::<String>("SELECT excerpt FROM item_texts WHERE length(excerpt) > 320");
    assert!(long.is_empty(), "{long:?}");
    assert!(
        world.rows::<i64>(
            "SELECT count(*) FROM items JOIN item_texts ON item = seq WHERE selected = 1 AND excerpt IS NULL"
        ) == [0]
    );
}
