//! When items of several feeds, or of one, are one story.

use chrono::TimeDelta;
use policy_digest::app::digests::once::OnceReport;
use policy_digest::app::feeds::poll::{Which, poll};
use policy_digest::app::silent;

use crate::support::{Entry, FeedServer, Reply, World, rss, start};

/// A text long enough to be told from another.
fn text(subject: &str) -> String {
    let sentence = |n: usize| format!("{subject} tells of collaborative governance, point {n} of {}. ", n * 7 % 31);
    (0..12).map(sentence).collect()
}

fn entry(id: &str, title: &str, subject: &str) -> Entry {
    Entry { title: title.to_owned(), text: text(subject), ..Entry::on_topic(id) }
}

/// What a poll of two feeds with these documents makes.
async fn once(blog: String, copy: String) -> (World, OnceReport) {
    let world = World::of_feeds(&["blog", "copy"]).await;
    world.subscribe("ada@example.org").await;
    world.server.serve("/blog.xml", Reply::feed(blog));
    world.server.serve("/copy.xml", Reply::feed(copy));
    let report = world.once().await;
    (world, report)
}

#[tokio::test]
async fn a_syndicated_copy_under_another_address_and_title_is_also_on() {
    let own = entry("1", "Shared services in Fife", "The council");
    let copy = entry("2", "Guest post: Shared Services in Fife", "The council");
    let (world, report) = once(rss(&[own]), rss(&[copy])).await;
    assert_eq!(report.digests[0].stories, 1);
    assert!(world.mails()[0].text.contains("also on The "));
}

#[tokio::test]
async fn two_posts_of_one_title_are_two_stories() {
    let (_, report) =
        once(rss(&[entry("1", "Weeknotes", "A designer")]), rss(&[entry("2", "Weeknotes", "An analyst")])).await;
    assert_eq!(report.digests[0].stories, 2);
}

#[tokio::test]
async fn one_address_in_two_feeds_is_one_story_whatever_the_title() {
    let own = entry("1", "Shared services in Fife", "The council");
    let told = entry("1?utm_medium=feed", "Worth reading this week", "An aggregator");
    let (_, report) = once(rss(&[own]), rss(&[told])).await;
    assert_eq!(report.digests[0].stories, 1);
}

#[tokio::test]
async fn items_that_all_lead_to_one_page_are_as_many_stories() {
    for ids in [["news#1", "news#2", "news#3"], ["?", "?utm_source=rss", "?#top"], ["news", "news/", "news#1"]] {
        let titles = ids.iter().zip(["Fife has news", "Angus has news", "Moray has news"]);
        let sections: Vec<Entry> = titles.map(|(id, title)| entry(id, title, title)).collect();
        let (_, report) = once(rss(&sections[..2]), rss(&sections)).await;
        assert_eq!(report.digests[0].stories, 3, "{ids:?}");
    }
}

/// A document of a feed that calls another site its own, with a copy of post 1 that claims to be older and says more.
fn claim(site: &str) -> String {
    let copy = Entry {
        text: text("A stranger, at length and with many words,"),
        published: Some(start() - TimeDelta::days(2)),
        ..entry("1?utm_source=x", "Buy this course on collaborative governance", "A stranger")
    };
    rss(&[copy]).replace("<link>https://blog.example.org/</link>", &format!("<link>{site}</link>"))
}

/// What a digest says when `first` is polled before the other of the two feeds, and both before the digest.
async fn digest_when_first(first: &str, blog: String, copy: String) -> String {
    let world = World::of_feeds(&["blog", "copy"]).await;
    world.subscribe("ada@example.org").await;
    world.server.serve("/blog.xml", Reply::feed(blog));
    world.server.serve("/copy.xml", Reply::feed(copy));
    poll(&world.app, &Which::Named(vec![first.to_owned()]), &silent).await.unwrap();
    let report = world.once().await;
    assert_eq!(report.digests[0].stories, 1);
    world.mails().remove(0).text
}

#[tokio::test]
async fn a_copy_that_claims_an_earlier_date_does_not_take_over_the_story() {
    let own = || rss(&[entry("1", "Shared services in Fife", "The council")]);
    for first in ["blog", "copy"] {
        let digest = digest_when_first(first, own(), claim("https://stranger.example/")).await;
        assert!(digest.contains("Shared services in Fife") && digest.contains("also on The copy"), "{first}: {digest}");
        assert!(!digest.contains("Buy this course") && !digest.contains("utm_source"), "{first}: {digest}");
    }
}

#[tokio::test]
async fn of_copies_with_equal_claims_the_first_leads() {
    let own = || rss(&[entry("1", "Shared services in Fife", "The council")]);
    // Both say that the post's site is theirs, and neither is served from there.
    let digest = digest_when_first("blog", own(), claim("https://blog.example.org/")).await;
    assert!(digest.contains("also on The copy"), "{digest}");
    // Neither says so: two aggregators.
    let elsewhere = |document: String| document.replace("<link>https://blog.example.org/</link>", "");
    let digest = digest_when_first("copy", elsewhere(own()), claim("https://stranger.example/")).await;
    assert!(digest.contains("also on The blog"), "{digest}");
}

#[tokio::test]
async fn a_copy_on_a_site_of_its_own_does_not_take_over_a_story_that_was_there_first() {
    let own = rss(&[entry("1", "Shared services in Fife", "The council")]);
    // Its server and its site are one, where the blog's feed is on another's server.
    let copy =
        own.replace("https://blog.example.org/", "http://127.0.0.1/").replace("Shared services", "Shared  Services");
    assert!(digest_when_first("blog", own.clone(), copy.clone()).await.contains("also on The copy"));
    assert!(digest_when_first("copy", own, copy).await.contains("also on The blog"));
}

#[tokio::test]
async fn a_copy_that_changes_its_link_later_does_not_become_the_original() {
    let world = World::of_feeds(&["blog", "copy"]).await;
    world.subscribe("ada@example.org").await;
    world.server.serve("/copy.xml", Reply::feed(claim("https://stranger.example/")));
    let only = |feed: &str| Which::Named(vec![feed.to_owned()]);
    poll(&world.app, &only("copy"), &silent).await.unwrap();
    let moved =
        claim("https://stranger.example/").replace("https://blog.example.org/1?", "https://stranger.example/1?");
    world.server.serve("/copy.xml", Reply::feed(moved));
    world.server.serve("/blog.xml", Reply::feed(rss(&[entry("1", "Shared services in Fife", "The council")])));
    poll(&world.app, &only("blog"), &silent).await.unwrap();
    world.once().await;
    assert!(world.mails()[0].text.contains("also on The copy"));
}

#[tokio::test]
async fn a_post_that_only_its_copy_lifts_over_the_threshold_is_told_in_its_own_words() {
    // The phrase stands so far down that it is worth 2.0, a point under the threshold.
    let buses = "The bus comes twice a day and the shop is open in the morning. ".repeat(12);
    let near = Entry { text: format!("{buses} Collaborative governance."), ..entry("1", "A quiet note", "") };
    let server = FeedServer::start().await;
    let urls = ["/blog.xml", "/copy.xml"].map(|path| server.url(path));
    let feeds = [("blog", urls[0].as_str()), ("copy", urls[1].as_str())];
    let world = World::served(server, &feeds, "[relevance]\nborderline_margin = 1.0\n").await;
    world.subscribe("ada@example.org").await;
    world.server.serve("/blog.xml", Reply::feed(rss(&[near])));
    world.server.serve("/copy.xml", Reply::feed(claim("https://stranger.example/")));
    let report = world.once().await;
    assert_eq!((report.digests[0].stories, report.digests[0].listed), (1, 0));
    let digest = world.mails().remove(0).text;
    assert!(digest.contains("A quiet note") && digest.contains("also on The copy"), "{digest}");
}

#[tokio::test]
async fn behind_a_proxy_the_posts_own_address_counts() {
    let own = rss(&[entry("1", "Shared services in Fife", "The council")]);
    let proxied = rss(&[entry("1", "Fife shares", "Somebody")])
        .replace("<link>https://blog.example.org/1</link>", "<link>https://proxy.test/~r/x/~3/1/</link><feedburner:origLink>https://blog.example.org/1</feedburner:origLink>");
    let (world, report) = once(proxied, own).await;
    assert_eq!(report.digests[0].stories, 1);
    assert!(!world.mails()[0].text.contains("proxy.test"));
}

#[tokio::test]
async fn a_pinned_story_leads_the_digest() {
    let world = World::configured("[digest]\npin = [\"http://www.blog.example.org/2/\"]\n").await;
    world.subscribe("ada@example.org").await;
    let entries = [entry("1", "Collaborative governance", "The council"), entry("2", "Quiet news", "A clerk")];
    world.server.serve("/blog.xml", Reply::feed(rss(&entries)));
    world.once().await;
    assert!(world.mails()[0].header("Subject").starts_with("Quiet news"));
}

#[tokio::test]
async fn a_post_without_a_link_gives_away_no_log_in_and_no_key_of_its_feed() {
    let server = FeedServer::start().await;
    let entry = entry("1", "Shared services in Fife", "The council");
    let document = rss(std::slice::from_ref(&entry)).replace(&format!("<link>{}</link>", entry.link()), "");
    server.serve("/blog.xml?format=rss&token=hunter3", Reply::feed(document));
    let url = server.url("/blog.xml?format=rss&token=hunter3").replace("http://", "http://ada:hunter2@");
    let world = World::served(server, &[("blog", url.as_str())], "").await;
    world.subscribe("ben@example.org").await;
    world.once().await;
    let mail = world.mails().remove(0);
    assert!(mail.text.contains("https://blog.example.org/") && !mail.text.contains("blog.xml"), "{}", mail.text);
    assert!(!mail.raw.contains("hunter"), "{}", mail.raw);
}
