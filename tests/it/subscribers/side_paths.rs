//! The pages and mails that a subscriber seldom meets, in a real browser: links that are old, broken or used up, people
//! who are not subscribed, or no longer, too many requests. axe-core looks at each, as in `life`.

use chrono::TimeDelta;
use policy_digest::app::subscribers::preferences::ask_address;
use policy_digest::domain::subscribers::subscriber::EmailAddress;
use policy_digest::domain::subscribers::token::{CONFIRM_FOR, Purpose, sign};

use super::leaving::complain;
use super::life::Life;
use crate::support::browser::Hand;
use crate::support::pages::{FORM, join, request, unsubscribe_path};

impl Life {
    fn own(&self, id: &str) -> String {
        format!("/p/{}", sign(&self.app.keys.token, Purpose::Preferences, id, None))
    }

    /// Opens each page, which must say so.
    async fn visit(&mut self, pages: &[(&str, &str, &str)]) {
        for (name, path, words) in pages {
            self.open(path).await;
            self.browser.says(words).await;
            self.look(name).await;
        }
    }

    /// Fills in the sign-up form and waits the time that a person takes.
    async fn sign_up_as(&mut self, address: &str) {
        self.open("/").await;
        self.clock.advance(TimeDelta::seconds(5));
        self.browser.write("Email address", address).await;
        self.browser.press("Sign up").await;
    }
}

#[tokio::test]
async fn links_that_are_old_or_broken_and_pages_that_are_not_there() {
    let Some(mut life) = Life::begin(Hand::Mouse, true).await else { return };
    life.sign_up_as("ada@example.org").await;
    let link = Life::link(&life.mail().await, "/confirm/");
    life.clock.advance(CONFIRM_FOR + TimeDelta::seconds(1));
    life.visit(&[("confirm-expired", &link, "This link has expired")]).await;
    life.browser.press("Send me a new link").await;
    life.browser.says("Check your email").await;
    life.look("confirm-again").await;
    let fresh = Life::link(&life.mail().await, "/confirm/");
    let person = life
        .app
        .store
        .subscribers()
        .subscriber_at(&EmailAddress::parse("ada@example.org").unwrap())
        .await
        .unwrap()
        .unwrap();
    let gone = unsubscribe_path(&life.app, "0123456789abcdef01234567");
    let long = format!("/{}", "a".repeat(5000));
    life.visit(&[
        ("no-such-method", "/confirm/x/again", "This doesn't work here"),
        ("too-long", &long, "This address is too long"),
        ("own-pending", &life.own(&person.id), "You have not confirmed"),
        ("confirm-broken", "/confirm/x", "This link is not valid"),
        ("own-broken", "/p/x", "This link is not valid"),
        ("not-found", "/nothing", "Page not found"),
        ("sources", "/sources", "Posts about public service reform"),
        ("archive-empty", "/archive", "There is no digest here yet"),
        ("left-and-erased", &gone, "You are unsubscribed"),
    ])
    .await;
    life.app.store.subscribers().erase(person.id, life.app.clock.now()).await.unwrap();
    life.open(&fresh).await;
    life.browser.press("Yes, send me the digest").await;
    life.browser.says("no longer open").await;
    life.look("confirm-closed").await;
    life.axe.verdict();
}

#[tokio::test]
async fn a_link_that_is_asked_for_again_and_a_second_sign_up() {
    let Some(mut life) = Life::begin(Hand::Mouse, true).await else { return };
    join(&life.app, "ada@example.org").await;
    life.open("/").await;
    life.browser.press("Change your subscription").await;
    life.look("ask-link").await;
    life.browser.press("Email me the link").await;
    life.browser.says("Enter an email address").await;
    life.look("ask-link-mistake").await;
    life.browser.write("Your email address", "ada@example.org").await;
    life.browser.press("Email me the link").await;
    life.look("ask-link-sent").await;
    let mail = life.mail().await;
    life.read(&mail, "mail-link").await;
    life.sign_up_as("ada@example.org").await;
    let mail = life.mail().await;
    life.read(&mail, "mail-known").await;
    life.open(&Life::link(&mail, "/p/")).await;
    life.browser.says("Your subscription").await;
    life.axe.verdict();
}

#[tokio::test]
async fn people_who_left_or_are_suppressed_an_address_that_is_taken_and_too_many_requests() {
    let Some(mut life) = Life::begin(Hand::Mouse, true).await else { return };
    let bob = join(&life.app, "bob@example.org").await;
    life.digest("1").await;
    complain(&life.app, &bob).await;
    let ada = join(&life.app, "ada@example.org").await;
    let own = life.own(&ada);
    let token = own.strip_prefix("/p/").unwrap();
    let _ = ask_address(&life.app, token, "new@example.org").await.unwrap();
    let link = Life::link(&life.mail().await, "/address/");
    join(&life.app, "new@example.org").await;
    for (name, words) in [("address-taken", "already has a subscription"), ("address-closed", "no longer open")] {
        life.open(&link).await;
        life.browser.press("Use this address").await;
        life.browser.says(words).await;
        life.look(name).await;
        life.app.store.subscribers().leave(ada.clone(), life.app.clock.now()).await.unwrap();
    }
    let bobs = life.own(&bob);
    life.visit(&[("own-left", &own, "You've unsubscribed"), ("own-suppressed", &bobs, "We no longer email bob")]).await;
    for _ in 0..30 {
        request(life.at, "POST", "/p", FORM, "address=x").await;
    }
    life.sign_up_as("cat@example.org").await;
    life.browser.says("Please try again in a minute").await;
    life.look("too-many").await;
    life.axe.verdict();
}
