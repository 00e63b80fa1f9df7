//! What servers may do to us: each trick costs its own feed this poll, within its deadline and a bounded memory,
//! with words that a person understands; every other feed is read.

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use policy_digest::app::feeds::poll::{FeedResult, Which, poll};
use policy_digest::app::silent;
use policy_digest::fetch::{Deadlines, Error, Fetcher, Names, Options, Outcome, Stage, Validators};
use url::Url;

use crate::support::hostile::{Hostile, TlsOffer, Trick, over_tls, reply};
use crate::support::{Entry, Reply, World, rss, start};

/// Every trick with the words that its feed's state must hold.
fn tricks() -> Vec<(Trick, &'static str)> {
    let redirect = |target: &str| Trick::RedirectTo(target.to_owned());
    vec![
        (Trick::ResetAtOnce, "Connection reset"),
        (Trick::ResetAfterRequest, "Connection reset"),
        (Trick::ResetInHead, "Connection reset"),
        (Trick::ResetInBody, "broke off after 28 bytes: Connection reset"),
        (Trick::Silence, "took the request and did not answer within 0.75 seconds"),
        (Trick::Drip, "was not complete after 1 seconds"),
        (Trick::DripHead, "did not answer within 0.75 seconds"),
        (Trick::EndlessHeaders, "more headers than are read"),
        (Trick::EndlessHeader, "more headers than are read"),
        (Trick::EndlessRedirects, "more than 10 redirects"),
        (Trick::Bomb, "larger than 10485760 bytes"),
        (Trick::LengthTooLong, "broke off after 57 bytes"),
        (Trick::BrokenGzip, "cannot be unpacked"),
        (Trick::Nonsense, "cannot be read"),
        (redirect("http://10.0.0.1/"), "`10.0.0.1` is not a public address"),
        (redirect("http://[::1]/"), "`::1` is not a public address"),
        (redirect("http://[::ffff:10.0.0.1]/"), "`::ffff:10.0.0.1` is not a public address"),
        (redirect("http://0xa000001/"), "`10.0.0.1` is not a public address"),
        (redirect("http://[64:ff9b::7f00:1]/"), "is not a public address"),
        (redirect("http://169.254.169.254/latest/meta-data/"), "`169.254.169.254` is not a public address"),
        (redirect("http://127.0.0.1:22/"), "the redirect to `http://127.0.0.1:22/` is not followed"),
        (redirect("file:///etc/passwd"), "the redirect to `file:///etc/passwd` is not followed"),
        (redirect("javascript:alert(1)"), "is not followed"),
        (redirect(""), "is not followed"),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_trick_costs_its_own_feed_and_no_other() {
    let mut servers = Vec::new();
    for (trick, words) in tricks() {
        servers.push((Hostile::start(trick.clone()).await, trick, words));
    }
    let urls: Vec<_> = servers.iter().enumerate().map(|(n, (server, ..))| (format!("t{n}"), server.url())).collect();
    let mut feeds: Vec<_> = urls.iter().map(|(id, url)| (id.as_str(), url.as_str())).collect();
    let healthy = Hostile::start(Trick::Say(reply("200 OK", rss(&[Entry::on_topic("1")]).as_bytes()))).await.url();
    feeds.push(("healthy", &healthy));
    let world = World::with(&feeds, "timeout = \"1s\"\n").await;

    let begun = Instant::now();
    let report = poll(&world.app, &Which::All, &silent).await.unwrap();
    assert!(begun.elapsed() < Duration::from_secs(8), "{:?}", begun.elapsed());

    for (feed, (server, trick, words)) in report.feeds.iter().zip(&servers) {
        let FeedResult::Failed(error) = &feed.result else { panic!("{trick:?}: {:?}", feed.result) };
        assert!(error.contains(words), "{trick:?}: {error}");
        assert!(error.contains("; "), "{trick:?} says what to do: {error}");
        // Sockets hold a few megabytes; ten gigabytes of zeros would be sixty of these.
        assert!(server.sent() < 16_000_000, "{trick:?} got rid of {} bytes", server.sent());
    }
    assert!(matches!(report.feeds.last().unwrap().result, FeedResult::Read { entries: 1, .. }));
}

#[tokio::test]
async fn what_follows_a_short_content_length_is_not_taken_for_an_answer() {
    let server = Hostile::start(Trick::LengthTooShort).await;
    let world = World::with(&[("short", &server.url())], "").await;
    for _ in 0..2 {
        let report = poll(&world.app, &Which::All, &silent).await.unwrap();
        let result = &report.feeds[0].result;
        assert!(matches!(result, FeedResult::Read { .. } | FeedResult::Unchanged), "{result:?}");
    }
}

#[tokio::test]
async fn http_2_is_spoken_where_it_is_offered() {
    let server = TlsOffer::start(&certificate("here.pem"), b"h2").await;
    let ca_file = format!("ca_file = \"{}\"\n", certificate("authority.pem").display());
    let world = World::with(&[("two", &server.url)], &ca_file).await;
    poll(&world.app, &Which::All, &silent).await.unwrap();
    assert_eq!(server.agreed(), Some(b"h2".to_vec()));
}

/// Loopback stands for the public network, 127.0.0.1 for our own.
fn options() -> Options {
    Options {
        user_agent: "test".into(),
        concurrency: 4,
        per_host: 2,
        spacing: Duration::ZERO,
        deadlines: Deadlines::within(Duration::from_secs(5)),
        max_body_bytes: 100_000,
        allow_private: vec![("127.0.0.2".parse().unwrap(), 32)],
        ports: Vec::new(),
        allow_files: false,
        proxy: None,
        ca: None,
        names: Names::default(),
    }
}

#[tokio::test]
async fn a_name_that_is_rebound_reaches_nothing_of_ours() {
    let outside = Hostile::at(
        "127.0.0.2:0",
        Trick::Say(reply(
            "200 OK\r\nconnection: close",
            b"<rss version=\"2.0\"><channel><title>T</title></channel></rss>",
        )),
    )
    .await;
    let inside = Hostile::at(&format!("127.0.0.1:{}", outside.port), Trick::Say(reply("200 OK", b"secret"))).await;
    let asked = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&asked);
    // Public at the first question, private at the second, both at the third.
    let names = Names::by(move |_| {
        let answers: &[&str] = match counter.fetch_add(1, Ordering::SeqCst) {
            0 => &["127.0.0.2"],
            1 => &["127.0.0.1"],
            _ => &["127.0.0.1", "127.0.0.2"],
        };
        let answers = answers.iter().map(|answer| answer.parse::<IpAddr>().unwrap()).collect();
        Box::pin(std::future::ready(Ok(answers)))
    });
    let fetcher = Fetcher::new(Options { names, ..options() }).unwrap();
    let url = Url::parse(&format!("http://rebound.example.org:{}/", outside.port)).unwrap();
    let mut results = Vec::new();
    for _ in 0..3 {
        results.push(fetcher.fetch(&url, &Validators::default(), start()).await.map(|response| response.outcome));
    }
    let feed = Outcome::Body {
        bytes: b"<rss version=\"2.0\"><channel><title>T</title></channel></rss>".to_vec(),
        content_type: None,
    };
    assert_eq!(results[0].as_ref().unwrap(), &feed, "the checked address is the dialled one");
    assert!(matches!(results[1], Err(Error::Address { .. })), "{:?}", results[1]);
    assert_eq!(results[2].as_ref().unwrap(), &feed, "of two addresses only the public one is dialled");
    assert_eq!((asked.load(Ordering::SeqCst), inside.connections()), (3, 0));
}

#[tokio::test]
async fn name_servers_that_do_not_answer_are_given_up() {
    let names = Names::by(|_| Box::pin(std::future::pending()));
    let deadlines = Deadlines { dns: Duration::from_millis(100), ..Deadlines::within(Duration::from_secs(5)) };
    let fetcher = Fetcher::new(Options { names, deadlines, ..options() }).unwrap();
    let url = Url::parse("http://lost.example.org/").unwrap();
    let error = fetcher.fetch(&url, &Validators::default(), start()).await.unwrap_err();
    assert!(matches!(error, Error::Timeout { stage: Stage::Dns, .. }), "{error:?}");
    assert!(error.explain().starts_with("no answer about the name `lost.example.org` within 0.1 seconds"));
}

#[tokio::test]
async fn a_connection_that_is_never_made_is_given_up() {
    // A listener whose queue is full answers no further connection.
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.2:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    let mut waiting = Vec::new();
    for _ in 0..8 {
        let connection = tokio::net::TcpStream::connect(address);
        waiting.push(tokio::time::timeout(Duration::from_millis(50), connection).await);
    }
    let deadlines = Deadlines { connect: Duration::from_millis(200), ..Deadlines::within(Duration::from_secs(5)) };
    let fetcher = Fetcher::new(Options { deadlines, ..options() }).unwrap();
    let url = Url::parse(&format!("http://{address}/")).unwrap();
    let error = fetcher.fetch(&url, &Validators::default(), start()).await.unwrap_err();
    assert!(matches!(error, Error::Timeout { stage: Stage::Connect, .. }), "{error:?}");
}

fn certificate(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/fixtures/tls").join(name)
}

#[tokio::test]
async fn a_certificate_must_be_of_a_known_authority_and_for_that_name() {
    let feed = rss(&[Entry::on_topic("1")]);
    let good = over_tls(&certificate("here.pem"), feed.clone()).await;
    let wrong = over_tls(&certificate("elsewhere.pem"), feed).await;
    let feeds = [("good", good.as_str()), ("wrong", &wrong)];
    let ca_file = format!("ca_file = \"{}\"\n", certificate("authority.pem").display());
    for (more, words) in [("", ["UnknownIssuer", "UnknownIssuer"]), (ca_file.as_str(), ["", "not valid for name"])] {
        let world = World::with(&feeds, more).await;
        let report = poll(&world.app, &Which::All, &silent).await.unwrap();
        for (feed, words) in report.feeds.iter().zip(words) {
            match &feed.result {
                FeedResult::Failed(error) => {
                    assert!(error.starts_with("no secure connection to `127.0.0.1`"), "{error}");
                    assert!(!words.is_empty() && error.contains(words), "{error}");
                }
                result => {
                    assert!(words.is_empty() && matches!(result, FeedResult::Read { entries: 1, .. }), "{result:?}")
                }
            }
        }
    }
}

#[tokio::test]
async fn a_server_in_the_clear_behind_https_is_told_from_a_bad_certificate() {
    let server = Hostile::start(Trick::Nonsense).await;
    let world = World::with(&[("clear", &server.url().replace("http:", "https:"))], "").await;
    let report = poll(&world.app, &Which::All, &silent).await.unwrap();
    let FeedResult::Failed(error) = &report.feeds[0].result else { panic!("{:?}", report.feeds[0].result) };
    assert!(error.starts_with("no secure connection to `127.0.0.1`"), "{error}");
}

#[tokio::test]
async fn a_reply_of_the_last_poll_is_not_lost_by_a_failure_now() {
    let world = World::new().await;
    world.server.serve("/blog.xml", Reply::feed(rss(&[Entry::on_topic("1")])).with("etag", "\"v1\""));
    poll(&world.app, &Which::All, &silent).await.unwrap();
    world.server.serve("/blog.xml", Reply { status: 500, ..Reply::feed(String::new()) });
    poll(&world.app, &Which::All, &silent).await.unwrap();
    let state = world.state("blog").await;
    assert_eq!((state.failures, state.items, state.etag.as_deref()), (1, 1, Some("\"v1\"")));
    assert!(state.error.unwrap().starts_with("the server answered 500 (the server failed); it is tried again"));
}
