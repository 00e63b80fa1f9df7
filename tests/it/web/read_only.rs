//! GET and HEAD change nothing, on any route and with any token: all combinations, random ones, and a crawler that follows
//! every link, as mail scanners do. Every value of every table is compared.

use std::collections::{BTreeSet, VecDeque};
use std::net::SocketAddr;
use std::path::PathBuf;

use chrono::TimeDelta;
use policy_digest::app::App;
use policy_digest::app::subscribers::preferences::{ask_address, send_link};
use policy_digest::domain::subscribers::subscriber::EmailAddress;
use policy_digest::domain::subscribers::token::{CONFIRM_FOR, Purpose, sign};
use policy_digest::web::addresses;
use proptest::prelude::*;
use tempfile::TempDir;
use url::Url;

use crate::support::pages::FORM;
use crate::support::pages::{ask as sign_up, request, serve};
use crate::support::site::{Site, link};
use crate::support::visitor::ask;
use crate::support::{Entry, Mail, Reply, World, everything, rss, start};

/// A site with a subscriber in every state, and a digest in the archive.
struct Scene {
    app: App,
    at: SocketAddr,
    tokens: Vec<String>,
    database: PathBuf,
    _world: (policy_digest::app::clock::Clock, crate::support::FeedServer, TempDir),
}

impl Scene {
    async fn new() -> Self {
        let world = World::configured("[accessibility]\ncontact = \"help@example.org\"\n").await;
        world.server.serve("/blog.xml", Reply::feed(rss(&[Entry::on_topic("1")])));
        let mut people = vec![sign_up(&world.app).await, "nobody".to_owned()];
        for name in ["active", "left", "paused"] {
            people.push(world.subscribe(&format!("{name}@example.org")).await);
        }
        world.once().await;
        let (store, now) = (&world.app.store, world.app.clock.now());
        store.subscribers().leave(people[3].clone(), now).await.unwrap();
        store.subscribers().pause_person(people[4].clone(), now + TimeDelta::days(9), now).await.unwrap();
        let own = sign(&world.app.keys.token, Purpose::Preferences, &people[2], None);
        ask_address(&world.app, &own, "another@example.org").await.unwrap();
        let tokens = tokens(&world.app, &people);
        let database = world.folder().join("data/policy-digest.db");
        let (World { app, clock, server, .. }, folder) = world.apart();
        let (app, at) = serve(app).await;
        Self { app, at, tokens, database, _world: (clock, server, folder) }
    }

    fn everything(&self) -> Vec<String> {
        everything(&self.database)
    }
}

/// Valid, expired and altered tokens of every purpose for every subscriber, and strings that are not tokens.
fn tokens(app: &App, people: &[String]) -> Vec<String> {
    let mut tokens: Vec<String> = ["x", "2026-11-23", "%00", "%2e%2e", "a%2Fb", "."].map(str::to_owned).to_vec();
    for (person, purpose) in people.iter().flat_map(|person| Purpose::ALL.map(|purpose| (person, purpose))) {
        let hash = app.keys.address_hash(&EmailAddress::parse("another@example.org").unwrap());
        let named = if purpose == Purpose::Address { format!("{person}-{hash}") } else { person.clone() };
        let valid = sign(&app.keys.token, purpose, &named, Some(start() + CONFIRM_FOR));
        let last = if valid.ends_with('0') { "1" } else { "0" };
        let flipped = format!("{}{last}", &valid[..valid.len() - 1]);
        let expired = sign(&app.keys.token, purpose, &named, Some(start() - TimeDelta::days(1)));
        tokens.extend([valid, flipped, expired]);
    }
    tokens
}

const METHODS: [&str; 2] = ["GET", "HEAD"];

#[tokio::test]
async fn no_get_changes_anything_whatever_route_and_token() {
    let scene = Scene::new().await;
    let before = scene.everything();
    let mut seen = BTreeSet::new();
    for (address, _) in addresses() {
        for token in &scene.tokens {
            let path = address.replace("{token}", token).replace("{name}", token);
            for method in METHODS {
                let answer = ask(scene.at, &format!("{method} {path} HTTP/1.1"), b"").await;
                assert!(answer.status < 500, "{method} {path}: {}", answer.body);
                seen.insert(answer.status);
            }
            if path == address {
                break;
            }
        }
    }
    assert_eq!(scene.everything(), before);
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), [200, 303, 400, 404, 405, 410]);
}

/// A request line and additional headers.
fn requests(tokens: Vec<String>) -> impl Strategy<Value = String> {
    let routes: Vec<&str> = addresses().map(|(address, _)| address).collect();
    let path = (proptest::sample::select(routes), proptest::sample::select(tokens), "[a-z0-9.%/]{0,6}").prop_map(
        |(address, token, more)| {
            let more = if more.len() < 5 { String::new() } else { format!("/{more}") };
            address.replace("{token}", &token).replace("{name}", &token) + &more
        },
    );
    let query = prop_oneof![
        Just(String::new()),
        Just("?undo".to_owned()),
        Just("?done=choices".to_owned()),
        Just("?List-Unsubscribe=One-Click".to_owned()),
        Just("?_method=POST&address=eve%40example.org&cadence=daily&theme=integration".to_owned()),
        "\\?[a-z=&%0-9+]{0,20}",
    ];
    let header = prop_oneof![
        Just(String::new()),
        Just("\r\nx-http-method-override: POST".to_owned()),
        Just("\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: 27\r\n\r\nList-Unsubscribe=One-Click&".to_owned()),
        Just("\r\nrange: bytes=0-9\r\nif-none-match: *".to_owned()),
        "\r\nx-[a-z]{1,9}: [ -~]{0,20}",
    ];
    (proptest::sample::select(&METHODS[..]), path, query, header)
        .prop_map(|(method, path, query, header)| format!("{method} {path}{query} HTTP/1.1{header}"))
}

#[test]
fn no_get_that_chance_made_up_changes_anything() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let scene = runtime.block_on(Scene::new());
    let before = scene.everything();
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(400)
    });
    let result = runner.run(&requests(scene.tokens.clone()), |request| {
        let answer = runtime.block_on(ask(scene.at, &request, b""));
        prop_assert!(answer.status < 500, "{}", answer.body);
        prop_assert!(scene.everything() == before, "something was changed");
        Ok(())
    });
    result.unwrap_or_else(|error| panic!("{error}"));
    drop(scene.app);
}

/// One email of each kind that has links.
async fn emails_of_every_kind() -> (Site, Vec<Mail>, PathBuf) {
    let world = World::new().await;
    let database = world.folder().join("data/policy-digest.db");
    world.subscribe("ada@example.org").await;
    world.server.serve("/blog.xml", Reply::feed(rss(&[Entry::on_topic("1")])));
    world.once().await;
    let site = Site::of(world).await;
    let mut mails = site.mails().await;
    site.sign_up("bob@example.org").await;
    mails.extend(site.mails().await);
    request(site.at, "POST", &link(mails.last().unwrap(), "/confirm/"), FORM, "").await;
    site.sign_up("new@example.org").await;
    site.sign_up("ada@example.org").await;
    let ada = site.person("ada@example.org").await.unwrap();
    let own = sign(&site.app.keys.token, Purpose::Preferences, &ada.id, None);
    ask_address(&site.app, &own, "ada2@example.org").await.unwrap();
    mails.extend(site.mails().await);
    let question = mails.iter().find(|mail| mail.text.contains("/address/")).unwrap();
    request(site.at, "POST", &link(question, "/address/"), FORM, "").await;
    mails.extend(site.mails().await);
    site.world.clock.advance(TimeDelta::days(1));
    send_link(&site.app, &EmailAddress::parse("bob@example.org").unwrap()).await.unwrap();
    mails.extend(site.mails().await);
    (site, mails, database)
}

/// The values of `href` and `action`, and everything else that looks like a link.
fn links(text: &str, base: &Url) -> Vec<Url> {
    let text = text.replace("&#x2f;", "/").replace("&amp;", "&");
    let quoted = ["href=\"", "action=\""].into_iter().flat_map(|mark| text.split(mark).skip(1));
    let plain = text.match_indices("http").map(|(at, _)| &text[at..]);
    let ends =
        |rest: &str| rest.split(['"', '\'', ' ', '<', '>', '\r', '\n', ')']).next().unwrap_or_default().to_owned();
    quoted.chain(plain).map(ends).filter_map(|link| base.join(&link).ok()).collect()
}

#[tokio::test]
async fn a_crawler_that_follows_every_link_of_every_mail_leaves_all_as_it_was() {
    let (site, mails, database) = emails_of_every_kind().await;
    assert_eq!(mails.len(), 8, "digest, two confirmations, welcome, known, address, the notice to the old one, link");
    let root = Url::parse(site.app.config.settings.public_url.as_str()).unwrap();
    let mut waiting: VecDeque<Url> =
        mails.iter().flat_map(|mail| links(&format!("{}\n{}", mail.headers, mail.text), &root)).collect();
    let before = everything(&database);
    let mut visited = BTreeSet::new();
    while let Some(mut link) = waiting.pop_front() {
        link.set_fragment(None);
        if link.origin() != root.origin() || !visited.insert(link.clone()) {
            continue;
        }
        let address = &link[url::Position::BeforePath..];
        let page = ask(site.at, &format!("GET {address} HTTP/1.1"), b"").await;
        ask(site.at, &format!("HEAD {address} HTTP/1.1"), b"").await;
        assert!([200, 303, 405].contains(&page.status), "{address}: {}", page.status);
        waiting.extend(links(&page.body, &link));
        waiting.extend(page.header("location").and_then(|to| link.join(&to).ok()));
    }
    assert_eq!(everything(&database), before);
    let paths: String = visited.iter().map(|link| format!("{}\n", link.path())).collect();
    for part in [
        "/unsubscribe/",
        "/confirm/",
        "/p/",
        "/address/",
        "/archive/",
        "/choices",
        "/pause",
        "/data",
        "/delete",
        "/privacy",
    ] {
        assert!(paths.contains(part), "{part} was not reached:\n{paths}");
    }
}
