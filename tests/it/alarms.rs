//! Alarms: each is raised once and over once, however often it is looked, polled and restarted meanwhile; and each is
//! mailed once to whoever runs this.

use chrono::{DateTime, TimeDelta, Utc};
use policy_digest::app::alarms::look_with;
use policy_digest::app::deliver::deliver;
use policy_digest::app::once::gather;
use policy_digest::app::poll::{Which, poll};
use policy_digest::app::status::status;
use policy_digest::app::{digest, runs, silent};
use policy_digest::domain::alarm::{Alarm, Change, Kind, Trouble};
use policy_digest::domain::subscriber::Cadence;
use policy_digest::store::{Pause, PauseCause};

use crate::command::{policy_digest, text};
use crate::support::{Entry, Mail, Reply, SmtpSink, World, rss, start, write_config};

const FEEDS: [&str; 4] = ["a", "b", "c", "d"];
const STEP: TimeDelta = TimeDelta::hours(6);
const PLENTY: u64 = 10 << 30;

/// A post that is not on the topic.
fn post(id: &str, days_ago: i64) -> Entry {
    Entry {
        id: id.to_owned(),
        title: format!("Notes of the week {id}"),
        text: format!("What {id} did in the garden, and what grew there."),
        published: Some(start() - TimeDelta::days(days_ago)),
    }
}

/// Five of them, so many days apart: on one day, they tell no rhythm.
fn posts(feed: &str, days_apart: i64) -> Vec<Entry> {
    (0..5).map(|number| post(&format!("{feed}{number}"), days_apart * number)).collect()
}

fn serve(world: &World, feed: &str, entries: &[Entry]) {
    world.server.serve(&format!("/{feed}.xml"), Reply::feed(rss(entries)));
}

fn break_down(world: &World, feed: &str, status: u16) {
    world.server.serve(&format!("/{feed}.xml"), Reply { status, headers: Vec::new(), body: Vec::new() });
}

/// Four healthy feeds, read once, and somebody who is told.
async fn healthy() -> World {
    let world = World::of_feeds(&FEEDS).await.administered().await;
    for feed in FEEDS {
        serve(&world, feed, &posts(feed, 0));
    }
    wake(&world, PLENTY).await;
    assert_eq!(alarms(&world).await, []);
    world
}

/// What the daemon does at a wake, and then it looks again.
async fn wake(world: &World, free_bytes: u64) {
    wake_without_mail(world, free_bytes).await;
    deliver(&world.app, &silent).await.unwrap();
    look_with(&world.app, Some(free_bytes)).await.unwrap();
}

async fn wake_without_mail(world: &World, free_bytes: u64) {
    look_with(&world.app, Some(free_bytes)).await.unwrap();
    gather(&world.app, true, &silent).await.unwrap();
    look_with(&world.app, Some(free_bytes)).await.unwrap();
}

async fn alarms(world: &World) -> Vec<Alarm> {
    world.app.store.alarms(10_000).await.unwrap()
}

/// Brings the trouble about; done again at each step while it lasts.
async fn trouble(world: &World, kind: Kind, is_new: bool) {
    match kind {
        Kind::FeedFailing => break_down(world, "a", 503),
        Kind::FeedGone => break_down(world, "a", 410),
        Kind::FeedPage => {
            let page = "<!doctype html><html><body>We have moved.</body></html>";
            world.server.serve("/a.xml", Reply::feed(page.to_owned()).with("content-type", "text/html"));
        }
        Kind::FeedEmpty => serve(world, "a", &[]),
        Kind::FeedRenumbered => {
            let anew = rss(&posts("a", 0)).replace("<guid isPermaLink=\"false\">", "<guid isPermaLink=\"false\">new-");
            world.server.serve("/a.xml", Reply::feed(anew));
        }
        Kind::FeedGap => serve(world, "a", &[post("a90", -1), post("a91", -1)]),
        Kind::Network => FEEDS.iter().for_each(|feed| break_down(world, feed, 503)),
        Kind::FeedSilent => serve(world, "a", &posts("regular", 2)),
        Kind::DigestEmpty if is_new => drop(world.subscribe_with("ada@example.org", Cadence::Daily, None).await),
        Kind::RunHeld if is_new => hold_a_run(world).await,
        Kind::Refused if is_new => refuse_three(world).await,
        Kind::Relay | Kind::Restored => pause(world, kind).await,
        Kind::DigestEmpty | Kind::RunHeld | Kind::Refused | Kind::Disk => {}
    }
}

/// The feeds are well, and one of them has a new post on the topic every day where that matters.
fn be_well(world: &World, kind: Kind) {
    for feed in FEEDS {
        let mut entries = posts(feed, 0);
        if matches!(kind, Kind::DigestEmpty | Kind::FeedSilent | Kind::RunHeld) {
            let today = Entry::on_topic(&now(world).date_naive().to_string());
            entries.push(Entry { published: Some(now(world)), ..today });
        }
        serve(world, feed, &entries);
    }
}

/// Whoever runs this does their part.
async fn mend(world: &World, kind: Kind) {
    match kind {
        Kind::FeedGone => {
            poll(&world.app, &Which::Named(vec!["a".to_owned()]), &silent).await.unwrap();
        }
        Kind::RunHeld => {
            runs::release(&world.app, 1, false).await.unwrap();
        }
        Kind::Relay => drop(world.app.store.lift(PauseCause::Relay).await.unwrap()),
        Kind::Restored => drop(world.app.store.lift(PauseCause::Restored).await.unwrap()),
        _ => {}
    }
}

fn now(world: &World) -> DateTime<Utc> {
    world.app.clock.now()
}

async fn hold_a_run(world: &World) {
    world.subscribe("ada@example.org").await;
    serve(world, "a", &[Entry::on_topic("1")]);
    poll(&world.app, &Which::All, &silent).await.unwrap();
    let run = digest::make(&world.app).await.unwrap().run.unwrap().id;
    runs::hold(&world.app, run).await.unwrap();
}

async fn pause(world: &World, kind: Kind) {
    let (cause, probe) = match kind {
        Kind::Relay => (PauseCause::Relay, Some(now(world) + TimeDelta::minutes(1))),
        _ => (PauseCause::Restored, None),
    };
    let pause = Pause { cause, probe, reason: "a test says so".to_owned(), since: now(world), failed_probes: 0 };
    world.app.store.pause(pause).await.unwrap();
}

/// Three mails that were refused for our own sake.
async fn refuse_three(world: &World) {
    let at = now(world).timestamp();
    world.execute(&format!(
        "INSERT INTO parts (id, subject, text, html) VALUES (90, 's', 't', 'h');
         WITH three (id) AS (VALUES (90), (91), (92))
         INSERT INTO messages (id, kind, subscriber, address, message_id, part, state, next_attempt, made)
         SELECT id, 'welcome', 'x' || id, 'x@example.org', '<' || id || '@x.test>', 90, 'failed', {at}, {at} FROM three;
         INSERT INTO reports (message, at, source, fault, code, hash)
         SELECT id, {at}, 'smtp', 'ours', 'recipient 550 5.7.1', '' FROM messages WHERE id >= 90;"
    ));
}

/// The mails to whoever runs this that say it began, and those that say it is over.
fn told(world: &World) -> [usize; 2] {
    let mails: Vec<Mail> = world.mails().into_iter().filter(|mail| mail.header("To") == "admin@example.org").collect();
    let count = |has: fn(&Mail) -> bool| mails.iter().filter(|mail| has(mail)).count();
    [count(|mail| mail.text.contains("By itself:")), count(|mail| mail.text.contains("\r\nOver\r\n----"))]
}

/// What is in the table of incidents, and what was told of them, after a trouble of this kind and its end.
async fn incident(kind: Kind) -> (Vec<Alarm>, [usize; 2]) {
    let mut world = healthy().await;
    let ill_for = match kind {
        Kind::FeedSilent => 12,
        Kind::DigestEmpty => 6,
        _ => 5,
    };
    for step in 0..(ill_for + 12) * 4 {
        let is_ill = step < ill_for * 4;
        if is_ill {
            trouble(&world, kind, step == 0).await;
        } else {
            be_well(&world, kind);
        }
        if step == ill_for * 4 {
            mend(&world, kind).await;
        }
        match kind {
            // Only this one is ended by mail that gets through.
            Kind::Relay if is_ill => wake_without_mail(&world, PLENTY).await,
            Kind::Disk if is_ill => wake(&world, 100 << 20).await,
            _ => wake(&world, PLENTY).await,
        }
        if step % 17 == 0 {
            world = world.restarted().await;
        }
        world.clock.advance(STEP);
    }
    (alarms(&world).await, told(&world))
}

#[tokio::test]
async fn each_alarm_is_raised_once_and_over_once() {
    let all = Kind::ALL.iter().map(|&kind| tokio::spawn(async move { (kind, incident(kind).await) }));
    for ended in futures::future::join_all(all).await {
        let (kind, (alarms, told)) = ended.unwrap();
        let kinds: Vec<_> = alarms.iter().map(|alarm| alarm.kind).collect();
        assert_eq!(kinds, [kind], "{alarms:#?}");
        assert!(alarms[0].ended.is_some(), "{alarms:#?}");
        // Of what keeps mail from leaving, the beginning is told with the end.
        let expected = if matches!(kind, Kind::Relay | Kind::Restored) { [0, 1] } else { [1, 1] };
        assert_eq!(told, expected, "{kind}");
    }
}

#[tokio::test]
async fn many_feeds_that_fail_at_once_are_one_alarm_about_the_network() {
    let ids: Vec<String> = (0..300).map(|number| format!("f{number}")).collect();
    let world = World::of_feeds(&ids.iter().map(String::as_str).collect::<Vec<_>>()).await.administered().await;
    ids.iter().for_each(|id| serve(&world, id, &[post(id, 0)]));
    wake(&world, PLENTY).await;
    ids.iter().for_each(|id| break_down(&world, id, 503));
    // Four days: each of them has failed for more than three.
    for _ in 0..8 {
        world.clock.advance(TimeDelta::hours(12));
        wake(&world, PLENTY).await;
    }
    let kinds = |alarms: Vec<Alarm>| alarms.iter().map(|alarm| alarm.kind).collect::<Vec<_>>();
    assert_eq!(kinds(alarms(&world).await), [Kind::Network]);
    assert_eq!(told(&world), [1, 0]);
    // All but one come back.
    ids[1..].iter().for_each(|id| serve(&world, id, &[post(id, 0)]));
    for _ in 0..6 {
        world.clock.advance(TimeDelta::hours(12));
        wake(&world, PLENTY).await;
    }
    assert_eq!(kinds(alarms(&world).await), [Kind::FeedFailing, Kind::Network], "the last one is to blame itself");
    assert_eq!(told(&world), [1, 1], "in one mail");
}

#[tokio::test]
async fn what_happens_while_the_relay_is_away_comes_in_one_mail_with_its_end() {
    let sink = SmtpSink::start();
    let world = World::mailing_to(&sink, "").await.administered().await;
    world.subscribe("ada@example.org").await;
    sink.close(true);
    world.once().await;
    assert_eq!(alarms(&world).await[0].kind, Kind::Relay);
    let shown = status(&world.app).await.unwrap().alarms;
    assert_eq!(shown[0].title, "mail cannot leave", "it is in `status` at once");
    for _ in 0..30 {
        world.clock.advance(TimeDelta::minutes(10));
        wake(&world, 100 << 20).await;
    }
    assert_eq!(world.rows::<i64>("SELECT count(*) FROM messages WHERE kind = 'alarm'"), [0]);
    sink.close(false);
    for _ in 0..30 {
        world.clock.advance(TimeDelta::minutes(1));
        wake(&world, 100 << 20).await;
    }
    let mails: Vec<_> = sink.taken().into_iter().filter(|mail| mail.to == ["admin@example.org"]).collect();
    assert_eq!(mails.len(), 1, "{mails:#?}");
    let mail = Mail::read(mails[0].data.as_bytes());
    for words in ["The disk is nearly full --------", "Mail cannot leave: from Mon 23 Nov 2026 09:00 GMT to"] {
        assert!(mail.text.replace("\r\n", " ").contains(words), "{}", mail.text);
    }
}

#[tokio::test]
async fn a_process_that_dies_between_raising_and_telling_loses_nothing_and_doubles_nothing() {
    let world = healthy().await;
    let trouble = Trouble {
        kind: Kind::Disk,
        subject: String::new(),
        since: now(&world),
        what: "the disk is full".to_owned(),
        is_ripe: true,
    };
    world.app.store.change_alarms(vec![Change::Raise(trouble)], now(&world)).await.unwrap();
    let world = world.restarted().await;
    wake(&world, 100 << 20).await;
    let world = world.restarted().await;
    wake(&world, 100 << 20).await;
    assert_eq!(told(&world), [1, 0]);
    assert_eq!(alarms(&world).await.len(), 1);
}

#[tokio::test]
async fn a_feed_that_comes_and_goes_is_one_incident() {
    let world = healthy().await;
    break_down(&world, "a", 503);
    for hour in 0..15 * 24 {
        // Well for four hours of each day, from the fourth day on.
        match hour > 96 && hour % 24 < 4 {
            true => serve(&world, "a", &posts("a", 0)),
            false => break_down(&world, "a", 503),
        }
        poll(&world.app, &Which::Named(vec!["a".to_owned()]), &silent).await.unwrap();
        look_with(&world.app, Some(PLENTY)).await.unwrap();
        world.clock.advance(TimeDelta::hours(1));
    }
    deliver(&world.app, &silent).await.unwrap();
    assert_eq!(told(&world), [1, 0]);
    assert_eq!(alarms(&world).await.len(), 1);
}

#[tokio::test]
async fn clock_steps_raise_and_end_nothing_twice() {
    let world = healthy().await;
    break_down(&world, "a", 503);
    for step in 0..80 {
        if step == 60 {
            serve(&world, "a", &posts("a", 0));
        }
        poll(&world.app, &Which::Named(vec!["a".to_owned()]), &silent).await.unwrap();
        wake(&world, PLENTY).await;
        let hours = if step % 20 == 10 {
            24 * 400
        } else if step % 20 == 11 {
            -24 * 400
        } else {
            6
        };
        world.clock.advance(TimeDelta::hours(hours));
    }
    assert_eq!(told(&world), [1, 1], "{:#?}", alarms(&world).await);
}

#[tokio::test]
async fn an_alarm_is_no_list_mail_and_says_what_to_do() {
    let world = healthy().await;
    wake(&world, 100 << 20).await;
    let mails = world.mails();
    assert_eq!(mails.len(), 1);
    let mail = &mails[0];
    assert_eq!(mail.header("Subject"), "Public Service Reform Digest: the disk is nearly full");
    assert_eq!(mail.header("Auto-Submitted"), "auto-generated");
    assert!(!mail.headers.contains("List-"), "{}", mail.headers);
    let text = mail.text.replace("\r\n", " ");
    for words in ["The disk of the data folder has 100 MB left.", "Since Mon 23 Nov 2026 09:00 GMT.", "`df -h`"] {
        assert!(text.contains(words), "{text}");
    }
}

#[tokio::test]
async fn who_is_named_later_is_told_of_what_is_still_so() {
    let world = World::of_feeds(&FEEDS).await;
    let hold = "INSERT INTO runs (cadence, slot, due, made, upto, held, held_because, held_told)
                VALUES ('weekly', 's', 0, 0, 0, 0, 'a test', 0)";
    world.execute(hold);
    wake(&world, 100 << 20).await;
    world.clock.advance(TimeDelta::hours(2));
    for _ in 0..2 {
        wake(&world, PLENTY).await;
        world.clock.advance(TimeDelta::hours(2));
    }
    assert_eq!(world.rows::<i64>("SELECT count(*) FROM messages"), [0]);
    let world = world.administered().await;
    wake(&world, PLENTY).await;
    assert_eq!(told(&world), [1, 0], "of the run, and not of the disk, which is well again");
}

#[test]
fn status_shows_what_needs_a_person_first() {
    let folder = tempfile::tempdir().unwrap();
    write_config(folder.path(), &[("blog", "file:blog.xml")], "");
    assert!(policy_digest(folder.path()).arg("once").output().is_ok());
    let database = rusqlite::Connection::open(folder.path().join("data/policy-digest.db")).unwrap();
    let raise = "INSERT INTO alarms (kind, subject, what, since, raised) VALUES ('relay', '', 'no way out', 0, 0),
                 ('feed_failing', 'blog', 'it fails', 0, 0)";
    database.execute_batch(raise).unwrap();
    let shown = text(&policy_digest(folder.path()).arg("status").output().unwrap());
    assert!(shown.starts_with("alarm         mail cannot leave, since Thu 1 Jan 1970 01:00\n"), "{shown}");
    assert!(shown.contains("              Next: `policy-digest feeds check blog`"), "{shown}");
    let json = policy_digest(folder.path()).args(["status", "--json"]).output().unwrap().stdout;
    let json: serde_json::Value = serde_json::from_slice(&json).unwrap();
    assert_eq!(json["alarms"][0]["kind"], "relay");
    assert_eq!(json["alarms"][1]["subjects"][0], "blog");
}
