//! The operator's page and the metrics, over a real connection, and `status` in a terminal.

use std::net::SocketAddr;

use policy_digest::app::operations::alarms::look;
use policy_digest::app::operations::reload::Live;
use policy_digest::web;
use tokio::net::TcpListener;
use unicode_width::UnicodeWidthStr as _;

use crate::support::pages::request;
use crate::support::program::{policy_digest, text};
use crate::support::visitor::{Answer, say};
use crate::support::{Entry, Reply, World, everything, rss};

/// Two feeds, one of them broken, a digest sent to two subscribers, and a bounce.
async fn busy() -> World {
    let world = World::of_feeds(&["blog", "broken"]).await;
    world.subscribe("ada@example.org").await;
    world.subscribe("ben@example.org").await;
    world.server.serve("/blog.xml", Reply::feed(rss(&[Entry::on_topic("1"), Entry::on_topic("2")])));
    world.server.serve("/broken.xml", Reply::feed("<!doctype html><title>Moved</title>".to_owned()));
    world.once().await;
    world.days(7);
    let newer: Vec<_> = (3..9).map(|n| Entry::on_topic(&n.to_string())).collect();
    world.server.serve("/blog.xml", Reply::feed(rss(&newer)));
    world.once().await;
    world
}

async fn serve(world: World) -> (SocketAddr, tempfile::TempDir) {
    let (world, folder) = world.apart();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = web::serve_admin(Live::new(world.app), listener, std::future::pending());
    tokio::spawn(router);
    (address, folder)
}

/// The pages of that world, and its folder.
pub async fn busy_and_served() -> (SocketAddr, tempfile::TempDir) {
    serve(busy().await).await
}

#[tokio::test]
async fn the_page_shows_what_is_wrong_first_and_charts_with_words_and_no_address() {
    let (address, _folder) = busy_and_served().await;
    let page = request(address, "GET", "/status", "", "").await;
    assert!(page.starts_with("HTTP/1.1 200") && page.contains("no-store"), "{page}");
    assert!(page.find("id=\"feed-broken\"").unwrap() < page.find("id=\"feed-blog\"").unwrap(), "{page}");
    assert_eq!(page.matches("<svg class=\"chart\"").count(), 4);
    let label = "Items a week, the last 12 weeks, oldest first: 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 6";
    assert!(page.contains(&format!("aria-label=\"{label}\"")), "{page}");
    assert!(
        page.contains("Digests delivered a week, the last 12 weeks, oldest first: 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 2")
    );
    assert!(!page.contains("ada@") && !page.contains("ben@"));
    assert!(request(address, "GET", "/", "", "").await.contains("location: /status"));
    assert!(request(address, "POST", "/status", "", "").await.starts_with("HTTP/1.1 405"));
    assert!(request(address, "GET", "/p", "", "").await.starts_with("HTTP/1.1 404"), "subscribers' pages are not here");
}

#[tokio::test]
async fn the_metrics_are_open_metrics_with_every_number() {
    let (address, _folder) = busy_and_served().await;
    let answer = request(address, "GET", "/metrics", "", "").await;
    assert!(answer.contains("application/openmetrics-text; version=1.0.0"), "{answer}");
    for line in [
        "policy_digest_feeds 2.0\n",
        "policy_digest_feeds_in_trouble 1.0\n",
        "policy_digest_feed_items{feed=\"blog\"} 8.0\n",
        "policy_digest_messages{state=\"sent\"} 4.0\n",
        "policy_digest_subscribers{status=\"active\"} 2.0\n",
        "policy_digest_delivery_paused 0.0\n",
        "policy_digest_disk_free_bytes ",
        "policy_digest_next_run_timestamp_seconds{cadence=\"weekly\"} ",
        "# EOF\n",
    ] {
        assert!(answer.contains(line), "{line:?} is not in\n{answer}");
    }
    assert!(!answer.contains("example.org"), "{answer}");
}

#[tokio::test]
async fn status_is_one_screen_of_eighty_columns_with_the_troubled_feed_first() {
    let names: Vec<String> = (0..40).map(|n| format!("feed-{n:02}")).collect();
    let ids: Vec<&str> = names.iter().map(String::as_str).collect();
    let world = World::of_feeds(&ids).await;
    for id in &ids[..39] {
        world.server.serve(&format!("/{id}.xml"), Reply::feed(rss(&[Entry::on_topic(id)])));
    }
    world.once().await;
    let run = |arguments: &[&str]| text(&policy_digest(world.folder()).args(arguments).output().unwrap());
    let shown = run(&["status"]);
    assert!(shown.lines().count() <= 23 && shown.lines().all(|line| line.width() <= 80), "{shown}");
    assert!(shown.contains("40 feeds, 1 to look at") && shown.contains("`--all` lists them"), "{shown}");
    assert!(shown.find("feed-39").unwrap() < shown.find("feed-00").unwrap(), "{shown}");
    assert!(shown.contains("·"), "{shown}");
    assert_eq!(run(&["status", "--all"]).matches("feed-").count(), 40);
}

#[tokio::test]
async fn an_alarm_stands_first_on_the_page_and_is_counted() {
    let world = busy().await;
    let run = world.app.store.digests().runs(1).await.unwrap()[0].id;
    world.app.store.digests().hold(run, "by hand".to_owned(), world.clock.now()).await.unwrap();
    look(&world.app).await.unwrap();
    let (address, _folder) = serve(world).await;
    let page = request(address, "GET", "/status", "", "").await;
    let alarm = page.find(&format!("run {run} is held</a>, since")).unwrap_or_else(|| panic!("{page}"));
    assert!(alarm < page.find("Last run").unwrap(), "{page}");
    let measured = request(address, "GET", "/metrics", "", "").await;
    assert!(measured.contains("policy_digest_alarms{kind=\"run_held\"} 1"), "{measured}");
}

#[tokio::test]
async fn the_operators_pages_are_shown_under_no_strangers_name() {
    let world = World::configured("[web]\nadmin_hosts = [\"status.example.org\"]\n").await;
    let (address, _folder) = serve(world).await;
    for (host, status) in [
        ("127.0.0.1", 200),
        ("[::1]:8081", 200),
        ("localhost:1", 200),
        ("digest.localhost", 200),
        ("policy-digest:9090", 200),
        ("Status.Example.org.:8081", 200),
        ("stranger.example", 421),
        ("127.0.0.1.stranger.example:8081", 421),
        ("status.example.org.stranger.example", 421),
    ] {
        for path in ["/status", "/metrics", "/health/live"] {
            let request = format!("GET {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
            let answer = Answer::read(&say(address, request.as_bytes()).await).unwrap();
            assert_eq!(answer.status, status, "{host}{path}");
        }
    }
    let whole = "GET http://stranger.example/status HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
    assert_eq!(Answer::read(&say(address, whole.as_bytes()).await).unwrap().status, 421);
}

#[tokio::test]
async fn titles_runs_messages_and_alarms_lead_to_what_they_are_about() {
    let world = busy().await;
    let run = world.app.store.digests().runs(1).await.unwrap()[0].id;
    world.app.store.digests().hold(run, "by hand".to_owned(), world.clock.now()).await.unwrap();
    look(&world.app).await.unwrap();
    let database = world.folder().join("data/policy-digest.db");
    let (address, _folder) = serve(world).await;
    let before = everything(&database);
    let page = request(address, "GET", "/status", "", "").await.replace("&#x2f;", "/");
    for link in [
        format!("<a href=\"/status/runs/{run}\">run {run} is held</a>"),
        format!("<a href=\"/status/runs/{run}\">run {run}</a>"),
        "<a href=\"/status/messages/sent\">4 sent</a>".to_owned(),
        "/blog.xml\">The blog</a>".to_owned(),
        "<li id=\"feed-broken\">".to_owned(),
    ] {
        assert!(page.contains(&link), "{link}: {page}");
    }
    // Every link of ours leads to a page, and every anchor to its place.
    let links: Vec<&str> = page.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    for link in links {
        match link.strip_prefix('#') {
            Some(anchor) => assert!(page.contains(&format!("id=\"{anchor}\"")), "{anchor}: {page}"),
            None if link.starts_with('/') => {
                let part = request(address, "GET", link, "", "").await;
                assert!(part.starts_with("HTTP/1.1 200") && part.contains("no-store"), "{link}: {part}");
            }
            None => {}
        }
    }
    let part = request(address, "GET", &format!("/status/runs/{run}"), "", "").await.replace("&#x2f;", "/");
    for words in
        ["http://localhost:8080/archive/2026-11-30", "Collaborative governance, part 3", "by hand", ">Message "]
    {
        assert!(part.contains(words), "{words}: {part}");
    }
    assert!(!part.contains("ada@") && !part.contains("a…@"), "{part}");
    for path in ["/status/runs/999", "/status/runs/x", "/status/messages/x", "/status/runs/-1", "/status/messages"] {
        assert!(request(address, "GET", path, "", "").await.starts_with("HTTP/1.1 404"), "{path}");
    }
    for path in [format!("/status/runs/{run}"), "/status/messages/sent".to_owned()] {
        assert!(request(address, "POST", &path, "", "").await.starts_with("HTTP/1.1 405"), "{path}");
    }
    assert_eq!(everything(&database), before);
}
