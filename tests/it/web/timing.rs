//! Measures whether response times reveal that an address is known, by alternating requests for known and unknown ones. The
//! result is only printed, because timings vary on a busy machine. tests/bench/README.md explains how to measure with
//! thousands of rounds (`TIMING_ROUNDS`), and gives results.

use std::hash::{BuildHasher as _, RandomState};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use policy_digest::domain::outbox::bounce::Fault;
use policy_digest::domain::subscribers::subscriber::Status;
use policy_digest::store::{NewReport, Source};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::pages::FORM;
use crate::support::pages::status;
use crate::support::site::Site;
use crate::support::{Entry, Reply, World, aloud, rss};

/// The local parts of the addresses, all of the same length. The first is unknown.
const WHO: [&str; 5] = ["nobody", "waits0", "active", "left00", "sorry0"];

/// The number of rounds: few, so that the test is quick.
const ROUNDS: usize = 6;

#[tokio::test]
async fn how_long_answers_take_for_known_and_unknown_addresses_is_told() {
    let rounds = std::env::var("TIMING_ROUNDS").map_or(ROUNDS, |rounds| rounds.parse().unwrap());
    let site = Site::of(populated(rounds).await).await;
    let stamp = site.form("").await;
    let sign_up = format!("cadence=weekly&theme=integration{stamp}");
    for number in 0..rounds {
        timed(site.at, "/", &form("waits0", number, &sign_up), number, 1).await;
    }
    // The link first, because a sign-up makes the unknown address known.
    for (path, more) in [("/p", ""), ("/", &sign_up)] {
        let mut times = WHO.map(|_| Vec::with_capacity(rounds));
        for number in 0..rounds {
            // In an order of chance: what one leaves behind for the next is not always the same one's.
            let chance = RandomState::new();
            let mut order: Vec<usize> = (0..WHO.len()).collect();
            order.sort_by_cached_key(|who| chance.hash_one(who));
            for who in order {
                let network = 2 + who + usize::from(path == "/") * WHO.len();
                times[who].push(timed(site.at, path, &form(WHO[who], number, more), number, network).await);
            }
        }
        print(path, &times);
    }
}

/// A world with this many subscribers of each kind.
async fn populated(rounds: usize) -> World {
    let world = World::configured("[web]\ntrusted_proxies = [\"127.0.0.0/8\"]\n").await;
    let mut sorry = Vec::new();
    for number in 0..rounds {
        world.subscribe(&format!("active{number}@example.org")).await;
        let left = world.subscribe(&format!("left00{number}@example.org")).await;
        world.app.store.subscribers().leave(left, world.clock.now()).await.unwrap();
        sorry.push(world.subscribe(&format!("sorry0{number}@example.org")).await);
    }
    world.server.serve("/blog.xml", Reply::feed(rss(&[Entry::on_topic("1")])));
    world.once().await;
    for id in sorry {
        let sent = world.app.store.outbox().reported_of(id.clone(), None).await.unwrap().unwrap();
        let hash = world.app.keys.address_hash(&sent.address.unwrap());
        let report = NewReport { source: Source::Arf, fault: Fault::Complaint, code: String::new(), hash };
        world.app.store.outbox().report(sent.message, report, world.clock.now()).await.unwrap();
        assert_eq!(status(&world.app, &id).await, Status::Suppressed);
    }
    world
}

fn form(who: &str, number: usize, more: &str) -> String {
    format!("address={who}{number}%40example.org&{more}")
}

/// The time from the request to the end of the response, on an open connection. Each request comes from another network, so
/// that rate limits do not apply.
async fn timed(at: SocketAddr, path: &str, body: &str, number: usize, network: usize) -> Duration {
    let mut stream = TcpStream::connect(at).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let request = format!(
        "POST {path} HTTP/1.1\r\nhost: digest.test\r\nconnection: close\r\ncontent-type: {FORM}\r\n\
         x-forwarded-for: {}.{}.{}.1\r\ncontent-length: {}\r\n\r\n{body}",
        11 + network,
        number / 256,
        number % 256,
        body.len()
    );
    let began = Instant::now();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let took = began.elapsed();
    assert!(answer.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&answer));
    took
}

/// Prints quantiles and the Mann-Whitney test against the unknown address: how often one of these is slower than one of the
/// unknown address (50 % if they are alike), and how many standard deviations that is from 50 %.
fn print(path: &str, times: &[Vec<Duration>]) {
    aloud(&format!("POST {path}, {} each, in µs", times[0].len()));
    for (who, own) in WHO.iter().zip(times) {
        let mut sorted = own.clone();
        sorted.sort_unstable();
        let [low, half, high] = [10, 50, 90].map(|percent| sorted[(sorted.len() - 1) * percent / 100].as_micros());
        let (slower, deviations) = ranks(own, &times[0]);
        aloud(&format!(
            "  {who} p10 {low:5} p50 {half:5} p90 {high:5}  slower than unknown {slower:.1} %, {deviations:+.1} σ"
        ));
    }
}

fn ranks(own: &[Duration], nobodys: &[Duration]) -> (f64, f64) {
    let (m, n) = (own.len() as f64, nobodys.len() as f64);
    let mut all: Vec<(Duration, bool)> =
        own.iter().map(|&time| (time, true)).chain(nobodys.iter().map(|&time| (time, false))).collect();
    all.sort_unstable();
    let sum: f64 = all.iter().zip(1..).filter(|((_, is_own), _)| *is_own).map(|(_, rank)| f64::from(rank)).sum();
    let above = sum - m * (m + 1.0) / 2.0;
    (100.0 * above / (m * n), (above - m * n / 2.0) / (m * n * (m + n + 1.0) / 12.0).sqrt())
}
