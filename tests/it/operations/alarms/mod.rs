//! Alarms: each is raised once and over once, however often it is looked, polled and restarted meanwhile; and each is
//! mailed once to whoever runs this.

use chrono::{DateTime, TimeDelta, Utc};
use policy_digest::app::digests::once::gather;
use policy_digest::app::digests::runs;
use policy_digest::app::feeds::poll::{Which, poll};
use policy_digest::app::operations::alarms::look_with;
use policy_digest::app::outbox::deliver::deliver;
use policy_digest::app::{digests, silent};
use policy_digest::domain::operations::alarm::{Alarm, Kind};
use policy_digest::domain::subscribers::subscriber::Cadence;
use policy_digest::store::{Pause, PauseCause, PendingConfiguration};

use crate::support::{Entry, Mail, Reply, World, rss, start};

mod told;

pub const FEEDS: [&str; 4] = ["a", "b", "c", "d"];
const STEP: TimeDelta = TimeDelta::hours(6);
pub const PLENTY: u64 = 10 << 30;

/// A post that is not on the topic.
pub fn post(id: &str, days_ago: i64) -> Entry {
    Entry {
        id: id.to_owned(),
        title: format!("Notes of the week {id}"),
        text: format!("What {id} did in the garden, and what grew there."),
        published: Some(start() - TimeDelta::days(days_ago)),
    }
}

/// Five of them, so many days apart: on one day, they tell no rhythm.
pub fn posts(feed: &str, days_apart: i64) -> Vec<Entry> {
    (0..5).map(|number| post(&format!("{feed}{number}"), days_apart * number)).collect()
}

pub fn serve(world: &World, feed: &str, entries: &[Entry]) {
    world.server.serve(&format!("/{feed}.xml"), Reply::feed(rss(entries)));
}

pub fn break_down(world: &World, feed: &str, status: u16) {
    world.server.serve(&format!("/{feed}.xml"), Reply { status, headers: Vec::new(), body: Vec::new() });
}

/// Four healthy feeds, read once, and somebody who is told.
pub async fn healthy() -> World {
    let world = World::of_feeds(&FEEDS).await.administered().await;
    for feed in FEEDS {
        serve(&world, feed, &posts(feed, 0));
    }
    wake(&world, PLENTY).await;
    assert_eq!(alarms(&world).await, []);
    world
}

/// What the daemon does at a wake, and then it looks again.
pub async fn wake(world: &World, free_bytes: u64) {
    wake_without_mail(world, free_bytes).await;
    deliver(&world.app, &silent).await.unwrap();
    look_with(&world.app, Some(free_bytes)).await.unwrap();
}

async fn wake_without_mail(world: &World, free_bytes: u64) {
    look_with(&world.app, Some(free_bytes)).await.unwrap();
    gather(&world.app, true, &silent).await.unwrap();
    look_with(&world.app, Some(free_bytes)).await.unwrap();
}

pub async fn alarms(world: &World) -> Vec<Alarm> {
    world.app.store.operations().alarms(10_000).await.unwrap()
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
        Kind::DigestHeld => {
            // Most of them, and not so many that it is the network.
            FEEDS[1..].iter().for_each(|feed| break_down(world, feed, 503));
            if is_new {
                world.subscribe_with("ada@example.org", Cadence::Daily, None).await;
            }
        }
        Kind::DigestEmpty if is_new => drop(world.subscribe_with("ada@example.org", Cadence::Daily, None).await),
        Kind::RunHeld if is_new => hold_a_run(world).await,
        Kind::Refused if is_new => refuse_three(world).await,
        Kind::Relay | Kind::Restored => pause(world, kind).await,
        Kind::Configuration => {
            let text = "error: a mistake\n --> digest.toml:1:1".to_owned();
            let edit = PendingConfiguration { is_refused: true, text, since: now(world) };
            world.app.store.operations().set_pending_configuration(Some(edit)).await.unwrap();
        }
        Kind::DraftHeld if is_new => draft(world, 1, "monthly", "held", 8),
        Kind::DraftRolledOn if is_new => draft(world, 1, "daily", "rolled_on", 1),
        Kind::DigestEmpty | Kind::RunHeld | Kind::Refused | Kind::Disk | Kind::DraftHeld | Kind::DraftRolledOn => {}
    }
}

/// A draft of this status, whose slot was so many days ago.
fn draft(world: &World, id: i64, cadence: &str, status: &str, days: i64) {
    let due = now(world).timestamp() - days * 24 * 60 * 60;
    let base = r#"{"stories":[],"carried":[],"near_misses":[],"order":[],"note":"","missed":"","earlier":[]}"#;
    world.execute(&format!(
        "INSERT INTO drafts (id, cadence, slot, due, made, after_seq, reserved_seq, through_seq, archive, base, status)
         VALUES ({id}, '{cadence}', 'a slot {id}', {due}, {due}, 0, {id}, {id}, 'page-{id}', '{base}', '{status}')"
    ));
}

/// The feeds are well, and one of them has a new post on the topic every day where that matters.
fn be_well(world: &World, kind: Kind) {
    for feed in FEEDS {
        let mut entries = posts(feed, 0);
        if matches!(kind, Kind::DigestEmpty | Kind::DigestHeld | Kind::FeedSilent | Kind::RunHeld) {
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
        Kind::Configuration => world.app.store.operations().set_pending_configuration(None).await.unwrap(),
        Kind::Relay => drop(world.app.store.outbox().lift(PauseCause::Relay).await.unwrap()),
        Kind::Restored => drop(world.app.store.outbox().lift(PauseCause::Restored).await.unwrap()),
        Kind::DraftHeld => world.execute("UPDATE drafts SET status = 'sent'"),
        Kind::DraftRolledOn => draft(world, 2, "daily", "sent", 0),
        _ => {}
    }
}

pub fn now(world: &World) -> DateTime<Utc> {
    world.app.clock.now()
}

async fn hold_a_run(world: &World) {
    world.subscribe("ada@example.org").await;
    serve(world, "a", &[Entry::on_topic("1")]);
    poll(&world.app, &Which::All, &silent).await.unwrap();
    let run = digests::make(&world.app).await.unwrap().run.unwrap().id;
    runs::hold(&world.app, run).await.unwrap();
}

pub async fn pause(world: &World, kind: Kind) {
    let (cause, probe) = match kind {
        Kind::Relay => (PauseCause::Relay, Some(now(world) + TimeDelta::minutes(1))),
        _ => (PauseCause::Restored, None),
    };
    let pause = Pause { cause, probe, reason: "a test says so".to_owned(), since: now(world), failed_probes: 0 };
    world.app.store.outbox().pause(pause).await.unwrap();
}

/// Three mails that were refused for our own sake.
async fn refuse_three(world: &World) {
    let at = now(world).timestamp();
    world.execute(&format!(
        "INSERT INTO bodies (id, subject, text, html) VALUES (90, 's', 't', 'h');
         WITH three (id) AS (VALUES (90), (91), (92))
         INSERT INTO messages (id, kind, subscriber, address, message_id, body, state, next_attempt, made)
         SELECT id, 'welcome', 'x' || id, 'x@example.org', '<' || id || '@x.test>', 90, 'failed', {at}, {at} FROM three;
         INSERT INTO reports (message, at, source, fault, code, hash)
         SELECT id, {at}, 'smtp', 'ours', 'recipient 550 5.7.1', '' FROM messages WHERE id >= 90;"
    ));
}

/// The mails to whoever runs this that say it began, and those that say it is over.
pub fn told(world: &World) -> [usize; 2] {
    let mails: Vec<Mail> = world.mails().into_iter().filter(|mail| mail.header("To") == "admin@example.org").collect();
    let count = |has: fn(&Mail) -> bool| mails.iter().filter(|mail| has(mail)).count();
    [count(|mail| mail.text.contains("What happens now:")), count(|mail| mail.text.contains("\r\nResolved\r\n----"))]
}

/// What is in the table of incidents, and what was told of them, after a trouble of this kind and its end.
async fn incident(kind: Kind) -> (Vec<Alarm>, [usize; 2]) {
    let mut world = healthy().await;
    let ill_for = match kind {
        Kind::FeedSilent => 12,
        Kind::DigestEmpty => 6,
        Kind::DigestHeld => 2,
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
        // While no mail can leave, that cannot be told.
        let expected = if kind == Kind::Relay { [0, 1] } else { [1, 1] };
        assert_eq!(told, expected, "{kind}");
    }
}
