//! Confirming a sign-up by the link in the mail: the welcome, a link that has expired, what was agreed to.

use chrono::TimeDelta;
use policy_digest::domain::subscribers::subscriber::Status;
use policy_digest::domain::subscribers::token::{CONFIRM_FOR, Purpose, sign};

use crate::support::pages::FORM;
use crate::support::pages::{get, request};
use crate::support::site::{Site, link, status_of};
use crate::support::{Entry, Reply, World, rss};

#[tokio::test]
async fn the_first_confirmation_is_welcomed_with_the_latest_digest_and_pressing_again_is_not() {
    let world = World::new().await;
    world.subscribe("ben@example.org").await;
    world.server.serve("/blog.xml", Reply::feed(rss(&[Entry::on_topic("1")])));
    world.once().await;
    world.mails();
    let site = Site::of(world).await;
    assert!(get(site.at, "/").await.contains("archive&#x2f;2026-11-23\""), "a sample");
    site.sign_up("ada@example.org").await;
    let path = link(&site.mails().await.pop().unwrap(), "/confirm/");
    let mut mails = Vec::new();
    for _ in 0..3 {
        site.world.clock.advance(TimeDelta::minutes(1));
        assert_eq!(status_of(&request(site.at, "POST", &path, FORM, "").await), "200");
        mails.extend(site.mails().await);
    }
    assert_eq!(mails.len(), 1);
    let (subject, text) = (mails[0].header("subject"), &mails[0].text);
    assert!(subject.starts_with("Welcome"), "{subject}");
    assert!(text.contains("/archive/2026-11-23") && text.contains("Monday, 30 November"), "{text}");
    assert!(link(&mails[0], "/p/").len() > 40 && link(&mails[0], "/unsubscribe/").len() > 40, "{text}");
}

#[tokio::test]
async fn an_expired_link_offers_a_new_mail_once_an_hour() {
    let site = Site::new().await;
    site.sign_up("ada@example.org").await;
    let path = link(&site.mails().await.pop().unwrap(), "/confirm/");
    site.world.clock.advance(CONFIRM_FOR + TimeDelta::seconds(1));
    let page = get(site.at, &path).await;
    let token = path.strip_prefix("/confirm/").unwrap();
    assert_eq!(status_of(&page), "410");
    assert!(page.contains(&format!("action=\"{token}&#x2f;again\"")), "{page}");
    assert!(site.mails().await.is_empty(), "a GET mails nothing");
    for _ in 0..2 {
        assert_eq!(status_of(&request(site.at, "POST", &format!("{path}/again"), FORM, "").await), "200");
    }
    let mails = site.mails().await;
    assert_eq!(mails.len(), 1);
    assert_eq!(status_of(&request(site.at, "POST", &link(&mails[0], "/confirm/"), FORM, "").await), "200");
    assert_eq!(site.person("ada@example.org").await.unwrap().status, Status::Active);
    let last = if token.ends_with('1') { "0" } else { "1" };
    let forged = format!("/confirm/{}{last}/again", &token[..token.len() - 1]);
    assert_eq!(status_of(&request(site.at, "POST", &forged, FORM, "").await), "400");
    assert!(site.mails().await.iter().all(|mail| mail.header("subject").starts_with("Welcome")));
}

#[tokio::test]
async fn a_persons_data_tells_what_they_agreed_to() {
    let site = Site::new().await;
    site.join("ada@example.org").await;
    let ada = site.person("ada@example.org").await.unwrap();
    let token = sign(&site.app.keys.token, Purpose::Preferences, &ada.id, None);
    let answer = get(site.at, &format!("/p/{token}/data")).await;
    let data: serde_json::Value = serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap();
    assert_eq!(data["consent_by"], "page");
    assert_eq!(data["consent_wording"], site.app.config.settings.sender.consent.as_str());
    for when in ["consented", "confirmed"] {
        assert!(data[when].is_string(), "{when}: {data}");
    }
}
