//! When items of several feeds, or of one, are one story.

use policy_digest::app::once::OnceReport;

use crate::support::{Entry, Reply, World, rss};

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
    assert!(world.mails()[0].text.contains("Also on: The "));
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
