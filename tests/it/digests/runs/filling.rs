//! A run for many subscribers is filled in batches. Wherever the process ends in between, each subscriber gets it once; what
//! is held or cancelled in between is.

use policy_digest::app::digests;
use policy_digest::app::digests::once::gather;
use policy_digest::app::digests::runs;
use policy_digest::app::feeds::poll::{Which, poll};
use policy_digest::app::silent;

use crate::support::{Entry, Reply, World, rss};

/// More than two batches.
const PEOPLE: u32 = 12_000;

/// Subscribers like the first one, a third of whom want a theme under which nothing was posted.
async fn with_a_crowd() -> World {
    let world = World::configured("[digest]\nquiet_week = true\n").await;
    world.subscribe("person-1@example.org").await;
    world.execute(&format!(
        "WITH RECURSIVE numbers (n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM numbers WHERE n < {PEOPLE})
         INSERT INTO subscribers (id, address, address_key, name, status, cadence, themes, cursor, consent, joined, confirmed, number)
         SELECT 's' || n, 'person-' || n || '@example.org', 'person-' || n || '@example.org', '', status, cadence,
         CASE WHEN n % 3 = 0 THEN '[\"integration\"]' END, cursor, consent, joined, confirmed, n
         FROM subscribers, numbers WHERE number = 1"
    ));
    world.server.serve("/blog.xml", Reply::feed(rss(&[Entry::on_topic("1")])));
    poll(&world.app, &Which::All, &silent).await.unwrap();
    world
}

fn count(world: &World, what: &str) -> u32 {
    world.rows(&format!("SELECT count(*) FROM {what}"))[0]
}

/// A process that is asked to stop ends after the first batch, as one that is killed then.
async fn begun() -> World {
    let world = with_a_crowd().await;
    world.app.stop.request();
    let run = digests::make(&world.app).await.unwrap().run.unwrap();
    assert!(!run.is_filled && run.messages > 0);
    assert!(count(&world, "messages") < PEOPLE / 2, "a part of the messages is queued");
    world
}

#[tokio::test]
async fn a_run_that_is_filled_in_one_go_serves_everybody_once() {
    let world = with_a_crowd().await;
    let run = digests::make(&world.app).await.unwrap().run.unwrap();
    assert!(run.is_filled);
    assert_eq!((run.messages, run.nothing_for), (8_000, 4_000));
    assert_eq!(count(&world, "(SELECT DISTINCT subscriber FROM messages) people"), 8_000);
    assert_eq!(count(&world, "subscribers WHERE cursor > 0"), 4_000, "of those for whom it holds nothing");
    assert_eq!(count(&world, "run_windows"), 0, "what was needed for that is gone");
}

#[tokio::test]
async fn the_next_process_goes_on_to_fill_a_run_and_makes_no_other() {
    let world = begun().await.restarted().await;
    // People change meanwhile: one leaves, one wants what the run holds nothing of.
    world.execute("UPDATE subscribers SET status = 'unsubscribed' WHERE id = 's11000'");
    world.execute("UPDATE subscribers SET themes = '[\"integration\"]' WHERE id = 's11002'");
    gather(&world.app, true, &silent).await.unwrap();
    assert_eq!(count(&world, "runs"), 1);
    assert_eq!(count(&world, "messages"), 7_998);
    assert_eq!(count(&world, "(SELECT DISTINCT subscriber FROM messages) people"), 7_998);
    assert_eq!(count(&world, "subscribers WHERE cursor > 0"), 4_001);
    gather(&world.app, true, &silent).await.unwrap();
    assert_eq!((count(&world, "runs"), count(&world, "messages")), (1, 7_998));
}

#[tokio::test]
async fn a_run_that_is_cancelled_while_it_is_filled_is_filled_no_further() {
    let world = begun().await.restarted().await;
    let id = world.rows::<i64>("SELECT id FROM runs")[0];
    let queued = count(&world, "messages");
    let cancelled = runs::cancel(&world.app, id).await.unwrap();
    assert_eq!(u32::try_from(cancelled.messages).unwrap(), queued);
    gather(&world.app, true, &silent).await.unwrap();
    assert_eq!(count(&world, "messages"), queued);
    // The next digest has it for all of them.
    let next = digests::make(&world.app).await.unwrap().run.unwrap();
    assert_eq!(next.messages, 8_000);
}

#[tokio::test]
async fn a_run_that_is_held_while_it_is_filled_is_filled_and_waits() {
    let world = begun().await.restarted().await;
    let id = world.rows::<i64>("SELECT id FROM runs")[0];
    runs::hold(&world.app, id).await.unwrap();
    gather(&world.app, true, &silent).await.unwrap();
    assert_eq!(count(&world, "messages WHERE state = 'queued'"), 8_000);
    runs::release(&world.app, id, false).await.unwrap();
    assert_eq!(count(&world, "messages WHERE state = 'queued'"), 8_000);
}
