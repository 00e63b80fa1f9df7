//! A clock that is set forward or back: nobody is blocked, asked too soon, or lost.

use chrono::{TimeDelta, Utc};
use policy_digest::app::digests::once::{gather, once};
use policy_digest::app::feeds::poll::{FeedResult, Which, poll};
use policy_digest::app::operations::cleanup::cleanup_due;
use policy_digest::app::silent;
use policy_digest::store::Erased;

use crate::support::{Entry, Reply, World, rss, start};

const YEAR: i64 = 365;

fn serve(world: &World, reply: Reply) {
    world.server.serve("/blog.xml", reply);
}

async fn poll_due(world: &World) -> usize {
    poll(&world.app, &Which::Due, &silent).await.unwrap().feeds.len()
}

#[tokio::test]
async fn what_a_feed_asked_for_while_the_clock_was_ahead_counts_from_now() {
    let world = World::new().await;
    serve(&world, Reply { status: 503, ..Reply::feed(String::new()) }.with("retry-after", "7200"));
    world.days(YEAR);
    poll_due(&world).await;
    world.days(-YEAR);
    assert_eq!(poll_due(&world).await, 0);
    let all = poll(&world.app, &Which::All, &silent).await.unwrap();
    assert_eq!(all.feeds[0].result, FeedResult::Waiting(start() + TimeDelta::hours(2)));
    world.clock.advance(TimeDelta::minutes(119));
    assert_eq!(poll_due(&world).await, 0);
    world.clock.advance(TimeDelta::minutes(1));
    assert_eq!(poll_due(&world).await, 1);
}

#[tokio::test]
async fn a_step_back_by_an_hour_asks_no_feed_twice_in_its_hour() {
    let world = World::new().await;
    serve(&world, Reply::feed(rss(&[Entry::on_topic("1")])).with("cache-control", "max-age=5400"));
    assert_eq!(poll_due(&world).await, 1);
    world.clock.advance(TimeDelta::minutes(-60));
    assert_eq!(poll_due(&world).await, 0);
    assert_eq!(world.state("blog").await.next_check, start() + TimeDelta::minutes(30));
    world.clock.advance(TimeDelta::minutes(89));
    assert_eq!(poll_due(&world).await, 0);
    world.clock.advance(TimeDelta::minutes(1));
    assert_eq!(poll_due(&world).await, 1);
}

#[tokio::test]
async fn a_feed_that_was_listed_by_a_clock_ahead_is_not_kept_out_of_the_mail() {
    let world = World::new().await;
    world.days(YEAR);
    let url = world.server.url("/new.xml");
    let list = format!("[[feed]]\nid = \"new\"\nurl = \"{url}\"\n");
    std::fs::write(world.folder().join("config/feeds.toml"), list).unwrap();
    let world = world.restarted().await;
    world.days(-YEAR);
    let world = world.restarted().await;
    world.server.serve("/new.xml", Reply::feed(rss(&[Entry::on_topic("1")])));
    world.subscribe("ada@example.org").await;
    assert_eq!(world.once().await.delivery.sent, 1);
}

#[tokio::test]
async fn a_mail_made_or_put_off_by_a_clock_ahead_goes_out_when_it_is_right_again() {
    let world = World::new().await;
    world.subscribe("ada@example.org").await;
    serve(&world, Reply::feed(rss(&[])));
    assert_eq!(poll_due(&world).await, 1);
    serve(&world, Reply::feed(rss(&[Entry::on_topic("1")])));
    world.days(YEAR + 7);
    gather(&world.app, true, &silent).await.unwrap();
    // Killed in mid-send, and only then set right.
    world.app.store.outbox().claim_due(world.clock.now(), 1, |_| String::new()).await.unwrap();
    let world = world.restarted().await;
    world.days(-YEAR - 7);
    assert_eq!(once(&world.app, true, &silent).await.unwrap().resumed.sent, 1);
    world.mails();
    serve(&world, Reply::feed(rss(&[Entry::on_topic("1"), Entry::on_topic("2")])));
    world.days(7);
    once(&world.app, true, &silent).await.unwrap();
    let mails = world.mails();
    assert_eq!(mails.len(), 1, "the slot of today is made, whatever was made for next year");
    assert!(mails[0].text.contains("example.org/2") && !mails[0].text.contains("example.org/1"), "{}", mails[0].text);
}

#[tokio::test]
async fn a_clock_far_ahead_for_some_hours_erases_nobody() {
    let world = World::configured("[retention]\nleft = \"28d\"\n").await;
    let app = &world.app;
    cleanup_due(app).await.unwrap();
    let left = world.subscribe("ada@example.org").await;
    app.store.subscribers().leave(left.clone(), app.clock.now()).await.unwrap();
    world.days(YEAR);
    for _ in 0..23 {
        assert_eq!(cleanup_due(app).await.unwrap().people, Erased::default());
        world.clock.advance(TimeDelta::hours(1));
    }
    world.days(-YEAR);
    assert_eq!(cleanup_due(app).await.unwrap().people, Erased::default());
    assert!(app.store.subscribers().subscriber(left).await.unwrap().is_some());
    // Where a machine was really off for so long, their time goes on from where it was.
    world.days(YEAR);
    assert_eq!(cleanup_due(app).await.unwrap().people, Erased::default());
    world.days(25);
    assert_eq!(cleanup_due(app).await.unwrap().people, Erased::default());
    world.days(2);
    assert_eq!(cleanup_due(app).await.unwrap().people, Erased { pending: 0, left: 1 });
}

#[tokio::test]
async fn a_machine_that_wakes_in_1970_makes_no_digest_until_it_knows_the_time() {
    let world = World::new().await;
    world.subscribe("ada@example.org").await;
    serve(&world, Reply::feed(rss(&[Entry::on_topic("1")])));
    let today = world.clock.now();
    assert_eq!(poll_due(&world).await, 1);
    world.clock.advance(chrono::DateTime::<Utc>::UNIX_EPOCH - today);
    for _ in 0..3 {
        assert_eq!(once(&world.app, true, &silent).await.unwrap().delivery.sent, 0);
        world.days(3);
    }
    world.clock.advance(today + TimeDelta::days(7) - world.clock.now());
    assert_eq!(once(&world.app, true, &silent).await.unwrap().delivery.sent, 1);
}
