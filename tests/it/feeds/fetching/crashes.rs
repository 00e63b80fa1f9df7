//! A document that ends the program is a failed visit: recorded before it is read, so that no restart reads it at once.

use policy_digest::app::feeds::poll::{FeedResult, Which, poll};
use policy_digest::app::silent;

use crate::support::{Entry, Reply, World, rss};

/// What a process leaves behind that was killed while it read the document of this feed.
fn killed_while_reading(world: &World, feed: &str) {
    std::fs::write(world.folder().join("data/reading"), format!("+fine\n+{feed}\n-fine\n")).unwrap();
}

#[tokio::test]
async fn a_document_that_ended_the_program_is_a_failed_visit_and_is_left_alone_for_a_while() {
    let mut world = World::of_feeds(&["bad", "fine"]).await;
    for path in ["/bad.xml", "/fine.xml"] {
        world.server.serve(path, Reply::feed(rss(&[Entry::on_topic(path)])));
    }
    killed_while_reading(&world, "bad");
    world = world.restarted().await;
    let state = world.state("bad").await;
    assert_eq!((state.failures, state.outcome.as_deref()), (1, Some("crashed")));
    assert!(state.error.unwrap().starts_with("the program ended while it read this feed's document"));
    assert!(state.next_check > world.clock.now() && world.state("fine").await.failures == 0);

    // Neither the next start nor a poll of all feeds reads it, and the next start counts no second failure.
    world = world.restarted().await;
    let report = poll(&world.app, &Which::All, &silent).await.unwrap();
    assert!(matches!(&report.feeds[0].result, FeedResult::Failed(error) if error.contains("policy-digest poll bad")));
    assert!(matches!(report.feeds[1].result, FeedResult::Read { .. }));
    assert_eq!(world.state("bad").await.failures, 1);
    assert!(!world.server.requests().iter().any(|request| request.contains("/bad.xml")));

    // A person may want it read, and after a while it is.
    let report = poll(&world.app, &Which::Named(vec!["bad".to_owned()]), &silent).await.unwrap();
    assert!(matches!(report.feeds[0].result, FeedResult::Read { .. }), "{:?}", report.feeds[0].result);
    assert_eq!(world.state("bad").await.failures, 0);
    assert_eq!(std::fs::read_to_string(world.folder().join("data/reading")).unwrap(), "");
}

#[tokio::test]
async fn after_its_time_it_is_read_again_and_each_crash_makes_that_longer() {
    let mut world = World::of_feeds(&["bad"]).await;
    world.server.serve("/bad.xml", Reply::feed(rss(&[Entry::on_topic("1")])));
    let mut pauses = Vec::new();
    for _ in 0..3 {
        killed_while_reading(&world, "bad");
        world = world.restarted().await;
        pauses.push(world.state("bad").await.next_check - world.clock.now());
    }
    assert!(pauses.is_sorted() && pauses[2] > pauses[0] * 3, "{pauses:?}");
    world.days(2);
    let report = poll(&world.app, &Which::All, &silent).await.unwrap();
    assert!(matches!(report.feeds[0].result, FeedResult::Read { .. }), "{:?}", report.feeds[0].result);
}
