//! Makes a database of five years (200 feeds, 500,000 items, 100,000 subscribers, 260 runs, 26 million messages of which
//! retention has left thirteen weeks) and a fresh one, by the same statements, and does the same in both by turns: a
//! tick, the operator's pages, a poll with nothing new, a sign-up, a claim. Prints the median of each in milliseconds that
//! cores were at it, and how many times longer it takes after five years. Exit 1 when that is more than twice, or `status`
//! takes more than a second.

use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use chrono::{DateTime, Utc};
use policy_digest::app::clock::Clock;
use policy_digest::app::outbox::deliver::deliver;
use policy_digest::app::digests::once::gather;
use policy_digest::app::feeds::poll::{Which, poll};
use policy_digest::app::operations::reload::Live;
use policy_digest::app::subscribers::sign_up::{SignUp, sign_up};
use policy_digest::app::{App, silent};
use policy_digest::app::operations::{alarms, status};
use policy_digest::config;
use policy_digest::domain::outbox::{Next, Outcome};
use policy_digest::domain::subscribers::subscriber::{Cadence, EmailAddress, Preferences};
use policy_digest::mail::Transport;
use policy_digest::store::{Claimed, Settlement};
use policy_digest::web;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

const FEEDS: usize = 200;
const NOW: i64 = 1_795_000_000;
const FIVE_YEARS: i64 = 260 * 7 * 24 * 60 * 60;
const ROUNDS: usize = 41;
const MOST_TIMES: f64 = 2.0;
const STATUS_MS: f64 = 1000.0;

/// How much there is in a database.
struct Size {
    began: i64,
    items: usize,
    people: usize,
    runs: usize,
}

const FRESH: Size = Size { began: NOW - 24 * 60 * 60, items: 25 * FEEDS, people: 100, runs: 1 };
const OLD: Size = Size { began: NOW - FIVE_YEARS, items: 500_000, people: 100_000, runs: 260 };

struct Place {
    app: App,
    pages: SocketAddr,
    folder: tempfile::TempDir,
    /// Numbers whatever is to be new each time.
    turn: usize,
}

#[tokio::main]
async fn main() -> ExitCode {
    let start = Instant::now();
    let mut places = [place(&FRESH).await, place(&OLD).await];
    let bytes = std::fs::metadata(database(places[1].folder.path())).expect("the database").len();
    println!("made in {} s; the one of five years has {} MB\n", start.elapsed().as_secs(), bytes / 1_000_000);
    println!("{:32} {:>10} {:>12} {:>7}", "ms, medians", "fresh", "five years", "times");
    let mut is_fine = true;
    for what in What::ALL {
        let mut taken = [Vec::new(), Vec::new()];
        for _ in 0..ROUNDS {
            for (place, taken) in places.iter_mut().zip(&mut taken) {
                taken.push(place.time(what).await);
            }
        }
        let [fresh, old] = taken.map(median);
        println!("{:32} {fresh:10.2} {old:12.2} {:7.2}", what.name(), old / fresh);
        is_fine &= if what == What::Status { old <= STATUS_MS } else { old <= MOST_TIMES * fresh };
    }
    ExitCode::from(u8::from(!is_fine))
}

fn median(mut taken: Vec<f64>) -> f64 {
    taken.sort_by(f64::total_cmp);
    taken[taken.len() / 2]
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum What {
    Tick,
    Status,
    Metrics,
    Ready,
    PollUnchanged,
    PollNothingNew,
    SignUp,
    Claim,
    ClaimDigest,
}

impl What {
    const ALL: [Self; 9] = [
        Self::Tick,
        Self::Status,
        Self::Metrics,
        Self::Ready,
        Self::PollUnchanged,
        Self::PollNothingNew,
        Self::SignUp,
        Self::Claim,
        Self::ClaimDigest,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Tick => "a tick",
            Self::Status => "status",
            Self::Metrics => "/metrics",
            Self::Ready => "/health/ready",
            Self::PollUnchanged => "a poll of the same bytes",
            Self::PollNothingNew => "a poll with nothing new in it",
            Self::SignUp => "a sign-up",
            Self::Claim => "a claim of a confirmation",
            Self::ClaimDigest => "a claim of a digest of the run",
        }
    }
}

impl Place {
    /// In milliseconds.
    async fn time(&mut self, what: What) -> f64 {
        self.turn += 1;
        let (app, turn) = (&self.app, self.turn);
        let now = app.clock.now();
        match what {
            What::PollNothingNew => write_feed(self.folder.path(), turn),
            What::Claim => ask(app, turn).await,
            // The first time, everybody's digest of a new run waits.
            What::ClaimDigest => queue_run(self.folder.path()),
            _ => {}
        }
        let (start, before) = (Instant::now(), on_core_ns());
        let mut claimed = Vec::new();
        match what {
            What::Tick => {
                alarms::look(app).await.expect("a look");
                gather(app, true, &silent).await.expect("polls and digests");
                deliver(app, &silent).await.expect("a delivery");
            }
            What::Status => drop(status::status(app).await.expect("a status")),
            What::Metrics => self.get("/metrics").await,
            What::Ready => self.get("/health/ready").await,
            What::PollUnchanged | What::PollNothingNew => {
                let report = poll(app, &Which::Named(vec!["feed-0".to_owned()]), &silent).await.expect("a poll");
                assert_eq!((report.failed(), report.saved().new), (0, 0), "{report:?}");
            }
            What::SignUp => ask(app, turn).await,
            What::Claim | What::ClaimDigest => {
                claimed = app.store.outbox().claim_due(now, 1, |_| String::new()).await.expect("a claim");
            }
        }
        let wall = start.elapsed().as_secs_f64() * 1e3;
        let taken = on_core_ns().zip(before).map_or(wall, |(after, before)| (after - before) / 1e6);
        if matches!(what, What::Claim | What::ClaimDigest) {
            assert_eq!(claimed.len(), 1);
            app.store.outbox().settle(claimed.iter().map(sent).collect(), now).await.expect("a settlement");
        } else if what == What::SignUp {
            deliver(app, &silent).await.expect("a delivery");
        }
        taken
    }

    async fn get(&self, path: &str) {
        let mut stream = TcpStream::connect(self.pages).await.expect("a connection");
        let request = format!("GET {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", self.pages);
        stream.write_all(request.as_bytes()).await.expect("a request");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.expect("an answer");
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
}

/// How long this process's threads were on a core, as the kernel's `schedstat` says; elsewhere than on Linux the clock must
/// do.
fn on_core_ns() -> Option<f64> {
    let threads = std::fs::read_dir("/proc/self/task").ok()?;
    let of_thread = |thread: std::fs::DirEntry| -> Option<f64> {
        std::fs::read_to_string(thread.path().join("schedstat")).ok()?.split(' ').next()?.parse().ok()
    };
    Some(threads.filter_map(|thread| of_thread(thread.ok()?)).sum())
}

async fn ask(app: &App, number: usize) {
    let address = EmailAddress::parse(&format!("new{number}@example.org")).expect("an address");
    let preferences = Preferences::default();
    sign_up(app, SignUp { address, preferences }).await.expect("a sign-up");
}

fn sent(message: &Claimed) -> Settlement {
    Settlement {
        id: message.id,
        attempt: message.attempt,
        outcome: Outcome::Accepted,
        next: Next::Sent,
        was_unknown: false,
        error: None,
        report: None,
    }
}

fn database(folder: &Path) -> std::path::PathBuf {
    folder.join("data/policy-digest.db")
}

/// A feed of 25 entries that the database has; the comment at its top makes its bytes new.
fn write_feed(folder: &Path, turn: usize) {
    let entry = |number: usize| {
        format!(
            "<item><guid isPermaLink=\"false\">entry-{number}</guid><title>Post {number}</title>\
             <link>https://site0.example.org/entries/{number}</link><description>About reform.</description></item>"
        )
    };
    let items: String = (0..25).map(entry).collect();
    let feed = format!("<rss version=\"2.0\"><!-- {turn} --><channel><title>Feed</title>{items}</channel></rss>");
    std::fs::write(folder.join("feed.xml"), feed).expect("the feed is written");
}

/// Everybody's digest of a run that was just made, unless it is there.
fn queue_run(folder: &Path) {
    let connection = rusqlite::Connection::open(database(folder)).expect("the database");
    let statements = "INSERT OR IGNORE INTO runs (cadence, slot, due, made, through_seq, judged)
            SELECT 'weekly', 'new', max(due) + 1, max(due) + 1, max(through_seq), 1 FROM runs;
        INSERT INTO messages (kind, run, subscriber, address, message_id, body, through_seq, state, next_attempt, made)
            SELECT 'digest', r.id, s.id, s.address, '<' || r.id || '.' || s.id || '@example.org>', (SELECT min(id) FROM bodies),
            r.through_seq, 'queued', r.made, r.made FROM runs r CROSS JOIN subscribers s
            WHERE r.slot = 'new' AND s.status = 'active' AND s.address LIKE 'person%'
            AND NOT EXISTS (SELECT 1 FROM messages WHERE run = r.id);";
    connection.execute_batch(statements).expect("a run is queued");
}

async fn place(size: &Size) -> Place {
    let folder = tempfile::tempdir().expect("a folder");
    let config_folder = folder.path().join("config");
    std::fs::create_dir(&config_folder).expect("a folder");
    let never = "\"0 0 1 1 *\"";
    let settings = format!(
        "[polling]\nallow_files = true\nspacing = \"0s\"\n[schedule]\ndaily = {never}\nweekly = {never}\nmonthly = {never}\n"
    );
    let url = |number: usize| match number {
        0 => format!("file://{}", folder.path().join("feed.xml").display()),
        _ => format!("https://site{number}.example.org/feed"),
    };
    let feeds: String = (0..FEEDS)
        .map(|number| format!("[[feed]]\nid = \"feed-{number}\"\ntitle = \"Feed {number}\"\nurl = \"{}\"\n", url(number)))
        .collect();
    let topic = "name = \"t\"\ntitle = \"public service reform\"\ndescription = \"d\"\n";
    for (name, text) in [("digest.toml", settings.as_str()), ("feeds.toml", &feeds), ("topic.toml", topic)] {
        std::fs::write(config_folder.join(name), text).expect("the configuration is written");
    }
    write_feed(folder.path(), 0);
    let app = open(folder.path()).await;
    app.store.close().await;
    drop(app);
    fill(folder.path(), size);
    let app = open(folder.path()).await;
    poll(&app, &Which::Named(vec!["feed-0".to_owned()]), &silent).await.expect("a first poll");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let pages = listener.local_addr().expect("its address");
    tokio::spawn(web::serve_admin(Live::new(app.clone()), listener, std::future::pending()));
    Place { app, pages, folder, turn: 0 }
}

async fn open(folder: &Path) -> App {
    let config = config::load(&folder.join("config"), Some(&folder.join("data")), &[]).expect("a configuration");
    let now: DateTime<Utc> = DateTime::from_timestamp(NOW, 0).expect("a time");
    App::work_with(config, Clock::set_to(now), "a bench", Transport::Memory(Arc::default())).await.expect("an installation")
}

fn fill(folder: &Path, Size { began, items, people, runs }: &Size) {
    let connection = rusqlite::Connection::open(database(folder)).expect("the database");
    let size = format!(
        "PRAGMA synchronous = OFF; PRAGMA cache_size = -400000; PRAGMA temp_store = MEMORY; BEGIN;
         CREATE TEMP TABLE size AS SELECT {NOW} AS now, {began} AS began, {FEEDS} AS feeds, {items} AS items,
         {people} AS people, {runs} AS runs;"
    );
    let statements = [size.as_str(), include_str!("made_up.sql"), "COMMIT; PRAGMA wal_checkpoint(TRUNCATE);"].concat();
    connection.execute_batch(&statements).expect("the database is filled");
}
