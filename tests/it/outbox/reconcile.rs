//! Messages whose fate is unknown, and what a person decides; and two processes that write beside each other.

use chrono::TimeDelta;
use policy_digest::app::outbox::reconcile::{NotUnknown, decide, unknown};
use policy_digest::app::silent;
use policy_digest::store::{Decision, Store};

use crate::support::program::{policy_digest, smtp_config, text};
use crate::support::{SmtpSink, World};

/// One message may have arrived, the other one did.
async fn one_is_lost(sink: &SmtpSink) -> World {
    let world = World::mailing_to(sink, "").await;
    world.subscribe("ada@example.org").await;
    world.subscribe("ben@example.org").await;
    sink.answer_in_turn("ada@example.org", ["drop"]);
    world.once().await;
    world
}

#[tokio::test]
async fn what_is_resent_by_hand_goes_out_at_once_as_it_was() {
    let sink = SmtpSink::start();
    let world = one_is_lost(&sink).await;
    let known = unknown(&world.app).await.unwrap();
    let [message] = known.as_slice() else { panic!("{known:?}") };
    assert_eq!((message.attempts, message.run), (1, Some(1)));
    assert!(!format!("{message:?}").contains("ada@"), "the address is masked: {message:?}");
    let deliver = || policy_digest::app::outbox::deliver::deliver(&world.app, &silent);
    assert_eq!(deliver().await.unwrap().sent, 0, "the ladder says not yet");
    let decided = decide(&world.app, Decision::Resend, vec![message.id]).await.unwrap();
    assert_eq!((decided, deliver().await.unwrap().sent), (1, 1));
    assert_eq!(sink.taken().last().unwrap().data, sink.dropped()[0].data);
}

#[tokio::test]
async fn what_is_dropped_by_hand_is_not_sent_and_its_posts_come_with_the_next() {
    let sink = SmtpSink::start();
    let world = one_is_lost(&sink).await;
    assert_eq!(decide(&world.app, Decision::Drop, Vec::new()).await.unwrap(), 1);
    world.clock.advance(TimeDelta::hours(1));
    assert_eq!(policy_digest::app::outbox::deliver::deliver(&world.app, &silent).await.unwrap().sent, 0);
    assert_eq!(world.once().await.delivery.sent, 1, "ada is not covered by it");
}

#[tokio::test]
async fn a_number_that_is_none_of_them_changes_nothing() {
    let sink = SmtpSink::start();
    let world = one_is_lost(&sink).await;
    let known = unknown(&world.app).await.unwrap()[0].id;
    let error = decide(&world.app, Decision::Drop, vec![known, 4711]).await.unwrap_err();
    assert_eq!(error.downcast::<NotUnknown>().unwrap().0, 4711);
    assert_eq!(unknown(&world.app).await.unwrap().len(), 1);
}

#[test]
fn what_a_killed_process_was_sending_is_listed_at_once() {
    let (sink, folder) = (SmtpSink::start(), tempfile::tempdir().unwrap());
    smtp_config(&sink, folder.path(), 3);
    sink.slow_down(std::time::Duration::from_secs(20));
    let run = |words: &[&str]| text(&policy_digest(folder.path()).args(words).output().unwrap());
    let mut killed = policy_digest(folder.path()).arg("once").spawn().unwrap();
    let limit = std::time::Instant::now() + std::time::Duration::from_secs(30);
    while sink.heard("DATA") == 0 {
        assert!(std::time::Instant::now() < limit, "nothing is sent");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    assert!(run(&["reconcile"]).contains("no message's fate is unknown"), "a living process minds its own");
    killed.kill().unwrap();
    killed.wait().unwrap();
    let shown = run(&["reconcile"]);
    assert!(shown.contains("p…@example.org") && shown.contains("digest") && shown.contains("<1."), "{shown}");
    assert!(run(&["reconcile", "--drop", "99"]).contains("message 99 is not among those whose fate is unknown"));
    assert!(run(&["reconcile", "--drop", "--json"]).contains("\"decided\":1"));
}

#[tokio::test]
async fn a_second_process_that_writes_waits_for_the_first() {
    let world = World::new().await;
    let path = world.folder().join("data/policy-digest.db");
    let second = Store::open(&path).await.unwrap();
    let mut other = rusqlite::Connection::open(&path).unwrap();
    let held = other.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate).unwrap();
    let now = world.app.clock.now();
    let writing = tokio::spawn(async move { second.operations().mark("second", now).await });
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    assert!(!writing.is_finished(), "it waits");
    held.commit().unwrap();
    writing.await.unwrap().unwrap();
}
