//! The outbox over the real store: every message comes to one end, whatever happens; who is first; who is not sent
//! to any more; and what would come too late.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use policy_digest::app::feeds::poll::{Which, poll};
use policy_digest::app::outbox::deliver::{DeliverReport, deliver};
use policy_digest::app::subscribers::subscribe::{Request, add};
use policy_digest::app::{digests, silent};
use policy_digest::domain::outbox::{Outcome, after_attempt};
use policy_digest::domain::subscribers::subscriber::{Cadence, EmailAddress, Preferences};
use policy_digest::store::{Claimed, Settlement};
use proptest::prelude::*;

use crate::support::{Entry, Mail, Reply, SmtpSink, World, rss, start};

/// A run is made for these people, and nothing sent.
async fn queued(people: &[&str]) -> World {
    let world = World::new().await;
    for address in people {
        world.subscribe(address).await;
    }
    next_run(&world, 1).await;
    world
}

/// The digest of so many posts in all.
async fn next_run(world: &World, posts: usize) {
    let entries: Vec<Entry> = (1..=posts).map(|number| Entry::on_topic(&number.to_string())).collect();
    world.server.serve("/blog.xml", Reply::feed(rss(&entries)));
    poll(&world.app, &Which::All, &silent).await.unwrap();
    digests::make(&world.app).await.unwrap();
}

async fn send(world: &World) -> DeliverReport {
    deliver(&world.app, &silent).await.unwrap()
}

async fn claim(world: &World, most: usize) -> Vec<Claimed> {
    world.app.store.outbox().claim_due(world.app.clock.now(), most, |_| String::new()).await.unwrap()
}

fn ended(message: &Claimed, outcome: Outcome, now: DateTime<Utc>) -> Settlement {
    let next = after_attempt(message.attempt, outcome, now, 0.5, message.deadline);
    let (id, attempt, was_unknown) = (message.id, message.attempt, message.is_unknown);
    Settlement { id, attempt, outcome, next, was_unknown, error: None, report: None }
}

#[tokio::test]
async fn whoever_is_suppressed_between_queueing_and_sending_is_not_mailed() {
    let world = queued(&["ada@example.org", "ben@example.org"]).await;
    let hash = world.app.keys.address_hash(&EmailAddress::parse("ada@example.org").unwrap());
    let statement = format!("INSERT INTO suppressions (hash, reason, made) VALUES ('{hash}', 'a test', 0)");
    world.execute(&statement);
    assert_eq!(send(&world).await.sent, 1);
    assert!(world.mails()[0].header("To").contains("ben@example.org"));
    let states: Vec<String> = world.rows("SELECT state FROM messages ORDER BY address");
    assert_eq!(states, ["cancelled", "sent"]);
}

#[tokio::test]
async fn whoever_leaves_while_their_message_waits_for_its_next_attempt_is_not_mailed() {
    let world = queued(&["ada@example.org"]).await;
    let message = claim(&world, 1).await.remove(0);
    world.app.store.outbox().settle(vec![ended(&message, Outcome::Deferred, start())], start()).await.unwrap();
    world.app.store.subscribers().leave(message.subscriber, start()).await.unwrap();
    world.clock.advance(TimeDelta::minutes(6));
    send(&world).await;
    assert!(world.mails().is_empty());
    assert_eq!(world.rows::<String>("SELECT state FROM messages"), ["cancelled"]);
}

#[tokio::test]
async fn what_may_have_arrived_goes_first_then_what_somebody_waits_for_then_digests() {
    let world = queued(&["ada@example.org", "ben@example.org"]).await;
    let lost = claim(&world, 1).await.remove(0);
    world.app.store.outbox().recover(start()).await.unwrap();
    let request = Request {
        asker: policy_digest::app::subscribers::subscribe::Asker::Administrator,
        address: EmailAddress::parse("cyd@example.org").unwrap(),
        name: String::new(),
        preferences: Preferences::default(),
        consent: None,
    };
    assert!(add(&world.app, request).await.unwrap().is_asked);
    let claimed = claim(&world, 9).await;
    let order: Vec<_> = claimed.iter().map(|message| (message.address.reveal(), message.is_unknown)).collect();
    let ada = lost.address.reveal();
    assert_eq!(order, [(ada, true), ("cyd@example.org", false), ("ben@example.org", false)]);
    assert_eq!(claimed[0].message_id, lost.message_id);
}

#[tokio::test]
async fn what_a_delivery_left_unsettled_is_taken_up_by_the_next_one_of_the_same_process() {
    let world = queued(&["ada@example.org"]).await;
    assert_eq!(claim(&world, 1).await.len(), 1);
    assert_eq!(send(&world).await.sent, 1);
    assert_eq!(world.rows::<i64>("SELECT attempts FROM messages"), [2]);
}

#[tokio::test]
async fn a_held_run_is_skipped_and_the_next_one_is_sent() {
    let world = queued(&["ada@example.org", "ben@example.org"]).await;
    world.execute("UPDATE runs SET held = 1");
    world.subscribe("cyd@example.org").await;
    let cyd = world
        .app
        .store
        .subscribers()
        .subscriber_at(&EmailAddress::parse("cyd@example.org").unwrap())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(send(&world).await.sent, 0);
    world.execute(&format!("UPDATE subscribers SET cursor = 0 WHERE id = '{}'", cyd.id));
    digests::make(&world.app).await.unwrap();
    assert_eq!(send(&world).await.sent, 1, "the run of those who are not held");
    world.execute("UPDATE runs SET held = NULL");
    assert_eq!(send(&world).await.sent, 2);
}

#[tokio::test]
async fn a_digest_that_would_come_too_late_is_given_up_and_the_next_one_has_its_posts() {
    let world = queued(&["ada@example.org"]).await;
    world.clock.advance(TimeDelta::hours(85));
    let report = send(&world).await;
    assert_eq!((report.sent, report.late, world.mails().len()), (0, 1, 0));
    assert_eq!(
        world.rows::<String>("SELECT state || ': ' || error FROM messages"),
        ["failed: given up: it would come too late"]
    );
    next_run(&world, 2).await;
    assert_eq!(send(&world).await.sent, 1);
    let mail = world.mails().remove(0);
    assert!(mail.text.contains("https://blog.example.org/1") && mail.text.contains("https://blog.example.org/2"));
}

#[tokio::test]
async fn one_that_may_have_arrived_is_given_up_when_it_is_late_and_blocks_nobody() {
    let world = queued(&["ada@example.org"]).await;
    claim(&world, 1).await;
    world.app.store.outbox().recover(start()).await.unwrap();
    world.clock.advance(TimeDelta::hours(85));
    assert_eq!(send(&world).await.late, 1);
    digests::make(&world.app).await.unwrap();
    assert_eq!(send(&world).await.sent, 1, "its posts come again, although nothing is newer");
}

#[tokio::test]
async fn a_daily_reader_of_once_is_not_mailed_after_half_a_day_and_a_weekly_one_is() {
    let world = World::new().await;
    world.subscribe_with("ada@example.org", Cadence::Daily, None).await;
    world.subscribe_with("ben@example.org", Cadence::Weekly, None).await;
    next_run(&world, 1).await;
    world.clock.advance(TimeDelta::hours(13));
    let report = send(&world).await;
    assert_eq!((report.sent, report.late), (1, 1));
    assert!(world.mails()[0].header("To").contains("ben@example.org"));
}

#[tokio::test]
async fn a_question_is_not_mailed_when_its_link_no_longer_works() {
    let world = World::new().await;
    let request = Request {
        asker: policy_digest::app::subscribers::subscribe::Asker::Administrator,
        address: EmailAddress::parse("ada@example.org").unwrap(),
        name: String::new(),
        preferences: Preferences::default(),
        consent: None,
    };
    add(&world.app, request).await.unwrap();
    world.clock.advance(TimeDelta::days(7) + TimeDelta::seconds(1));
    assert_eq!(send(&world).await.late, 1);
    assert!(world.mails().is_empty());
}

#[tokio::test]
async fn a_crowd_of_late_ones_is_given_up_whole() {
    let world = World::new().await;
    world.subscribe("ada@example.org").await;
    next_run(&world, 1).await;
    let connection = rusqlite::Connection::open(world.folder().join("data/policy-digest.db")).unwrap();
    let crowd = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2500)";
    let people =
        "INSERT INTO subscribers (id, address, address_key, status, cadence, cursor, consent, joined, confirmed)
        SELECT 's' || i, i || '@example.org', i || '@example.org', 'active', 'weekly', 0, '', 0, 0 FROM n";
    let messages =
        "INSERT INTO messages (kind, run, subscriber, address, message_id, body, through_seq, state, next_attempt, made)
        SELECT 'digest', 1, 's' || i, i || '@example.org', '<' || i || '@x>', 1, 1, 'queued', 0, 0 FROM n";
    connection.execute_batch(&format!("{crowd} {people}; {crowd} {messages};")).unwrap();
    world.days(4);
    assert_eq!(send(&world).await.late, 2501);
}

/// What a server does at one attempt: 20 % are deferred, 5 % refused, 5 % dropped after DATA.
fn fate(chance: usize) -> &'static str {
    match chance % 20 {
        0..=3 => "451 4.7.1 later",
        4 => "550 5.1.1 nobody",
        5 => "drop",
        _ => "250 ok",
    }
}

#[tokio::test]
async fn of_a_crowd_at_a_faulty_server_everybody_gets_one_or_is_given_up() {
    const PEOPLE: usize = 120;
    let sink = SmtpSink::start();
    let world = World::mailing_to(&sink, "max_connections = 8\n").await;
    let mut chance = 7_usize;
    for number in 0..PEOPLE {
        let address = format!("person{number}@example.org");
        let fates: Vec<&str> = (0..7)
            .map(|_| {
                chance = chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                fate(chance >> 33)
            })
            .collect();
        sink.answer_in_turn(&address, fates);
        world.subscribe(&address).await;
    }
    world.once().await;
    for _ in 0..60 {
        world.clock.advance(TimeDelta::minutes(45));
        send(&world).await;
    }
    let counts = world.app.store.outbox().message_counts().await.unwrap();
    let (sent, failed) = (counts["sent"], counts["failed"]);
    assert_eq!(sent + failed, PEOPLE as u64, "{counts:?}");
    let mut taken: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for message in sink.taken() {
        let id = Mail::read(message.data.as_bytes()).header("Message-ID").to_owned();
        taken.entry(message.to[0].clone()).or_default().push(id);
    }
    assert_eq!(taken.len() as u64, sent, "nobody is lost");
    assert!(taken.values().all(|ids| ids.len() == 1), "nobody has two that were answered for");
    let dropped = sink.dropped();
    assert!(dropped.len() > 5 && failed > 0, "the server was faulty: {} {failed}", dropped.len());
    for message in dropped {
        let id = Mail::read(message.data.as_bytes()).header("Message-ID").to_owned();
        assert!(taken.get(&message.to[0]).is_none_or(|ids| ids[0] == id), "the second copy is the same message");
    }
}

/// One thing that happens to the outbox.
#[derive(Debug, Clone)]
enum Event {
    /// A digest of something new is made for everybody.
    Make,
    /// So many are claimed, and end so; the rest of them when the process dies.
    Attempt(Vec<Fate>),
    Clock(i64),
    Join(usize),
    Leave(usize),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Ends(Outcome),
    Dies,
}

fn event() -> impl Strategy<Value = Event> {
    use Outcome::{Accepted, Deferred, Lost, Refused, Unsent};
    let fate = prop_oneof![
        4 => Just(Fate::Ends(Accepted)),
        4 => Just(Fate::Ends(Deferred)),
        1 => Just(Fate::Ends(Refused)),
        2 => Just(Fate::Ends(Lost)),
        2 => Just(Fate::Ends(Unsent)),
        2 => Just(Fate::Dies),
    ];
    prop_oneof![
        2 => Just(Event::Make),
        6 => prop::collection::vec(fate, 1..6).prop_map(Event::Attempt),
        4 => prop_oneof![9 => 1i64..1800, 1 => -3000i64..0].prop_map(Event::Clock),
        1 => (0usize..3).prop_map(Event::Join),
        1 => (0usize..6).prop_map(Event::Leave),
    ]
}

struct Model {
    world: World,
    posts: usize,
    people: Vec<String>,
    /// Messages that have come to their end, and to which.
    ends: BTreeMap<i64, String>,
}

impl Model {
    async fn happen(&mut self, event: &Event) {
        match event {
            Event::Make => {
                self.posts += 1;
                next_run(&self.world, self.posts).await;
            }
            Event::Attempt(fates) => self.attempt(fates).await,
            Event::Clock(minutes) => self.world.clock.advance(TimeDelta::minutes(*minutes)),
            Event::Join(cadence) => {
                let address = format!("person{}@example.org", self.people.len());
                self.people.push(self.world.subscribe_with(&address, Cadence::ALL[*cadence], None).await);
            }
            Event::Leave(who) => {
                if let Some(id) = self.people.get(*who) {
                    self.world.app.store.subscribers().leave(id.clone(), self.world.app.clock.now()).await.unwrap();
                }
            }
        }
    }

    async fn attempt(&self, fates: &[Fate]) {
        let claimed = claim(&self.world, fates.len()).await;
        let now = self.world.app.clock.now();
        let settlements = claimed.iter().zip(fates).filter_map(|(message, fate)| match fate {
            Fate::Ends(outcome) => Some(ended(message, *outcome, now)),
            Fate::Dies => None,
        });
        self.world.app.store.outbox().settle(settlements.collect(), now).await.unwrap();
        if fates.contains(&Fate::Dies) {
            self.world.app.store.outbox().recover(now).await.unwrap();
        }
    }

    fn check(&mut self) -> Result<(), TestCaseError> {
        let two: Vec<String> = self.world.rows(
            "SELECT subscriber FROM messages WHERE kind = 'digest' AND state IN ('queued', 'sending', 'unknown', 'retry')
             GROUP BY subscriber HAVING count(*) > 1",
        );
        prop_assert!(two.is_empty(), "two open digests of {two:?}");
        let gaps: Vec<i64> = self.world.rows(
            "SELECT id FROM messages m WHERE attempts <> (SELECT count(*) FROM attempts WHERE message = m.id)
             OR attempts <> (SELECT coalesce(max(number), 0) FROM attempts WHERE message = m.id)",
        );
        prop_assert!(gaps.is_empty(), "gaps in the attempts of {gaps:?}");
        let ends: Vec<String> = self
            .world
            .rows("SELECT id || ' ' || state FROM messages WHERE state IN ('sent', 'failed', 'cancelled', 'replaced')");
        let ends: BTreeMap<i64, String> = ends
            .iter()
            .map(|end| end.split_once(' ').unwrap())
            .map(|(id, state)| (id.parse().unwrap(), state.to_owned()))
            .collect();
        for (id, state) in &self.ends {
            prop_assert_eq!(ends.get(id), Some(state), "an end is for good");
        }
        self.ends = ends;
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, max_shrink_iters: 100, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_each_message_comes_to_one_end(
        events in prop::collection::vec(event(), 10..50),
        last in prop::collection::vec(prop::bool::ANY, 12),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut model = Model { world: World::new().await, posts: 0, people: Vec::new(), ends: BTreeMap::new() };
            for event in [Event::Join(1), Event::Join(0), Event::Make].iter().chain(&events) {
                model.happen(event).await;
                model.check()?;
            }
            // Time goes on, and so does the outbox, whatever the server says.
            for is_lost in last {
                let outcome = if is_lost { Outcome::Lost } else { Outcome::Deferred };
                model.happen(&Event::Clock(27 * 60)).await;
                model.happen(&Event::Attempt(vec![Fate::Ends(outcome); 200])).await;
                model.check()?;
            }
            model.happen(&Event::Clock(3000)).await;
            model.happen(&Event::Attempt(vec![Fate::Ends(Outcome::Lost); 200])).await;
            let open: Vec<i64> = model.world.rows("SELECT id FROM messages WHERE turn IS NOT NULL");
            prop_assert!(open.is_empty(), "{open:?} never come to an end");
            Ok(())
        })?;
    }
}
