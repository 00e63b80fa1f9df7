//! All headers of a digest and of a confirmation, as receivers see them, and the addresses on their envelopes.

use policy_digest::domain::subscribers::token::claimed_message;
use policy_digest::mail::Sent;
use policy_digest::mail::dkim::Kind;

use crate::support::dkim::configured;
use crate::support::{Entry, Mail, Reply, World, return_path, rss};

const ADDRESSES: &str = "[mail]\nfrom = \"Réform Digest <digest@example.org>\"\nreply_to = \"Editor <editor@example.org>\"\n\
    bounce_address = \"bounces@digest.example.org\"\nunsubscribe_address = \"leave@digest.example.org\"\n";

/// A digest for Ada, and the question to Ben whether he meant it.
async fn mailed(more: &str) -> (World, Vec<Sent>) {
    let world = World::configured(more).await;
    world.subscribe("ada@example.org").await;
    crate::support::pages::ask(&world.app).await;
    world.server.serve("/blog.xml", Reply::feed(rss(&[Entry::on_topic("1")])));
    world.once().await;
    let sent = world.sent.lock().unwrap().clone();
    assert_eq!(sent.len(), 2);
    (world, sent)
}

#[tokio::test]
async fn the_headers_of_a_digest_and_of_a_confirmation() {
    let keys = tempfile::tempdir().unwrap();
    let (_, dkim) = configured(Kind::Ed25519, &keys.path().join("dkim.pem"));
    let (_world, sent) = mailed(&format!("{ADDRESSES}{dkim}")).await;
    for sent in &sent {
        let headers = Mail::read(&sent.bytes).headers.replace("\r\n", "\n");
        let name = if headers.contains("List-Id") { "digest_headers" } else { "confirmation_headers" };
        let secrets = vec![
            (r"=_[0-9a-z]+", "=_BOUNDARY"),
            (r" b=[A-Za-z0-9+/= ]+", " b=SIGNATURE"),
            (r" bh=[A-Za-z0-9+/=]+", " bh=HASH"),
            (r"[0-9a-f]{40}", "TAG"),
            (r"[0-9a-f]{24}", "SUBSCRIBER"),
        ];
        insta::with_settings!({ filters => secrets, omit_expression => true }, {
            insta::assert_snapshot!(name, headers);
        });
    }
}

#[tokio::test]
async fn each_return_path_is_bound_to_its_message_and_reveals_nobody() {
    let (world, sent) = mailed(ADDRESSES).await;
    let mut messages = Vec::new();
    for sent in &sent {
        let local = sent.from.strip_suffix("@digest.example.org").unwrap();
        let token = local.strip_prefix("bounces+").unwrap();
        let number = claimed_message(token).unwrap();
        assert_eq!(token, return_path(&world.app, number).await);
        messages.push(number);
        assert!(!local.contains("ada") && !local.contains("ben"));
    }
    messages.dedup();
    assert_eq!(messages.len(), 2);
}

#[tokio::test]
async fn without_an_address_for_it_the_return_path_is_the_senders_and_leaving_by_mail_is_not_offered() {
    let (_world, sent) = mailed("").await;
    assert!(sent.iter().all(|sent| sent.from == "digest@example.org"));
    assert!(sent.iter().all(|sent| !Mail::read(&sent.bytes).headers.contains("mailto:")));
}
