//! What a link's token opens: its own pages, under every address below them, and nothing else; and nothing at all once a
//! character of it is changed.

use std::net::SocketAddr;

use chrono::TimeDelta;
use policy_digest::domain::subscribers::subscriber::Status;
use policy_digest::domain::subscribers::token::{CONFIRM_FOR, KeyRing, Purpose, sign};

use crate::support::pages::{FORM, ask, request, serve, status};
use crate::support::{World, start};

/// Every address with a token, as the table of routes has it.
fn addresses() -> Vec<&'static str> {
    include_str!("../../../src/web/mod.rs")
        .split('"')
        .filter(|text| text.starts_with('/') && text.contains("{token}"))
        .collect()
}

/// What the tokens below an address are for.
fn purpose(address: &str) -> Purpose {
    match address.split('/').nth(1) {
        Some("confirm") => Purpose::Confirm,
        Some("unsubscribe") => Purpose::Unsubscribe,
        Some("p") => Purpose::Preferences,
        Some("address") => Purpose::Address,
        Some("off-topic") => Purpose::Vote,
        Some("edit") => Purpose::Edit,
        _ => panic!("{address}: no purpose is known for its token"),
    }
}

fn token(keys: &KeyRing, purpose: Purpose, id: &str) -> String {
    sign(keys, purpose, id, Some(start() + CONFIRM_FOR))
}

/// The statuses of a GET and a POST there, with the fields of every form.
async fn tried(at: SocketAddr, path: &str) -> [String; 2] {
    let fields = "cadence=daily&theme=integration&until=2026-12-24&address=new%40example.org";
    let answers = [request(at, "GET", path, "", "").await, request(at, "POST", path, FORM, fields).await];
    answers.map(|answer| answer[9..12].to_owned())
}

/// 405 where a method is not there; a GET below a person's own page leads to it, whatever the token.
fn is_refused([get, post]: &[String; 2]) -> bool {
    matches!(get.as_str(), "400" | "303" | "405") && matches!(post.as_str(), "400" | "405")
}

#[tokio::test]
async fn a_token_opens_the_pages_of_its_own_purpose_and_no_other() {
    let world = World::new().await;
    let ada = world.subscribe("ada@example.org").await;
    let keys = world.app.keys.token.clone();
    let (app, at) = serve(world.app).await;
    let before = format!("{:?}", app.store.subscribers().subscriber(ada.clone()).await.unwrap());
    assert!(addresses().len() >= 11, "{:?}", addresses());
    for address in addresses() {
        for made_for in Purpose::ALL.into_iter().filter(|made_for| *made_for != purpose(address)) {
            let path = address.replace("{token}", &token(&keys, made_for, &ada));
            let statuses = tried(at, &path).await;
            assert!(is_refused(&statuses), "{address} with a token for {made_for:?}: {statuses:?}");
        }
    }
    assert_eq!(format!("{:?}", app.store.subscribers().subscriber(ada.clone()).await.unwrap()), before);
    assert!(app.store.outbox().message_counts().await.unwrap().is_empty(), "nothing is mailed");
    // A draft is opened in `digests::editing`.
    for address in addresses().into_iter().filter(|address| purpose(address) != Purpose::Edit) {
        let named = if purpose(address) == Purpose::Address { format!("{ada}-0") } else { ada.clone() };
        let statuses = tried(at, &address.replace("{token}", &token(&keys, purpose(address), &named))).await;
        assert!(!is_refused(&statuses), "{address} with a token of its own: {statuses:?}");
    }
}

#[tokio::test]
async fn no_address_takes_a_token_with_a_changed_character() {
    let world = World::new().await;
    let (ada, ben) = (world.subscribe("ada@example.org").await, ask(&world.app).await);
    let (keys, clock) = (world.app.keys.token.clone(), world.clock.clone());
    let (app, at) = serve(world.app).await;
    for address in addresses() {
        let id = if purpose(address) == Purpose::Confirm { &ben } else { &ada };
        let token = token(&keys, purpose(address), id);
        for place in 0..token.len() {
            let mut changed = token.clone();
            let other = if token.as_bytes()[place] == b'1' { "2" } else { "1" };
            changed.replace_range(place..=place, other);
            // So slowly that no limit is met.
            clock.advance(TimeDelta::minutes(1));
            let statuses = tried(at, &address.replace("{token}", &changed)).await;
            assert!(is_refused(&statuses), "{address}, character {place}: {statuses:?}");
        }
    }
    assert_eq!((status(&app, &ada).await, status(&app, &ben).await), (Status::Active, Status::Pending));
}
