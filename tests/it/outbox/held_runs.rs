//! A run whose mails are refused is held, teaches nothing, and goes on when a person says so: over real SMTP
//! conversations, and with reports that come by mail.

use std::path::Path;

use policy_digest::app::clock::Clock;
use policy_digest::app::digests::once::once;
use policy_digest::app::digests::runs;
use policy_digest::app::feeds::poll::{Which, poll};
use policy_digest::app::outbox::bounces::{BounceReport, take_in};
use policy_digest::app::outbox::deliver::deliver;
use policy_digest::app::{App, silent};
use policy_digest::config;
use policy_digest::domain::outbox::{LADDER, Next, Outcome};
use policy_digest::domain::subscribers::subscriber::Status;
use policy_digest::store::{Claimed, Settlement, Taken};

use super::returned_emails::{TOKEN, fixture};
use crate::support::program::{policy_digest, smtp_config, text};
use crate::support::{Entry, Reply, SmtpSink, World, return_path, rss, start};

const PEOPLE: usize = 30;

fn person(number: usize) -> String {
    format!("person{number}@example.org")
}

/// Thirty people; the first `refused` of them are answered with this.
fn sink_that_refuses(refused: usize, reply: &str, folder: &Path) -> SmtpSink {
    let sink = SmtpSink::start();
    smtp_config(&sink, folder, PEOPLE);
    answer(&sink, refused, reply);
    sink
}

fn answer(sink: &SmtpSink, people: usize, reply: &str) {
    (0..people).for_each(|number| sink.answer(&person(number), reply));
}

async fn open(folder: &Path) -> (App, Clock) {
    let config = config::load(&folder.join("config"), Some(&folder.join("data")), &[]).unwrap();
    let clock = Clock::set_to(chrono::Utc::now());
    (App::work(config, clock.clone(), "a test").await.unwrap(), clock)
}

async fn suppressed(app: &App) -> usize {
    let people = app.store.subscribers().list().await.unwrap();
    people.iter().filter(|person| person.status == Status::Suppressed).count()
}

#[test]
fn a_refusal_of_our_domain_for_everybody_suppresses_nobody_and_holds_the_run() {
    let folder = tempfile::tempdir().unwrap();
    let _sink = sink_that_refuses(PEOPLE, "550 5.1.8 sender domain refused", folder.path());
    let once = policy_digest(folder.path()).arg("once").output().unwrap();
    let shown = text(&once);
    assert_eq!(once.status.code(), Some(1), "{shown}");
    assert!(shown.contains("held     run 1 (once)"), "{shown}");
    assert!(shown.contains("`recipient 550 5.1.8`") && shown.contains("policy-digest runs show 1"), "{shown}");
    assert_eq!(shown.matches("the run is held").count(), 1, "said once in the log: {shown}");
    let people = text(&policy_digest(folder.path()).args(["subscribers", "list"]).output().unwrap());
    assert_eq!(people.matches(" active ").count(), PEOPLE, "{people}");
    let again = policy_digest(folder.path()).args(["once", "--json"]).output().unwrap();
    assert_eq!(again.status.code(), Some(1), "until it is released");
    assert!(!String::from_utf8_lossy(&again.stderr).contains("the run is held"), "not said again");
    let answer: serde_json::Value = serde_json::from_slice(&again.stdout).unwrap();
    assert_eq!((&answer["held"][0]["id"], &answer["sent"], &answer["deferred"]), (&1.into(), &0.into(), &0.into()));
    let status = text(&policy_digest(folder.path()).arg("status").output().unwrap());
    assert!(status.contains("held          run 1"), "{status}");
}

/// A run for [`PEOPLE`], of which nothing was attempted yet.
async fn with_a_run_queued() -> World {
    let world = World::new().await;
    for number in 0..PEOPLE {
        world.subscribe(&person(number)).await;
    }
    world.server.serve("/blog.xml", Reply::feed(rss(&[Entry::on_topic("1")])));
    poll(&world.app, &Which::All, &silent).await.unwrap();
    policy_digest::app::digests::make(&world.app).await.unwrap();
    world
}

#[tokio::test]
async fn once_the_fault_is_mended_a_release_sends_it_to_everybody() {
    let folder = tempfile::tempdir().unwrap();
    let sink = sink_that_refuses(PEOPLE, "550 5.1.8 sender domain refused", folder.path());
    let (app, _) = open(folder.path()).await;
    let report = once(&app, false, &silent).await.unwrap();
    assert_eq!((report.held.len(), report.delivery.sent, report.delivery.failed), (1, 0, 0));
    // More than a fifth of thirty, and what was in flight beside the last one.
    assert!((7..=9).contains(&report.delivery.deferred), "{}", report.delivery.deferred);
    answer(&sink, PEOPLE, "250 ok");
    assert_eq!(deliver(&app, &silent).await.unwrap().sent, 0, "not by itself");
    let released = runs::release(&app, report.held[0].id, false).await.unwrap();
    assert_eq!(released.open, PEOPLE as u64);
    assert_eq!(deliver(&app, &silent).await.unwrap().sent, PEOPLE);
    assert!(once(&app, false, &silent).await.unwrap().held.is_empty());
    assert_eq!(suppressed(&app).await, 0);
}

#[tokio::test]
async fn dead_addresses_in_a_good_run_are_suppressed_when_it_is_judged() {
    let folder = tempfile::tempdir().unwrap();
    let _sink = sink_that_refuses(3, "550 5.1.1 no such user", folder.path());
    let (app, _) = open(folder.path()).await;
    let report = once(&app, false, &silent).await.unwrap();
    assert_eq!((report.delivery.sent, report.delivery.failed, report.held.len()), (PEOPLE - 3, 3, 0));
    assert_eq!(suppressed(&app).await, 3);
    let (run, reports) = runs::show(&app, 1).await.unwrap();
    assert_eq!((run.attempted, run.failed), (PEOPLE as u64, 3));
    assert_eq!((reports[0].code.as_str(), reports[0].count, reports[0].waiting), ("recipient 550 5.1.1", 3, 0));
}

#[tokio::test]
async fn many_dead_addresses_hold_the_run_and_a_release_tries_them_again() {
    let folder = tempfile::tempdir().unwrap();
    let sink = sink_that_refuses(10, "550 5.1.1 no such user", folder.path());
    let (app, _) = open(folder.path()).await;
    let report = once(&app, false, &silent).await.unwrap();
    assert_eq!((report.held.len(), suppressed(&app).await), (1, 0));
    let failed = report.delivery.failed;
    assert!((7..=8).contains(&failed), "{failed}");
    // The relay was wrong about all of them but two.
    answer(&sink, PEOPLE, "250 ok");
    answer(&sink, 2, "550 5.1.1 no such user");
    assert_eq!(runs::release(&app, 1, false).await.unwrap().retried, failed);
    let report = deliver(&app, &silent).await.unwrap();
    assert_eq!((report.sent, report.failed), (PEOPLE - 2, 2));
    assert_eq!(suppressed(&app).await, 2, "what is refused again is believed");
    let (_, reports) = runs::show(&app, 1).await.unwrap();
    assert_eq!((reports.len(), reports[0].count), (1, 2), "what was not is forgotten");
    assert!(once(&app, false, &silent).await.unwrap().held.is_empty(), "it is not held again");
}

#[tokio::test]
async fn a_release_that_believes_suppresses_at_once_and_tries_nobody_again() {
    let folder = tempfile::tempdir().unwrap();
    let _sink = sink_that_refuses(10, "550 5.1.1 no such user", folder.path());
    let (app, _) = open(folder.path()).await;
    let failed = once(&app, false, &silent).await.unwrap().delivery.failed;
    let released = runs::release(&app, 1, true).await.unwrap();
    assert_eq!((released.retried, suppressed(&app).await), (0, failed));
    let report = deliver(&app, &silent).await.unwrap();
    assert_eq!((report.sent, report.failed), (PEOPLE - 10, 10 - failed));
    assert_eq!(suppressed(&app).await, 10);
}

#[tokio::test]
async fn a_run_is_held_by_hand_and_released() {
    let folder = tempfile::tempdir().unwrap();
    let _sink = sink_that_refuses(0, "", folder.path());
    let (app, _) = open(folder.path()).await;
    poll(&app, &Which::All, &silent).await.unwrap();
    policy_digest::app::digests::make(&app).await.unwrap();
    drop(app);
    let runs = |arguments: &[&str]| policy_digest(folder.path()).arg("runs").args(arguments).output().unwrap();
    assert!(text(&runs(&["hold", "1"])).contains("run 1 is held"));
    assert_eq!(runs(&["hold", "1"]).status.code(), Some(2));
    assert!(text(&policy_digest(folder.path()).arg("once").output().unwrap()).contains("0 emails sent"));
    assert!(text(&runs(&["list"])).contains("held by hand"), "{}", text(&runs(&["list"])));
    assert!(text(&runs(&["show", "1"])).contains("policy-digest runs release 1"));
    let released = runs(&["release", "1", "--json"]);
    assert!(text(&released).contains("\"open\":30"), "{}", text(&released));
    assert!(text(&policy_digest(folder.path()).arg("once").output().unwrap()).contains("30 emails sent"));
    for (arguments, said) in [(["release", "1"], "run 1 is not held"), (["show", "7"], "there is no run 7")] {
        let output = runs(&arguments);
        assert_eq!((output.status.code(), text(&output).contains(said)), (Some(2), true), "{}", text(&output));
    }
}

#[tokio::test]
async fn a_run_held_by_hand_keeps_whom_it_has_suppressed_and_suppresses_nobody_more() {
    let folder = tempfile::tempdir().unwrap();
    let _sink = sink_that_refuses(3, "550 5.1.1 no such user", folder.path());
    let (app, _) = open(folder.path()).await;
    once(&app, false, &silent).await.unwrap();
    runs::hold(&app, 1).await.unwrap();
    assert_eq!(suppressed(&app).await, 3);
    let token = return_path(&app, 20).await;
    let mail = fixture("postfix_unknown_user").replace(TOKEN, &token);
    let taken = take_in(&app, mail.as_bytes(), None).await.unwrap();
    assert!(matches!(taken, BounceReport::Failed { taken: Taken::Waits, .. }), "{taken:?}");
    assert_eq!(suppressed(&app).await, 3);
    assert_eq!(runs::release(&app, 1, true).await.unwrap().retried, 0);
    assert_eq!(suppressed(&app).await, 4);
}

#[tokio::test]
async fn greylisting_is_no_report_but_what_is_given_up_is() {
    let folder = tempfile::tempdir().unwrap();
    let sink = sink_that_refuses(2, "451 4.7.1 come back later", folder.path());
    let (app, clock) = open(folder.path()).await;
    once(&app, false, &silent).await.unwrap();
    sink.answer(&person(0), "250 ok");
    for pause in LADDER {
        clock.advance(chrono::TimeDelta::from_std(pause.mul_f64(1.2)).unwrap());
        deliver(&app, &silent).await.unwrap();
    }
    let (run, reports) = runs::show(&app, 1).await.unwrap();
    assert_eq!((run.messages.get("sent"), run.messages.get("failed")), (Some(&29), Some(&1)));
    let known: Vec<_> =
        reports.iter().map(|report| (report.fault.as_str(), report.code.as_str(), report.count)).collect();
    assert_eq!(known, [("soft", "recipient 451 4.7.1", 1)]);
    assert_eq!(suppressed(&app).await, 0);
}

#[tokio::test]
async fn a_run_that_comes_back_by_mail_is_held_late_and_what_it_did_is_taken_back() {
    let world = World::new().await;
    for number in 0..PEOPLE {
        world.subscribe(&person(number)).await;
    }
    world.server.serve("/blog.xml", Reply::feed(rss(&[Entry::on_topic("1")])));
    assert_eq!(world.once().await.delivery.sent, PEOPLE);
    world.mails();
    let hand_in = async |message: i64, name: &str| {
        let token = return_path(&world.app, message).await;
        take_in(&world.app, fixture(name).replace(TOKEN, &token).as_bytes(), None).await.unwrap()
    };
    let complaint = hand_in(30, "relay_complaint").await;
    assert!(matches!(complaint, BounceReport::Complaint { .. }));
    for message in 1..=6 {
        hand_in(message, "postfix_unknown_user").await;
    }
    assert_eq!(suppressed(&world.app).await, 7);
    let last = hand_in(7, "postfix_unknown_user").await;
    assert!(matches!(last, BounceReport::Failed { taken: Taken::Waits, .. }), "{last:?}");
    assert_eq!(suppressed(&world.app).await, 1, "the complaint stays");
    let (run, _) = runs::show(&world.app, 1).await.unwrap();
    assert!(run.held.is_some() && run.because.as_deref().unwrap().starts_with("7 of its first 30 emails"), "{run:?}");
    assert_eq!(runs::release(&world.app, 1, false).await.unwrap().retried, 7);
    assert_eq!(deliver(&world.app, &silent).await.unwrap().sent, 7, "they have not had it");
    assert_eq!(world.clock.now(), start());
}

#[tokio::test]
async fn a_report_waits_while_the_first_mails_of_its_run_are_under_way() {
    let world = with_a_run_queued().await;
    let now = world.clock.now();
    let first = world.app.store.outbox().claim_due(now, 10, |_| String::new()).await.unwrap();
    let token = return_path(&world.app, first[0].id).await;
    world.app.store.outbox().settle(first.iter().map(accepted).collect(), now).await.unwrap();
    let mail = fixture("postfix_unknown_user").replace(TOKEN, &token);
    let taken = take_in(&world.app, mail.as_bytes(), None).await.unwrap();
    assert!(matches!(taken, BounceReport::Failed { taken: Taken::Waits, .. }), "{taken:?}");
    assert_eq!(suppressed(&world.app).await, 0);
    assert_eq!(deliver(&world.app, &silent).await.unwrap().sent, PEOPLE - 10);
    assert_eq!(suppressed(&world.app).await, 1, "its run is judged now");
}

#[tokio::test]
async fn a_message_given_up_without_an_answer_does_not_keep_its_run_from_being_judged() {
    let world = with_a_run_queued().await;
    let now = world.clock.now();
    let first = world.app.store.outbox().claim_due(now, 1, |_| String::new()).await.unwrap();
    let given_up = Settlement { outcome: Outcome::Deferred, next: Next::Failed, ..accepted(&first[0]) };
    world.app.store.outbox().settle(vec![given_up], now).await.unwrap();
    deliver(&world.app, &silent).await.unwrap();
    let (run, _) = runs::show(&world.app, 1).await.unwrap();
    assert!(run.judged.is_some(), "{run:?}");
}

fn accepted(message: &Claimed) -> Settlement {
    let (outcome, next) = (Outcome::Accepted, Next::Sent);
    let (id, attempt) = (message.id, message.attempt);
    Settlement { id, attempt, outcome, next, was_unknown: false, error: None, report: None }
}
