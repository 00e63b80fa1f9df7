//! When a subscriber's address changes, the old one is told: once, in their language, and without a way to learn or to
//! change anything.

use policy_digest::app::outbox::deliver::deliver;
use policy_digest::app::silent;
use policy_digest::app::subscribers::preferences::{AddressTaken, ask_address, take_address};
use policy_digest::domain::outbox::bounce::Fault;
use policy_digest::domain::subscribers::subscriber::{Cadence, EmailAddress, Preferences, Status};
use policy_digest::domain::subscribers::token::{Purpose, sign};
use policy_digest::store::{NewReport, Source, Taken};

use crate::support::{Mail, World};

const CONTACT: &str = "[sender]\ncontact = \"hello@example.org\"\n";

/// A subscriber has asked for another address; the token that confirms it.
async fn asked(world: &World, id: &str) -> String {
    let own = sign(&world.app.keys.token, Purpose::Preferences, id, None);
    ask_address(&world.app, &own, "new@example.org").await.unwrap();
    deliver(&world.app, &silent).await.unwrap();
    let mail = world.mails().pop().unwrap();
    let (_, token) = mail.text.split_once("/address/").unwrap();
    token.split_whitespace().next().unwrap().to_owned()
}

/// The emails to the old address since.
async fn to_old(world: &World) -> Vec<Mail> {
    deliver(&world.app, &silent).await.unwrap();
    world.mails().into_iter().filter(|mail| mail.header("To") == "ada@example.org").collect()
}

#[tokio::test]
async fn the_old_address_is_told_once_after_the_change_and_not_before() {
    let world = World::configured(CONTACT).await;
    let id = world.subscribe("ada@example.org").await;
    let token = asked(&world, &id).await;
    assert_eq!(to_old(&world).await.len(), 0, "nothing has changed yet");
    for _ in 0..2 {
        assert_eq!(take_address(&world.app, &token).await.unwrap(), AddressTaken::Taken);
    }
    let mails = to_old(&world).await;
    assert_eq!(mails.len(), 1, "pressing the button again tells it again");
    let mail = &mails[0];
    assert_eq!(mail.header("Subject"), "Your address was changed: Public Service Reform Digest");
    for words in ["was changed on 23 November 2026", "If you didn't", "hello@example.org", "http://localhost:8080/"] {
        assert!(mail.text.contains(words), "{words}: {}", mail.text);
    }
    let whole = format!("{}{}", mail.raw, mail.html());
    for secret in ["new@example.org", "/p/", "/unsubscribe/", "/address/", "List-Unsubscribe"] {
        assert!(!whole.contains(secret), "{secret}: {whole}");
    }
    let counted: Vec<i64> =
        world.rows("SELECT count(*) FROM messages WHERE kind = 'address_changed' AND state = 'sent'");
    assert_eq!(counted, [1]);
}

#[tokio::test]
async fn it_is_told_after_a_restart_in_the_subscribers_language() {
    let world = World::configured("[in.cy]\nname = \"Crynhoad Diwygio\"\n").await;
    let id = world.subscribe("ada@example.org").await;
    let welsh = Preferences { cadence: Cadence::Weekly, themes: None, language: "cy".to_owned() };
    world.app.store.subscribers().change_preferences(id.clone(), welsh).await.unwrap();
    let token = asked(&world, &id).await;
    take_address(&world.app, &token).await.unwrap();
    let world = world.restarted().await;
    let mails = to_old(&world).await;
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].header("Content-Language"), "cy");
    assert!(mails[0].text.contains("Crynhoad Diwygio") && mails[0].text.contains("mwyach"), "{}", mails[0].text);
    assert!(mails[0].text.contains("http://localhost:8080/cy/"), "{}", mails[0].text);
}

#[tokio::test]
async fn it_is_told_even_if_the_subscription_ends_at_once_but_not_if_its_owner_is_erased() {
    for (is_erased, told) in [(false, 1), (true, 0)] {
        let world = World::new().await;
        let id = world.subscribe("ada@example.org").await;
        let token = asked(&world, &id).await;
        take_address(&world.app, &token).await.unwrap();
        let (store, now) = (&world.app.store, world.clock.now());
        if is_erased {
            store.subscribers().erase(id, now).await.unwrap();
        } else {
            store.subscribers().leave(id, now).await.unwrap();
        }
        assert_eq!(to_old(&world).await.len(), told, "{is_erased}");
    }
}

#[tokio::test]
async fn what_fails_or_is_complained_of_at_the_old_address_does_not_touch_the_new_one() {
    for (source, fault, code) in [(Source::Dsn, Fault::Person, "5.1.1"), (Source::Arf, Fault::Complaint, "")] {
        let world = World::new().await;
        let id = world.subscribe("ada@example.org").await;
        let token = asked(&world, &id).await;
        take_address(&world.app, &token).await.unwrap();
        assert_eq!(to_old(&world).await.len(), 1);
        let message = world.rows::<i64>("SELECT id FROM messages WHERE kind = 'address_changed'")[0];
        let hash = world.app.keys.address_hash(&EmailAddress::parse("ada@example.org").unwrap());
        let report = NewReport { source, fault, code: code.to_owned(), hash };
        assert_ne!(
            world.app.store.outbox().report(message, report, world.clock.now()).await.unwrap(),
            Taken::NoMessage
        );
        let person = world.app.store.subscribers().subscriber(id).await.unwrap().unwrap();
        assert_eq!((person.status, person.address.reveal()), (Status::Active, "new@example.org"), "{fault:?}");
    }
}

#[tokio::test]
async fn an_address_that_another_subscriber_has_tells_nobody() {
    let world = World::new().await;
    let id = world.subscribe("ada@example.org").await;
    let token = asked(&world, &id).await;
    world.subscribe("new@example.org").await;
    assert_eq!(take_address(&world.app, &token).await.unwrap(), AddressTaken::Occupied);
    assert_eq!(to_old(&world).await.len(), 0);
}

#[tokio::test]
async fn an_old_address_that_may_not_sign_up_is_not_sent_to_do_so() {
    let world = World::topped("sign_up_domains = [\"gov.scot\"]\n").await;
    let id = world.subscribe("ada@example.org").await;
    let own = sign(&world.app.keys.token, Purpose::Preferences, &id, None);
    ask_address(&world.app, &own, "new@gov.scot").await.unwrap();
    deliver(&world.app, &silent).await.unwrap();
    let mail = world.mails().pop().unwrap();
    let token = mail.text.split_once("/address/").unwrap().1.split_whitespace().next().unwrap().to_owned();
    assert_eq!(take_address(&world.app, &token).await.unwrap(), AddressTaken::Taken);
    let mails = to_old(&world).await;
    assert!(!mails[0].text.contains("sign up") && mails[0].text.contains("Please"), "{}", mails[0].text);
}
