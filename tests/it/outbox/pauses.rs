//! A next hop that is away or refuses us: delivery pauses, says so, knocks ever more rarely, and goes on; nobody's
//! message is blamed for it.

use std::time::Duration;

use chrono::TimeDelta;
use policy_digest::app::digests::once::once;
use policy_digest::app::outbox::deliver::{deliver, deliver_now};
use policy_digest::app::silent;
use policy_digest::store::{Pause, PauseCause};

use crate::support::{SmtpSink, World};

async fn with_people(sink: &SmtpSink, more: &str, people: usize) -> World {
    let world = World::mailing_to(sink, more).await;
    for number in 0..people {
        world.subscribe(&format!("person{number}@example.org")).await;
    }
    world
}

/// What the daemon does at each wake, every ten seconds for so long.
async fn wake_for(world: &World, minutes: i64) {
    for _ in 0..minutes * 6 {
        once(&world.app, true, &silent).await.unwrap();
        world.clock.advance(TimeDelta::seconds(10));
    }
}

async fn pause(world: &World) -> Pause {
    world.app.store.outbox().pauses().await.unwrap().remove(0)
}

#[tokio::test]
async fn a_refused_log_in_pauses_the_queue_and_is_not_hammered() {
    let sink = SmtpSink::start();
    sink.answer("AUTH", "535 5.7.8 who are you");
    let login = "max_connections = 8\nusername = \"digest\"\npassword_file = \"password\"\n";
    let world = with_people(&sink, login, 3).await;
    let report = world.once().await;
    assert_eq!(sink.heard("AUTH"), 1, "one is enough to know");
    assert_eq!((report.delivery.sent, report.delivery.deferred, report.delivery.failed), (0, 0, 0));
    let said = report.pause().unwrap();
    assert!(said.reason.contains("the log-in: 535 5.7.8"), "{}", said.reason);
    wake_for(&world, 60).await;
    // 1 + 2 + 4 + 8 + 15 + 15 = 45 minutes, and the next after 60.
    assert_eq!(sink.heard("AUTH"), 1 + 6);
    assert_eq!(sink.heard("MAIL"), 0);
    assert_eq!(pause(&world).await.since, said.since, "it is one pause");
    let kept: Vec<String> = world.rows("SELECT state || attempts FROM messages");
    assert_eq!(kept, ["queued0", "queued0", "queued0"], "nobody's message is blamed");
    sink.answer("AUTH", "235 2.7.0 ok");
    wake_for(&world, 15).await;
    assert_eq!(sink.taken().len(), 3);
    assert!(world.app.store.outbox().pauses().await.unwrap().is_empty());
}

#[tokio::test]
async fn whoever_types_once_has_a_closed_way_tried_at_once() {
    let sink = SmtpSink::start();
    let world = with_people(&sink, "", 2).await;
    sink.close(true);
    world.once().await;
    let before = sink.heard("CONNECT");
    deliver(&world.app, &silent).await.unwrap();
    assert_eq!(sink.heard("CONNECT"), before, "the daemon waits for the next probe");
    let report = deliver_now(&world.app, &silent).await.unwrap();
    assert_eq!(sink.heard("CONNECT"), before + 1);
    assert_eq!(report.pause.unwrap().failed_probes, 1);
    sink.close(false);
    let report = world.once().await;
    assert_eq!((report.resumed.sent, report.pause()), (2, None));
}

#[tokio::test]
async fn what_was_claimed_when_the_way_closed_goes_back_to_where_it_was() {
    let sink = SmtpSink::start();
    let world = with_people(&sink, "", 3).await;
    sink.answer("person0@example.org", "451 4.7.1 later");
    sink.answer_in_turn("person1@example.org", ["drop"]);
    sink.answer_in_turn("person2@example.org", ["451 4.7.1 later"]);
    world.once().await;
    let states = "SELECT state || attempts FROM messages ORDER BY id";
    assert_eq!(world.rows::<String>(states), ["retry1", "unknown1", "retry1"]);
    world.clock.advance(TimeDelta::minutes(6));
    sink.close(true);
    assert_eq!(world.once().await.resumed.pause.unwrap().cause, PauseCause::Relay);
    assert_eq!(world.rows::<String>(states), ["retry1", "unknown1", "retry1"]);
    assert_eq!(world.rows::<i64>("SELECT count(*) FROM attempts"), [3], "as if it had not been tried");
    sink.close(false);
    sink.answer("person0@example.org", "250 ok");
    world.clock.advance(TimeDelta::minutes(2));
    assert_eq!(deliver(&world.app, &silent).await.unwrap().sent, 3);
}

#[tokio::test]
async fn a_server_that_has_enough_of_each_session_pauses_the_queue_and_gets_on_all_the_same() {
    let sink = SmtpSink::start();
    let world = with_people(&sink, "max_connections = 4\n", 6).await;
    // The first one is told off whenever it comes; the others are taken.
    sink.answer("person0@example.org", "421 4.7.0 too much");
    world.once().await;
    world.clock.advance(TimeDelta::minutes(1));
    wake_for(&world, 60).await;
    assert_eq!(sink.taken().len(), 5, "one that is told off each time stands in nobody's way");
    let state: Vec<String> = world.rows("SELECT state FROM messages WHERE address = 'person0@example.org'");
    assert_eq!(state, ["retry"]);
}

#[tokio::test]
async fn a_421_at_the_greeting_is_blamed_on_nobody_and_leaves_fewer_connections() {
    let sink = SmtpSink::start();
    let world = with_people(&sink, "max_connections = 4\n", 2).await;
    sink.answer("GREETING", "421 4.3.2 come back later");
    assert!(world.once().await.pause().unwrap().reason.contains("421"));
    assert_eq!(world.rows::<String>("SELECT state || attempts FROM messages"), ["queued0", "queued0"]);
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_pauses_too() {
    let world = World::mailing("[mail]\ntransport = \"directory\"\n").await;
    world.subscribe("ada@example.org").await;
    let outbox = world.app.outbox();
    std::fs::write(&outbox, "a file stands in its place").unwrap();
    assert!(world.once().await.pause().unwrap().reason.contains("cannot write"));
    std::fs::remove_file(&outbox).unwrap();
    assert_eq!(world.once().await.resumed.sent, 1);
}

#[tokio::test]
async fn a_clock_that_was_ahead_does_not_keep_the_way_closed() {
    let sink = SmtpSink::start();
    let world = with_people(&sink, "", 1).await;
    world.days(300);
    sink.close(true);
    world.once().await;
    sink.close(false);
    world.days(-300);
    deliver(&world.app, &silent).await.unwrap();
    assert!(world.app.store.outbox().pauses().await.unwrap().is_empty());
}

#[tokio::test]
async fn no_more_are_under_way_than_there_are_connections_and_no_more_are_sent_than_a_second_allows() {
    let sink = SmtpSink::start();
    let world = with_people(&sink, "max_connections = 3\nmessages_per_second = 50\n", 25).await;
    sink.slow_down(Duration::from_millis(20));
    let begun = std::time::Instant::now();
    let (app, app2) = (world.app.clone(), world.app.clone());
    let watching = tokio::spawn(async move {
        let mut most = 0;
        loop {
            let counts = app2.store.outbox().message_counts().await.unwrap();
            most = most.max(counts.get("sending").copied().unwrap_or(0));
            if counts.get("sent") == Some(&25) {
                return most;
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    });
    once(&app, false, &silent).await.unwrap();
    assert!(begun.elapsed() >= Duration::from_millis(24 * 20), "{:?} for 25 at 50 a second", begun.elapsed());
    let most = watching.await.unwrap();
    assert!((1..=3).contains(&most), "{most} were under way at a time");
}
