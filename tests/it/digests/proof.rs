//! Proofs: one for each run, before its digests, to an address that is nobody's subscription.

use std::collections::BTreeSet;

use policy_digest::app::digests::proof::send;
use policy_digest::domain::subscribers::subscriber::{Cadence, EmailAddress};

use crate::support::program::{policy_digest, smtp_config, text};
use crate::support::{Entry, Mail, Reply, SmtpSink, World, rss, write_config};

const PROOF_TO: &str = "[mail]\nproof_to = \"editor@example.org\"\nbounce_address = \"bounces@example.org\"\n";

async fn world(people: &[&str]) -> World {
    let world = World::configured(PROOF_TO).await;
    for address in people {
        world.subscribe(address).await;
    }
    world.server.serve("/blog.xml", Reply::feed(rss(&[Entry::on_topic("1")])));
    world
}

#[tokio::test]
async fn a_run_sends_its_proof_first_and_says_what_it_is() {
    let people: Vec<String> = (0..20).map(|number| format!("person{number}@example.org")).collect();
    let world = world(&people.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let report = world.once().await;
    assert_eq!((report.digests[0].run.unwrap().messages, report.delivery.sent), (20, 21));
    let first = world.sent.lock().unwrap()[0].clone();
    assert_eq!((first.to.as_str(), first.from.as_str()), ("editor@example.org", "digest@example.org"));
    let mails = world.mails();
    let (proof, digest) = (&mails[0], &mails[1]);
    assert_eq!(proof.header("Subject"), format!("[Proof] {}", digest.header("Subject")));
    assert!(proof.text.contains("This is a proof of a digest that goes to 20 subscribers."), "{}", proof.text);
    assert!(proof.text.contains("https://blog.example.org/1"));
    assert!(proof.text.contains("/unsubscribe/proof") && !digest.text.contains("/unsubscribe/proof"));
    assert!(!proof.text.contains("unsubscribe/u.") && !proof.text.contains(".invalid"), "{}", proof.text);
    assert!(!proof.headers.contains("List-"), "it is no list mail");
}

#[tokio::test]
async fn a_restart_makes_no_second_proof() {
    let world = world(&["ada@example.org"]).await;
    world.once().await;
    assert_eq!(world.mails().len(), 2);
    let world = world.restarted().await;
    world.once().await;
    assert_eq!(world.mails().len(), 0);
    world.server.serve("/blog.xml", Reply::feed(rss(&[Entry::on_topic("1"), Entry::on_topic("2")])));
    world.once().await;
    assert_eq!(world.mails().iter().filter(|mail| mail.header("To").contains("editor")).count(), 1);
}

#[tokio::test]
async fn an_editor_who_subscribes_gets_both_and_leaving_stops_only_the_digest() {
    let world = world(&["editor@example.org", "ada@example.org"]).await;
    world.once().await;
    assert_eq!(world.mails().iter().filter(|mail| mail.header("To").contains("editor")).count(), 2);
    let address = EmailAddress::parse("editor@example.org").unwrap();
    policy_digest::app::subscribers::subscribe::remove(&world.app, &address).await.unwrap();
    world.server.serve("/blog.xml", Reply::feed(rss(&[Entry::on_topic("1"), Entry::on_topic("2")])));
    world.once().await;
    let to_editor: Vec<Mail> = world.mails().into_iter().filter(|mail| mail.header("To").contains("editor")).collect();
    assert_eq!(to_editor.len(), 1);
    assert!(to_editor[0].header("Subject").starts_with("[Proof] "));
}

#[tokio::test]
async fn a_run_without_digests_has_no_proof() {
    let world = world(&[]).await;
    world.once().await;
    assert_eq!(world.mails().len(), 0);
}

#[tokio::test]
async fn send_mails_the_next_digest_to_one_address_and_stores_nothing() {
    let world = world(&["ada@example.org"]).await;
    policy_digest::app::feeds::poll::poll(
        &world.app,
        &policy_digest::app::feeds::poll::Which::All,
        &policy_digest::app::silent,
    )
    .await
    .unwrap();
    let to = EmailAddress::parse("chief@example.org").unwrap();
    let report = send(&world.app, to, Cadence::Weekly).await.unwrap();
    assert_eq!(report.stories, 1);
    let mails = world.mails();
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].header("To"), "chief@example.org");
    assert!(
        mails[0].text.contains("the next weekly digest") && !mails[0].text.contains(".invalid"),
        "{}",
        mails[0].text
    );
    assert!(world.app.store.outbox().message_counts().await.unwrap().is_empty());
    assert_eq!(world.once().await.delivery.sent, 2, "the digest and its own proof still come");
}

#[test]
fn send_without_anything_new_says_so_and_fails() {
    let folder = tempfile::tempdir().unwrap();
    write_config(folder.path(), &[("blog", "file:blog.xml")], "");
    policy_digest(folder.path()).arg("poll").output().unwrap();
    let run = |to: &str| policy_digest(folder.path()).args(["send", "--to", to]).output().unwrap();
    let output = run("ada@example.org");
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    assert!(text(&output).contains("nothing is new"), "{}", text(&output));
    assert_eq!(run("nobody").status.code(), Some(2));
}

#[test]
fn a_refused_proof_costs_only_itself() {
    let (sink, folder) = (SmtpSink::start(), tempfile::tempdir().unwrap());
    smtp_config(&sink, folder.path(), 3);
    sink.answer("editor@example.org", "550 5.1.1 nobody here");
    let mut once = policy_digest(folder.path());
    once.arg("once").env("POLICY_DIGEST__MAIL__PROOF_TO", "editor@example.org");
    let output = once.output().unwrap();
    assert!(text(&output).contains("3 emails sent, 1 given up"), "{}", text(&output));
    let to: BTreeSet<String> = sink.taken().into_iter().flat_map(|message| message.to).collect();
    assert_eq!(to.len(), 3);
    let list = text(&policy_digest(folder.path()).args(["subscribers", "list", "--json"]).output().unwrap());
    assert_eq!(list.matches("\"active\"").count(), 3, "{list}");
}

#[tokio::test]
async fn no_digest_is_claimed_beside_its_proof() {
    let world = world(&["ada@example.org", "ben@example.org"]).await;
    let all = &policy_digest::app::feeds::poll::Which::All;
    policy_digest::app::feeds::poll::poll(&world.app, all, &policy_digest::app::silent).await.unwrap();
    policy_digest::app::digests::make(&world.app).await.unwrap();
    let keys = world.app.keys.clone();
    let claimed =
        world.app.store.outbox().claim_due(world.clock.now(), 16, move |address| keys.address_hash(address)).await;
    let kinds: Vec<_> = claimed.unwrap().iter().map(|message| message.kind.as_str()).collect();
    assert_eq!(kinds, ["proof"], "there is room for 16");
}
