//! Costs follow the work, not the history: what an idle daemon writes, how often a digest reads, and that what is kept
//! counted is what a count would give. That no statement reads a whole table is tested by `query_plans`.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::TimeDelta;
use policy_digest::app::digests::once::gather;
use policy_digest::app::digests::runs;
use policy_digest::app::feeds::poll::{Which, poll};
use policy_digest::app::operations::{alarms, cleanup, status};
use policy_digest::app::outbox::deliver::deliver;
use policy_digest::app::subscribers::{preferences, subscribe};
use policy_digest::app::{digests, silent};
use policy_digest::domain::subscribers::subscriber::{Cadence, EmailAddress};
use policy_digest::domain::subscribers::token::{Purpose, sign};

use crate::support::pages::{FORM, request, serve};
use crate::support::{Entry, Reply, SmtpSink, World, rss};

/// What the daemon does at each wake.
async fn wake(world: &World) {
    alarms::look(&world.app).await.unwrap();
    gather(&world.app, true, &silent).await.unwrap();
    deliver(&world.app, &silent).await.unwrap();
    status::note_serving(&world.app).await;
}

fn writes(world: &World) -> usize {
    world.app.store.transactions().writes
}

fn posts(count: usize) -> Reply {
    let entries: Vec<Entry> = (0..count).map(|number| Entry::on_topic(&number.to_string())).collect();
    Reply::feed(rss(&entries))
}

#[tokio::test]
async fn an_idle_daemon_writes_nothing_in_ten_minutes() {
    let world = World::new().await;
    world.subscribe("ada@example.org").await;
    world.server.serve("/blog.xml", posts(3));
    world.once().await;
    wake(&world).await;
    let before = writes(&world);
    for _ in 0..60 {
        world.clock.advance(TimeDelta::seconds(10));
        wake(&world).await;
    }
    assert_eq!(writes(&world) - before, 0);
}

#[tokio::test]
async fn a_proof_in_flight_to_a_slow_relay_is_waited_for_and_not_asked_after() {
    let sink = SmtpSink::start();
    let smtp = format!("[mail.smtp]\nhost = \"127.0.0.1\"\nport = {}\ntls = \"none\"\n", sink.port);
    let world =
        World::mailing(&format!("[mail]\ntransport = \"smtp\"\nproof_to = \"editor@example.org\"\n{smtp}")).await;
    world.subscribe("ada@example.org").await;
    // The first to get through; only then are others tried side by side.
    crate::support::pages::ask(&world.app).await;
    poll(&world.app, &Which::All, &silent).await.unwrap();
    digests::make(&world.app).await.unwrap();
    sink.slow_down(Duration::from_millis(700));
    let before = writes(&world);
    assert_eq!(deliver(&world.app, &silent).await.unwrap().sent, 3);
    assert!(writes(&world) - before < 10, "{} write transactions", writes(&world) - before);
}

#[tokio::test]
async fn stories_are_read_once_for_all_windows_of_a_run() {
    let mut reads = Vec::new();
    for people in [1, 6] {
        let world = World::new().await;
        let choices = [None, Some("collaboration"), Some("integration")];
        for number in 0..people {
            let themes = choices[number % choices.len()].map(|theme| vec![theme.to_owned()]);
            world.subscribe_with(&format!("person{number}@example.org"), Cadence::Weekly, themes).await;
        }
        world.server.serve("/blog.xml", posts(3));
        poll(&world.app, &Which::All, &silent).await.unwrap();
        let before = world.app.store.transactions().reads;
        assert_eq!(digests::make(&world.app).await.unwrap().people, people as u64);
        reads.push(world.app.store.transactions().reads - before);
    }
    assert_eq!(reads[0], reads[1]);
}

/// What is kept counted, and the same counted now: items by feed, messages by run and state, in all, and people.
fn counted(world: &World) -> BTreeMap<String, [Vec<String>; 2]> {
    let questions = [
        (
            "feeds",
            "SELECT id || ' ' || items || ' ' || selected FROM feeds ORDER BY id",
            "SELECT id || ' ' || (SELECT count(*) FROM items WHERE feed = id)
             || ' ' || (SELECT count(*) FROM items WHERE feed = id AND selected = 1) FROM feeds ORDER BY id",
        ),
        (
            "messages of runs",
            "SELECT run || ' ' || state || ' ' || count FROM tallies WHERE count <> 0 ORDER BY run, state",
            "SELECT coalesce(run, 0) || ' ' || state || ' ' || count(*) FROM messages GROUP BY run, state ORDER BY run, state",
        ),
        (
            "messages",
            "SELECT state || ' ' || count FROM totals WHERE subject = 'messages' AND count <> 0 ORDER BY state",
            "SELECT state || ' ' || count(*) FROM messages GROUP BY state ORDER BY state",
        ),
        (
            "subscribers",
            "SELECT state || ' ' || count FROM totals WHERE subject = 'subscribers' AND count <> 0 ORDER BY state",
            "SELECT status || ' ' || count(*) FROM subscribers GROUP BY status ORDER BY status",
        ),
    ];
    let of =
        |(name, kept, now): (&str, &str, &str)| (name.to_owned(), [kept, now].map(|question| world.rows(question)));
    questions.into_iter().map(of).collect()
}

#[tokio::test]
async fn what_is_kept_counted_is_what_a_count_gives() {
    let world = World::new().await;
    let agree = |after: &str| {
        for (name, [kept, now]) in counted(&world) {
            assert_eq!(kept, now, "{name} after {after}");
        }
    };
    for name in ["ada", "ben", "cyd", "dot"] {
        world.subscribe(&format!("{name}@example.org")).await;
    }
    crate::support::pages::ask(&world.app).await;
    world.server.serve("/blog.xml", posts(4));
    world.once().await;
    agree("a run");
    let address = |name: &str| EmailAddress::parse(&format!("{name}@example.org")).unwrap();
    subscribe::remove(&world.app, &address("ada")).await.unwrap();
    preferences::forget(&world.app, &address("ben")).await.unwrap();
    agree("a leaving and an erasure");
    world.server.serve("/blog.xml", posts(6));
    poll(&world.app, &Which::All, &silent).await.unwrap();
    let run = digests::make(&world.app).await.unwrap().run.unwrap();
    runs::hold(&world.app, run.id).await.unwrap();
    runs::cancel(&world.app, run.id).await.unwrap();
    agree("a cancelled run");
    let scores = world.app.store.items().items_after(0, 100).await.unwrap().into_iter().map(|item| {
        let score = policy_digest::domain::selection::relevance::Score { selected: false, ..item.score };
        policy_digest::store::Rescored { seq: item.seq, score }
    });
    world.execute("DELETE FROM run_stories; UPDATE runs SET through_seq = 0");
    world.app.store.items().rescore(scores.collect(), "other".to_owned()).await.unwrap();
    agree("another judgement");
    world.days(15);
    world.app.store.operations().mark("cleanup", world.clock.now()).await.unwrap();
    cleanup::cleanup(&world.app).await.unwrap();
    agree("the end of a sign-up that nobody confirmed");
}

#[tokio::test]
async fn asking_for_a_change_of_address_is_limited_like_a_sign_up() {
    let world = World::new().await;
    let ada = world.subscribe("ada@example.org").await;
    let path = format!("/p/{}/address", sign(&world.app.keys.token, Purpose::Preferences, &ada, None));
    let (_, at) = serve(world.app).await;
    let ask = async |address: &str| {
        request(at, "POST", &path, FORM, &format!("address={address}%40example.org")).await[9..12].to_owned()
    };
    let mut answers = Vec::new();
    for _ in 0..6 {
        answers.push(ask("new").await);
    }
    assert_eq!(answers, ["303", "303", "303", "303", "303", "429"], "for one address");
    let mut from_one_network = 0;
    while ask(&format!("new{from_one_network}")).await == "303" {
        from_one_network += 1;
    }
    assert_eq!(from_one_network, 30 - answers.len());
}
