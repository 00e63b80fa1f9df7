//! Every response on every route: headers, error pages that say what to do, and health checks in plain text.

use std::net::SocketAddr;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use policy_digest::domain::subscribers::subscriber::Status;
use policy_digest::domain::subscribers::token::{Purpose, sign};
use policy_digest::web::{Audience, addresses};
use sha2::{Digest as _, Sha256};

use crate::support::pages::{FORM, serve, status, unsubscribe_path};
use crate::support::visitor::{Answer, ask, say};
use crate::support::{Entry, Reply, World, rss};

/// The methods that browsers, mail programs and scanners use, and one that does not exist.
const METHODS: [&str; 9] = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PURGE"];

/// Each route with several kinds of values in place of its token or name.
fn filled(address: &str, tokens: &[String]) -> Vec<String> {
    match address.contains('{') {
        false => vec![address.to_owned()],
        true => tokens.iter().map(|token| address.replace("{token}", token).replace("{name}", token)).collect(),
    }
}

#[tokio::test]
async fn every_answer_of_every_route_carries_the_headers_whatever_its_status() {
    let world = World::new().await;
    let id = world.subscribe("ada@example.org").await;
    world.server.serve("/blog.xml", Reply::feed(rss(&[Entry::on_topic("1")])));
    world.once().await;
    let mut tokens = Purpose::ALL.map(|purpose| sign(&world.app.keys.token, purpose, &id, None)).to_vec();
    tokens.extend(["x", "2026-11-23"].map(str::to_owned));
    let (_app, at) = serve(world.app).await;
    let mut statuses = std::collections::BTreeSet::new();
    for (address, audience) in addresses() {
        for (path, method) in filled(address, &tokens).iter().flat_map(|path| METHODS.map(|method| (path, method))) {
            let answer = ask(at, &format!("{method} {path} HTTP/1.1"), b"").await;
            statuses.insert(answer.status);
            assert_is_kept_to_itself(&format!("{method} {path}"), audience, &answer);
        }
    }
    assert_eq!(statuses.into_iter().collect::<Vec<_>>(), [200, 303, 400, 404, 405, 410, 422]);
}

fn assert_is_kept_to_itself(what: &str, audience: Audience, answer: &Answer) {
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("x-frame-options", "deny"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
    ] {
        assert_eq!(answer.header(name).as_deref(), Some(value), "{what}: {name} in {}", answer.head);
    }
    let policy = answer.header("content-security-policy").unwrap_or_default();
    let begins = "default-src 'none'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
    assert!(policy.starts_with(begins) && !policy.contains("unsafe-inline"), "{what}: {policy}");
    assert!(answer.header("permissions-policy").unwrap().contains("camera=()"), "{what}");
    assert!(answer.header("strict-transport-security").is_none() && answer.header("set-cookie").is_none(), "{what}");
    let is_refused = answer.status >= 400;
    let caching = answer.header("cache-control").unwrap_or_default();
    if is_refused || audience != Audience::Public {
        assert_eq!(caching, "no-store", "{what}");
    }
    if audience == Audience::Holder {
        assert_eq!(answer.header("x-robots-tag").as_deref(), Some("noindex"), "{what}");
    }
    let kind = answer.header("content-type").unwrap_or_default();
    if is_refused && audience != Audience::Machine {
        assert_eq!(kind, "text/html; charset=utf-8", "{what}: {}", answer.status);
        let is_page = answer.body.contains("<h1>") && answer.body.contains("</html>");
        assert!(is_page || what.starts_with("HEAD"), "{what}: {}", answer.body);
    }
    if audience == Audience::Machine {
        assert!(kind.is_empty() || kind.starts_with("text/plain"), "{what}: {kind}");
    }
    if answer.status == 405 {
        assert!(answer.header("allow").is_some_and(|allow| !allow.is_empty()), "{what}: {}", answer.head);
    }
}

#[tokio::test]
async fn a_page_may_have_the_styles_that_it_was_sent_with_and_no_others() {
    let world = World::new().await;
    world.subscribe("ada@example.org").await;
    world.server.serve("/blog.xml", Reply::feed(rss(&[Entry::on_topic("1")])));
    world.once().await;
    let (_app, at) = serve(world.app).await;
    for (path, of_elements) in [("/", false), ("/nothing", false), ("/archive", false), ("/archive/2026-11-23", true)] {
        let answer = ask(at, &format!("GET {path} HTTP/1.1"), b"").await;
        let (_, style) = answer.body.split_once("<style").unwrap().1.split_once('>').unwrap();
        let style = style.split("</style>").next().unwrap();
        let hash = format!("'sha256-{}'", BASE64_STANDARD.encode(Sha256::digest(style)));
        let policy = answer.header("content-security-policy").unwrap();
        assert!(policy.contains(&hash.to_lowercase()), "{path}: {hash} is not in {policy}");
        assert_eq!(policy.contains("unsafe-hashes"), of_elements, "{path}: {policy}");
        assert!(!answer.body.contains("<script") && !answer.body.contains("javascript:"), "{path}");
    }
}

#[tokio::test]
async fn browsers_are_told_to_stay_with_https_where_the_pages_have_it() {
    let world = World::topped("public_url = \"https://digest.example.org\"").await;
    let (_app, at) = serve(world.app).await;
    for path in ["/", "/unsubscribe/x", "/nothing", "/health/live"] {
        let answer = ask(at, &format!("GET {path} HTTP/1.1"), b"").await;
        assert_eq!(answer.header("strict-transport-security").as_deref(), Some("max-age=31536000"), "{path}");
    }
}

/// Sends a request and returns the status and the page.
async fn refusal(at: SocketAddr, head: &str, body: &[u8]) -> (u16, String) {
    let answer = ask(at, head, body).await;
    assert_is_kept_to_itself(head.get(..40).unwrap_or(head), Audience::Public, &answer);
    (answer.status, answer.body)
}

#[tokio::test]
async fn what_is_refused_before_it_reaches_a_page_is_told_on_one() {
    let world = World::new().await;
    let (_app, at) = serve(world.app).await;
    let post =
        |kind: &str, length: usize| format!("POST / HTTP/1.1\r\ncontent-type: {kind}\r\ncontent-length: {length}");
    let many = "x-a: b\r\n".repeat(70);
    for (head, body, code, word) in [
        (post("application/json", 2), "{}".to_owned(), 415, "read this form"),
        (post("multipart/form-data; boundary=b", 5), "--b--".to_owned(), 415, "read this form"),
        (post(FORM, 17 * 1024), "x".repeat(17 * 1024), 413, "too large"),
        (post(FORM, 3 << 20), "x".repeat(3 << 20), 413, "too large"),
        (post(FORM, 14), "address=%FF%FE".to_owned(), 400, "arrived damaged"),
        ("POST / HTTP/1.1\r\ntransfer-encoding: chunked".to_owned(), "zz\r\n".to_owned(), 400, "arrived damaged"),
        (format!("GET /{} HTTP/1.1", "a".repeat(5000)), String::new(), 414, "address is too long"),
        (format!("GET / HTTP/1.1\r\nx-a: {}", "b".repeat(17_000)), String::new(), 431, "sent too much"),
        (format!("GET / HTTP/1.1\r\n{}", many.trim_end()), String::new(), 431, "sent too much"),
        ("BREW / HTTP/1.1".to_owned(), String::new(), 405, "work here"),
        ("GET /none HTTP/1.1".to_owned(), String::new(), 404, "no page at this address"),
    ] {
        let (status, page) = refusal(at, &head, body.as_bytes()).await;
        assert_eq!(status, code, "{}: {page}", &head[..head.len().min(80)]);
        assert!(page.contains(word), "{status}: {page}");
    }
}

#[tokio::test]
async fn a_request_names_one_host() {
    let world = World::new().await;
    let (_app, at) = serve(world.app).await;
    for (head, status) in [
        ("GET / HTTP/1.1", 400),
        ("GET / HTTP/1.1\r\nhost: a.test\r\nhost: a.test", 400),
        ("GET / HTTP/1.1\r\nhost: a.test\r\nhost: b.test", 400),
        ("GET / HTTP/1.1\r\nhost: a.test, b.test", 400),
        ("GET / HTTP/1.1\r\nhost: ", 400),
        ("GET http://a.test/ HTTP/1.1", 400),
        ("GET / HTTP/1.1\r\nhost: a.test", 200),
        ("GET http://a.test/ HTTP/1.1\r\nhost: a.test:80", 200),
    ] {
        let bytes = say(at, format!("{head}\r\nconnection: close\r\n\r\n").as_bytes()).await;
        assert_eq!(Answer::read(&bytes).unwrap().status, status, "{head}");
    }
    let old = say(at, b"GET / HTTP/1.0\r\n\r\n").await;
    assert!(old.starts_with(b"HTTP/1.0 200"), "HTTP/1.0 knows no host");
}

#[tokio::test]
async fn one_click_is_taken_whatever_its_body_is() {
    let world = World::new().await;
    let mut ids = Vec::new();
    for number in 0..4 {
        ids.push(world.subscribe(&format!("a{number}@example.org")).await);
    }
    let (app, at) = serve(world.app).await;
    let large = "List-Unsubscribe=One-Click&".repeat(120_000);
    for (id, (head, body)) in ids.iter().zip([
        (format!("content-length: {}", large.len()), large.as_str()),
        ("transfer-encoding: chunked".to_owned(), "5\r\nab"),
        ("content-type: application/json\r\ncontent-length: 20000".to_owned(), &large[..20_000]),
        ("content-length: 3\r\nexpect: 100-continue".to_owned(), "a=b"),
    ]) {
        let head = format!(
            "POST {} HTTP/1.1\r\n{head}\r\nhost: digest.test\r\nconnection: close\r\n\r\n",
            unsubscribe_path(&app, id)
        );
        let bytes = crate::support::visitor::say_and_end(at, &[head.as_bytes(), body.as_bytes()].concat()).await;
        let text = String::from_utf8_lossy(&bytes);
        let last = text.replace("HTTP/1.1 100 Continue\r\n\r\n", "");
        assert!(last.starts_with("HTTP/1.1 200"), "{head}: {last}");
        assert_eq!(status(&app, id).await, Status::Left, "{head}");
    }
}

#[tokio::test]
async fn it_is_not_ready_without_its_database_and_says_so_in_plain_text() {
    let world = World::new().await;
    let database = world.folder().join("data/policy-digest.db");
    let (world, folder) = world.apart();
    let (_app, at) = serve(world.app).await;
    assert_eq!(ask(at, "GET /health/ready HTTP/1.1", b"").await.status, 200);
    drop_all_tables(&database);
    let answer = ask(at, "GET /health/ready HTTP/1.1", b"").await;
    assert_eq!((answer.status, answer.body.as_str()), (503, "the database does not answer\n"));
    assert_eq!(answer.header("content-type").as_deref(), Some("text/plain; charset=utf-8"));
    assert_eq!(ask(at, "GET /health/live HTTP/1.1", b"").await.status, 200);
    let page = ask(at, "GET /archive HTTP/1.1", b"").await;
    assert!(page.status == 500 && page.body.contains("we have logged it"), "{page:?}");
    assert_is_kept_to_itself("a failure", Audience::Public, &page);
    drop(folder);
}

fn drop_all_tables(database: &std::path::Path) {
    let connection = rusqlite::Connection::open(database).unwrap();
    let mut tables =
        connection.prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'").unwrap();
    let names: Vec<String> = tables.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    drop(tables);
    let drops: String = names.iter().map(|name| format!("DROP TABLE {name};")).collect();
    connection.execute_batch(&format!("PRAGMA foreign_keys = OFF; {drops}")).unwrap();
}
