//! The daemon is killed at random moments between a draft and the last email, while editors act: no act that was answered is
//! lost, everybody gets a digest, and nobody gets two versions of it.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::time::Duration;

use chrono::{TimeDelta, Timelike as _, Utc};
use serde_json::Value;

use crate::support::daemon::{Daemon, until};
use crate::support::program::{policy_digest, text};
use crate::support::{Entry, Mail, SmtpSink, aloud, rss, write_config};

const PEOPLE: usize = 12;

/// How many kills; more with `DRAFT_KILLS=60`.
fn kills() -> usize {
    std::env::var("DRAFT_KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(8)
}

/// An installation whose next digest is due in two hours, so that its draft is made at once.
fn configure(sink: &SmtpSink, folder: &Path) {
    let slot = Utc::now() + TimeDelta::hours(2);
    let cron = format!("{} {} * * *", slot.minute(), slot.hour());
    let more = format!(
        "[editor]\nto = [\"ada@example.org\"]\n[schedule]\nweekly = \"{cron}\"\n[mail]\ntransport = \"smtp\"\n\
         [mail.smtp]\nhost = \"127.0.0.1\"\nport = {}\ntls = \"none\"\nmax_connections = 2\n",
        sink.port
    );
    write_config(folder, &[("blog", "file:blog.xml")], &more);
    let settings = folder.join("config/digest.toml");
    let rest = std::fs::read_to_string(&settings).unwrap();
    std::fs::write(&settings, format!("timezone = \"UTC\"\n{rest}")).unwrap();
    let now = Some(Utc::now());
    let entries: Vec<Entry> =
        ["1", "2", "3", "4"].iter().map(|id| Entry { published: now, ..Entry::on_topic(id) }).collect();
    std::fs::write(folder.join("config/blog.xml"), rss(&entries)).unwrap();
    let people: String = (0..PEOPLE).map(|n| format!("person{n}@example.org\n")).collect();
    std::fs::write(folder.join("config/subscribers.csv"), format!("email\n{people}")).unwrap();
}

/// A draft with its daemon, which is killed and started again.
struct Life<'a> {
    folder: &'a Path,
    sink: &'a SmtpSink,
    daemon: Daemon,
    random: u64,
    kills: usize,
}

impl Life<'_> {
    fn chance(&mut self, below: u64) -> u64 {
        // An xorshift is random enough for moments.
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.random % below
    }

    /// Kills the daemon after a random time, during which `acts` goes on, and starts it again.
    fn kill(&mut self, within_ms: u64, mut act: impl FnMut(&str) -> bool) {
        let after = Duration::from_millis(self.chance(within_ms));
        let (address, pid) = (self.daemon.address.clone(), self.daemon.id());
        let killer = std::thread::spawn(move || {
            std::thread::park_timeout(after);
            std::process::Command::new("kill").args(["-9", &pid.to_string()]).status().unwrap();
        });
        while act(&address) {}
        killer.join().unwrap();
        self.daemon.kill();
        self.daemon = Daemon::start(self.folder);
        self.kills += 1;
    }

    fn draft(&self) -> Value {
        let output = policy_digest(self.folder).args(["draft", "--json"]).output().unwrap();
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", text(&output)))
    }

    fn editors_link(&self) -> Option<String> {
        let mail = self.sink.taken().into_iter().find(|taken| taken.to == ["ada@example.org"])?;
        Some(crate::support::site::link(&Mail::read(mail.data.as_bytes()), "/edit/"))
    }
}

/// Posts a form; the status, or `None` if the connection broke before there was one.
fn post(address: &str, path: &str, form: &str) -> Option<String> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(20))).ok()?;
    let kind = "content-type: application/x-www-form-urlencoded";
    let head = format!("POST {path} HTTP/1.1\r\nhost: digest.test\r\nconnection: close\r\n{kind}");
    write!(stream, "{head}\r\ncontent-length: {}\r\n\r\n{form}", form.len()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    answer.get(9..12).map(str::to_owned)
}

/// One draft, from its email to the last digest, with some kills on its way. How many there were.
fn life(seed: u64, at_most: usize) -> usize {
    let (sink, folder) = (SmtpSink::start(), tempfile::tempdir().unwrap());
    configure(&sink, folder.path());
    let daemon = Daemon::start(folder.path());
    let mut life = Life { folder: folder.path(), sink: &sink, daemon, random: seed, kills: 0 };
    until("the editor has a draft", || life.editors_link().is_some());
    let act = format!("{}/act", life.editors_link().unwrap());
    let draft = life.draft();
    let seq = draft["sections"][0]["stories"][0]["seq"].as_i64().unwrap();
    let mut answered: BTreeMap<u64, String> = BTreeMap::new();
    let mut version = 0;
    while life.kills < at_most.div_ceil(2) {
        life.kill(150, |address| {
            let words = format!("word-{seed}-{version}");
            let form = format!("version={version}&act=comment&seq={seq}&comment={words}");
            match post(address, &act, &form).as_deref() {
                Some("303") => {
                    version += 1;
                    answered.insert(version, words);
                    true
                }
                _ => false,
            }
        });
        // An act may have been recorded without an answer.
        version = life.draft()["version"].as_u64().unwrap();
    }
    sink.slow_down(Duration::from_millis(30));
    let send = format!("version={version}&act=send&sure=yes");
    life.kill(100, |address| {
        post(address, &act, &send);
        false
    });
    if life.draft()["status"] == "open" {
        assert_eq!(post(&life.daemon.address, &act, &send).as_deref(), Some("303"));
    }
    let all_sent = |sink: &SmtpSink| digests(sink).len() == PEOPLE;
    while life.kills < at_most && !all_sent(&sink) {
        let before = digests(&sink).len();
        until("a digest went out", || digests(&sink).len() > before || all_sent(&sink));
        life.kill(120, |_| false);
    }
    until("everybody has a digest", || all_sent(&sink));
    check(&life, &answered);
    life.kills
}

/// What each subscriber was sent: the Message-IDs and the texts.
fn digests(sink: &SmtpSink) -> BTreeMap<String, Vec<(String, String)>> {
    let mut sent: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
    for taken in sink.taken().into_iter().filter(|taken| taken.to != ["ada@example.org"]) {
        let mail = Mail::read(taken.data.as_bytes());
        sent.entry(taken.to.concat()).or_default().push((mail.header("Message-ID").to_owned(), mail.text));
    }
    sent
}

fn check(life: &Life<'_>, answered: &BTreeMap<u64, String>) {
    let draft = life.draft();
    assert_eq!(draft["status"], "sent");
    let output = policy_digest(life.folder).args(["draft", "--json"]).output().unwrap();
    let ledger = draft["ledger"].as_array().unwrap_or_else(|| panic!("{}", text(&output)));
    for version in answered.keys() {
        let entry = &ledger[usize::try_from(*version).unwrap() - 1];
        assert_eq!((&entry["version"], &entry["act"]), (&(*version).into(), &"comment".into()), "it was answered");
    }
    let last = draft["sections"][0]["stories"]
        .as_array()
        .unwrap()
        .iter()
        .find_map(|story| story["comment"].as_str().filter(|words| !words.is_empty()));
    let last = last.expect("a comment").to_owned();
    for (person, emails) in digests(life.sink) {
        let ids: BTreeSet<&String> = emails.iter().map(|(id, _)| id).collect();
        assert_eq!(ids.len(), 1, "{person} got two messages");
        for (_, text) in &emails {
            assert!(text.contains(&format!("Editor's comment: {last}")), "{person} got another version: {text}");
        }
    }
}

#[test]
fn killed_at_random_moments_no_answered_act_is_lost_and_nobody_gets_two_versions() {
    let (wanted, mut done, mut seed) = (kills(), 0, 0x9e37_79b9_7f4a_7c15_u64 ^ u64::from(Utc::now().nanosecond()));
    while done < wanted {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        aloud(&format!("seed {seed:#x}"));
        done += life(seed | 1, (wanted - done).min(8));
    }
    aloud(&format!("killed {done} times"));
}
