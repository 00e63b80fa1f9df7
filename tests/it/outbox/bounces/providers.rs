//! What follows from returned emails of providers that write them in ways of their own: whom they suppress, when, and what
//! alarm they raise; and that no email without a token of ours changes anything.

use policy_digest::app::operations::alarms;
use policy_digest::app::outbox::bounces::{BounceReport, take_in};
use policy_digest::domain::operations::alarm::Kind;
use policy_digest::domain::subscribers::subscriber::Status;
use policy_digest::store::Taken;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use super::confusion::{Sample, samples};
use crate::support::{Entry, Reply, SmtpSink, World, everything, return_path, rss};

/// The token of the samples.
const TOKEN: &str = "2a-5f0c1d9e8b7a6f5e4d3c";

fn sample(name: &str) -> Sample {
    samples().into_iter().find(|sample| sample.name == name).unwrap()
}

/// Sends the next digest; the number of its first message.
async fn digest(world: &World, number: usize) -> i64 {
    let entries: Vec<Entry> = (1..=number).map(|n| Entry::on_topic(&n.to_string())).collect();
    world.server.serve("/blog.xml", Reply::feed(rss(&entries)));
    assert!(world.once().await.delivery.sent > 0, "digest {number}");
    world.rows::<i64>("SELECT max(id) FROM messages WHERE kind = 'digest'")[0]
}

async fn hand_in(world: &World, name: &str, message: i64) -> BounceReport {
    let token = return_path(&world.app, message).await;
    let email = sample(name).email().unwrap().replace(TOKEN, &token);
    take_in(&world.app, email.as_bytes(), None).await.unwrap()
}

#[tokio::test]
async fn a_dead_microsoft_mailbox_is_suppressed_after_the_third_digest_at_the_latest() {
    for name in ["exchange-online-5-4-1", "outlook-com-5-5-0", "exchange-online-5-1-10", "exchange-old-text"] {
        let world = World::new().await;
        let id = world.subscribe("ada@example.org").await;
        for number in 1..=3 {
            if world.app.store.subscribers().subscriber(id.clone()).await.unwrap().unwrap().status == Status::Suppressed
            {
                break;
            }
            let message = digest(&world, number).await;
            let taken = hand_in(&world, name, message).await;
            assert!(matches!(taken, BounceReport::Failed { .. }), "{name}: {taken:?}");
            world.days(7);
        }
        let status = world.app.store.subscribers().subscriber(id).await.unwrap().unwrap().status;
        assert_eq!(status, Status::Suppressed, "{name}");
        alarms::look(&world.app).await.unwrap();
        let alarms: Vec<String> = world.rows("SELECT kind FROM alarms");
        assert!(!alarms.contains(&Kind::Refused.as_str().to_owned()), "{name}: nobody is sent to look at SPF");
    }
}

#[tokio::test]
async fn a_dead_microsoft_mailbox_at_rcpt_is_suppressed_after_the_third_digest_at_the_latest() {
    for answer in [
        "550 5.5.0 Requested action not taken: mailbox unavailable",
        "550 5.4.1 Recipient address rejected: Access denied. [AM0.prod.protection.outlook.test]",
        "550 Requested action not taken: mailbox unavailable",
    ] {
        let sink = SmtpSink::start();
        let world = World::mailing_to(&sink, "").await;
        let id = world.subscribe("ada@example.org").await;
        world.subscribe("ben@example.org").await;
        sink.answer("ada@example.org", answer);
        for number in 1..=3 {
            digest(&world, number).await;
            world.days(7);
        }
        let status = world.app.store.subscribers().subscriber(id).await.unwrap().unwrap().status;
        assert_eq!(status, Status::Suppressed, "{answer}");
        assert!(sink.heard("RCPT") <= 3 * 2, "a dead mailbox is asked once a digest: {answer}");
    }
}

#[tokio::test]
async fn a_blocklisting_of_ours_suppresses_nobody_and_raises_the_right_alarm() {
    let names = ["spamhaus-by-postfix", "outlook-s3150", "blocklist-beside-5-1-1", "yahoo-given-up", "exim-text-spam"];
    let world = World::new().await;
    // A run is judged by its first hundred emails, and held for a fifth of them.
    let mut people = Vec::new();
    for number in 0..30 {
        people.push(world.subscribe(&format!("person{number}@example.org")).await);
    }
    for week in 1..=4 {
        let last = digest(&world, week).await;
        for (back, name) in (0..).zip(names) {
            let taken = hand_in(&world, name, last - back).await;
            assert!(matches!(taken, BounceReport::Failed { taken: Taken::Kept, .. }), "{name}: {taken:?}");
        }
        alarms::look(&world.app).await.unwrap();
        assert_eq!(world.rows::<String>("SELECT DISTINCT kind FROM alarms WHERE kind = 'refused'"), ["refused"]);
        world.days(7);
    }
    for id in people {
        assert_eq!(world.app.store.subscribers().subscriber(id).await.unwrap().unwrap().status, Status::Active);
    }
    assert!(world.rows::<i64>("SELECT 1 FROM suppressions").is_empty());
}

#[test]
fn no_email_without_a_token_of_ours_changes_anything() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let world = runtime.block_on(async {
        let world = World::new().await;
        world.subscribe("ada@example.org").await;
        digest(&world, 1).await;
        world
    });
    let state = || -> Vec<String> {
        let all = everything(&world.folder().join("data/policy-digest.db"));
        // How often such emails came is counted, and that is all.
        all.into_iter().filter(|row| !row.starts_with("returned")).collect()
    };
    let before = state();
    let emails: Vec<String> = samples().iter().filter_map(Sample::email).collect();
    let change = prop::collection::vec((any::<prop::sample::Index>(), "(\\PC|\n){0,12}"), 0..6);
    let tokens = prop_oneof![
        Just(TOKEN.to_owned()),
        "[0-9]{1,3}-[0-9a-f]{20}",
        "u\\.[0-9a-f]{24}\\.0\\.[0-9a-f]{36}",
        "unsubscribe [a-z0-9.]{20,60}",
    ];
    let strategy = (any::<prop::sample::Index>(), tokens, change);
    let mut runner = TestRunner::new(ProptestConfig { cases: 200, ..ProptestConfig::default() });
    let outcome = runner.run(&strategy, |(which, token, change)| {
        let mut email = which.get(&emails).replace(TOKEN, &token);
        for (at, text) in change {
            let mut at = at.index(email.len());
            while !email.is_char_boundary(at) {
                at -= 1;
            }
            email.insert_str(at, &text);
        }
        let taken = runtime.block_on(take_in(&world.app, email.as_bytes(), None)).unwrap();
        prop_assert!(matches!(taken, BounceReport::Ignored(_)), "{taken:?}");
        Ok(())
    });
    outcome.unwrap();
    assert_eq!(state(), before);
}
