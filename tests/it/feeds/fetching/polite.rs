//! Feeds are asked no more than they want, told by their own marks what we have, and left when they are gone.

use chrono::TimeDelta;
use policy_digest::app::feeds::check;
use policy_digest::app::feeds::poll::{FeedResult, PollReport, Which, poll};
use policy_digest::app::silent;
use policy_digest::domain::feeds::Because;

use crate::support::hostile::{Hostile, Trick, reply};
use crate::support::program::{policy_digest, text};
use crate::support::{Entry, FeedServer, Reply, World, rss, start};

async fn poll_all(world: &World) -> FeedResult {
    polled(poll(&world.app, &Which::All, &silent).await.unwrap())
}

fn polled(report: PollReport) -> FeedResult {
    report.feeds.into_iter().next().unwrap().result
}

async fn is_due(world: &World) -> bool {
    !poll(&world.app, &Which::Due, &silent).await.unwrap().feeds.is_empty()
}

fn feed() -> Reply {
    Reply::feed(rss(&[Entry::on_topic("1")]))
}

fn status(status: u16) -> Reply {
    Reply { status, ..Reply::feed(String::new()) }
}

#[tokio::test]
async fn validators_outlive_a_restart_and_a_304_refreshes_them() {
    let world = World::new().await;
    let dated = "Mon, 23 Nov 2026 08:00:00 +0000 (about)";
    world.server.serve("/blog.xml", feed().with("etag", "W/\"v1\"").with("last-modified", dated));
    poll_all(&world).await;
    let world = world.restarted().await;
    world.server.serve("/blog.xml", status(304).with("etag", "W/\"v2\""));
    assert_eq!(poll_all(&world).await, FeedResult::Unchanged);
    assert_eq!(poll_all(&world).await, FeedResult::Unchanged);
    let requests = world.server.requests();
    assert!(requests[1].contains("if-none-match: w/\"v1\"\r\n"), "{}", requests[1]);
    assert!(requests[2].contains("if-none-match: w/\"v2\"\r\n"), "{}", requests[2]);
    assert!(requests[2].contains(&format!("if-modified-since: {}\r\n", dated.to_lowercase())), "replayed literally");
}

#[tokio::test]
async fn the_same_bytes_are_not_read_again_save_by_another_version_of_the_program() {
    let world = World::new().await;
    world.server.serve("/blog.xml", feed());
    poll_all(&world).await;
    assert_eq!(poll_all(&world).await, FeedResult::Unchanged);
    world.server.serve("/blog.xml", feed().with("etag", "\"v1\""));
    poll_all(&world).await;
    let database = rusqlite::Connection::open(world.folder().join("data/policy-digest.db")).unwrap();
    database.execute("UPDATE feeds SET reader = 'earlier'", []).unwrap();
    assert!(matches!(poll_all(&world).await, FeedResult::Read { entries: 1, .. }));
    assert!(!world.server.requests()[3].contains("if-none-match"));
}

#[tokio::test]
async fn nothing_has_changed_is_no_answer_to_who_has_nothing() {
    let world = World::new().await;
    world.server.serve("/blog.xml", status(304));
    let FeedResult::Failed(error) = poll_all(&world).await else { panic!("there is nothing to have changed") };
    assert!(error.contains("we had nothing yet"), "{error}");
    world.server.serve("/blog.xml", feed());
    assert!(matches!(poll_all(&world).await, FeedResult::Read { .. }));
}

#[tokio::test]
async fn marks_of_one_address_are_not_sent_to_another() {
    let world = World::new().await;
    world.server.serve("/old.xml", feed().with("etag", "\"v1\""));
    world.server.serve("/blog.xml", status(302).with("location", "/old.xml"));
    poll_all(&world).await;
    world.server.serve("/blog.xml", status(302).with("location", "/new.xml"));
    world.server.serve("/new.xml", Reply::feed(rss(&[Entry::on_topic("2")])).with("etag", "\"v1\""));
    assert!(matches!(poll_all(&world).await, FeedResult::Read { saved, .. } if saved.new == 1));
}

#[tokio::test]
async fn what_a_cache_may_keep_is_not_asked_for_and_the_state_says_so() {
    let world = World::new().await;
    world.server.serve("/blog.xml", feed().with("cache-control", "max-age=7200").with("age", "600"));
    assert!(is_due(&world).await);
    let state = world.state("blog").await;
    assert_eq!(state.next_check, start() + TimeDelta::seconds(6600));
    assert_eq!(state.because, Some(Because::Freshness));
    world.clock.advance(TimeDelta::seconds(6599));
    assert!(!is_due(&world).await);
    assert_eq!(poll_all(&world).await, FeedResult::Unchanged, "who asks by hand is not kept waiting");
    world.clock.advance(TimeDelta::seconds(6600));
    assert!(is_due(&world).await);
}

#[tokio::test]
async fn what_the_document_wishes_is_kept_to_also_when_it_has_not_changed() {
    let world = World::new().await;
    // From nine on a Monday: every three hours, and not from noon to two.
    let wishes = "<ttl>180</ttl><skipHours><hour>12</hour><hour>13</hour></skipHours><link>";
    let wished = feed();
    let body = String::from_utf8(wished.body).unwrap().replacen("<link>", wishes, 1);
    world.server.serve("/blog.xml", Reply::feed(body));
    poll_all(&world).await;
    for _ in 0..2 {
        let state = world.state("blog").await;
        assert_eq!(state.next_check, start() + TimeDelta::hours(5));
        assert_eq!(state.because, Some(Because::Skipped));
        assert_eq!(poll_all(&world).await, FeedResult::Unchanged);
    }
    world.server.serve("/blog.xml", status(500));
    poll_all(&world).await;
    assert_eq!(world.state("blog").await.next_check, start() + TimeDelta::hours(5), "nor after a failure");
}

#[tokio::test]
async fn retry_after_holds_even_for_who_asks_by_hand_whatever_the_status() {
    for (code, value, minutes) in [
        (503, "600", 10),
        (429, "Mon, 23 Nov 2026 10:00:00 GMT", 60),
        (200, "7200", 120),
        (500, "99999999", 7 * 24 * 60),
    ] {
        let world = World::new().await;
        let body = if code == 200 { feed() } else { status(code) };
        world.server.serve("/blog.xml", body.with("retry-after", value));
        poll_all(&world).await;
        let named = Which::Named(vec!["blog".to_owned()]);
        let result = polled(poll(&world.app, &named, &silent).await.unwrap());
        assert_eq!(result, FeedResult::Waiting(start() + TimeDelta::minutes(minutes)), "{code}");
        assert_eq!(world.server.requests().len(), 1);
        assert!(check(&world.app, &[], &silent).await.unwrap().feeds[0].1.is_err());
        assert_eq!(world.server.requests().len(), 1, "nor by a check");
        world.clock.advance(TimeDelta::minutes(minutes));
        assert!(!matches!(poll_all(&world).await, FeedResult::Waiting(_)));
    }
}

#[tokio::test]
async fn a_feed_that_is_gone_is_asked_only_by_name_and_may_come_back() {
    let world = World::new().await;
    world.server.serve("/blog.xml", status(410));
    let FeedResult::Failed(error) = poll_all(&world).await else { panic!("it is gone") };
    assert!(error.contains("gone for good") && error.contains("take it out of feeds.toml"), "{error}");
    world.days(40);
    assert!(!is_due(&world).await);
    assert_eq!(poll_all(&world).await, FeedResult::Gone(start()));
    assert_eq!(world.server.requests().len(), 1);
    world.server.serve("/blog.xml", feed());
    let named = Which::Named(vec!["blog".to_owned()]);
    assert!(matches!(polled(poll(&world.app, &named, &silent).await.unwrap()), FeedResult::Read { .. }));
    assert_eq!(world.state("blog").await.gone, None);
    assert_eq!(poll_all(&world).await, FeedResult::Unchanged);
}

#[tokio::test]
async fn each_refusal_is_told_in_words_with_the_next_step() {
    for (code, words, step) in [
        (401, "a log-in is wanted", "https://name:password@"),
        (403, "access is refused", "ask its owner"),
        (404, "nothing is at this address", "change its `url`"),
        (429, "too many requests", "left alone for a while"),
        (451, "legal reasons", "enabled = false"),
        (206, "a part of the document", "tried again"),
        (503, "overloaded", "tried again"),
        (300, "leads nowhere", "in a browser"),
    ] {
        let world = World::new().await;
        world.server.serve("/blog.xml", status(code));
        poll_all(&world).await;
        let error = world.state("blog").await.error.unwrap();
        assert!(error.contains(&code.to_string()) && error.contains(words) && error.contains(step), "{error}");
    }
}

#[tokio::test]
async fn a_document_of_nothing_known_and_all_newer_may_hide_a_gap() {
    let world = World::new().await;
    let entry = |id: &str, hours| Entry { published: Some(start() + TimeDelta::hours(hours)), ..Entry::on_topic(id) };
    let documents = [
        (vec![entry("1", -9), entry("2", -8)], false),
        (vec![entry("2", -8), entry("3", -7)], false),
        // Something older beside what is new: the document reaches back beyond what is known.
        (vec![entry("0", -20), entry("4", -6)], false),
        (vec![entry("7", -3), entry("8", -2)], true),
        (vec![entry("8", -2), entry("9", -1)], false),
    ];
    for (entries, is_gap) in documents {
        world.server.serve("/blog.xml", Reply::feed(rss(&entries)));
        let FeedResult::Read { saved, .. } = poll_all(&world).await else { panic!("it can be read") };
        assert_eq!(saved.gap, is_gap, "{:?}", entries[0].id);
    }
    assert_eq!(world.state("blog").await.gap, Some(start()), "the state remembers it");
}

#[tokio::test]
async fn a_page_in_a_feeds_place_is_not_followed_and_a_check_proposes_what_it_names() {
    let world = World::new().await;
    let page = |head: &str| Reply::feed(format!("<!DOCTYPE html><html><head>{head}</head><body>Hello</body></html>"));
    let link = "<link rel=\"alternate\" type=\"application/rss+xml\" href=\"/REAL\">";
    world
        .server
        .serve("/blog.xml", page(&format!("{}{}", link.replace("REAL", "none.xml"), link.replace("REAL", "real.xml"))));
    world.server.serve("/real.xml", feed());
    let FeedResult::Failed(error) = poll_all(&world).await else { panic!("it is a page") };
    assert!(error.contains("an HTML page, not a feed") && error.contains("feeds check blog"), "{error}");
    assert_eq!(world.server.requests().len(), 1);
    let unread = check(&world.app, &[], &silent).await.unwrap().feeds.remove(0).1.unwrap_err();
    let urls: Vec<_> = unread.proposals.iter().map(|proposal| proposal.url.clone()).collect();
    assert_eq!(urls, [world.server.url("/real.xml")]);

    world.server.serve("/blog.xml", page("<meta name=\"generator\" content=\"Drupal 10 (https://www.drupal.org)\">"));
    world.server.serve("/rss.xml", feed());
    let unread = check(&world.app, &[], &silent).await.unwrap().feeds.remove(0).1.unwrap_err();
    assert_eq!(unread.proposals[0].url, world.server.url("/rss.xml"));
    assert!(world.server.requests().len() < 14, "a site is not searched through");
}

#[tokio::test]
async fn a_connection_is_used_again() {
    let server = Hostile::start(Trick::Say(reply("200 OK", rss(&[Entry::on_topic("1")]).as_bytes()))).await;
    let world = World::with(&[("blog", &server.url())], "").await;
    for _ in 0..3 {
        poll_all(&world).await;
    }
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn a_proxy_is_used_only_if_it_is_set_and_a_check_says_so() {
    let proxy = Hostile::start(Trick::Say(reply("200 OK", rss(&[Entry::on_topic("1")]).as_bytes()))).await;
    let setting = format!("proxy = \"http://127.0.0.1:{}\"\n", proxy.port);
    let world = World::with(&[("blog", "http://blog.example.org/feed")], &setting).await;
    let report = check(&world.app, &[], &silent).await.unwrap();
    assert!(report.is_behind_proxy && report.feeds[0].1.is_ok(), "{:?}", report.feeds);
    assert_eq!(proxy.connections(), 1);
}

#[tokio::test]
async fn the_systems_proxy_is_not_used() {
    let (proxy, server) = (Hostile::start(Trick::Silence).await, FeedServer::start().await);
    server.serve("/blog.xml", feed());
    let world = World::with(&[("blog", &server.url("/blog.xml"))], "timeout = \"2s\"\n").await;
    let address = format!("http://127.0.0.1:{}", proxy.port);
    // The world gives its lock away.
    let (World { app, .. }, folder) = world.apart();
    drop(app);
    let mut command = policy_digest(folder.path());
    for name in ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"] {
        command.env(name, &address);
    }
    let output = tokio::task::spawn_blocking(move || command.arg("poll").output().unwrap()).await.unwrap();
    assert!(output.status.success(), "{}", text(&output));
    assert_eq!((proxy.connections(), server.requests().len()), (0, 1));
}

#[tokio::test]
async fn one_row_tells_how_the_last_poll_went() {
    let world = World::new().await;
    world.server.serve("/blog.xml", feed());
    poll_all(&world).await;
    let state = world.state("blog").await;
    assert_eq!((state.outcome.as_deref(), state.entries, state.checked), (Some("read"), Some(1), Some(start())));
    assert!(state.bytes.unwrap() > 100 && state.took.is_some() && state.next_check > start());
    world.server.serve("/blog.xml", status(500));
    poll_all(&world).await;
    let state = world.state("blog").await;
    let told = (state.outcome.as_deref(), state.failures, state.because);
    assert_eq!(told, (Some("failed"), 1, Some(Because::Failures)));
}

#[tokio::test]
async fn status_says_what_a_person_should_know_of_each_feed() {
    let server = FeedServer::start().await;
    let urls: Vec<_> = ["moved", "gone", "page", "slow"].map(|name| (name, server.url(&format!("/{name}")))).into();
    let feeds: Vec<_> = urls.iter().map(|(name, url)| (*name, url.as_str())).collect();
    let world = World::with(&feeds, "").await;
    server.serve("/moved", status(301).with("location", "/new"));
    server.serve("/new", feed());
    server.serve("/gone", status(410));
    server.serve("/page", Reply::feed("<!DOCTYPE html><title>Hello</title>".to_owned()));
    server.serve("/slow", feed().with("cache-control", "max-age=36000"));
    poll(&world.app, &Which::All, &silent).await.unwrap();
    let shown = |arguments: &[&str]| {
        let output = policy_digest(world.folder()).args(arguments).env("COLUMNS", "4000").output().unwrap();
        text(&output).split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let told = shown(&["status"]);
    for words in [
        "failed: this is an HTML page, not a feed; `policy-digest feeds check page` looks for the feed of that page",
        "gone since 23 Nov 2026: the feed is gone for good, says its server (410); it is not asked again",
        &format!("ok; moved to {}: change its `url` in feeds.toml", server.url("/new")),
    ] {
        assert!(told.contains(words), "{words}\nis not in\n{told}");
    }
    let json: serde_json::Value = serde_json::from_str(&shown(&["status", "--json"])).unwrap();
    let slow = json["feeds"].as_array().unwrap().iter().find(|feed| feed["id"] == "slow").unwrap();
    assert_eq!((&slow["because"], &slow["next_check"]), (&"freshness".into(), &"2026-11-23T19:00:00+00:00".into()));
}
