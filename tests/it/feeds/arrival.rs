//! What is new, what is old, and what was seen before: by arrival, never by the feed's dates alone.

use std::time::Duration;

use chrono::TimeDelta;
use policy_digest::app::feeds::poll::{FeedResult, Which, poll};
use policy_digest::app::feeds::reopen::reopen;
use policy_digest::app::silent;

use crate::support::program::{policy_digest, text};
use crate::support::{Entry, Reply, World, rss, start};

#[tokio::test]
async fn an_item_published_in_the_past_but_first_seen_now_is_in_the_digest() {
    let world = World::new().await;
    world.subscribe("ada@example.org").await;
    world.server.serve("/blog.xml", Reply::feed(rss(&[Entry::on_topic("1")])));
    world.once().await;
    assert_eq!(world.mails().len(), 1);
    world.days(21);
    // Published on the day before the first poll, and held back by the blog for three weeks.
    world.server.serve("/blog.xml", Reply::feed(rss(&[Entry::on_topic("1"), Entry::on_topic("2")])));
    world.once().await;
    let mails = world.mails();
    assert_eq!(mails.len(), 1);
    assert!(mails[0].text.contains("https://blog.example.org/2"));
    assert!(!mails[0].text.contains("https://blog.example.org/1"));
}

#[tokio::test]
async fn an_item_already_seen_or_with_an_edited_title_is_not_sent_again() {
    let world = World::new().await;
    world.subscribe("ada@example.org").await;
    let mut entry = Entry::on_topic("1");
    world.server.serve("/blog.xml", Reply::feed(rss(std::slice::from_ref(&entry))));
    world.once().await;
    assert_eq!(world.mails().len(), 1);
    entry.title = "Collaborative governance, now with another title".into();
    world.server.serve("/blog.xml", Reply::feed(rss(&[entry])));
    let report = world.once().await;
    assert_eq!((report.poll.saved().new, report.poll.saved().changed), (0, 1));
    assert_eq!(world.mails().len(), 0);
}

#[tokio::test]
async fn a_first_poll_does_not_flood() {
    let world = World::new().await;
    world.subscribe("ada@example.org").await;
    let mut entries: Vec<Entry> = (0..40).map(|n| Entry::on_topic(&n.to_string())).collect();
    for (days, entry) in (1..).zip(&mut entries) {
        entry.published = Some(start() - TimeDelta::days(days));
    }
    entries.push(Entry { published: None, ..Entry::on_topic("undated") });
    world.server.serve("/blog.xml", Reply::feed(rss(&entries)));
    let saved = world.once().await.poll.saved();
    assert_eq!((saved.new, saved.selected), (41, 7));
    let mail = world.mails().remove(0);
    assert!(mail.text.contains("https://blog.example.org/3"));
    assert!(!mail.text.contains("https://blog.example.org/20"));
    assert!(!mail.text.contains("undated"), "an undated item on the first poll is kept and not mailed");
}

/// A post a day, the first of them on the day before the tests' start, and each further one a day older.
fn one_a_day(days: i64) -> Vec<Entry> {
    let dated = |n: i64| Entry { published: Some(start() - TimeDelta::days(n)), ..Entry::on_topic(&n.to_string()) };
    (1..=days).map(dated).collect()
}

#[tokio::test]
async fn the_first_poll_window_ends_when_the_feed_is_first_read_and_not_when_it_is_listed() {
    let world = World::new().await;
    world.server.serve("/blog.xml", Reply::feed("no feed".to_owned()));
    assert_eq!(world.once().await.poll.failed(), 1);
    world.days(21);
    world.clock.advance(TimeDelta::hours(1));
    let mut entries = one_a_day(3);
    let weeks_later = |days| Some(start() + TimeDelta::days(days));
    entries.extend((0..21).map(|n| Entry { published: weeks_later(n), ..Entry::on_topic(&format!("later-{n}")) }));
    world.server.serve("/blog.xml", Reply::feed(rss(&entries)));
    let saved = world.once().await.poll.saved();
    assert_eq!((saved.new, saved.selected, saved.old), (24, 6, 18), "a week before it could be read");
    world
        .server
        .serve("/blog.xml", Reply::feed(rss(&[Entry { published: weeks_later(2), ..Entry::on_topic("held-back") }])));
    world.days(1);
    assert_eq!(world.once().await.poll.saved().selected, 0, "the window does not move again");
}

#[tokio::test]
async fn a_reopened_feed_gives_the_next_digest_what_was_too_old_and_nothing_twice() {
    let world = World::new().await;
    world.subscribe("ada@example.org").await;
    let mut entries = one_a_day(30);
    entries.push(Entry { published: None, ..Entry::on_topic("undated") });
    world.server.serve("/blog.xml", Reply::feed(rss(&entries)));
    assert_eq!(world.once().await.poll.saved().selected, 7);
    world.mails();
    let reopen = || reopen(&world.app, "blog", Duration::from_secs(14 * 24 * 3600));
    let reopened = reopen().await.unwrap();
    assert_eq!((reopened.items, reopened.selected), (7, 7));
    assert_eq!(reopen().await.unwrap().items, 0);
    world.clock.advance(TimeDelta::hours(1));
    let again = world.once().await;
    assert_eq!((again.poll.saved().new, again.digests[0].stories), (0, 7));
    let mail = world.mails().remove(0);
    for n in [1, 7, 15, 30] {
        assert!(!mail.text.contains(&format!("https://blog.example.org/{n}\n")), "{n}: {}", mail.text);
    }
    assert!((8..=14).all(|n| mail.text.contains(&format!("https://blog.example.org/{n}"))), "{}", mail.text);
    world.server.serve("/blog.xml", Reply::feed(rss(&[Entry::on_topic("new")])));
    world.clock.advance(TimeDelta::hours(1));
    assert_eq!(world.once().await.poll.saved().new, 1, "the next number is free");
}

#[tokio::test]
async fn a_feed_that_was_never_read_cannot_be_reopened() {
    let world = World::new().await;
    let command =
        |feed: &str| policy_digest(world.folder()).args(["feeds", "reopen", feed, "--since", "90d"]).output().unwrap();
    let refused = command("blog");
    let shown = text(&refused);
    assert_eq!(refused.status.code(), Some(1), "{shown}");
    assert!(
        shown.contains("feed `blog` has not been read yet") && shown.contains("hint: run `policy-digest poll blog`"),
        "{shown}"
    );
    assert_eq!(command("blogg").status.code(), Some(2));
    world.server.serve("/blog.xml", Reply::feed(rss(&one_a_day(30))));
    world.once().await;
    let done = command("blog");
    assert!(text(&done).contains("published since"), "{}", text(&done));
}

#[tokio::test]
async fn a_renumbered_feed_does_not_come_back_as_new() {
    let world = World::new().await;
    let entries: Vec<Entry> = (0..10).map(|n| Entry::on_topic(&n.to_string())).collect();
    world.server.serve("/blog.xml", Reply::feed(rss(&entries)));
    assert_eq!(world.once().await.poll.saved().new, 10);
    let renumbered = rss(&entries).replace("isPermaLink=\"false\">", "isPermaLink=\"false\">urn:new:");
    world.server.serve("/blog.xml", Reply::feed(renumbered));
    assert_eq!(world.once().await.poll.saved().new, 0);
}

#[tokio::test]
async fn validators_are_replayed_and_an_unchanged_feed_is_not_read() {
    let world = World::new().await;
    let reply = Reply::feed(rss(&[Entry::on_topic("1")])).with("etag", "\"v1\"");
    world.server.serve("/blog.xml", reply);
    poll(&world.app, &Which::All, &silent).await.unwrap();
    let report = poll(&world.app, &Which::All, &silent).await.unwrap();
    assert_eq!(report.feeds[0].result, FeedResult::Unchanged);
    assert!(world.server.requests()[1].contains("if-none-match: \"v1\""));
}

#[tokio::test]
async fn a_feed_that_asks_to_be_left_alone_is() {
    let world = World::new().await;
    world.server.serve("/blog.xml", Reply { status: 429, ..Reply::feed(String::new()) }.with("retry-after", "7200"));
    let report = poll(&world.app, &Which::All, &silent).await.unwrap();
    assert!(matches!(report.feeds[0].result, FeedResult::Failed(_)));
    let report = poll(&world.app, &Which::All, &silent).await.unwrap();
    assert_eq!(report.feeds[0].result, FeedResult::Waiting(start() + TimeDelta::hours(2)));
    assert_eq!(world.server.requests().len(), 1);
}

#[tokio::test]
async fn the_same_post_in_two_places_is_one_story() {
    let world = World::new().await;
    world.subscribe("ada@example.org").await;
    let copy = Entry { id: "1?utm_source=rss".into(), ..Entry::on_topic("1") };
    world.server.serve("/blog.xml", Reply::feed(rss(&[Entry::on_topic("1"), copy])));
    let report = world.once().await;
    assert_eq!(report.poll.saved().new, 2);
    assert_eq!(report.digests[0].stories, 1);
}
