//! What comes of alarms beyond one trouble and its end: many at once, a way out that is closed, a process that dies, a
//! clock that steps, and how they are shown.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use chrono::TimeDelta;
use policy_digest::app::feeds::poll::{Which, poll};
use policy_digest::app::operations::alarms::look_with;
use policy_digest::app::operations::status::status;
use policy_digest::app::outbox::deliver::deliver;
use policy_digest::app::{digests, silent};
use policy_digest::domain::operations::alarm::{Alarm, Change, Kind, Trouble};
use policy_digest::store::PauseCause;

use super::{FEEDS, PLENTY, alarms, break_down, healthy, now, pause, post, posts, serve, told, wake};
use crate::support::program::{policy_digest, text};
use crate::support::{Entry, Mail, SmtpSink, World, wait_for, write_config};

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
    // By and by all but one come back.
    for half_days in 0..6 {
        let back = if half_days == 0 { 100 } else { 299 };
        ids[..back].iter().for_each(|id| serve(&world, id, &[post(id, 0)]));
        world.clock.advance(TimeDelta::hours(12));
        wake(&world, PLENTY).await;
        if half_days == 1 {
            assert_eq!(kinds(alarms(&world).await), [Kind::Network], "no feed is blamed yet");
        }
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
    assert_eq!(shown[0].title, "email cannot be sent", "it is in `status` at once");
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
    for words in ["The disk is nearly full --------", "Email cannot be sent: from Mon 23 Nov 2026 09:00 GMT to"] {
        assert!(mail.text.replace("\r\n", " ").contains(words), "{}", mail.text);
    }
}

#[tokio::test]
async fn a_restored_copy_sends_nothing_but_the_alarm_that_says_so() {
    let world = healthy().await;
    world.subscribe("ada@example.org").await;
    serve(&world, "a", &[Entry::on_topic("1")]);
    poll(&world.app, &Which::All, &silent).await.unwrap();
    digests::make(&world.app).await.unwrap();
    pause(&world, Kind::Restored).await;
    for _ in 0..3 {
        wake(&world, PLENTY).await;
    }
    let states: Vec<String> = world.rows("SELECT kind || ' ' || state FROM messages ORDER BY id");
    assert_eq!(states, ["digest queued", "alarm sent"]);
    assert_eq!(deliver(&world.app, &silent).await.unwrap().pause.unwrap().cause, PauseCause::Restored);
    assert_eq!(told(&world), [1, 0]);
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
    world.app.store.operations().change_alarms(vec![Change::Raise(trouble)], now(&world)).await.unwrap();
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
    let hold = "INSERT INTO runs (cadence, slot, due, made, through_seq, held, held_because, held_told)
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
    assert!(shown.starts_with("alarm         email cannot be sent, since Thu 1 Jan 1970 01:00\n"), "{shown}");
    assert!(shown.contains("              Next: `policy-digest feeds check blog`"), "{shown}");
    let json = policy_digest(folder.path()).args(["status", "--json"]).output().unwrap().stdout;
    let json: serde_json::Value = serde_json::from_slice(&json).unwrap();
    assert_eq!(json["alarms"][0]["kind"], "relay");
    assert_eq!(json["alarms"][1]["subjects"][0], "blog");
}

/// The daemon, which is killed when it is dropped.
struct Daemon(std::process::Child);

impl Daemon {
    fn start(folder: &Path) -> Self {
        let mut command = policy_digest(folder);
        command.arg("run").env("POLICY_DIGEST__WEB__LISTEN", "127.0.0.1:0");
        Self(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

#[test]
fn a_daemon_that_is_killed_again_and_again_tells_of_a_held_run_once() {
    let folder = tempfile::tempdir().unwrap();
    write_config(folder.path(), &[("blog", "file:blog.xml")], "");
    let config = folder.path().join("config/digest.toml");
    let settings = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, format!("admin_to = [\"admin@example.org\"]\n{settings}")).unwrap();
    policy_digest(folder.path()).arg("poll").output().unwrap();
    let database = rusqlite::Connection::open(folder.path().join("data/policy-digest.db")).unwrap();
    let held = "INSERT INTO runs (cadence, slot, due, made, through_seq, held, held_because, held_told)
                VALUES ('weekly', 's', 0, 0, 0, 0, 'a test', 0)";
    database.execute_batch(held).unwrap();
    let count = |what: &str| -> i64 {
        database.query_row(&format!("SELECT count(*) FROM {what}"), [], |row| row.get(0)).unwrap()
    };
    for stage in ["alarms", "alarms WHERE told > 0", "messages WHERE attempts > 0", "messages WHERE state = 'sent'"] {
        let _killed_at_once = Daemon::start(folder.path());
        assert!(wait_for(Duration::from_secs(30), || count(stage) > 0), "{stage}");
    }
    let _daemon = Daemon::start(folder.path());
    let is_polled_again = || count("feeds WHERE failures > 0") > 0;
    assert!(wait_for(Duration::from_secs(30), is_polled_again));
    assert_eq!((count("alarms"), count("messages WHERE kind = 'alarm'")), (1, 1));
    let mails = std::fs::read_dir(folder.path().join("data/outbox")).unwrap();
    let mails = mails.filter(|file| file.as_ref().unwrap().file_name().to_string_lossy().ends_with(".eml"));
    assert_eq!(mails.count(), 1);
}
