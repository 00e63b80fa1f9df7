//! Who is suppressed, by whose word, and who brings them back: returned mails piped into the built binary, and the
//! same through the use cases where the clock must move.

use std::io::Write as _;
use std::path::Path;
use std::process::{Output, Stdio};
use std::time::Duration;

use chrono::{DateTime, TimeDelta};
use policy_digest::app::outbox::bounces::{BounceReport, Ignored, take_in};
use policy_digest::app::silent;
use policy_digest::app::subscribers::import::import;
use policy_digest::app::subscribers::subscribe;
use policy_digest::app::subscribers::subscribe::{AddReport, Asker, Request};
use policy_digest::domain::outbox::bounce::Fault;
use policy_digest::domain::subscribers::subscriber::{EmailAddress, Preferences, Status};
use policy_digest::domain::subscribers::token;
use policy_digest::domain::subscribers::token::{Key, KeyRing, Purpose, Returning};
use policy_digest::store::{Joined, Taken};

use crate::outbox::returned_emails::{LINK_TOKEN, TOKEN, fixture};
use crate::support::program::{policy_digest, smtp_config, text};
use crate::support::{Entry, Reply, SmtpSink, World, rss, start};

mod confusion;
mod providers;

/// The key and the number of the message to an address, as the database of a folder has them.
fn token_for(folder: &Path, address: &str) -> String {
    let database = rusqlite::Connection::open(folder.join("data/policy-digest.db")).unwrap();
    let key: Vec<u8> = database.query_row("SELECT value FROM keys WHERE name = 'token'", [], |row| row.get(0)).unwrap();
    let question = "SELECT id, message_id FROM messages WHERE address = ?1 ORDER BY id DESC LIMIT 1";
    let (number, message_id): (i64, String) =
        database.query_row(question, [address], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    let keys = KeyRing::new(Key::current(1, key, DateTime::UNIX_EPOCH), Vec::new());
    token::return_path(&keys, &Returning { number, message_id: &message_id, made: DateTime::UNIX_EPOCH })
}

pub fn bounce(folder: &Path, mail: &str, arguments: &[&str]) -> Output {
    let mut child = policy_digest(folder)
        .args(["--json", "bounce"])
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(mail.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

fn json(output: &Output) -> serde_json::Value {
    assert!(output.status.success(), "{}", text(output));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn status_of(folder: &Path, address: &str) -> String {
    let people = json(&policy_digest(folder).args(["subscribers", "list", "--json"]).output().unwrap());
    let person = people.as_array().unwrap().iter().find(|person| person["address"] == address).unwrap();
    person["status"].as_str().unwrap().to_owned()
}

/// Three people who have been sent a digest by the built binary.
fn three_people() -> (SmtpSink, tempfile::TempDir) {
    let (sink, folder) = (SmtpSink::start(), tempfile::tempdir().unwrap());
    smtp_config(&sink, folder.path(), 3);
    let once = policy_digest(folder.path()).arg("once").output().unwrap();
    assert!(once.status.success(), "{}", text(&once));
    (sink, folder)
}

#[test]
fn a_dsn_of_postfix_piped_in_suppresses_that_person_and_nobody_else() {
    let (sink, folder) = three_people();
    let mail = fixture("postfix_unknown_user").replace(TOKEN, &token_for(folder.path(), "person1@example.org"));
    let taken = json(&bounce(folder.path(), &mail, &[]));
    assert_eq!((&taken["what"], &taken["suppressed"]), (&"failed".into(), &true.into()), "{taken}");
    let statuses = [0, 1, 2].map(|n| status_of(folder.path(), &format!("person{n}@example.org")));
    assert_eq!(statuses, ["active", "suppressed", "active"]);
    let entries = [Entry::on_topic("1"), Entry::on_topic("2")]
        .map(|entry| Entry { published: Some(chrono::Utc::now()), ..entry });
    std::fs::write(folder.path().join("config/blog.xml"), rss(&entries)).unwrap();
    let once = policy_digest(folder.path()).arg("once").output().unwrap();
    assert!(text(&once).contains("2 emails sent"), "{}", text(&once));
    assert_eq!(sink.taken().iter().filter(|taken| taken.to == ["person1@example.org"]).count(), 1);
}

#[test]
fn an_out_of_office_reply_and_a_forged_report_change_nothing_and_are_counted() {
    let (_sink, folder) = three_people();
    let token = token_for(folder.path(), "person1@example.org");
    let away = fixture("exchange_out_of_office").replace(TOKEN, &token);
    assert_eq!(json(&bounce(folder.path(), &away, &[]))["what"], "auto_reply");
    // Ours but for its last digit, and one that somebody made up.
    let last = if token.ends_with('0') { '1' } else { '0' };
    for forged in [format!("{}{last}", &token[..token.len() - 1]), TOKEN.to_owned()] {
        let mail = fixture("postfix_unknown_user").replace(TOKEN, &forged);
        assert_eq!(json(&bounce(folder.path(), &mail, &[]))["what"], "forged");
    }
    let unsigned = fixture("postfix_unknown_user").replace(&format!("+{TOKEN}"), "");
    assert_eq!(json(&bounce(folder.path(), &unsigned, &[]))["what"], "no_token");
    assert_eq!(status_of(folder.path(), "person1@example.org"), "active");
    let status = json(&policy_digest(folder.path()).args(["status", "--json"]).output().unwrap());
    let counted = |what: &str| status["returned"][what]["count"].as_u64();
    assert_eq!((counted("auto_reply"), counted("forged"), counted("no_token")), (Some(1), Some(2), Some(1)));
    let shown = text(&policy_digest(folder.path()).arg("status").output().unwrap());
    assert!(shown.contains("returned      1 auto reply, 2 forged, 1 no token"), "{shown}");
}

#[test]
fn the_address_that_the_server_names_goes_before_those_in_the_mail() {
    let (_sink, folder) = three_people();
    let [inside, named] = ["person1@example.org", "person2@example.org"].map(|to| token_for(folder.path(), to));
    let mail = fixture("postfix_unknown_user").replace(TOKEN, &inside);
    let taken = json(&bounce(folder.path(), &mail, &["--to", &format!("bounces+{named}@digest.example.org")]));
    assert_eq!(taken["suppressed"], true, "{taken}");
    assert_eq!(status_of(folder.path(), "person2@example.org"), "suppressed");
    assert_eq!(status_of(folder.path(), "person1@example.org"), "active");
}

#[test]
fn without_its_database_it_asks_to_be_tried_again() {
    let (_sink, folder) = three_people();
    let mail = fixture("postfix_unknown_user");
    let path = folder.path().join("data/policy-digest.db");
    let kept = std::fs::read(&path).unwrap();
    for name in ["policy-digest.db-wal", "policy-digest.db-shm"] {
        let _ = std::fs::remove_file(folder.path().join("data").join(name));
    }
    std::fs::write(&path, "this is no database".repeat(1000)).unwrap();
    let output = bounce(folder.path(), &mail, &[]);
    assert_eq!(output.status.code(), Some(75), "{}", text(&output));
    assert!(text(&output).contains("cannot open the database"), "{}", text(&output));
    std::fs::write(&path, kept).unwrap();
    std::fs::write(folder.path().join("config/digest.toml"), "half = \"written").unwrap();
    assert_eq!(bounce(folder.path(), &mail, &[]).status.code(), Some(75), "nor with a configuration in mid-edit");
}

#[test]
fn it_works_beside_a_daemon_and_waits_for_a_busy_database() {
    let (_sink, folder) = three_people();
    let data = folder.path().join("data");
    let _lock = policy_digest::app::lock::Lock::take(&data, "policy-digest run").unwrap();
    let database = rusqlite::Connection::open(data.join("policy-digest.db")).unwrap();
    database.execute_batch("BEGIN IMMEDIATE").unwrap();
    let mail = fixture("postfix_unknown_user").replace(TOKEN, &token_for(folder.path(), "person0@example.org"));
    let output = std::thread::scope(|scope| {
        let piped = scope.spawn(|| bounce(folder.path(), &mail, &[]));
        // Long enough for it to meet the lock; it is right as well if it comes later.
        std::thread::sleep(Duration::from_millis(300));
        database.execute_batch("COMMIT").unwrap();
        piped.join().unwrap()
    });
    assert_eq!(json(&output)["suppressed"], true);
}

/// A world with one reader who has been sent a digest, and the token of its return path.
async fn one_reader() -> (World, String, String) {
    let world = World::new().await;
    let id = world.subscribe("ada@example.org").await;
    let token = digest(&world, 1).await;
    (world, id, token)
}

/// Sends the next digest; the token of its return path.
async fn digest(world: &World, number: usize) -> String {
    let entries: Vec<Entry> = (1..=number).map(|n| Entry::on_topic(&n.to_string())).collect();
    world.server.serve("/blog.xml", Reply::feed(rss(&entries)));
    assert_eq!(world.once().await.delivery.sent, 1, "digest {number}");
    token_for(world.folder(), "ada@example.org")
}

async fn hand_in(world: &World, name: &str, token: &str) -> BounceReport {
    take_in(&world.app, fixture(name).replace(TOKEN, token).as_bytes(), None).await.unwrap()
}

async fn status(world: &World, id: &str) -> Status {
    world.app.store.subscribers().subscriber(id.to_owned()).await.unwrap().unwrap().status
}

async fn ask(world: &World, asker: Asker, consent: Option<&str>) -> AddReport {
    let request = Request {
        address: EmailAddress::parse("Ada@Example.org").unwrap(),
        name: String::new(),
        preferences: Preferences::default(),
        consent: consent.map(str::to_owned),
        asker,
    };
    subscribe::add(&world.app, request).await.unwrap()
}

async fn confirm(world: &World, id: &str) -> bool {
    let token = token::sign(&world.app.keys.token, Purpose::Confirm, id, Some(world.clock.now() + TimeDelta::days(1)));
    subscribe::confirm(&world.app, &token).await.unwrap()
}

#[tokio::test]
async fn after_a_bounce_only_the_persons_own_confirmed_sign_up_brings_them_back() {
    let (world, id, token) = one_reader().await;
    let taken = hand_in(&world, "exim_status_in_diagnostic", &token).await;
    assert!(matches!(taken, BounceReport::Failed { fault: Fault::Person, taken: Taken::Suppressed, .. }), "{taken:?}");
    assert_eq!(status(&world, &id).await, Status::Suppressed);
    let csv = world.folder().join("again.csv");
    std::fs::write(&csv, "email\nADA@example.org\n").unwrap();
    assert_eq!(import(&world.app, &csv, "a list", &silent).await.unwrap().suppressed, 1, "not by a list");
    assert_eq!(ask(&world, Asker::Administrator, None).await.joined, Joined::Suppressed, "nor by hand");
    assert!(!confirm(&world, &id).await, "nor by the link of an old mail");
    world.mails();
    assert!(ask(&world, Asker::Person, None).await.is_asked);
    assert_eq!(status(&world, &id).await, Status::Pending);
    assert_eq!(ask(&world, Asker::Person, Some("a form")).await.joined, Joined::Suppressed, "nor without the mail");
    assert_eq!(
        ask(&world, Asker::Administrator, Some("a form")).await.joined,
        Joined::Suppressed,
        "still theirs to say"
    );
    world.once().await;
    assert_eq!(world.mails().len(), 1, "the question goes out, and no digest");
    assert!(confirm(&world, &id).await);
    assert_eq!(status(&world, &id).await, Status::Active);
    assert_eq!(ask(&world, Asker::Administrator, Some("a form")).await.joined, Joined::AlreadyActive);
}

#[tokio::test]
async fn a_report_from_before_the_confirmation_says_nothing_of_an_address_that_has_answered_since() {
    let (world, id, token) = one_reader().await;
    hand_in(&world, "postfix_unknown_user", &token).await;
    world.days(1);
    ask(&world, Asker::Person, None).await;
    hand_in(&world, "wrapped_by_a_gateway", &token).await;
    assert_eq!(status(&world, &id).await, Status::Pending, "the question is still open");
    assert!(confirm(&world, &id).await);
    let late = hand_in(&world, "exim_status_in_diagnostic", &token).await;
    assert!(matches!(late, BounceReport::Failed { taken: Taken::Kept, .. }), "{late:?}");
    assert_eq!(status(&world, &id).await, Status::Active);
    let token = digest(&world, 2).await;
    hand_in(&world, "exim_status_in_diagnostic", &token).await;
    assert_eq!(status(&world, &id).await, Status::Suppressed, "a newer one does");
}

#[tokio::test]
async fn a_complaint_suppresses_for_good() {
    let (world, id, token) = one_reader().await;
    assert!(matches!(hand_in(&world, "relay_complaint", &token).await, BounceReport::Complaint { .. }));
    assert_eq!(status(&world, &id).await, Status::Suppressed);
    for asker in [Asker::Person, Asker::Administrator] {
        assert_eq!(ask(&world, asker, None).await.joined, Joined::Suppressed);
        assert_eq!(ask(&world, asker, Some("a form")).await.joined, Joined::Suppressed);
    }
    assert!(!confirm(&world, &id).await);
    hand_in(&world, "postfix_unknown_user", &token).await;
    assert_eq!(ask(&world, Asker::Person, None).await.joined, Joined::Suppressed, "a bounce does not make it less");
}

#[tokio::test]
async fn a_complaint_without_a_return_path_is_known_by_the_link_to_leave() {
    let (world, id, _) = one_reader().await;
    let mail = fixture("redacted_complaint");
    let ignored = take_in(&world.app, mail.as_bytes(), None).await.unwrap();
    assert_eq!(ignored, BounceReport::Ignored(Ignored::NoToken), "not by a link of somebody else's");
    let link = token::sign(&world.app.keys.token, Purpose::Unsubscribe, &id, None);
    let taken = take_in(&world.app, mail.replace(LINK_TOKEN, &link).as_bytes(), None).await.unwrap();
    assert!(matches!(taken, BounceReport::Complaint { .. }), "{taken:?}");
    assert_eq!(status(&world, &id).await, Status::Suppressed);
}

#[tokio::test]
async fn a_wish_to_leave_by_mail_is_granted_with_a_token_of_ours() {
    let (world, id, _) = one_reader().await;
    let mail = fixture("unsubscribe_by_mail");
    let forged = take_in(&world.app, mail.as_bytes(), None).await.unwrap();
    assert_eq!(forged, BounceReport::Ignored(Ignored::Forged));
    assert_eq!(status(&world, &id).await, Status::Active);
    let link = token::sign(&world.app.keys.token, Purpose::Unsubscribe, &id, None);
    let left = take_in(&world.app, mail.replace(LINK_TOKEN, &link).as_bytes(), None).await.unwrap();
    assert_eq!(left, BounceReport::Left);
    assert_eq!(status(&world, &id).await, Status::Left);
}

#[tokio::test]
async fn a_full_mailbox_suppresses_when_three_digests_in_a_row_came_back() {
    let (world, id, _) = one_reader().await;
    for number in 2..=4 {
        world.days(7);
        let token = digest(&world, number).await;
        hand_in(&world, "gmail_mailbox_full", &token).await;
        let expected = if number == 4 { Status::Suppressed } else { Status::Active };
        assert_eq!(status(&world, &id).await, expected, "digest {number}");
    }
}

#[tokio::test]
async fn reports_that_come_after_the_next_digest_left_count_as_well() {
    let (world, id, first) = one_reader().await;
    let mut tokens = vec![first];
    for number in 2..=4 {
        world.days(7);
        tokens.push(digest(&world, number).await);
    }
    for token in &tokens[..3] {
        assert_eq!(status(&world, &id).await, Status::Active);
        hand_in(&world, "postfix_given_up", token).await;
    }
    assert_eq!(status(&world, &id).await, Status::Suppressed);
}

#[tokio::test]
async fn a_complaint_of_somebody_forgotten_holds_for_their_new_sign_up() {
    let (world, id, token) = one_reader().await;
    world.app.store.subscribers().leave(id.clone(), world.clock.now()).await.unwrap();
    let database = rusqlite::Connection::open(world.folder().join("data/policy-digest.db")).unwrap();
    database.execute("UPDATE messages SET subscriber = 'forgotten'", []).unwrap();
    assert!(ask(&world, Asker::Person, None).await.is_asked);
    assert!(matches!(hand_in(&world, "relay_complaint", &token).await, BounceReport::Complaint { .. }));
    world.mails();
    world.once().await;
    assert!(world.mails().is_empty(), "they are not even asked");
    assert!(!confirm(&world, &id).await);
}

#[tokio::test]
async fn a_proof_that_comes_back_suppresses_nobody() {
    let (world, id, token) = one_reader().await;
    let database = rusqlite::Connection::open(world.folder().join("data/policy-digest.db")).unwrap();
    database.execute("UPDATE messages SET kind = 'proof'", []).unwrap();
    for name in ["postfix_unknown_user", "relay_complaint"] {
        hand_in(&world, name, &token).await;
        assert_eq!(status(&world, &id).await, Status::Active, "{name}");
    }
}

#[tokio::test]
async fn a_digest_that_arrived_between_begins_the_row_anew() {
    let (world, id, _) = one_reader().await;
    for (number, name) in
        [(2, "gmail_mailbox_full"), (3, "postfix_delayed"), (4, "gmail_mailbox_full"), (5, "postfix_bare_code")]
    {
        world.days(7);
        let token = digest(&world, number).await;
        hand_in(&world, name, &token).await;
        assert_eq!(status(&world, &id).await, Status::Active, "digest {number}");
    }
}

#[tokio::test]
async fn a_fault_of_ours_suppresses_nobody_however_often() {
    let (world, id, _) = one_reader().await;
    for number in 2..=6 {
        world.days(7);
        let token = digest(&world, number).await;
        let taken = hand_in(&world, "postfix_policy", &token).await;
        assert!(matches!(taken, BounceReport::Failed { fault: Fault::Ours, taken: Taken::Kept, .. }), "{taken:?}");
    }
    assert_eq!(status(&world, &id).await, Status::Active);
}

#[tokio::test]
async fn a_queued_digest_is_cancelled_when_its_person_is_suppressed_before_it_leaves() {
    let (world, _, token) = one_reader().await;
    world.mails();
    world.server.serve("/blog.xml", Reply::feed(rss(&[Entry::on_topic("1"), Entry::on_topic("2")])));
    policy_digest::app::feeds::poll::poll(
        &world.app,
        &policy_digest::app::feeds::poll::Which::All,
        &policy_digest::app::silent,
    )
    .await
    .unwrap();
    policy_digest::app::digests::make(&world.app).await.unwrap();
    hand_in(&world, "postfix_unknown_user", &token).await;
    policy_digest::app::outbox::deliver::deliver(&world.app, &policy_digest::app::silent).await.unwrap();
    assert!(world.mails().is_empty());
    assert_eq!(world.app.store.outbox().message_counts().await.unwrap().get("cancelled"), Some(&1));
}

#[tokio::test]
async fn a_report_of_a_message_that_is_not_here_is_ignored() {
    let world = World::new().await;
    let message = Returning { number: 4711, message_id: "<d.0@example.org>", made: start() };
    let token = token::return_path(&world.app.keys.token, &message);
    assert_eq!(hand_in(&world, "postfix_unknown_user", &token).await, BounceReport::Ignored(Ignored::NoMessage));
    assert_eq!(world.clock.now(), start());
}
