//! Mails over a real SMTP conversation: one each, nobody's address in another's, and what a refusal leads to.

use policy_digest::app::clock::Clock;
use policy_digest::app::digests::once::once;
use policy_digest::app::{App, silent};
use policy_digest::config;

use crate::support::{Entry, FeedServer, Mail, Reply, SmtpSink, World, rss, start, write_config};

const PEOPLE: [&str; 3] = ["ada@example.org", "ben@example.org", "cyd@example.org"];

async fn smtp_world(sink: &SmtpSink, folder: &std::path::Path) -> (App, FeedServer, Clock) {
    let server = FeedServer::start().await;
    server.serve("/blog.xml", Reply::feed(rss(&[Entry::on_topic("1"), Entry::on_topic("2")])));
    let smtp = format!(
        "[mail]\ntransport = \"smtp\"\n[mail.smtp]\nhost = \"127.0.0.1\"\nport = {}\ntls = \"none\"\nmax_connections = 2\n",
        sink.port
    );
    write_config(folder, &[("blog", &server.url("/blog.xml"))], &smtp);
    let people: String = PEOPLE.iter().map(|address| format!("{address}\n")).collect();
    std::fs::write(folder.join("config/subscribers.csv"), format!("email\n{people}")).unwrap();
    let config = config::load(&folder.join("config"), Some(&folder.join("data")), &[]).unwrap();
    let clock = Clock::set_to(start());
    (App::work(config, clock.clone(), "a test").await.unwrap(), server, clock)
}

#[tokio::test]
async fn three_people_get_a_mail_each_with_a_link_of_their_own() {
    let (sink, folder) = (SmtpSink::start(), tempfile::tempdir().unwrap());
    let (app, _server, _) = smtp_world(&sink, folder.path()).await;
    assert_eq!(once(&app, false, &silent).await.unwrap().delivery.sent, 3);
    let taken = sink.taken();
    assert_eq!(taken.len(), 3);
    let mut links = std::collections::BTreeSet::new();
    for message in &taken {
        assert_eq!(message.to.len(), 1, "one recipient a transaction");
        let mail = Mail::read(message.data.as_bytes());
        for other in PEOPLE.iter().filter(|other| **other != message.to[0]) {
            assert!(!mail.raw.contains(other), "{other} is in the mail to {}", message.to[0]);
        }
        assert!(mail.header("To").contains(&message.to[0]));
        let link = mail.header("List-Unsubscribe").trim_matches(['<', '>']).to_owned();
        assert!(mail.text.contains(&link), "the footer carries the same link");
        links.insert(link);
    }
    assert_eq!(links.len(), 3);
}

#[tokio::test]
async fn a_refused_address_costs_only_itself_and_a_deferred_one_comes_later() {
    let (sink, folder) = (SmtpSink::start(), tempfile::tempdir().unwrap());
    let (app, _server, clock) = smtp_world(&sink, folder.path()).await;
    sink.answer(PEOPLE[0], "550 5.1.1 nobody here");
    sink.answer(PEOPLE[1], "451 4.7.1 come back later");
    let report = once(&app, false, &silent).await.unwrap().delivery;
    assert_eq!((report.sent, report.deferred, report.failed), (1, 1, 1));
    sink.answer(PEOPLE[1], "250 ok");
    assert_eq!(once(&app, false, &silent).await.unwrap().resumed.sent, 0, "the ladder says not yet");
    clock.advance(chrono::TimeDelta::minutes(6));
    assert_eq!(once(&app, false, &silent).await.unwrap().resumed.sent, 1);
}

#[tokio::test]
async fn whoever_leaves_between_queueing_and_sending_is_not_mailed() {
    let world = World::new().await;
    let id = world.subscribe("ada@example.org").await;
    world.server.serve("/blog.xml", Reply::feed(rss(&[Entry::on_topic("1")])));
    policy_digest::app::feeds::poll::poll(&world.app, &policy_digest::app::feeds::poll::Which::All, &silent)
        .await
        .unwrap();
    policy_digest::app::digests::make(&world.app).await.unwrap();
    world.app.store.subscribers().leave(id, start()).await.unwrap();
    policy_digest::app::outbox::deliver::deliver(&world.app, &silent).await.unwrap();
    assert!(world.mails().is_empty());
    assert_eq!(world.app.store.outbox().message_counts().await.unwrap().get("cancelled"), Some(&1));
}

#[tokio::test]
async fn an_unconfirmed_person_is_asked_once_and_gets_digests_only_after_confirming() {
    let world = World::new().await;
    let request = policy_digest::app::subscribers::subscribe::Request {
        address: policy_digest::domain::subscribers::subscriber::EmailAddress::parse("ada@example.org").unwrap(),
        name: String::new(),
        preferences: policy_digest::domain::subscribers::subscriber::Preferences {
            cadence: policy_digest::domain::subscribers::subscriber::Cadence::Weekly,
            themes: None,
            ..Default::default()
        },
        consent: None,
        asker: policy_digest::app::subscribers::subscribe::Asker::Administrator,
    };
    let report = policy_digest::app::subscribers::subscribe::add(&world.app, request.clone()).await.unwrap();
    assert!(report.is_asked);
    assert!(
        !policy_digest::app::subscribers::subscribe::add(&world.app, request).await.unwrap().is_asked,
        "not twice within the hour"
    );
    world.server.serve("/blog.xml", Reply::feed(rss(&[Entry::on_topic("1")])));
    world.once().await;
    let mails = world.mails();
    assert_eq!(mails.len(), 1);
    let token =
        mails[0].text.split("/confirm/").nth(1).unwrap().split(['"', '\r', '\n', ' ']).next().unwrap().to_owned();
    assert!(policy_digest::app::subscribers::subscribe::confirm(&world.app, &token).await.unwrap());
    world.server.serve("/blog.xml", Reply::feed(rss(&[Entry::on_topic("1"), Entry::on_topic("2")])));
    world.once().await;
    let mails = world.mails();
    assert_eq!(mails.len(), 2, "a welcome, and then the digest");
    assert!(mails[0].header("subject").starts_with("Welcome"));
    assert!(mails[1].text.contains("https://blog.example.org/2"));
}
