//! The page of the sources and its list for feed readers: what everybody may know of a feed, and nothing else.

use chrono::TimeDelta;
use policy_digest::app::feeds::poll::{Which, poll};
use policy_digest::app::silent;

use crate::support::pages::{get, serve};
use crate::support::{Entry, Reply, World, rss, start};

/// So many posts, one every so many days, the newest a day old.
fn posts(count: i64, every_days: i64) -> String {
    let post = |number: i64| Entry {
        published: Some(start() - TimeDelta::days(1 + number * every_days)),
        ..Entry::on_topic(&number.to_string())
    };
    rss(&(0..count).map(post).collect::<Vec<_>>())
}

/// The part of the page that is about this feed.
fn of<'a>(page: &'a str, title: &str) -> &'a str {
    let (_, rest) = page.split_once(&format!(">{title}</")).unwrap_or_else(|| panic!("no {title} in {page}"));
    rest.split("</li>").next().unwrap()
}

#[tokio::test]
async fn each_feed_says_how_often_it_publishes_and_when_it_was_last_read() {
    let world = World::of_feeds(&["busy", "rare", "broken", "new"]).await;
    world.server.serve("/busy.xml", Reply::feed(posts(30, 1)));
    world.server.serve("/rare.xml", Reply::feed(posts(3, 28)));
    world.server.serve("/broken.xml", Reply::feed(posts(10, 7)));
    let three = Which::Named(["busy", "rare", "broken"].map(str::to_owned).to_vec());
    poll(&world.app, &three, &silent).await.unwrap();
    world.days(1);
    world.server.serve("/broken.xml", Reply { status: 500, headers: Vec::new(), body: b"secret trace".to_vec() });
    let two = Which::Named(["busy", "broken"].map(str::to_owned).to_vec());
    poll(&world.app, &two, &silent).await.unwrap();
    let (_app, address) = serve(world.app).await;
    let page = get(address, "/sources").await;
    assert!(of(&page, "The busy").contains(">About 7 posts a week<"), "{page}");
    assert!(of(&page, "The busy").contains("Last read on 24 November 2026"), "{page}");
    assert!(of(&page, "The rare").contains(">About one post a month<"), "{page}");
    let broken = of(&page, "The broken");
    assert!(broken.contains("Cannot be read at present") && broken.contains("Last read on 23 November 2026"), "{page}");
    let new = of(&page, "The new");
    assert!(new.contains("Not read yet") && !new.contains("post") && !new.contains("Cannot"), "{page}");
    assert!(!page.contains("500") && !page.contains("secret"), "no reason: {page}");
}

#[tokio::test]
async fn a_feed_that_is_gone_for_good_is_said_to_be() {
    let world = World::of_feeds(&["blog"]).await;
    world.server.serve("/blog.xml", Reply { status: 410, headers: Vec::new(), body: Vec::new() });
    poll(&world.app, &Which::All, &silent).await.unwrap();
    let (_app, address) = serve(world.app).await;
    let page = get(address, "/sources").await;
    assert!(of(&page, "The blog").contains("Its server says that it is gone for good"), "{page}");
}

#[tokio::test]
async fn no_log_in_and_no_file_is_shown_to_anybody() {
    let feeds = [
        ("login", "https://ada:hunter2@blog.example.org/feed?a=1&token=hunter3&b=2"),
        ("file", "file:saved/feed.xml"),
        ("script", "https://example.org/%3Cscript%3E"),
    ];
    let world = World::with(&feeds, "").await;
    let (_app, address) = serve(world.app).await;
    let (page, list) = (get(address, "/sources").await, get(address, "/sources.opml").await);
    for shown in [&page, &list] {
        assert!(shown.starts_with("HTTP/1.1 200"), "{shown}");
        assert!(!shown.contains("hunter") && !shown.contains("ada") && !shown.contains("saved"), "{shown}");
        assert!(!shown.contains("file:") && !shown.contains("<script"), "{shown}");
    }
    assert!(page.contains(">The file</b>") && !list.contains("The file"), "named, and no reader can follow it");
    assert!(list.contains("xmlUrl=\"https://blog.example.org/feed?a=1&amp;b=2\""), "{list}");
    assert_eq!(list.matches("<outline ").count(), 2, "{list}");
    assert!(list.contains("content-type: text/x-opml; charset=utf-8"), "{list}");
}

#[tokio::test]
async fn a_disabled_feed_is_no_source() {
    let (world, folder) = World::of_feeds(&["blog", "other"]).await.apart();
    drop(world);
    let path = folder.path().join("config/feeds.toml");
    let feeds = std::fs::read_to_string(&path).unwrap();
    let first = feeds.replacen("title = \"The blog\"", "title = \"The blog\"\nenabled = false", 1);
    std::fs::write(&path, first).unwrap();
    let config =
        policy_digest::config::load(&folder.path().join("config"), Some(&folder.path().join("data")), &[]).unwrap();
    let app = policy_digest::app::App::work(config, policy_digest::app::clock::Clock::set_to(start()), "a test")
        .await
        .unwrap();
    let (_app, address) = serve(app).await;
    for path in ["/sources", "/sources.opml"] {
        let answer = get(address, path).await;
        assert!(answer.contains("The other") && !answer.contains("The blog"), "{answer}");
    }
    assert!(get(address, "/").await.contains("from 1 source, emailed"));
}
