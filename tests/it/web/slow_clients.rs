//! Clients that send or read slowly, or hold a connection and ask nothing: each is cut off in time, and others are still
//! served.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use policy_digest::app::App;
use policy_digest::app::operations::reload::Live;
use policy_digest::domain::subscribers::subscriber::Status;
use policy_digest::web::{Bounds, serve_within};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::support::World;
use crate::support::pages::{status, unsubscribe_path};
use crate::support::visitor::{Answer, ask};

/// Longer than any test, so that only the limit under test cuts anything off.
const LONG: Duration = Duration::from_secs(600);
const SHORT: Duration = Duration::from_millis(300);

fn patient() -> Bounds {
    Bounds { head: LONG, body: LONG, request: LONG, write: LONG, evict_after: LONG, ..Bounds::default() }
}

async fn serve(app: App, bounds: Bounds) -> (App, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    tokio::spawn(serve_within(Live::new(app.clone()), listener, bounds, std::future::pending()));
    (app, at)
}

async fn begin(at: SocketAddr, bytes: &str) -> TcpStream {
    let mut stream = TcpStream::connect(at).await.unwrap();
    stream.write_all(bytes.as_bytes()).await.unwrap();
    stream
}

/// All that arrives until the server closes or resets the connection.
async fn read_all(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    let ended = tokio::time::timeout(Duration::from_secs(20), stream.read_to_end(&mut answer)).await;
    assert!(ended.is_ok(), "the server never closes");
    String::from_utf8_lossy(&answer).into_owned()
}

/// Sends a byte every 20 ms until the server closes the connection; returns the answer and how long it took.
async fn drip(at: SocketAddr, begin_with: &str) -> (String, Duration) {
    let (mut reading, mut writing) = begin(at, begin_with).await.into_split();
    let dripping = tokio::spawn(async move {
        let mut beat = tokio::time::interval(Duration::from_millis(20));
        while writing.write_all(b"a").await.is_ok() {
            beat.tick().await;
        }
    });
    let (began, mut answer) = (Instant::now(), Vec::new());
    let ended = tokio::time::timeout(Duration::from_secs(20), reading.read_to_end(&mut answer)).await;
    dripping.abort();
    assert!(ended.is_ok(), "never cut off: {begin_with}");
    (String::from_utf8_lossy(&answer).into_owned(), began.elapsed())
}

#[tokio::test]
async fn a_head_that_comes_byte_by_byte_is_cut_off() {
    let world = World::new().await;
    let (_app, at) = serve(world.app, Bounds { head: SHORT, ..patient() }).await;
    for begin_with in ["G", "GET / HTTP/1.1\r\nhost: digest.test\r\nx-slow: "] {
        let (said, after) = drip(at, begin_with).await;
        assert!(said.is_empty() && after >= SHORT, "{begin_with}: {said} {after:?}");
    }
}

#[tokio::test]
async fn a_body_that_comes_byte_by_byte_is_refused_with_a_page() {
    let world = World::new().await;
    let (_app, at) = serve(world.app, Bounds { body: SHORT, ..patient() }).await;
    let (said, after) = drip(at, "POST / HTTP/1.1\r\nhost: digest.test\r\ncontent-length: 9000\r\n\r\na").await;
    let answer = Answer::read(said.as_bytes()).unwrap();
    assert!(answer.status == 408 && answer.body.contains("did not arrive in time"), "{said}");
    assert!(after >= SHORT);
}

#[tokio::test]
async fn a_one_click_unsubscribe_whose_body_never_ends_is_done_and_answered() {
    let world = World::new().await;
    let id = world.subscribe("ada@example.org").await;
    let (app, at) = serve(world.app, Bounds { body: SHORT, ..patient() }).await;
    let path = unsubscribe_path(&app, &id);
    let (said, _) =
        drip(at, &format!("POST {path} HTTP/1.1\r\nhost: digest.test\r\ncontent-length: 9000\r\n\r\na")).await;
    assert!(said.starts_with("HTTP/1.1 200"), "{said}");
    assert_eq!(status(&app, &id).await, Status::Left);
}

#[tokio::test]
async fn a_connection_without_a_request_is_closed_before_the_first_and_after_the_last() {
    let world = World::new().await;
    let (_app, at) = serve(world.app, Bounds { head: SHORT, ..patient() }).await;
    for said in ["", "GET /health/live HTTP/1.1\r\nhost: digest.test\r\n\r\n"] {
        let began = Instant::now();
        let answer = read_all(&mut begin(at, said).await).await;
        assert_eq!(answer.starts_with("HTTP/1.1 200"), !said.is_empty(), "{answer}");
        assert!(began.elapsed() >= SHORT, "it was kept open for a next request");
    }
}

/// The only connection is taken by a client that sends request after request and never reads, until it is cut off.
#[tokio::test]
async fn a_client_that_never_reads_is_cut_off() {
    let world = World::new().await;
    let (_app, at) = serve(world.app, Bounds { connections: 1, write: SHORT, ..patient() }).await;
    let mut greedy = begin(at, "").await;
    let request = "GET / HTTP/1.1\r\nhost: digest.test\r\n\r\n".repeat(5_000);
    let asking = tokio::spawn(async move {
        let _ = greedy.write_all(request.as_bytes()).await;
        greedy
    });
    let visitor = tokio::time::timeout(Duration::from_secs(30), ask(at, "GET /health/live HTTP/1.1", b"")).await;
    assert_eq!(visitor.expect("the connection is free in the end").status, 200);
    let answered = read_all(&mut asking.await.unwrap()).await.matches("HTTP/1.1 200").count();
    assert!(answered < 5_000, "{answered}");
}

#[tokio::test]
async fn a_visitor_is_served_when_slow_clients_take_all_connections() {
    let world = World::new().await;
    let bounds = Bounds { connections: 40, evict_after: Duration::from_millis(50), ..patient() };
    let (_app, at) = serve(world.app, bounds).await;
    let mut slow = Vec::new();
    for number in 0..100 {
        let said = [
            "",
            "GET / HT",
            "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 99\r\n\r\na",
            "GET /health/live HTTP/1.1\r\nhost: a\r\n\r\n",
        ];
        slow.push(begin(at, said[number % said.len()]).await);
        if number % 10 == 0 {
            let visitor = tokio::time::timeout(Duration::from_secs(10), ask(at, "GET / HTTP/1.1", b"")).await;
            assert_eq!(visitor.expect("served").status, 200, "beside {number}");
        }
    }
    assert!(read_all(&mut slow[0]).await.is_empty(), "the one that had waited longest made room");
}

#[tokio::test]
async fn after_a_stop_request_it_answers_requests_in_progress_and_is_no_longer_ready() {
    let world = World::new().await;
    let app = world.app;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    let stopping = app.clone();
    let stop = async move { stopping.stop.requested().await };
    let serving = tokio::spawn(serve_within(Live::new(app.clone()), listener, patient(), stop));
    let (mut idle, mut asking) = (begin(at, "").await, begin(at, "GET /health/ready HTTP/1.1\r\nhost: a\r\n").await);
    // Both are served by now: connections are accepted in order, and bytes sent earlier are read earlier.
    assert_eq!(ask(at, "GET /health/ready HTTP/1.1", b"").await.status, 200);
    app.stop.request();
    assert!(read_all(&mut idle).await.is_empty());
    asking.write_all(b"\r\n").await.unwrap();
    let answer = read_all(&mut asking).await;
    assert!(answer.starts_with("HTTP/1.1 503") && answer.ends_with("stopping\n"), "{answer}");
    assert!(answer.to_lowercase().contains("connection: close"), "{answer}");
    drop(asking);
    tokio::time::timeout(Duration::from_secs(10), serving).await.expect("it ends").unwrap();
}
