//! The feeds of our own, read back by our own parser and by Python's feedparser: what was sent, as it was frozen.

use std::net::SocketAddr;

use policy_digest::app::digests::runs;
use policy_digest::app::digests::{make, make_due};
use policy_digest::app::feeds::poll::{Which, poll};
use policy_digest::app::outbox::deliver::deliver;
use policy_digest::app::{App, parse_document, silent};
use policy_digest::domain::feeds::budget::GiveUp;
use policy_digest::domain::items::item::Item;
use policy_digest::domain::subscribers::subscriber::Cadence;
use policy_digest::transfer::syndication::{self, Publication};

use crate::support::feedparser::Feedparser;
use crate::support::pages::{get, serve};
use crate::support::{Entry, Reply, World, rss, start};

const FEEDS: [&str; 3] = ["/feed.xml", "/feed.json", "/archive/feed.xml"];

fn blog(world: &World, entries: &[Entry]) {
    world.server.serve("/blog.xml", Reply::feed(rss(entries)));
}

async fn body(address: SocketAddr, path: &str) -> String {
    let answer = get(address, path).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{path}: {answer}");
    answer.split_once("\r\n\r\n").unwrap().1.to_owned()
}

/// As our own parser reads it.
async fn read(address: SocketAddr, path: &str) -> Vec<Item> {
    let document = body(address, path).await;
    let (title, items) = parse_document(document.as_bytes(), None, None, start(), GiveUp::default()).unwrap();
    assert!(title.unwrap().starts_with("Public Service Reform Digest"), "{document}");
    items
}

async fn titles(address: SocketAddr, path: &str) -> Vec<String> {
    read(address, path).await.into_iter().map(|item| item.title).collect()
}

async fn poll_and_make(app: &App) {
    poll(app, &Which::All, &silent).await.unwrap();
    make_due(app).await.unwrap();
}

/// With everything in it that may be there, and an entry with nothing that may be absent.
fn publication() -> Publication {
    let updated = "2026-11-23T08:00:05Z".parse().unwrap();
    let full = syndication::Entry {
        id: "tag:digest.example.org,2026-11-22:story/17".into(),
        title: "Fish & <chips> ]]> \u{0}\u{1b}\u{ffff}\u{202e}end".into(),
        link: "https://blog.example.org/fish?a=1&b=2".into(),
        related: Some(("https://digest.example.org/archive/2026-11-23".into(), "The \"digest\"".into())),
        summary: "Whole sentences.".into(),
        language: "cy".into(),
        authors: vec!["Jane Smith".into(), "Reform Blog".into()],
        published: Some("2026-11-22T07:30:00Z".parse().unwrap()),
        updated,
        categories: vec!["Integration".into(), "Place & \"time\"\u{1}".into()],
    };
    let bare = syndication::Entry {
        id: "tag:digest.example.org,2026-11-22:story/18".into(),
        title: "Weeknotes".into(),
        related: None,
        summary: String::new(),
        language: String::new(),
        authors: Vec::new(),
        published: None,
        categories: Vec::new(),
        ..full.clone()
    };
    Publication {
        address: "https://digest.example.org/feed.xml".into(),
        title: "Public Service Reform Digest".into(),
        subtitle: "Posts about public-service reform".into(),
        language: "en-GB".into(),
        home: "https://digest.example.org/archive".into(),
        author: "Example Institute".into(),
        updated,
        entries: vec![full, bare],
    }
}

#[test]
fn what_is_written_stays_well_formed_whatever_a_title_holds() {
    let publication = publication();
    let (atom, json) = (syndication::atom(&publication), syndication::json(&publication));
    for document in [&atom, &json] {
        let (_, items) = parse_document(document.as_bytes(), None, None, start(), GiveUp::default()).unwrap();
        assert_eq!((items.len(), items[1].title.as_str()), (2, "Weeknotes"), "{document}");
    }
    if let Some(feedparser) = Feedparser::find() {
        let lines = feedparser.read(&atom);
        assert_eq!(lines[0], "good atom10 2", "{lines:?}");
        let found = "tag:digest.example.org,2026-11-22:story/17 | https://blog.example.org/fish?a=1&b=2 | \
                     2026-11-23T08:00:05Z | Integration,Place & \"time\" | Fish &";
        assert!(lines[1].starts_with(found), "{lines:?}");
    }
    insta::with_settings!({ omit_expression => true }, {
        insta::assert_snapshot!("atom", atom);
        insta::assert_snapshot!("json_feed", json);
    });
}

#[tokio::test]
async fn readers_of_feeds_get_what_was_sent() {
    let world = World::new().await;
    world.subscribe("ada@example.org").await;
    let hostile = "Integrated care ]]&gt; &lt;script&gt;alert(1)&lt;/script&gt; &amp;amp; \u{202e}drah";
    blog(&world, &[Entry::on_topic("1"), Entry { title: hostile.into(), ..Entry::on_topic("2") }]);
    world.once().await;
    let (_, address) = serve(world.app).await;
    for path in ["/feed.xml", "/feed.json"] {
        let items = read(address, path).await;
        let links: Vec<_> = items.iter().map(|item| item.link.as_ref().unwrap().as_str()).collect();
        assert_eq!(items.len(), 2, "{path}");
        assert!(links.contains(&"https://blog.example.org/1") && links.contains(&"https://blog.example.org/2"));
        let first = items.iter().find(|item| item.title == "Collaborative governance, part 1").unwrap();
        assert!(first.categories.contains(&"Collaboration".to_owned()) && first.published.is_some(), "{first:?}");
        assert!(first.summary.contains("among councils") || first.content.contains("among councils"), "{first:?}");
    }
    assert_eq!(read(address, "/archive/feed.xml").await[0].link.as_ref().unwrap().path(), "/archive/2026-11-23");
    let Some(feedparser) = Feedparser::find() else { return };
    for (path, entries) in [("/feed.xml", 2), ("/archive/feed.xml", 1)] {
        let lines = feedparser.read(&body(address, path).await);
        assert_eq!(lines[0], format!("good atom10 {entries}"), "{path}: {lines:?}");
        assert!(lines[1].starts_with("tag:localhost,2026-11-23:"), "{lines:?}");
    }
}

#[tokio::test]
async fn a_run_is_told_of_once_it_was_sent_and_not_while_it_is_held() {
    let world = World::configured("[web]\nrobots = true\n").await;
    world.subscribe("ada@example.org").await;
    blog(&world, &[Entry::on_topic("1")]);
    poll(&world.app, &Which::All, &silent).await.unwrap();
    let run = make(&world.app).await.unwrap().run.unwrap();
    let (app, address) = serve(world.app).await;
    let shown = async || {
        let list = get(address, "/archive").await.contains("2026-11-23");
        let (stories, digests) = (titles(address, "/feed.xml").await, titles(address, "/archive/feed.xml").await);
        let page = get(address, "/archive/2026-11-23").await;
        assert!(page.starts_with("HTTP/1.1 200"), "a proof or a mail may lead there: {page}");
        let is_hidden = page.contains("x-robots-tag: noindex");
        let front = get(address, "/").await.contains("archive&#x2f;2026-11-23\"");
        assert_eq!((stories.len(), digests.len(), front, is_hidden), (list.into(), list.into(), list, !list));
        list
    };
    assert!(!shown().await, "nobody has it yet");
    deliver(&app, &silent).await.unwrap();
    assert!(shown().await);
    runs::hold(&app, run.id).await.unwrap();
    assert!(!shown().await);
    runs::release(&app, run.id, false).await.unwrap();
    assert!(shown().await);
}

#[tokio::test]
async fn what_is_edited_later_stands_as_it_was_sent() {
    let world = World::new().await;
    world.subscribe("ada@example.org").await;
    blog(&world, &[Entry::on_topic("1")]);
    world.once().await;
    let edited = Entry { title: "Collaborative governance, edited".into(), ..Entry::on_topic("1") };
    blog(&world, &[edited]);
    world.days(1);
    world.once().await;
    assert_eq!(world.rows::<String>("SELECT title FROM items"), ["Collaborative governance, edited"]);
    let (_, address) = serve(world.app).await;
    for path in ["/feed.xml", "/feed.json"] {
        assert_eq!(titles(address, path).await, ["Collaborative governance, part 1"]);
    }
}

#[tokio::test]
async fn a_story_of_two_digests_is_one_entry_with_one_id() {
    let world = World::new().await;
    world.subscribe("ada@example.org").await;
    world.subscribe_with("bea@example.org", Cadence::Daily, None).await;
    blog(&world, &[Entry::on_topic("1")]);
    let clock = world.clock.clone();
    clock.advance(chrono::TimeDelta::days(1));
    poll_and_make(&world.app).await;
    deliver(&world.app, &silent).await.unwrap();
    let (app, address) = serve(world.app).await;
    let daily = body(address, "/feed.xml").await;
    assert!(daily.contains("/archive/2026-11-24-daily\""), "{daily}");
    clock.advance(chrono::TimeDelta::days(6));
    poll_and_make(&app).await;
    deliver(&app, &silent).await.unwrap();
    assert_eq!(read(address, "/archive/feed.xml").await.len(), 2, "a daily and a weekly digest");
    let both = body(address, "/feed.xml").await;
    let entry = |feed: &str| feed.split_once("<entry").unwrap().1.to_owned();
    assert_eq!(entry(&both), entry(&daily), "as it was first sent");
}

#[tokio::test]
async fn the_newest_hundred_stories_are_told_and_none_is_a_feed_too() {
    let world = World::new().await;
    world.subscribe("ada@example.org").await;
    let (app, address) = serve(world.app.clone()).await;
    for path in FEEDS {
        let feed = body(address, path).await;
        assert!(!feed.contains("<entry") && (feed.contains("<updated>") || feed.contains("\"items\": []")), "{feed}");
    }
    for part in [1..=90, 91..=120] {
        blog(&world, &part.map(|number| Entry::on_topic(&number.to_string())).collect::<Vec<_>>());
        world.once().await;
        world.days(1);
    }
    let links: Vec<_> = read(address, "/feed.xml").await.into_iter().map(|item| item.link.unwrap()).collect();
    assert_eq!(links.len(), policy_digest::app::digests::public_feeds::STORIES);
    let of = |number: usize| links.iter().any(|link| link.as_str() == Entry::on_topic(&number.to_string()).link());
    assert!((91..=120).all(of), "all of the newest digest");
    drop(app);
}

#[tokio::test]
async fn feed_readers_find_the_feeds_from_every_page_for_everybody() {
    let world = World::new().await;
    world.subscribe("ada@example.org").await;
    blog(&world, &[Entry::on_topic("1")]);
    world.once().await;
    let (_app, address) = serve(world.app).await;
    for path in ["/", "/archive", "/sources", "/archive/2026-11-23"] {
        let page = body(address, path).await.replace("&#x2f;", "/");
        let base = url::Url::parse("http://localhost:8080").unwrap().join(path).unwrap();
        let head = page.split_once("</head>").unwrap().0;
        let links = head.split("<link rel=\"alternate\"").skip(1).map(|link| {
            let (_, rest) = link.split_once("href=\"").unwrap();
            base.join(rest.split('"').next().unwrap()).unwrap().path().to_owned()
        });
        let mut links: Vec<String> = links.collect();
        links.sort();
        assert_eq!(links, ["/archive/feed.xml", "/feed.json", "/feed.xml"], "{path}");
        assert!(head.contains(&format!("<link rel=\"canonical\" href=\"{base}\">")), "{path}: {head}");
    }
}
