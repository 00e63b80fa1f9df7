//! `sign_up_domains`: who may sign up, or move their subscription, where only some domains may; what the pages say about it
//! in both languages; and that an administrator may add anyone.

use policy_digest::app::silent;
use policy_digest::app::subscribers::import::import;
use policy_digest::domain::subscribers::token::{Purpose, sign};

use crate::support::pages::{FORM, get, request};
use crate::support::site::{Site, status_of};
use crate::support::{Mail, World};

const DOMAINS: &str =
    "sign_up_domains = [\"gov.scot\", \"*.gov.uk\", \"bücher.example\"]\nlanguages = [\"en\", \"cy\"]";
const IN_WORDS: &str = "gov.scot, any domain that ends in .gov.uk or bücher.example";
const IN_WELSH: &str = "gov.scot, unrhyw barth sy&#x27;n gorffen gyda .gov.uk neu bücher.example";

async fn site() -> Site {
    Site::of(World::topped(DOMAINS).await).await
}

fn recipients(mails: &[Mail]) -> Vec<&str> {
    mails.iter().map(|mail| mail.header("To")).collect()
}

#[tokio::test]
async fn the_page_says_who_may_sign_up_and_refuses_others_with_their_input() {
    let site = site().await;
    let page = get(site.at, "/").await;
    assert!(page.contains(&format!("Only addresses at {IN_WORDS} can sign up.")), "{page}");
    assert!(page.contains("aria-describedby=\"address-hint\""), "{page}");
    let welsh = get(site.at, "/cy/").await;
    assert!(welsh.contains(IN_WELSH), "{welsh}");
    for address in ["ada@example.org", "ada@fife.gov.scot", "ada@gov.uk", "ada@notgov.scot", "ada@gov.uk.example.org"] {
        let answer = site.sign_up(address).await;
        assert_eq!(status_of(&answer), "422", "{address}: {answer}");
        assert!(answer.contains(&format!("Enter an email address at {IN_WORDS}")), "{address}: {answer}");
        assert!(answer.contains("aria-describedby=\"address-hint address-error\""), "{answer}");
        assert!(answer.contains(&format!("value=\"{address}\"")) && site.person(address).await.is_none(), "{answer}");
    }
    assert_eq!(recipients(&site.mails().await), Vec::<&str>::new());
}

#[tokio::test]
async fn addresses_at_these_domains_are_asked_to_confirm_in_any_spelling() {
    let site = site().await;
    for address in ["ada@GOV.scot", "ben@fife.gov.uk", "cat@a.b.gov.uk", "dan@bücher.example"] {
        assert_eq!(status_of(&site.sign_up(address).await), "200", "{address}");
    }
    let mails = site.mails().await;
    assert_eq!(mails.len(), 4);
    assert!(recipients(&mails).contains(&"dan@xn--bcher-kva.example"), "{:?}", recipients(&mails));
}

#[tokio::test]
async fn the_answer_does_not_say_who_is_subscribed() {
    let world = World::topped(DOMAINS).await;
    for address in ["known@example.org", "known@gov.scot"] {
        world.subscribe(address).await;
    }
    let site = Site::of(world).await;
    for (domain, status) in [("example.org", "422"), ("gov.scot", "200")] {
        let answers = [site.sign_up(&format!("known@{domain}")).await, site.sign_up(&format!("other@{domain}")).await];
        let bodies = answers.clone().map(|answer| {
            let (_, body) = answer.split_once("\r\n\r\n").unwrap();
            let stamp =
                body.split("name=\"stamp\" value=\"").nth(1).map(|rest| rest.split('"').next().unwrap().to_owned());
            body.replace("other@", "known@").replace(&stamp.unwrap_or_else(|| "-".repeat(99)), "")
        });
        assert_eq!(bodies[0], bodies[1]);
        assert!(answers.iter().all(|answer| status_of(answer) == status), "{answers:?}");
    }
}

#[tokio::test]
async fn a_subscriber_can_move_only_to_an_address_at_these_domains() {
    let world = World::topped(DOMAINS).await;
    // An administrator added them.
    let id = world.subscribe("ada@example.org").await;
    let site = Site::of(world).await;
    let own = format!("/p/{}", sign(&site.app.keys.token, Purpose::Preferences, &id, None));
    assert!(get(site.at, &own).await.contains(&format!("Only addresses at {IN_WORDS} can sign up.")));
    let refused = request(site.at, "POST", &format!("{own}/address"), FORM, "address=ada%40example.net").await;
    assert_eq!(status_of(&refused), "422", "{refused}");
    assert!(refused.contains(&format!("Enter an email address at {IN_WORDS}")), "{refused}");
    assert!(refused.contains("href=\"#address\"") && refused.contains("aria-invalid=\"true\""), "{refused}");
    let taken = request(site.at, "POST", &format!("{own}/address"), FORM, "address=ada%40fife.gov.uk").await;
    assert_eq!(status_of(&taken), "303", "{taken}");
    assert_eq!(recipients(&site.mails().await), ["ada@fife.gov.uk"]);
}

#[tokio::test]
async fn an_administrator_may_add_anyone_and_an_import_says_how_many_are_outside() {
    let world = World::topped(DOMAINS).await;
    world.subscribe("ada@example.org").await;
    let csv = world.folder().join("people.csv");
    std::fs::write(&csv, "email,status\nben@example.org,\ncat@gov.scot,\ndan@example.net,unsubscribed\n").unwrap();
    let report = import(&world.app, &csv, "a list", &silent).await.unwrap();
    assert_eq!((report.added, report.outside), (2, 1), "{report:?}");
}
