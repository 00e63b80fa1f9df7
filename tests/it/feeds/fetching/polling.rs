//! What a poll keeps: each one whole or not at all, and nothing twice.

use chrono::TimeDelta;
use policy_digest::app::feeds::poll::{FeedResult, Which, poll};
use policy_digest::app::silent;
use policy_digest::domain::feeds::{Because, Cut, FeedId, Hints, NextCheck, Ownership};
use policy_digest::domain::items::item::{Identity, Item};
use policy_digest::domain::items::story::Fingerprint;
use policy_digest::domain::selection::relevance::Score;
use policy_digest::store::{Error, Poll, PollOutcome, ScoredItem, Visited};

use crate::support::{Entry, Reply, World, rss, start};

async fn read(world: &World, entries: &[Entry]) -> FeedResult {
    world.server.serve("/blog.xml", Reply::feed(rss(entries)));
    poll(&world.app, &Which::All, &silent).await.unwrap().feeds.remove(0).result
}

fn database(world: &World) -> rusqlite::Connection {
    rusqlite::Connection::open(world.app.config.settings.data.join("policy-digest.db")).unwrap()
}

#[tokio::test]
async fn an_entry_that_is_known_just_so_is_not_read_again() {
    let world = World::new().await;
    let mut entries = vec![Entry::on_topic("1"), Entry::on_topic("2")];
    read(&world, &entries).await;
    database(&world).execute("UPDATE items SET title = 'as it was kept'", []).unwrap();
    entries[1].text.push_str(" And more.");
    entries.push(Entry::on_topic("3"));
    let FeedResult::Read { entries, saved } = read(&world, &entries).await else { panic!("it can be read") };
    assert_eq!((entries, saved.new, saved.changed), (3, 1, 1));
    let untouched = "SELECT identity FROM items WHERE title = 'as it was kept'";
    assert_eq!(database(&world).query_row(untouched, [], |row| row.get::<_, String>(0)).unwrap(), "id:1");
}

#[tokio::test]
async fn an_entry_changed_back_and_forth_is_read_each_time() {
    let world = World::new().await;
    let one = Entry::on_topic("1");
    let other = Entry { title: "Collaborative governance, corrected".into(), ..one.clone() };
    read(&world, std::slice::from_ref(&one)).await;
    for entry in [&other, &one, &other] {
        let FeedResult::Read { saved, .. } = read(&world, std::slice::from_ref(entry)).await else { panic!() };
        assert_eq!((saved.new, saved.changed), (0, 1));
    }
}

#[tokio::test]
async fn a_few_renewed_ids_among_known_entries_bring_no_post_back() {
    let world = World::new().await;
    let entries: Vec<Entry> = (0..10).map(|n| Entry::on_topic(&n.to_string())).collect();
    read(&world, &entries).await;
    let document = (6..10).fold(rss(&entries), |document, n| {
        document.replace(&format!("isPermaLink=\"false\">{n}<"), &format!("isPermaLink=\"false\">new-{n}<"))
    });
    world.server.serve("/blog.xml", Reply::feed(document));
    let report = poll(&world.app, &Which::All, &silent).await.unwrap();
    assert_eq!((report.saved().new, report.saved().renumbered), (0, false));
}

#[tokio::test]
async fn a_poll_that_cannot_be_kept_leaves_nothing_and_undoes_no_other() {
    let world = World::of_feeds(&["good", "bad", "too"]).await;
    let of = |feed: &str, items| Poll {
        feed: FeedId::parse(feed).unwrap(),
        now: start(),
        next: NextCheck { at: start() + TimeDelta::hours(1), because: Because::Interval },
        not_before: None,
        first_poll_window: std::time::Duration::ZERO,
        visit: Visited::default(),
        outcome: PollOutcome::Read {
            etag: None,
            last_modified: None,
            body_hash: String::new(),
            reader: "",
            hints: Hints::default(),
            fingerprint: String::new(),
            items,
            unchanged: Vec::new(),
            site: None,
            cut: Cut::default(),
        },
    };
    // The database takes no NaN, so the poll fails after its first item is in.
    let polls = vec![
        of("good", vec![item("1", 0.0)]),
        of("bad", vec![item("2", 0.0), item("3", f32::NAN)]),
        of("too", vec![item("4", 0.0)]),
    ];
    let saved = world.app.store.feeds().save_polls(polls).await.unwrap();
    assert!(matches!(saved[..], [Ok(_), Err(Error::Statement(_)), Ok(_)]), "{saved:?}");
    let states = world.app.store.feeds().feed_states().await.unwrap();
    let kept: Vec<_> = states.iter().map(|state| (state.id.as_str(), state.items, state.succeeded.is_some())).collect();
    assert_eq!(kept, [("bad", 0, false), ("good", 1, true), ("too", 1, true)]);
}

fn item(id: &str, prior: f32) -> ScoredItem {
    let item = Item {
        identity: Identity::Id(id.to_owned()),
        link: None,
        title: format!("Item {id}"),
        summary: String::new(),
        content: String::new(),
        author: None,
        categories: Vec::new(),
        published: None,
        updated: None,
    };
    let score = Score {
        total: 0.0,
        selected: false,
        borderline: false,
        themes: Vec::new(),
        language: None,
        excluded: Vec::new(),
        reasons: Vec::new(),
    };
    ScoredItem {
        canonical: None,
        ownership: Ownership::Foreign,
        fingerprint: Fingerprint::of(&item),
        score,
        prior,
        shown: None,
        digest: 0,
        place: 0,
        base: None,
        is_partial: false,
        item,
    }
}

#[tokio::test]
async fn the_reports_are_in_the_order_of_the_list() {
    let world = World::of_feeds(&["c", "a", "b"]).await;
    let report = poll(&world.app, &Which::All, &silent).await.unwrap();
    assert_eq!(report.feeds.iter().map(|feed| feed.id.as_str()).collect::<Vec<_>>(), ["c", "a", "b"]);
}
