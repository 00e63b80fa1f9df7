//! Sends ten thousand malformed requests to the built daemon. All are answered, none with an internal error; nothing panics,
//! no token is logged, and memory does not grow. The generator is seeded, so a failure can be reproduced.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::time::Duration;

use policy_digest::app::App;
use policy_digest::app::clock::Clock;
use policy_digest::config;
use policy_digest::domain::subscribers::token::{Purpose, sign};
use policy_digest::web::addresses;

use crate::support::daemon::Daemon;
use crate::support::pages::join;
use crate::support::{Entry, rss, write_config};

const REQUESTS: u64 = 10_000;
/// The first requests fill caches, prepared statements, threads and rate limiters.
const WARM_UP: u64 = 2_000;
/// The most that the process's memory may grow by after that.
const MOST_GROWTH_BYTES: u64 = 12 * 1024 * 1024;

/// SplitMix64.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % limit as u64).unwrap()
    }

    fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == 0
    }

    fn pick<'a, T: ?Sized>(&mut self, from: &[&'a T]) -> &'a T {
        from[self.below(from.len())]
    }

    fn bytes(&mut self, most: usize) -> Vec<u8> {
        let length = self.below(most + 1);
        (0..length).map(|_| self.next().to_le_bytes()[0]).collect()
    }
}

const METHODS: [&str; 12] =
    ["GET", "GET", "GET", "HEAD", "POST", "POST", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "get"];

const FIELDS: [&str; 12] = [
    "address",
    "cadence",
    "theme",
    "company",
    "stamp",
    "until",
    "List-Unsubscribe",
    "undo",
    "",
    "a%00b",
    "%FF",
    "address[]",
];

const VALUES: [&str; 16] = [
    "eve%40example.org",
    "weekly",
    "integration",
    "One-Click",
    "2026-12-24",
    "",
    "%00",
    "%FF%FE",
    "%",
    "%zz",
    "%3Cscript%3E",
    "..%2F..%2F",
    "%E2%80%AE",
    "9999999999999999999",
    "-1",
    "%0D%0ASet-Cookie%3A+a",
];

const HEADERS: [&str; 18] = [
    "accept: */*;q=NaN",
    "accept-encoding: gzip, \u{1}",
    "range: bytes=5-1,-",
    "if-none-match: W/\"",
    "cookie: a=b; a; =",
    "if-modified-since: never",
    "expect: 200-ok",
    "expect: 100-continue",
    "x-forwarded-for: ,,,",
    "forwarded: for=\"[::1",
    "x-forwarded-for: 999.1.1.1, ::ffff:1.2.3.4, [fe80::1%25eth0]:80",
    "origin: null",
    "upgrade: h2c, websocket",
    "http2-settings: AAAA",
    "te: trailers, chunked",
    "connection: close, upgrade, x-a",
    "content-encoding: gzip",
    "x-a: ",
];

const KINDS: [&str; 8] = [
    "application/x-www-form-urlencoded",
    "application/x-www-form-urlencoded; charset=utf-16",
    "multipart/form-data; boundary=b",
    "multipart/form-data",
    "application/json",
    "text/plain;;;=",
    "\u{e9}",
    "",
];

fn path(chance: &mut Chance, routes: &[&str], tokens: &[String]) -> String {
    let token = match chance.below(6) {
        0 => chance.pick(&["%00", "%ff%fe", "..", "%2e%2e%2f", "a/b", "", "*", "%", "2026-11-23", "\u{e9}"]).to_owned(),
        1 => "x".repeat(chance.below(9_000)),
        2 => {
            let token = &tokens[chance.below(tokens.len())];
            let at = chance.below(token.len());
            format!("{}{}{}", &token[..at], chance.pick(&["", "0", ".", "%30", "Z"]), &token[at + 1..])
        }
        _ => tokens[chance.below(tokens.len())].clone(),
    };
    let route = routes[chance.below(routes.len())].replace("{token}", &token).replace("{name}", &token);
    let route = if chance.one_in(12) { format!("{route}/{}", chance.pick(&["", "..", "again", "%00"])) } else { route };
    match chance.below(4) {
        0 => format!("{route}?{}", pairs(chance, 4)),
        1 => format!(
            "{route}?{}",
            chance.pick(&["undo", "page=2", "page=99999999999", "page=-1", "done=%00", "?", "&&&=", "%"])
        ),
        _ => route,
    }
}

fn pairs(chance: &mut Chance, most: usize) -> String {
    let count = chance.below(most + 1);
    let pair = |chance: &mut Chance| {
        let value = if chance.one_in(40) { "v".repeat(chance.below(40_000)) } else { chance.pick(&VALUES).to_owned() };
        format!("{}={value}", chance.pick(&FIELDS))
    };
    (0..count).map(|_| pair(chance)).collect::<Vec<_>>().join("&")
}

fn body(chance: &mut Chance) -> Vec<u8> {
    match chance.below(6) {
        0 => Vec::new(),
        1 => chance.bytes(300),
        2 => format!(
            "--b\r\nContent-Disposition: form-data; name=\"{}\"\r\n\r\n{}\r\n--b--",
            chance.pick(&FIELDS),
            chance.pick(&VALUES)
        )
        .into_bytes(),
        3 if chance.one_in(20) => vec![b'a'; chance.below(200_000)],
        _ => pairs(chance, 9).into_bytes(),
    }
}

/// A complete and correctly framed request with wild content, which must be answered. Each seems to come from another
/// network.
fn request(chance: &mut Chance, number: u64, routes: &[&str], tokens: &[String]) -> Vec<u8> {
    let method = chance.pick(&METHODS);
    let mut head =
        format!("{method} {} HTTP/1.1\r\nhost: digest.test\r\nconnection: close\r\n", path(chance, routes, tokens));
    head += &format!("x-forwarded-for: 10.{}.{}.1\r\n", number / 256 % 256, number % 256);
    for _ in 0..chance.below(4) {
        head += &format!("{}\r\n", chance.pick(&HEADERS));
    }
    if chance.one_in(50) {
        head += &format!("x-many: {}\r\n", "y".repeat(chance.below(5_000))).repeat(chance.below(90));
    }
    if !chance.one_in(4) {
        head += &format!("content-type: {}\r\n", chance.pick(&KINDS));
    }
    let body = body(chance);
    if chance.one_in(5) {
        let chunk = format!("{:x}\r\n", body.len());
        let chunked = if body.is_empty() { Vec::new() } else { [chunk.as_bytes(), &body, b"\r\n"].concat() };
        return [format!("{head}transfer-encoding: chunked\r\n\r\n").as_bytes(), &chunked, b"0\r\n\r\n"].concat();
    }
    [format!("{head}content-length: {}\r\n\r\n", body.len()).as_bytes(), &body].concat()
}

/// Bytes that are not a request; the answer, if any, is an error.
fn noise(chance: &mut Chance) -> Vec<u8> {
    match chance.below(4) {
        0 => chance.bytes(2_000),
        1 => b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(),
        2 => format!("GET / HTTP/1.1\r\nhost: a\r\n{}: \0\r\n\r\n", chance.pick(&["a b", "", "x\u{0}"])).into_bytes(),
        _ => b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\ncontent-length: 6\r\ntransfer-encoding: x\r\n\r\nab"
            .to_vec(),
    }
}

fn answer(address: &str, request: &[u8]) -> String {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    // The server may answer with an error and close the connection before everything is sent.
    let _ = (&stream).write_all(request);
    let _ = stream.shutdown(std::net::Shutdown::Write);
    let mut answer = Vec::new();
    let _ = (&stream).read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).replace("HTTP/1.1 100 Continue\r\n\r\n", "")
}

/// Resident bytes; `None` if the system does not report them.
fn memory(process: u32) -> Option<u64> {
    let pages = std::fs::read_to_string(format!("/proc/{process}/statm")).ok()?;
    Some(pages.split(' ').nth(1)?.parse::<u64>().ok()? * 4096)
}

fn configure(folder: &Path) {
    let never = "0 0 1 1 *";
    let more = format!(
        "[schedule]\ndaily = \"{never}\"\nweekly = \"{never}\"\nmonthly = \"{never}\"\n[web]\ntrusted_proxies = [\"127.0.0.0/8\"]\n"
    );
    write_config(folder, &[("blog", "file:blog.xml")], &more);
    std::fs::write(folder.join("config/blog.xml"), rss(&[Entry::on_topic("1")])).unwrap();
}

/// Tokens of every purpose for two subscribers and an unknown one.
fn tokens(folder: &Path) -> Vec<String> {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let config = config::load(&folder.join("config"), Some(&folder.join("data")), &[]).unwrap();
        let app = App::work(config, Clock::System, "a test").await.unwrap();
        let people = [join(&app, "ada@example.org").await, join(&app, "bob@example.org").await, "nobody".to_owned()];
        let all = people.iter().flat_map(|id| Purpose::ALL.map(|purpose| sign(&app.keys.token, purpose, id, None)));
        all.collect()
    })
}

#[test]
fn ten_thousand_hostile_requests_are_all_answered_and_leave_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    configure(folder.path());
    let tokens = tokens(folder.path());
    let routes: Vec<&str> = addresses().map(|(address, _)| address).collect();
    let mut daemon = Daemon::start(folder.path());
    let (mut chance, mut before) = (Chance(7), None);
    let mut statuses = std::collections::BTreeMap::<String, u32>::new();
    for number in 0..REQUESTS {
        let is_noise = chance.one_in(20);
        let said = if is_noise { noise(&mut chance) } else { request(&mut chance, number, &routes, &tokens) };
        let answer = answer(&daemon.address, &said);
        let status = answer.get(9..12).unwrap_or_default().to_owned();
        let is_fine = status.starts_with(['2', '3', '4']) || is_noise && status.is_empty();
        assert!(is_fine, "number {number}: {:?}\nwas answered: {answer:?}", String::from_utf8_lossy(&said));
        *statuses.entry(status).or_default() += 1;
        if number == WARM_UP {
            before = memory(daemon.id());
        }
    }
    if let (Some(before), Some(after)) = (before, memory(daemon.id())) {
        crate::support::aloud(&format!(
            "{statuses:?}; {before} bytes after {WARM_UP} requests, {after} after {REQUESTS}"
        ));
        assert!(after < before + MOST_GROWTH_BYTES, "from {before} to {after}");
    }
    daemon.terminate();
    let (ended, log) = daemon.end();
    assert_eq!(ended.code(), Some(0), "{log}");
    assert!(!log.contains("panicked") && !log.contains("ERROR"), "{log}");
    assert!(tokens.iter().all(|token| !log.contains(token.rsplit('.').next().unwrap())), "{log}");
}
