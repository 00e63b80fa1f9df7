//! A model of suppression: whatever the order of refusals, returned mails, holds, releases and confirmations, nobody is
//! suppressed through a held run or a fault of ours, and nobody who complained is mailed again.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use policy_digest::app::digests::make;
use policy_digest::app::digests::runs;
use policy_digest::app::feeds::poll::{Which, poll};
use policy_digest::app::silent;
use policy_digest::app::subscribers::subscribe;
use policy_digest::app::subscribers::subscribe::{Asker, Request};
use policy_digest::domain::outbox::bounce::Fault;
use policy_digest::domain::outbox::{Next, Outcome};
use policy_digest::domain::subscribers::subscriber::{EmailAddress, Preferences, Status};
use policy_digest::domain::subscribers::token;
use policy_digest::domain::subscribers::token::Purpose;
use policy_digest::store::{NewReport, Settlement, Source};
use proptest::prelude::*;

use crate::support::{Entry, Reply, World, rss};

const PEOPLE: usize = 12;

/// One thing that happens.
#[derive(Debug, Clone)]
enum Event {
    /// So many messages are claimed, and end like this.
    Deliver(usize, Answer),
    /// A report by mail about the n-th message, if it was sent.
    Report(usize, Fault),
    Hold,
    Release(bool),
    /// Somebody signs up anew and confirms.
    ComeBack(usize),
    Wait(i64),
}

/// How an attempt ends.
#[derive(Debug, Clone, Copy)]
enum Answer {
    Taken,
    Dead,
    Ours,
    Later,
    GivenUp,
}

fn event() -> impl Strategy<Value = Event> {
    let answer = prop_oneof![
        4 => Just(Answer::Taken),
        2 => Just(Answer::Dead),
        1 => Just(Answer::Ours),
        1 => Just(Answer::Later),
        1 => Just(Answer::GivenUp),
    ];
    let fault = prop_oneof![4 => Just(Fault::Person), 1 => Just(Fault::Soft), 1 => Just(Fault::Ours), 1 => Just(Fault::Complaint)];
    prop_oneof![
        6 => (1usize..4, answer).prop_map(|(number, answer)| Event::Deliver(number, answer)),
        4 => (0..PEOPLE, fault).prop_map(|(message, fault)| Event::Report(message, fault)),
        1 => Just(Event::Hold),
        1 => any::<bool>().prop_map(Event::Release),
        2 => (0..PEOPLE).prop_map(Event::ComeBack),
        1 => (0i64..200).prop_map(Event::Wait),
    ]
}

struct Model {
    world: World,
    complained: BTreeSet<String>,
    /// Reported as dead or soft by anybody.
    accused: BTreeSet<String>,
}

fn address(number: usize) -> EmailAddress {
    EmailAddress::parse(&format!("person{number}@example.org")).unwrap()
}

impl Model {
    async fn new() -> Self {
        let world = World::new().await;
        for number in 0..PEOPLE {
            world.subscribe(address(number).reveal()).await;
        }
        world.server.serve("/blog.xml", Reply::feed(rss(&[Entry::on_topic("1")])));
        poll(&world.app, &Which::All, &silent).await.unwrap();
        make(&world.app).await.unwrap();
        Self { world, complained: BTreeSet::new(), accused: BTreeSet::new() }
    }

    async fn happen(&mut self, event: Event) {
        let app = &self.world.app;
        match event {
            Event::Deliver(number, answer) => self.deliver(number, answer).await,
            Event::Report(number, fault) => self.report(number, fault).await,
            Event::Hold => drop(runs::hold(app, 1).await),
            Event::Release(believe) => drop(runs::release(app, 1, believe).await),
            Event::ComeBack(number) => self.come_back(number).await,
            Event::Wait(hours) => self.world.clock.advance(TimeDelta::hours(hours)),
        }
    }

    async fn deliver(&mut self, number: usize, answer: Answer) {
        let (app, now) = (&self.world.app, self.world.clock.now());
        let keys = app.keys.clone();
        let claimed =
            app.store.outbox().claim_due(now, number, move |address| keys.address_hash(address)).await.unwrap();
        let mut settlements = Vec::new();
        for message in claimed {
            assert!(!self.complained.contains(message.address.reveal()), "mailed after a complaint");
            let later = Next::RetryAt(now + TimeDelta::minutes(5));
            let (outcome, next, said) = match answer {
                Answer::Taken => (Outcome::Accepted, Next::Sent, None),
                Answer::Dead => (Outcome::Refused, Next::Failed, Some((Fault::Person, "recipient 550 5.1.1"))),
                Answer::Ours => (Outcome::Deferred, later, Some((Fault::Ours, "recipient 550 5.1.8"))),
                Answer::Later => (Outcome::Deferred, later, Some((Fault::Soft, "recipient 451 4.7.1"))),
                Answer::GivenUp => (Outcome::Deferred, Next::Failed, Some((Fault::Soft, "recipient 451 4.7.1"))),
            };
            if let (Answer::Dead | Answer::GivenUp, address) = (answer, message.address.reveal()) {
                self.accused.insert(address.to_owned());
            }
            let hash = app.keys.address_hash(&message.address);
            let report =
                said.map(|(fault, code)| NewReport { source: Source::Smtp, fault, code: code.to_owned(), hash });
            let (id, attempt, was_unknown) = (message.id, message.attempt, message.is_unknown);
            settlements.push(Settlement { id, attempt, outcome, next, was_unknown, error: None, report });
        }
        app.store.outbox().settle(settlements, now).await.unwrap();
    }

    async fn report(&mut self, number: usize, fault: Fault) {
        let app = &self.world.app;
        let Some(reported) = app.store.outbox().reported(number as i64 + 1).await.unwrap() else { return };
        let address = reported.address.unwrap();
        match fault {
            Fault::Complaint => drop(self.complained.insert(address.reveal().to_owned())),
            Fault::Person | Fault::Soft => drop(self.accused.insert(address.reveal().to_owned())),
            Fault::Ours => {}
        }
        let hash = app.keys.address_hash(&address);
        let report = NewReport { source: Source::Dsn, fault, code: "5.0.0".to_owned(), hash };
        app.store.outbox().report(reported.message, report, self.world.clock.now()).await.unwrap();
    }

    async fn come_back(&mut self, number: usize) {
        let app = &self.world.app;
        let request = Request {
            address: address(number),
            name: String::new(),
            preferences: Preferences::default(),
            consent: None,
            asker: Asker::Person,
        };
        let id = subscribe::add(app, request).await.unwrap().id;
        let expires = self.world.clock.now() + TimeDelta::days(1);
        let token = token::sign(&app.keys.token, Purpose::Confirm, &id, Some(expires));
        let is_in = subscribe::confirm(app, &token).await.unwrap();
        assert_eq!(is_in, !self.complained.contains(address(number).reveal()));
    }

    async fn check(&self) {
        let app = &self.world.app;
        let (run, _) = runs::show(app, 1).await.unwrap();
        let is_doubted = run.held.is_some() && run.because.as_deref() != Some("held by hand");
        for person in app.store.subscribers().list().await.unwrap() {
            let address = person.address.reveal();
            let is_out = person.status != Status::Active;
            if self.complained.contains(address) {
                assert_eq!(person.status, Status::Suppressed, "{address} complained");
            } else if is_out {
                assert!(!is_doubted, "{address} is {} while the run is held: {run:?}", person.status);
                assert!(self.accused.contains(address), "{address} is {} for no fault of theirs", person.status);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn nobody_is_suppressed_through_a_held_run_and_nobody_who_complained_is_mailed(
        events in prop::collection::vec(event(), 5..50),
    ) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(async {
            let mut model = Model::new().await;
            for event in events {
                model.happen(event).await;
                model.check().await;
            }
        });
    }
}
