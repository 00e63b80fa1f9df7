//! A change of keys: what went out before works for its time, or is revoked; what goes out after is signed with the new
//! key; and a retired key opens nothing that came after it.

use chrono::TimeDelta;
use policy_digest::app::operations::keys::LinkError;
use policy_digest::app::operations::{cleanup, keys};
use policy_digest::app::outbox::bounces::{BounceReport, Ignored, take_in};
use policy_digest::app::subscribers::subscribe;
use policy_digest::domain::subscribers::subscriber::{EmailAddress, Status};
use policy_digest::domain::subscribers::token::{KEPT_FOR, KeyRing, Purpose, Returning, TokenError, return_path, sign};
use policy_digest::store::Keys;

use crate::outbox::returned_emails::{TOKEN, fixture};
use crate::support::pages::{FORM, ask, request, serve};
use crate::support::program::{policy_digest, text};
use crate::support::{Entry, Reply, World, rss};

async fn rotated(world: World, revoke: bool) -> World {
    keys::rotate(&world.app, revoke).await.unwrap();
    world.restarted().await
}

async fn status(world: &World, address: &str) -> Status {
    world.app.store.subscribers().subscriber_at(&EmailAddress::parse(address).unwrap()).await.unwrap().unwrap().status
}

/// The ring as whoever copied the database before a change of keys has it.
fn leaked(world: &World) -> KeyRing {
    let Keys { token, .. } = world.app.keys.clone();
    token
}

fn is_refused(answer: Result<(), LinkError>) -> bool {
    matches!(answer, Err(LinkError::Refused(TokenError::Invalid)))
}

#[tokio::test]
async fn links_from_before_a_change_of_keys_work_until_their_key_ends_by_itself() {
    let mut world = World::new().await;
    let (ada, ben) = (world.subscribe("ada@example.org").await, world.subscribe("ben@example.org").await);
    let [to_ada, to_ben] = [&ada, &ben].map(|id| sign(&world.app.keys.token, Purpose::Unsubscribe, id, None));
    world.days(1);
    let report = keys::rotate(&world.app, false).await.unwrap();
    let end = world.clock.now() + KEPT_FOR;
    assert_eq!((report.keys.former, report.keep_until), (1, Some(end)));
    world.days(1);
    world = rotated(world, false).await;
    assert_ne!(sign(&world.app.keys.token, Purpose::Unsubscribe, &ada, None), to_ada, "the new key signs");
    subscribe::unsubscribe(&world.app, &to_ada).await.unwrap();
    assert_eq!(status(&world, "ada@example.org").await, Status::Left);
    world.clock.advance(end - world.clock.now());
    assert!(is_refused(subscribe::unsubscribe(&world.app, &to_ben).await));
    assert_eq!(status(&world, "ben@example.org").await, Status::Active);
    assert_eq!(world.rows::<i64>("SELECT count(*) FROM former_keys"), [2]);
    world.app.store.operations().mark("cleanup", world.clock.now()).await.unwrap();
    assert_eq!(cleanup::cleanup(&world.app).await.unwrap().keys, 1, "the other one has a day left");
    assert_eq!(world.rows::<i64>("SELECT number FROM former_keys"), [2]);
}

#[tokio::test]
async fn a_revoked_key_opens_nothing_and_the_page_says_how_to_get_a_new_link() {
    let world = World::new().await;
    let ada = world.subscribe("ada@example.org").await;
    let tokens = |keys: &KeyRing| {
        [("unsubscribe", Purpose::Unsubscribe), ("p", Purpose::Preferences)]
            .map(|(page, purpose)| format!("/{page}/{}", sign(keys, purpose, &ada, None)))
    };
    let old = tokens(&world.app.keys.token);
    let world = rotated(rotated(world, false).await, true).await;
    assert_eq!(world.rows::<i64>("SELECT count(*) FROM former_keys"), [0]);
    let (new, (world, _folder)) = (tokens(&world.app.keys.token), world.apart());
    let (app, at) = serve(world.app).await;
    for path in &old {
        let page = request(at, "GET", path, "", "").await.replace("&#x2f;", "/");
        assert!(page.starts_with("HTTP/1.1 400"), "{page}");
        let link = format!("<a href=\"{}p\">Get a new link by email</a>", app.config.settings.public_url);
        assert!(page.contains(&link), "{page}");
    }
    assert!(request(at, "POST", &old[0], FORM, "List-Unsubscribe=One-Click").await.starts_with("HTTP/1.1 400"));
    for path in &new {
        assert!(request(at, "GET", path, "", "").await.starts_with("HTTP/1.1 200"));
    }
    assert!(request(at, "POST", "/p", FORM, "address=ada%40example.org").await.starts_with("HTTP/1.1 200"));
    let counts = app.store.outbox().open_counts().await.unwrap();
    assert_eq!(counts.get("link"), Some(&1), "a new link is on its way");
}

#[tokio::test]
async fn a_retired_key_that_leaked_opens_no_later_subscribers_pages() {
    let world = World::new().await;
    let ada = world.subscribe("ada@example.org").await;
    let stolen = leaked(&world);
    let world = rotated(world, false).await;
    world.days(1);
    let ben = world.subscribe("ben@example.org").await;
    for purpose in [Purpose::Unsubscribe, Purpose::Preferences] {
        let forged = sign(&stolen, purpose, &ben, None);
        assert!(is_refused(subscribe::check(&world.app, purpose, &forged).await));
        let own = sign(&stolen, purpose, &ada, None);
        subscribe::check(&world.app, purpose, &own).await.expect("the link of an email that went out");
    }
    let forged = sign(&stolen, Purpose::Unsubscribe, &ben, None);
    assert!(is_refused(subscribe::unsubscribe(&world.app, &forged).await));
    assert_eq!(status(&world, "ben@example.org").await, Status::Active);
}

#[tokio::test]
async fn a_retired_key_that_leaked_makes_no_return_path_of_a_later_message() {
    let world = World::new().await;
    world.subscribe("ada@example.org").await;
    world.server.serve("/blog.xml", Reply::feed(rss(&[Entry::on_topic("1")])));
    world.once().await;
    let stolen = leaked(&world);
    let world = rotated(world, false).await;
    world.days(7);
    world.server.serve("/blog.xml", Reply::feed(rss(&[Entry::on_topic("1"), Entry::on_topic("2")])));
    world.once().await;
    let reported = |number| world.app.store.outbox().reported(number);
    for (number, ignored) in [(1, false), (2, true)] {
        let message = reported(number).await.unwrap().unwrap();
        let returning = Returning { number, message_id: &message.message_id, made: message.made };
        let mail = fixture("postfix_unknown_user").replace(TOKEN, &return_path(&stolen, &returning));
        let taken = take_in(&world.app, mail.as_bytes(), None).await.unwrap();
        assert_eq!(taken == BounceReport::Ignored(Ignored::Forged), ignored, "{number}: {taken:?}");
    }
}

#[tokio::test]
async fn what_waits_with_a_revoked_link_is_not_sent_and_can_be_asked_for_again() {
    let world = World::new().await;
    ask(&world.app).await;
    let rotate = async |revoke| keys::rotate(&world.app, revoke).await.unwrap().keys.cancelled;
    assert_eq!((rotate(false).await, rotate(true).await), (0, 1));
    assert!(world.app.store.outbox().open_counts().await.unwrap().is_empty());
    world.clock.advance(TimeDelta::hours(1));
    ask(&world.app).await;
    assert_eq!(world.app.store.outbox().open_counts().await.unwrap().get("confirmation"), Some(&1));
}

#[tokio::test]
async fn keys_of_an_earlier_version_are_numbered_in_their_order_and_get_an_end() {
    let world = World::new().await;
    let ada = world.subscribe("ada@example.org").await;
    world.execute(
        "UPDATE keys SET unnumbered = 1, number = 2 WHERE name = 'token';
         INSERT INTO former_keys (value, made, retired, number, unnumbered) VALUES (x'0b', 0, 10, 1, 1);",
    );
    let world = world.restarted().await;
    let end = (world.clock.now() + KEPT_FOR).timestamp();
    assert_eq!(world.rows::<i64>("SELECT ends FROM former_keys"), [end]);
    let token = sign(&world.app.keys.token, Purpose::Preferences, &ada, None);
    assert!(token.starts_with("p.2."), "{token}");
}

#[test]
fn the_command_changes_the_key_and_says_what_becomes_of_links_in_emails_already_sent() {
    let folder = tempfile::tempdir().unwrap();
    crate::support::write_config(folder.path(), &[], "");
    policy_digest(folder.path()).arg("poll").output().unwrap();
    let run =
        |arguments: &[&str]| policy_digest(folder.path()).args(["keys", "rotate"]).args(arguments).output().unwrap();
    let plain = text(&run(&[]));
    assert!(plain.contains("keep working until ") && plain.contains("(90 days)"), "{plain}");
    assert!(text(&run(&["--json"])).contains("\"former\":2"));
    let revoked = text(&run(&["--revoke"]));
    assert!(revoked.contains("3 old keys are revoked: no link in an email already sent works any more"), "{revoked}");
    assert!(text(&run(&["--revoke", "--json"])).contains("\"revoked\":1"));
}
