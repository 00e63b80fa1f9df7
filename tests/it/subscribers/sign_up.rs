//! Signing up as a visitor does, over a real connection: what is stored, what is mailed, and what nobody
//! may learn from it.

use chrono::TimeDelta;
use policy_digest::domain::subscribers::subscriber::{Cadence, ConsentBy, EmailAddress, Status};
use policy_digest::store::{NewReport, Source};

use crate::support::pages::FORM;
use crate::support::pages::{get, request};
use crate::support::site::{Site, field, link, status_of};
use crate::support::{Entry, Reply, World, rss, start};

#[tokio::test]
async fn a_sign_up_is_pending_until_the_button_behind_the_mailed_link_is_pressed() {
    let site = Site::new().await;
    let answer = site.sign_up("ada@example.org").await;
    assert_eq!(status_of(&answer), "200", "{answer}");
    assert!(answer.contains("cache-control: no-store"), "the address is on it: {answer}");
    assert!(answer.contains("Check your email") && answer.contains("ada@example.org"), "{answer}");
    assert_eq!(site.person("ada@example.org").await.unwrap().status, Status::Pending);
    let mails = site.mails().await;
    assert_eq!(mails.len(), 1);
    let path = link(&mails[0], "/confirm/");
    let page = get(site.at, &path).await;
    assert_eq!((status_of(&page), page.matches("<button").count()), ("200", 1), "{page}");
    assert_eq!(site.person("ada@example.org").await.unwrap().status, Status::Pending, "a GET changes nothing");
    assert_eq!(status_of(&request(site.at, "POST", &path, FORM, "").await), "200");
    assert_eq!(site.person("ada@example.org").await.unwrap().status, Status::Active);
}

#[tokio::test]
async fn the_consent_says_when_how_and_to_which_wording() {
    let site = Site::of(World::configured("[sender]\nconsent = \"I agree to this\"\n").await).await;
    assert!(get(site.at, "/").await.contains("I agree to this"));
    site.join("ada@example.org").await;
    let ada = site.person("ada@example.org").await.unwrap();
    assert_eq!(ada.consent_by, Some(ConsentBy::Page));
    assert_eq!(ada.consented, Some(start() + TimeDelta::seconds(5)));
    assert_eq!(ada.confirmed, Some(start() + TimeDelta::seconds(5)));
    let wording = site.app.store.sign_ups().wording(ada.consent_wording.unwrap()).await.unwrap();
    assert_eq!(wording.as_deref(), Some("I agree to this"));
}

#[tokio::test]
async fn what_was_chosen_is_kept_and_the_latest_choice_of_a_pending_person_counts() {
    let site = Site::new().await;
    let page = get(site.at, "/").await;
    assert_eq!(page.matches(" checked").count(), 3, "weekly, and both themes: {page}");
    site.sign_up("ada@example.org").await;
    assert_eq!(site.person("ada@example.org").await.unwrap().preferences.themes, None, "all, and later ones");
    let body = site.form("address=Ada%40example.org&cadence=daily&theme=integration&theme=nonsense").await;
    assert_eq!(status_of(&site.post(&body).await), "200");
    let preferences = site.person("ada@example.org").await.unwrap().preferences;
    assert_eq!((preferences.cadence, preferences.themes), (Cadence::Daily, Some(vec!["integration".to_owned()])));
}

#[tokio::test]
async fn the_answer_is_the_same_whoever_the_address_belongs_to() {
    let world = World::new().await;
    let active = world.subscribe("active@example.org").await;
    let left = world.subscribe("left00@example.org").await;
    world.app.store.subscribers().leave(left, world.clock.now()).await.unwrap();
    world.subscribe("sorry0@example.org").await;
    world.server.serve("/blog.xml", Reply::feed(rss(&[Entry::on_topic("1")])));
    world.once().await;
    complain(&world, "sorry0@example.org").await;
    let site = Site::of(world).await;
    site.sign_up("waits0@example.org").await;
    site.mails().await;
    let mut answers = Vec::new();
    for (address, mailed) in [
        ("nobody@example.org", "Confirm"),
        ("waits0@example.org", ""),
        ("active@example.org", "already"),
        ("left00@example.org", "Confirm"),
        ("sorry0@example.org", ""),
    ] {
        let answer = site.sign_up(address).await;
        answers.push(without_date(&answer.replace(address, "ADDRESS")));
        let subjects: Vec<_> = site.mails().await.iter().map(|mail| mail.header("subject").to_owned()).collect();
        assert_eq!(subjects.len(), usize::from(!mailed.is_empty()), "{address}: {subjects:?}");
        assert!(subjects.iter().all(|subject| subject.contains(mailed)), "{address}: {subjects:?}");
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:#?}");
    let still = site.app.store.subscribers().subscriber(active).await.unwrap().unwrap();
    assert_eq!((still.status, still.consent_by), (Status::Active, Some(ConsentBy::Admin)), "nothing has changed");
}

/// The person's last mail comes back as a complaint.
async fn complain(world: &World, address: &str) {
    let address = EmailAddress::parse(address).unwrap();
    let hash = world.app.keys.address_hash(&address);
    for message in 1..20 {
        let found = world.app.store.outbox().reported(message).await.unwrap();
        if found.is_some_and(|found| found.address.as_ref().is_some_and(|of| of.key() == address.key())) {
            let fault = policy_digest::domain::outbox::bounce::Fault::Complaint;
            let report = NewReport { source: Source::Arf, fault, code: String::new(), hash };
            world.app.store.outbox().report(message, report, world.clock.now()).await.unwrap();
            return;
        }
    }
    panic!("no message to {address}");
}

fn without_date(answer: &str) -> String {
    answer.lines().filter(|line| !line.to_lowercase().starts_with("date:")).collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn a_subscriber_who_signs_up_again_is_told_so_once_a_day_with_a_link_to_their_choices() {
    let world = World::new().await;
    world.subscribe("ada@example.org").await;
    let site = Site::of(world).await;
    let mut mailed = Vec::new();
    for hours in [0, 1, 22, 2] {
        site.world.clock.advance(TimeDelta::hours(hours));
        site.sign_up("ada@example.org").await;
        mailed.extend(site.mails().await);
    }
    assert_eq!(mailed.len(), 2);
    assert!(mailed[0].header("subject").contains("already subscribed"));
    assert!(link(&mailed[0], "/p/").len() > 40 && !mailed[0].text.contains(".invalid"), "{}", mailed[0].text);
}

#[tokio::test]
async fn a_pending_address_is_asked_once_an_hour_at_most() {
    let site = Site::new().await;
    let mut mails = 0;
    for minutes in [0, 20, 41] {
        site.world.clock.advance(TimeDelta::minutes(minutes));
        site.sign_up("ada@example.org").await;
        mails += site.mails().await.len();
    }
    assert_eq!(mails, 2);
}

#[tokio::test]
async fn nothing_that_a_visitor_typed_is_in_a_mail() {
    let site = Site::new().await;
    let body =
        site.form("address=ada%2Bbuy-now%40example.org&cadence=weekly&theme=integration&name=Buy+now&x=Buy").await;
    assert_eq!(status_of(&site.post(&body).await), "200");
    let mail = site.mails().await.pop().unwrap();
    let (_, content) = mail.raw.split_once("\r\n\r\n").unwrap();
    assert!(!content.to_lowercase().contains("buy"), "{content}");
}

#[tokio::test]
async fn mistakes_are_told_beside_their_fields_and_what_was_typed_is_kept_escaped() {
    let site = Site::new().await;
    let body = site.form("address=%22%3E%3Cscript%3Ex&cadence=hourly&theme=none").await;
    let page = site.post(&body).await;
    assert_eq!(status_of(&page), "422", "{page}");
    for text in ["Enter an email address like", "Choose how often", "Choose at least one theme"] {
        assert_eq!(page.matches(text).count(), 2, "at the top and beside the field: {text}\n{page}");
    }
    assert!(!page.contains("<script") && page.contains("value=\"&quot;&gt;&lt;script&gt;x\""), "{page}");
    let stamp = field(&page, "stamp").to_owned();
    let mended = format!("address=ada%40example.org&cadence=weekly&theme=integration&stamp={stamp}");
    assert_eq!(status_of(&site.post(&mended).await), "200", "whoever mends a mistake need not wait again");
}

#[tokio::test]
async fn a_form_that_is_sent_at_once_or_much_later_or_with_the_hidden_field_filled_stores_nobody() {
    let site = Site::new().await;
    let fields = "address=ada%40example.org&cadence=weekly&theme=integration";
    let at_once = format!("{fields}&stamp={}", field(&get(site.at, "/").await, "stamp"));
    assert_eq!(status_of(&site.post(&at_once).await), "422");
    let trapped = site.form(&format!("{fields}&company=Buy+now")).await;
    let page = site.post(&trapped).await;
    assert!(status_of(&page) == "422" && page.contains("Leave this field empty"), "{page}");
    let late = site.form(fields).await;
    site.world.clock.advance(TimeDelta::days(2));
    for body in [late.as_str(), fields, &format!("{fields}&stamp=x")] {
        let page = site.post(body).await;
        assert!(status_of(&page) == "422" && page.contains("open for too long"), "{page}");
    }
    assert!(site.person("ada@example.org").await.is_none());
    assert!(site.mails().await.is_empty());
}

#[tokio::test]
async fn too_many_sign_ups_are_put_off_with_the_time_to_come_back() {
    let site = Site::new().await;
    let first = site.form("address=ada%40example.org&cadence=weekly&theme=integration").await;
    let answers = [site.post(&first).await, site.post(&first).await, site.post(&first).await];
    assert!(answers.iter().all(|answer| status_of(answer) == "200"));
    let mut refused = String::new();
    for _ in 0..4 {
        refused = site.post(&first).await;
    }
    assert_eq!(status_of(&refused), "429", "of this address: {refused}");
    assert!(refused.to_lowercase().contains("retry-after: 900"), "{refused}");
    let mut statuses = Vec::new();
    for number in 0..31 {
        let body = first.replace("address=ada", &format!("address=a{number}"));
        statuses.push(status_of(&site.post(&body).await).to_owned());
    }
    assert_eq!(statuses.last().map(String::as_str), Some("429"), "of this network");
    site.world.clock.advance(TimeDelta::minutes(1));
    let body = first.replace("address=ada", "address=zoe");
    assert_eq!(status_of(&site.post(&body).await), "200");
}

#[tokio::test]
async fn a_visitor_is_told_from_another_only_on_a_trusted_proxys_word() {
    for (more, expected) in [("[web]\ntrusted_proxies = [\"127.0.0.0/8\"]\n", "200"), ("", "429")] {
        let site = Site::of(World::configured(more).await).await;
        let form = site.form("address=x&cadence=weekly&theme=integration").await;
        for number in 0..=30 {
            let kind = format!("{FORM}\r\nx-forwarded-for: 192.0.2.1");
            let answer = request(site.at, "POST", "/", &kind, &form).await;
            assert_eq!(status_of(&answer), if number < 30 { "422" } else { "429" });
        }
        let kind = format!("{FORM}\r\nx-forwarded-for: 198.51.100.1, 203.0.113.1");
        let body = form.replace("address=x", "address=ada%40example.org");
        assert_eq!(status_of(&request(site.at, "POST", "/", &kind, &body).await), expected);
    }
}

#[tokio::test]
async fn an_address_that_a_spreadsheet_would_calculate_is_not_taken() {
    let site = Site::new().await;
    for address in ["=cmd|calc!a0@example.org", "%2B1%2B1@example.org", "-2@example.org"] {
        let answer = site.sign_up(address).await;
        assert!(
            answer.starts_with("HTTP/1.1 422") && answer.contains("Enter an email address like"),
            "{address}: {answer}"
        );
    }
    assert!(site.app.store.subscribers().list().await.unwrap().is_empty());
    site.sign_up("ada%2Bdigest@example.org").await;
    assert!(site.person("ada+digest@example.org").await.is_some());
}
