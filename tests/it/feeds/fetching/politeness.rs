//! Two thousand feeds on a hundred hosts over a simulated day, from a server that notes who asked what, when by the
//! hand-set clock and when in truth: a report of how polite the polls were, and what must hold of it.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use policy_digest::app::clock::Clock;
use policy_digest::app::feeds::poll::{Which, poll};
use policy_digest::app::{App, silent};
use policy_digest::config;
use policy_digest::mail::Transport;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::support::{Entry, aloud, rss, start, write_config};

const HOSTS: usize = 100;
const FEEDS: usize = 2000;
const SPACING: Duration = Duration::from_millis(20);
const INTERVAL: TimeDelta = TimeDelta::hours(4);
/// How late a request may be seen that was made in time: the machine is busy.
const SLACK: Duration = Duration::from_millis(40);

/// What a feed is like, by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Manner {
    /// Has an ETag, and does not change.
    Tagged,
    /// The same with a date.
    Dated,
    /// Has neither.
    Bare,
    /// Has an ETag, and changes at noon.
    Changing,
    /// Is fresh for seven hours.
    Fresh,
    /// Wants to be left alone for nine hours at first.
    Busy,
    /// Is not there.
    Missing,
    /// Is gone for good.
    Gone,
}

fn manner(feed: usize) -> Manner {
    use Manner::{Bare, Busy, Changing, Dated, Fresh, Gone, Missing, Tagged};
    let usual = [Tagged, Tagged, Tagged, Tagged, Dated, Bare, Changing, Fresh, Fresh, Busy];
    match feed % 100 {
        50 => Gone,
        51 => Missing,
        _ => usual[feed / HOSTS % 10],
    }
}

struct Asked {
    feed: usize,
    at: DateTime<Utc>,
    truly: Instant,
    is_conditional: bool,
    status: u16,
}

struct Notes {
    clock: Clock,
    asked: Mutex<Vec<Asked>>,
    /// By host: now, and at most.
    at_once: Mutex<HashMap<usize, (usize, usize)>>,
}

impl Notes {
    /// The answer's head and body.
    fn answer(&self, head: &str) -> (String, String) {
        let path = head.split(' ').nth(1).unwrap_or_default();
        let feed: usize = path.trim_start_matches('/').parse().unwrap();
        let (at, mut asked) = (self.clock.now(), self.asked.lock().unwrap());
        let version = u8::from(at > start() + TimeDelta::hours(12));
        let (mut status, headers) = match manner(feed) {
            Manner::Tagged => (200, "etag: \"0\"\r\n".to_owned()),
            Manner::Dated => (200, "last-modified: Mon, 23 Nov 2026 08:00:00 GMT\r\n".to_owned()),
            Manner::Bare => (200, String::new()),
            Manner::Changing => (200, format!("etag: \"{version}\"\r\n")),
            Manner::Fresh => (200, "etag: \"0\"\r\ncache-control: max-age=25200\r\n".to_owned()),
            Manner::Busy if asked.iter().all(|asked| asked.feed != feed) => (503, "retry-after: 32400\r\n".to_owned()),
            Manner::Busy => (200, String::new()),
            Manner::Missing => (404, String::new()),
            Manner::Gone => (410, String::new()),
        };
        let is_conditional = head.contains("if-none-match:") || head.contains("if-modified-since:");
        let is_same = match manner(feed) {
            Manner::Changing => head.contains(&format!("if-none-match: \"{version}\"")),
            _ => is_conditional,
        };
        if status == 200 && is_same {
            status = 304;
        }
        asked.push(Asked { feed, at, truly: Instant::now(), is_conditional, status });
        let mut entries = vec![Entry::on_topic(&format!("{feed}-a"))];
        if manner(feed) == Manner::Changing && version == 1 {
            entries.push(Entry::on_topic(&format!("{feed}-b")));
        }
        (format!("HTTP/1.1 {status} X\r\n{headers}"), if status == 200 { rss(&entries) } else { String::new() })
    }

    fn begin(&self, host: usize) {
        let mut hosts = self.at_once.lock().unwrap();
        let (now, most) = hosts.entry(host).or_default();
        *now += 1;
        *most = (*most).max(*now);
    }

    fn end(&self, host: usize) {
        self.at_once.lock().unwrap().entry(host).or_default().0 -= 1;
    }
}

async fn serve(listener: TcpListener, host: usize, notes: Arc<Notes>) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(converse(stream, host, Arc::clone(&notes)));
    }
}

async fn converse(mut stream: TcpStream, host: usize, notes: Arc<Notes>) {
    let (mut head, mut buffer) = (Vec::new(), [0; 4096]);
    loop {
        match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => return,
            Ok(read) => head.extend_from_slice(&buffer[..read]),
        }
        if !head.ends_with(b"\r\n\r\n") {
            continue;
        }
        notes.begin(host);
        let (answer, body) = notes.answer(&String::from_utf8_lossy(&head).to_lowercase());
        head.clear();
        let kind = "content-type: application/rss+xml\r\n";
        let length =
            if answer.contains(" 304 ") { String::new() } else { format!("content-length: {}\r\n", body.len()) };
        // Before the client can have the whole answer.
        notes.end(host);
        let _ = stream.write_all(format!("{answer}{kind}{length}\r\n{body}").as_bytes()).await;
    }
}

async fn open(folder: &std::path::Path, clock: &Clock, notes: &Arc<Notes>) -> App {
    let mut addresses = Vec::new();
    for host in 0..HOSTS {
        let last = u8::try_from(host + 1).unwrap();
        let listener = TcpListener::bind((IpAddr::V4(Ipv4Addr::new(127, 0, 1, last)), 0)).await.unwrap();
        addresses.push(listener.local_addr().unwrap());
        tokio::spawn(serve(listener, host, Arc::clone(notes)));
    }
    let feeds: Vec<(String, String)> =
        (0..FEEDS).map(|feed| (format!("feed-{feed}"), format!("http://{}/{feed}", addresses[feed % HOSTS]))).collect();
    let feeds: Vec<_> = feeds.iter().map(|(id, url)| (id.as_str(), url.as_str())).collect();
    write_config(folder, &feeds, "interval = \"4h\"\n");
    let file = folder.join("config/digest.toml");
    let settings = std::fs::read_to_string(&file).unwrap().replace("\"0s\"", "\"20ms\"");
    std::fs::write(file, settings).unwrap();
    let config = config::load(&folder.join("config"), Some(&folder.join("data")), &[]).unwrap();
    App::work_with(config, clock.clone(), "a test", Transport::Memory(Arc::default())).await.unwrap()
}

/// The pauses between two visits of the feeds of a manner, by the clock.
fn pauses(asked: &[Asked], of: Manner) -> Vec<TimeDelta> {
    let mut last: HashMap<usize, DateTime<Utc>> = HashMap::new();
    let of_manner = asked.iter().filter(|asked| manner(asked.feed) == of);
    of_manner.filter_map(|asked| Some(asked.at - last.insert(asked.feed, asked.at)?)).collect()
}

/// The least time in truth that so many requests to one host have taken, from the first to the last.
fn least(asked: &[Asked], requests: usize) -> Duration {
    let mut hosts: HashMap<usize, Vec<Instant>> = HashMap::new();
    for asked in asked {
        hosts.entry(asked.feed % HOSTS).or_default().push(asked.truly);
    }
    let spans = hosts.values().flat_map(|times| times.windows(requests).map(|part| part[requests - 1] - part[0]));
    spans.min().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_thousand_feeds_are_polled_politely_for_a_day() {
    let (folder, clock) = (tempfile::tempdir().unwrap(), Clock::set_to(start()));
    let (asked, at_once) = (Mutex::default(), Mutex::default());
    let notes = Arc::new(Notes { clock: clock.clone(), asked, at_once });
    let app = open(folder.path(), &clock, &notes).await;
    for _ in 0..24 * 4 {
        poll(&app, &Which::Due, &silent).await.unwrap();
        clock.advance(TimeDelta::minutes(15));
    }
    let asked = std::mem::take(&mut *notes.asked.lock().unwrap());
    let most_at_once = notes.at_once.lock().unwrap().values().map(|(_, most)| *most).max().unwrap();
    report(&asked, most_at_once);
    assert!(most_at_once <= 2);
    for requests in [5, 10] {
        let spaced = SPACING * u32::try_from(requests - 1).unwrap();
        assert!(least(&asked, requests) >= spaced.saturating_sub(SLACK), "{requests}: {:?}", least(&asked, requests));
    }
    // Our own pause strays by a tenth.
    let usual = INTERVAL * 9 / 10;
    for of in [Manner::Tagged, Manner::Dated, Manner::Bare, Manner::Changing] {
        assert!(pauses(&asked, of).iter().all(|pause| *pause >= usual), "{of:?}");
    }
    assert!(pauses(&asked, Manner::Fresh).iter().all(|pause| *pause >= TimeDelta::hours(7)), "max-age");
    let busy = pauses(&asked, Manner::Busy);
    assert!(busy.iter().filter(|pause| **pause >= TimeDelta::hours(9)).count() >= FEEDS / HOSTS * 8, "Retry-After");
    assert!(pauses(&asked, Manner::Missing).iter().max().unwrap() >= &(INTERVAL * 18 / 10), "later after each failure");
    assert!(pauses(&asked, Manner::Gone).is_empty(), "gone is gone");
    let known = asked.iter().filter(|asked| asked.is_conditional).count();
    let unchanged = asked.iter().filter(|asked| asked.status == 304).count();
    let changed = (0..FEEDS).filter(|feed| manner(*feed) == Manner::Changing).count();
    assert_eq!(known - unchanged, changed, "each change is read once, and nothing else");
    let tagged = |asked: &&Asked| matches!(manner(asked.feed), Manner::Tagged | Manner::Dated | Manner::Fresh);
    let whole = asked.iter().filter(tagged).filter(|asked| asked.status == 200).count();
    assert_eq!(
        whole,
        (0..FEEDS).filter(|feed| matches!(manner(*feed), Manner::Tagged | Manner::Dated | Manner::Fresh)).count()
    );
}

fn report(asked: &[Asked], most_at_once: usize) {
    let share = |status: u16| asked.iter().filter(|asked| asked.status == status).count() * 1000 / asked.len();
    let mut hosts = vec![0; HOSTS];
    asked.iter().for_each(|asked| hosts[asked.feed % HOSTS] += 1);
    hosts.sort_unstable();
    aloud(&format!("{FEEDS} feeds, {HOSTS} hosts, a day: {} requests", asked.len()));
    aloud(&format!("  a host: {} to {}, at most {most_at_once} at once", hosts[0], hosts[HOSTS - 1]));
    let spans = [5, 10].map(|requests| format!("{requests} in {:?}", least(asked, requests)));
    aloud(&format!("  spacing of {SPACING:?}, the closest: {}", spans.join(", ")));
    let shares = [200, 304, 404, 410, 503].map(|status| format!("{status} {} per mille", share(status)));
    aloud(&format!("  answers: {}", shares.join(", ")));
    for of in [Manner::Tagged, Manner::Bare, Manner::Fresh, Manner::Busy, Manner::Missing] {
        let pauses = pauses(asked, of);
        let minutes = |pause: Option<&TimeDelta>| pause.map_or(0, TimeDelta::num_minutes);
        let (least, most) = (minutes(pauses.iter().min()), minutes(pauses.iter().max()));
        aloud(&format!("  {of:?}: {} pauses of {least} to {most} minutes", pauses.len()));
    }
}
