//! What comes of a slot: late, rolled on and told of, held while feeds cannot be read, quiet when there is nothing.

use chrono::{DateTime, TimeDelta, Utc};
use policy_digest::app::digests::once::{OnceReport, once};
use policy_digest::app::digests::{due, make_due};
use policy_digest::app::{digests, silent};
use policy_digest::domain::feeds::Reach;
use policy_digest::domain::subscribers::subscriber::Cadence;

use crate::support::program::{policy_digest, text};
use crate::support::{Entry, FeedServer, Mail, Reply, World, rss, start};

const QUIET: &str = "[digest]\nquiet_week = true\n";

async fn wake(world: &World, at: &str) -> OnceReport {
    let at: DateTime<Utc> = at.parse().unwrap();
    world.clock.advance(at - world.clock.now());
    once(&world.app, true, &silent).await.unwrap()
}

fn write(world: &World, ids: &[&str]) {
    let entries: Vec<_> = ids.iter().map(|id| Entry::on_topic(id)).collect();
    world.server.serve("/blog.xml", Reply::feed(rss(&entries)));
}

/// One post that came after the feed was first read, and a weekly reader.
async fn with_a_reader(more: &str) -> World {
    let world = World::configured(more).await;
    world.subscribe("ada@example.org").await;
    write(&world, &[]);
    policy_digest::app::feeds::poll::poll(&world.app, &policy_digest::app::feeds::poll::Which::All, &silent)
        .await
        .unwrap();
    write(&world, &["1"]);
    world
}

fn subjects(mails: &[Mail]) -> Vec<&str> {
    mails.iter().map(|mail| mail.header("Subject")).collect()
}

/// As a reader sees it, on one line.
fn words(mail: &Mail) -> String {
    mail.text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn down_over_the_slot_and_up_three_hours_later_it_goes_out_at_once() {
    let world = with_a_reader("").await;
    assert_eq!(wake(&world, "2026-11-30T11:00:00Z").await.delivery.sent, 1);
    let mails = world.mails();
    assert!(!mails[0].text.contains("No digest came out"), "{}", mails[0].text);
    assert_eq!(wake(&world, "2026-11-30T11:00:10Z").await.delivery.sent, 0);
}

#[tokio::test]
async fn feeds_are_polled_before_the_slot_is_made() {
    let world = with_a_reader("").await;
    wake(&world, "2026-11-30T06:50:00Z").await;
    write(&world, &["1", "2"]);
    wake(&world, "2026-11-30T08:00:00Z").await;
    assert!(world.mails()[0].text.contains("https://blog.example.org/2"), "written an hour before");
}

#[tokio::test]
async fn down_for_five_days_it_is_rolled_into_the_next_and_the_mail_says_so() {
    let world = with_a_reader("").await;
    assert_eq!(wake(&world, "2026-12-04T21:00:00Z").await.delivery.sent, 0);
    assert_eq!(wake(&world, "2026-12-07T08:00:00Z").await.delivery.sent, 1);
    let mails = world.mails();
    let said = "No digest came out on Monday, 30 November 2026, so this one has its posts too.";
    assert!(words(&mails[0]).contains(said), "{}", mails[0].text);
    assert_eq!(words(&mails[0]).matches(said).count(), 2, "and so does the HTML");
    write(&world, &["1", "2"]);
    wake(&world, "2026-12-14T08:00:00Z").await;
    assert!(!world.mails()[0].text.contains("No digest came out"), "it is said once");
    write(&world, &["1", "2", "3"]);
    wake(&world, "2027-01-11T08:00:00Z").await;
    let said = "No digest came out on 3 dates from Monday, 21 December 2026 to Monday, 4 January 2027, \
                so this one has their posts too.";
    let mails = world.mails();
    assert!(words(&mails[0]).contains(said), "{}", mails[0].text);
}

#[tokio::test]
async fn a_slot_for_which_nobody_is_subscribed_is_past_for_those_who_join_later() {
    let world = with_a_reader("").await;
    wake(&world, "2026-11-24T07:00:00Z").await;
    wake(&world, "2026-11-25T07:00:00Z").await;
    world.subscribe_with("bob@example.org", Cadence::Daily, None).await;
    assert_eq!(wake(&world, "2026-11-25T09:00:00Z").await.delivery.sent, 0, "the next one is theirs");
    write(&world, &["1", "2"]);
    assert_eq!(wake(&world, "2026-11-26T07:00:00Z").await.delivery.sent, 1);
    assert!(!world.mails()[0].text.contains("No digest came out"), "none that they would miss");
}

/// Four feeds with a post each and a weekly reader, who had the first digest just after its slot.
async fn with_four_feeds() -> World {
    let (ids, server) = (["a", "b", "c", "d"], FeedServer::start().await);
    let urls = ids.map(|id| (id, server.url(&format!("/{id}.xml"))));
    let feeds: Vec<_> = urls.iter().map(|(id, url)| (*id, url.as_str())).collect();
    let world = World::served(server, &feeds, QUIET).await;
    world.subscribe("ada@example.org").await;
    for id in ids {
        world.server.serve(&format!("/{id}.xml"), Reply::feed(rss(&[Entry::on_topic(id)])));
    }
    policy_digest::app::feeds::poll::poll(&world.app, &policy_digest::app::feeds::poll::Which::All, &silent)
        .await
        .unwrap();
    wake(&world, "2026-11-30T08:00:07Z").await;
    assert_eq!(world.mails().len(), 1);
    world
}

fn fail(world: &World, ids: &[&str]) {
    for id in ids {
        world.server.serve(&format!("/{id}.xml"), Reply { status: 500, ..Reply::feed(String::new()) });
    }
}

#[tokio::test]
async fn a_digest_waits_while_most_feeds_cannot_be_read_and_status_says_so() {
    let world = with_four_feeds().await;
    fail(&world, &["a", "b", "c"]);
    let report = wake(&world, "2026-12-07T08:00:00Z").await;
    assert_eq!((report.delivery.sent, report.digests[0].thin), (0, Some(Reach { alive: 4, unread: 3 })));
    let due = due(&world.app).await.unwrap();
    assert_eq!((due[0].slot.key().as_str(), due[0].thin.is_some()), ("2026-12-07T08:00", true));
    let report = policy_digest::app::operations::status::status(&world.app).await.unwrap();
    let slots: Vec<_> = report.held_slots.iter().map(|held| held.slot.key()).collect();
    assert_eq!(slots, ["2026-12-07T08:00"]);
    // Two of four is not most any more.
    world.server.serve("/a.xml", Reply::feed(rss(&[Entry::on_topic("a"), Entry::on_topic("e")])));
    assert_eq!(wake(&world, "2026-12-08T12:00:00Z").await.delivery.sent, 1);
    assert!(world.mails()[0].text.contains("https://blog.example.org/e"));
}

#[tokio::test]
async fn what_is_held_for_half_a_period_is_rolled_on_and_dead_feeds_hold_up_nothing_for_ever() {
    let world = with_four_feeds().await;
    fail(&world, &["a", "b", "c", "d"]);
    let mut made = Vec::new();
    for hours in 0..24 * 24 / 4 {
        let at = start() + TimeDelta::days(7) + TimeDelta::hours(4 * hours + 1);
        world.clock.advance(at - world.clock.now());
        once(&world.app, true, &silent).await.unwrap();
        made.extend(world.mails().iter().map(|mail| (at, words(mail))));
    }
    let days: Vec<_> = made.iter().map(|(at, _)| at.format("%-d %b").to_string()).collect();
    assert_eq!(days, ["14 Dec", "21 Dec"], "held on 7 December, and then with what there is");
    for said in ["No digest came out on Monday, 7 December 2026", "We checked 0 of our 4 sources"] {
        assert!(made[0].1.contains(said), "{}", made[0].1);
    }
}

#[tokio::test]
async fn a_quiet_slot_has_a_note_once_and_it_can_be_left_with_one_click() {
    let world = with_a_reader(QUIET).await;
    wake(&world, "2026-11-30T08:00:00Z").await;
    assert_eq!(world.mails().len(), 1);
    let report = wake(&world, "2026-12-07T08:00:00Z").await;
    assert_eq!((report.delivery.sent, report.digests[0].run.unwrap().quiet), (1, 1));
    let world = world.restarted().await;
    assert_eq!(wake(&world, "2026-12-07T08:00:10Z").await.delivery.sent, 0, "once a slot");
    let mails = world.mails();
    assert_eq!(subjects(&mails), ["Nothing new on public service reform: Monday, 7 December 2026"]);
    for said in ["We checked 1 of our 1 sources", "The next digest is due on Monday, 14 December 2026", "Unsubscribe:"]
    {
        assert!(words(&mails[0]).contains(said), "{said}: {}", mails[0].text);
    }
    assert_eq!(mails[0].header("List-Unsubscribe-Post"), "List-Unsubscribe=One-Click");
    assert!(mails[0].header("List-Unsubscribe").contains("/unsubscribe/"));
    assert!(!mails[0].raw.contains(".invalid"), "{}", mails[0].raw);
    write(&world, &["1", "2"]);
    wake(&world, "2026-12-14T08:00:00Z").await;
    let mails = world.mails();
    assert!(mails.len() == 1 && mails[0].text.contains("https://blog.example.org/2"));
}

#[tokio::test]
async fn without_the_setting_and_for_once_a_quiet_time_is_silent() {
    let world = with_a_reader("").await;
    wake(&world, "2026-11-30T08:00:00Z").await;
    assert_eq!(wake(&world, "2026-12-07T08:00:00Z").await.delivery.sent, 0);
    let world = with_a_reader(QUIET).await;
    world.once().await;
    assert_eq!(world.once().await.delivery.sent, 0);
}

#[tokio::test]
async fn a_note_goes_to_those_whose_themes_had_nothing_and_covers_nothing() {
    let world = with_a_reader(QUIET).await;
    world.subscribe_with("bob@example.org", Cadence::Weekly, Some(vec!["integration".to_owned()])).await;
    let report = wake(&world, "2026-11-30T08:00:00Z").await;
    let run = report.digests[0].run.unwrap();
    assert_eq!((run.messages, run.quiet, run.nothing_for), (1, 1, 1));
    let mails = world.mails();
    let of = |person: &str| mails.iter().find(|mail| mail.header("To").contains(person)).unwrap();
    assert!(of("bob").header("Subject").starts_with("Nothing new") && of("ada").text.contains("part 1"));
    let messages: Vec<i64> = world.rows("SELECT through_seq FROM messages ORDER BY through_seq");
    assert_eq!(messages, [0, 1], "what covers is the run, not the note");
    assert_eq!(world.rows::<i64>("SELECT cursor FROM subscribers"), [1, 1]);
}

#[tokio::test]
async fn a_note_that_cannot_be_delivered_gives_way_to_the_next_digest() {
    let world = with_a_reader(QUIET).await;
    wake(&world, "2026-11-30T08:00:00Z").await;
    world.clock.advance(TimeDelta::days(7));
    make_due(&world.app).await.unwrap();
    write(&world, &["1", "2"]);
    world.mails();
    policy_digest::app::feeds::poll::poll(&world.app, &policy_digest::app::feeds::poll::Which::All, &silent)
        .await
        .unwrap();
    digests::make(&world.app).await.unwrap();
    assert_eq!(world.rows::<String>("SELECT state FROM messages ORDER BY id"), ["sent", "replaced", "queued"]);
}

#[tokio::test]
async fn status_and_once_name_the_slot_that_is_held() {
    let world = with_four_feeds().await;
    fail(&world, &["a", "b", "c"]);
    // The commands have the machine's clock: a slot an hour ago, and feeds that were last read eight days before.
    let now = Utc::now();
    world.clock.advance(now - TimeDelta::days(8) - world.clock.now());
    let shift = "UPDATE feeds SET checked = ?1, next_check = 0, succeeded = ?1, failures = 0";
    let database = rusqlite::Connection::open(world.folder().join("data/policy-digest.db")).unwrap();
    database.execute(shift, [world.clock.now().timestamp()]).unwrap();
    database.execute("UPDATE keys SET made = ?1", [world.clock.now().timestamp()]).unwrap();
    // So is the digest that is there already, on whatever day this test runs.
    database.execute("UPDATE runs SET due = ?1, made = ?1", [world.clock.now().timestamp()]).unwrap();
    let line = (now - TimeDelta::hours(1)).format("%-M %-H * * %w").to_string();
    // The world gives its lock away.
    let (World { app, server: _server, .. }, folder) = world.apart();
    drop(app);
    let mut command = policy_digest(folder.path());
    command.env("POLICY_DIGEST__SCHEDULE__WEEKLY", &line).env("POLICY_DIGEST__TIMEZONE", "UTC");
    let output = tokio::task::spawn_blocking(move || command.args(["once", "--due"]).output().unwrap()).await.unwrap();
    assert!(text(&output).contains("digest   weekly held: 3 of 4 feeds could not be read"), "{}", text(&output));
    let mut command = policy_digest(folder.path());
    command.env("POLICY_DIGEST__SCHEDULE__WEEKLY", &line).env("POLICY_DIGEST__TIMEZONE", "UTC");
    let shown = text(&command.arg("status").output().unwrap());
    assert!(shown.contains("held weekly") && shown.contains("3 of 4 feeds could not be read"), "{shown}");
}
