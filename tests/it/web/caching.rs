//! Public documents may be cached, and conditional requests are answered cheaply, over a real connection.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::pages::serve;
use crate::support::{Entry, Reply, World, rss};

const PATHS: [&str; 8] = [
    "/archive",
    "/archive/2026-11-23",
    "/archive/feed.xml",
    "/feed.xml",
    "/feed.json",
    "/sources",
    "/sources.opml",
    "/privacy",
];

async fn ask(address: SocketAddr, method: &str, path: &str, headers: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = format!("{method} {path} HTTP/1.1\r\nhost: digest.test\r\nconnection: close\r\n{headers}\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

fn header<'a>(answer: &'a str, name: &str) -> &'a str {
    let line = answer.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
    line.unwrap_or_else(|| panic!("no {name} in {answer}"))
}

async fn world_of_one_digest() -> World {
    let world = World::new().await;
    world.subscribe("ada@example.org").await;
    world.server.serve("/blog.xml", Reply::feed(rss(&[Entry::on_topic("1")])));
    world.once().await;
    world
}

#[tokio::test]
async fn who_has_a_document_is_told_so_by_tag_and_by_time() {
    let (_app, address) = serve(world_of_one_digest().await.app).await;
    for path in PATHS {
        let first = ask(address, "GET", path, "").await;
        assert!(first.starts_with("HTTP/1.1 200"), "{path}: {first}");
        let (tag, modified) = (header(&first, "etag"), header(&first, "last-modified"));
        assert_eq!(header(&first, "cache-control"), "public, max-age=300");
        for known in [
            format!("if-none-match: {tag}\r\n"),
            format!("if-none-match: \"other\", W/{tag}\r\n"),
            "if-none-match: *\r\n".to_owned(),
            format!("if-modified-since: {modified}\r\n"),
            format!("if-none-match: {tag}\r\nif-modified-since: Mon, 01 Jan 2024 00:00:00 GMT\r\n"),
        ] {
            for method in ["GET", "HEAD"] {
                let answer = ask(address, method, path, &known).await;
                assert!(answer.starts_with("HTTP/1.1 304") && answer.ends_with("\r\n\r\n"), "{path} {known}: {answer}");
                assert_eq!(header(&answer, "etag"), tag);
            }
        }
        let other = format!("if-none-match: \"other\"\r\nif-modified-since: {modified}\r\n");
        for news in [other.as_str(), "if-modified-since: Mon, 01 Jan 2024 00:00:00 GMT\r\n", "if-none-match: x\r\n"] {
            let answer = ask(address, "GET", path, news).await;
            assert!(answer.starts_with("HTTP/1.1 200"), "{path} {news}: {answer}");
        }
    }
}

#[tokio::test]
async fn a_head_has_the_headers_of_the_get_and_no_body() {
    let (_app, address) = serve(world_of_one_digest().await.app).await;
    for path in PATHS.iter().chain(&["/", "/robots.txt", "/p", "/health/live", "/nothing"]) {
        let (get, head) = (ask(address, "GET", path, "").await, ask(address, "HEAD", path, "").await);
        let (lines, body) = head.split_once("\r\n\r\n").unwrap();
        let timeless =
            |head: &str| head.lines().filter(|line| !line.starts_with("date")).map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(timeless(lines), timeless(get.split_once("\r\n\r\n").unwrap().0), "{path}");
        assert!(body.is_empty(), "{path}");
    }
}

#[tokio::test]
async fn a_new_digest_changes_the_tag_and_the_time_of_what_tells_of_it() {
    let world = world_of_one_digest().await;
    let (_app, address) = serve(world.app.clone()).await;
    // A digest's page links to the next one.
    let paths = ["/archive", "/archive/2026-11-23", "/archive/feed.xml", "/feed.xml", "/feed.json", "/sources"];
    let mut before = Vec::new();
    for path in paths {
        let answer = ask(address, "GET", path, "").await;
        before.push((header(&answer, "etag").to_owned(), header(&answer, "last-modified").to_owned()));
    }
    world.days(1);
    world.server.serve("/blog.xml", Reply::feed(rss(&[Entry::on_topic("2")])));
    world.once().await;
    for (path, (tag, modified)) in paths.iter().zip(before) {
        let by_tag = ask(address, "GET", path, &format!("if-none-match: {tag}\r\n")).await;
        let by_time = ask(address, "GET", path, &format!("if-modified-since: {modified}\r\n")).await;
        assert!(by_tag.starts_with("HTTP/1.1 200") && by_time.starts_with("HTTP/1.1 200"), "{path}: {by_tag}");
    }
}

#[tokio::test]
async fn search_engines_may_list_what_is_for_everybody_only_when_the_setting_says_so() {
    for (config, may) in [("", false), ("[web]\nrobots = true\n", true)] {
        let world = World::configured(config).await;
        world.subscribe("ada@example.org").await;
        world.server.serve("/blog.xml", Reply::feed(rss(&[Entry::on_topic("1")])));
        world.once().await;
        let (_app, address) = serve(world.app).await;
        for path in PATHS.iter().chain(&["/"]) {
            let answer = ask(address, "GET", path, "").await;
            assert_eq!(!answer.contains("x-robots-tag: noindex"), may, "{path}: {answer}");
            assert!(!answer.contains("<meta name=\"robots\""), "the header alone decides: {answer}");
        }
        for path in ["/p", "/nothing", "/p/x", "/unsubscribe/x"] {
            let answer = ask(address, "GET", path, "").await;
            assert!(answer.contains("<meta name=\"robots\" content=\"noindex\">"), "{path}: {answer}");
        }
        let robots = ask(address, "GET", "/robots.txt", "").await;
        assert!(robots.contains("content-type: text/plain") && robots.ends_with("User-agent: *\nDisallow:\n"));
        assert_eq!(!robots.contains("noindex"), may, "{robots}");
    }
}
