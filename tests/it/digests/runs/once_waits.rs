//! `once` from cron stays for the retries that fit into its limit, by a clock that the test turns; what is left is named,
//! and is in the next digest.

use std::time::Duration;

use chrono::TimeDelta;
use policy_digest::app::Progress;
use policy_digest::app::digests::once::{OnceReport, once_and_wait};

use crate::support::{Entry, Reply, SmtpSink, World, rss, start};

const PEOPLE: [&str; 5] =
    ["ada@example.org", "ben@example.org", "cyd@example.org", "dan@example.org", "eve@example.org"];

/// People behind a relay that puts everybody off.
async fn greylisted(sink: &SmtpSink) -> World {
    let world = World::mailing_to(sink, "max_connections = 2\n").await;
    for address in PEOPLE {
        world.subscribe(address).await;
        sink.answer(address, "451 4.7.1 Greylisted, come back in five minutes");
    }
    world
}

/// Runs `once` with this limit; the wait turns the clock, and after five minutes the relay takes everything.
async fn wait(world: &World, sink: &SmtpSink, limit: Duration, passes: bool) -> OnceReport {
    let turn = |progress: Progress<'_>| {
        if let Progress::Waiting { messages, until } = progress {
            assert!((1..=PEOPLE.len()).contains(&messages), "they wait");
            world.clock.advance(until - world.clock.now());
            if passes && world.clock.now() - start() >= TimeDelta::minutes(5) {
                PEOPLE.iter().for_each(|address| sink.answer(address, "250 ok"));
            }
        }
    };
    once_and_wait(&world.app, false, limit, &turn).await.unwrap()
}

const QUARTER: Duration = Duration::from_secs(15 * 60);

#[tokio::test]
async fn everybody_behind_a_greylisting_relay_has_their_email_and_nobody_one_attempt_too_many() {
    let sink = SmtpSink::start();
    let world = greylisted(&sink).await;
    let report = wait(&world, &sink, QUARTER, true).await;
    assert_eq!((report.delivery.sent, report.delivery.failed, report.left.messages), (5, 0, 0));
    assert!(!report.is_failure(), "exit 0");
    let mut to: Vec<String> = sink.taken().into_iter().flat_map(|taken| taken.to).collect();
    to.sort();
    assert_eq!(to, PEOPLE, "each once");
    // At once, after one minute, and after five more, when the relay takes it.
    assert_eq!(world.rows::<i64>("SELECT attempts FROM messages"), [3; 5]);
    assert_eq!(sink.heard("RCPT"), 15);
    assert!(world.clock.now() - start() < TimeDelta::minutes(8));
}

#[tokio::test]
async fn what_is_left_at_the_end_of_the_limit_is_named_and_is_in_the_next_digest() {
    let sink = SmtpSink::start();
    let world = greylisted(&sink).await;
    let report = wait(&world, &sink, QUARTER, false).await;
    assert_eq!((report.delivery.sent, report.left.messages), (0, 5));
    let next = report.left.next.expect("they are tried again");
    assert!(next > start() + TimeDelta::minutes(15) && !report.is_failure());
    world.clock.advance(TimeDelta::days(7));
    PEOPLE.iter().for_each(|address| sink.answer(address, "250 ok"));
    let entry = Entry { published: Some(world.clock.now()), ..Entry::on_topic("2") };
    world.server.serve("/blog.xml", Reply::feed(rss(&[Entry::on_topic("1"), entry])));
    let report = wait(&world, &sink, QUARTER, false).await;
    assert_eq!((report.delivery.sent, report.delivery.failed, report.resumed.failed), (5, 0, 0));
    assert!(!report.is_failure(), "nothing was given up: {report:?}");
    let taken = sink.taken();
    assert_eq!(taken.len(), 5, "one email each");
    assert!(taken.iter().all(|taken| taken.data.contains("/1") && taken.data.contains("/2")), "with both weeks");
}

#[tokio::test]
async fn a_relay_that_is_away_is_waited_for_as_well() {
    let sink = SmtpSink::start();
    let world = World::mailing_to(&sink, "").await;
    world.subscribe(PEOPLE[0]).await;
    sink.close(true);
    let turn = |progress: Progress<'_>| {
        if let Progress::Waiting { until, .. } = progress {
            world.clock.advance(until - world.clock.now());
            sink.close(world.clock.now() - start() < TimeDelta::minutes(2));
        }
    };
    let report = once_and_wait(&world.app, false, QUARTER, &turn).await.unwrap();
    assert_eq!((report.delivery.sent, report.pause(), report.is_failure()), (1, None, false));
}

#[tokio::test]
async fn without_a_limit_nothing_waits() {
    let sink = SmtpSink::start();
    let world = greylisted(&sink).await;
    let report = wait(&world, &sink, Duration::ZERO, true).await;
    assert_eq!((report.delivery.sent, report.left.messages, world.clock.now()), (0, 5, start()));
}
