//! A thousand feeds, a tenth of them in trouble: the poll takes as long as its deadlines allow the slow ones, no
//! longer, and the next poll has everything.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use policy_digest::app::feeds::poll::{FeedResult, Which, poll};
use policy_digest::app::silent;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::support::hostile::reply;
use crate::support::{Entry, World, rss};

const FEEDS: usize = 1000;

/// `/N` is feed N, with one post of its own; while `is_faulty`, each tenth one fails: by turns with a 500, by not
/// ending, and cut short.
async fn serve(is_faulty: Arc<AtomicBool>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(answer(stream, Arc::clone(&is_faulty)));
        }
    });
    port
}

async fn answer(mut stream: TcpStream, is_faulty: Arc<AtomicBool>) {
    let mut request = [0; 4096];
    while let Ok(read @ 1..) = stream.read(&mut request).await {
        let request = String::from_utf8_lossy(&request[..read]).into_owned();
        let number: usize = request.split(['/', ' ']).nth(2).unwrap().parse().unwrap();
        let feed = reply("200 OK", rss(&[Entry::on_topic(&number.to_string())]).as_bytes());
        let (answer, ends) = match number % 30 {
            0 if is_faulty.load(Ordering::Relaxed) => (reply("500 Oh", b""), false),
            10 if is_faulty.load(Ordering::Relaxed) => {
                let _ = stream.write_all(&feed[..feed.len() / 2]).await;
                // Until the client goes away.
                let _ = stream.read(&mut [0; 1]).await;
                return;
            }
            20 if is_faulty.load(Ordering::Relaxed) => (feed[..feed.len() / 2].to_vec(), true),
            _ => (feed, false),
        };
        if stream.write_all(&answer).await.is_err() || ends {
            return;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tenth_in_trouble_delays_nobody_beyond_the_deadline_and_loses_nothing() {
    let is_faulty = Arc::new(AtomicBool::new(true));
    let port = serve(Arc::clone(&is_faulty)).await;
    let feeds: Vec<_> = (0..FEEDS).map(|n| (format!("f{n}"), format!("http://127.0.0.1:{port}/{n}"))).collect();
    let feeds: Vec<_> = feeds.iter().map(|(id, url)| (id.as_str(), url.as_str())).collect();
    let world = World::with(&feeds, "timeout = \"1s\"\nper_host = 64\n").await;

    let begun = Instant::now();
    let report = poll(&world.app, &Which::All, &silent).await.unwrap();
    let faulty = begun.elapsed();
    // 33 feeds that never end, 64 at once: one deadline, and what the others take.
    assert_eq!(report.failed(), 100);
    assert_eq!(report.saved().new, FEEDS - 100);

    is_faulty.store(false, Ordering::Relaxed);
    let begun = Instant::now();
    let report = poll(&world.app, &Which::All, &silent).await.unwrap();
    let healthy = begun.elapsed();
    assert_eq!((report.failed(), report.saved().new), (0, 100), "what the first poll could not have, the second has");
    let unchanged = report.feeds.iter().filter(|feed| feed.result == FeedResult::Unchanged).count();
    assert_eq!(unchanged, FEEDS - 100);
    assert!(faulty < healthy * 2 + Duration::from_secs(3), "{faulty:?}, without faults {healthy:?}");
}
