//! The built binary as a daemon: it starts, works, and ends when it is told to.

use std::collections::BTreeSet;
use std::io::Read as _;
use std::net::TcpStream;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::support::daemon::{Daemon, configure, status, until};
use crate::support::program::{policy_digest, smtp_config, text};
use crate::support::{Mail, SmtpSink};

#[test]
fn the_daemon_polls_answers_and_ends_when_told() {
    let folder = tempfile::tempdir().unwrap();
    configure(folder.path());
    let mut daemon = Daemon::start(folder.path());
    assert!(daemon.request("GET", "/health/live").starts_with("HTTP/1.1 200"));
    assert!(daemon.request("GET", "/health/ready").starts_with("HTTP/1.1 200"));
    until("the feed was polled", || status(folder.path())["feeds"][0]["items"] == 1);
    let second = policy_digest(folder.path()).arg("once").output().unwrap();
    assert_eq!(second.status.code(), Some(1));
    assert!(text(&second).contains("`policy-digest run` (process"), "{}", text(&second));
    assert!(status(folder.path())["last_run"].is_null(), "no slot is due, so no digest is made");
    daemon.terminate();
    let (ended, log) = daemon.end();
    assert_eq!(ended.code(), Some(0), "{log}");
    assert!(log.lines().all(|line| line.starts_with('{')), "the log is JSON: {log}");
    for words in ["serving the operator's pages", "polled", "SIGTERM"] {
        assert!(log.contains(words), "{words}: {log}");
    }
}

#[test]
fn after_a_kill_the_lock_is_free_and_the_next_daemon_works() {
    let folder = tempfile::tempdir().unwrap();
    configure(folder.path());
    let mut killed = Daemon::start(folder.path());
    killed.kill();
    let mut daemon = Daemon::start(folder.path());
    until("the feed was polled", || status(folder.path())["feeds"][0]["items"] == 1);
    daemon.terminate();
    assert_eq!(daemon.end().0.code(), Some(0));
}

#[test]
fn an_address_that_is_taken_is_named() {
    let folder = tempfile::tempdir().unwrap();
    configure(folder.path());
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let mut command = policy_digest(folder.path());
    let output = command.arg("run").env("POLICY_DIGEST__WEB__LISTEN", &address).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output).contains(&format!("cannot serve the pages on `{address}`")), "{}", text(&output));
}

#[test]
fn told_to_stop_in_mid_send_it_settles_what_is_in_flight_and_begins_nothing() {
    let (sink, folder) = (SmtpSink::start(), tempfile::tempdir().unwrap());
    leave_mails_to_send(&sink, folder.path());
    let before = sink.taken().len();
    let mut daemon = Daemon::start(folder.path());
    until("mails went out", || sink.taken().len() >= before + 4);
    daemon.terminate();
    let (ended, log) = daemon.end();
    assert_eq!(ended.code(), Some(0), "{log}");
    let stopped = sink.taken().len();
    assert!(stopped < PEOPLE, "it was stopped in mid-send: {stopped}");
    assert!(status(folder.path())["messages"]["sending"].is_null(), "{}", status(folder.path()));
    sink.slow_down(Duration::ZERO);
    assert!(policy_digest(folder.path()).arg("once").output().unwrap().status.success());
    let taken: Vec<String> = sink.taken().into_iter().map(|taken| id(&taken.data)).collect();
    assert_eq!(taken.iter().collect::<BTreeSet<_>>().len(), PEOPLE, "everyone has one");
    assert!(
        taken.len() <= PEOPLE + 2,
        "only what the kill cut off, on two connections, may go out twice: {}",
        taken.len()
    );
}

#[test]
fn a_second_signal_ends_it_at_once() {
    let (sink, folder) = (SmtpSink::start(), tempfile::tempdir().unwrap());
    leave_mails_to_send(&sink, folder.path());
    sink.slow_down(Duration::from_secs(20));
    let mut daemon = Daemon::start(folder.path());
    until("an attempt was begun", || status(folder.path())["messages"]["sending"].is_number());
    daemon.terminate();
    until("the pages were closed", || TcpStream::connect(&daemon.address).is_err());
    let told = Instant::now();
    daemon.terminate();
    let (ended, log) = daemon.end();
    assert_eq!(ended.code(), Some(1), "{log}");
    assert!(told.elapsed() < Duration::from_secs(10) && log.contains("second signal"), "{log}");
}

/// A configuration whose one feed is at a server that takes connections and says nothing.
fn with_a_silent_feed(folder: &Path) -> std::net::TcpListener {
    configure(folder);
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("[[feed]]\nid = \"silent\"\nurl = \"http://{}/feed\"\n", silent.local_addr().unwrap());
    std::fs::write(folder.join("config/feeds.toml"), url).unwrap();
    silent
}

#[test]
fn a_feed_that_does_not_answer_does_not_hold_up_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let silent = with_a_silent_feed(folder.path());
    let mut daemon = Daemon::start(folder.path());
    let _connection = silent.accept().unwrap();
    let told = Instant::now();
    daemon.terminate();
    assert_eq!(daemon.end().0.code(), Some(0));
    assert!(told.elapsed() < Duration::from_secs(10), "{:?}", told.elapsed());
}

#[test]
fn a_feed_that_does_not_answer_keeps_no_mail_waiting() {
    let folder = tempfile::tempdir().unwrap();
    let silent = with_a_silent_feed(folder.path());
    let mut daemon = Daemon::start(folder.path());
    let (held, _) = silent.accept().unwrap();
    let add = policy_digest(folder.path()).args(["subscribers", "add", "bob@example.org"]).output().unwrap();
    assert!(add.status.success(), "{}", text(&add));
    until("the confirmation was mailed", || confirm_link(&folder.path().join("data/outbox")).is_some());
    held.set_nonblocking(true).unwrap();
    let mut rest = Vec::new();
    let ended = (&held).read_to_end(&mut rest).map_err(|error| error.kind());
    assert_eq!(ended, Err(std::io::ErrorKind::WouldBlock), "the poll still waits for its answer");
    daemon.terminate();
    assert_eq!(daemon.end().0.code(), Some(0));
}

#[test]
fn the_alarm_wakes_it_for_who_signed_up_meanwhile_and_no_token_is_logged() {
    let folder = tempfile::tempdir().unwrap();
    configure(folder.path());
    let mut daemon = Daemon::start(folder.path());
    until("the feed was polled", || status(folder.path())["feeds"][0]["items"] == 1);
    assert!(
        policy_digest(folder.path()).args(["subscribers", "add", "bob@example.org"]).output().unwrap().status.success()
    );
    let mut link = None;
    until("the confirmation was mailed", || {
        link = confirm_link(&folder.path().join("data/outbox"));
        link.is_some()
    });
    let path = link.unwrap();
    assert!(daemon.request("GET", &path).contains("<button"));
    assert!(status(folder.path())["subscribers"]["pending"] == 1);
    assert!(daemon.request("POST", &path).starts_with("HTTP/1.1 200"));
    assert!(status(folder.path())["subscribers"]["active"] == 2);
    daemon.terminate();
    let (ended, log) = daemon.end();
    assert_eq!(ended.code(), Some(0), "{log}");
    assert!(!log.contains(path.rsplit('.').next().unwrap()), "{log}");
}

/// The path of the link in the one mail in the outbox.
fn confirm_link(outbox: &Path) -> Option<String> {
    let files = std::fs::read_dir(outbox).ok()?.flatten().map(|entry| entry.path());
    let mail = files
        .filter(|path| path.extension().is_some_and(|end| end == "eml"))
        .find_map(|path| std::fs::read(path).ok())?;
    let mail = Mail::read(&mail);
    let from = mail.text.find("/confirm/")?;
    mail.text[from..].split_whitespace().next().map(str::to_owned)
}

const PEOPLE: usize = 20;

/// A digest is frozen for everybody, and whoever was to send it is dead.
fn leave_mails_to_send(sink: &SmtpSink, folder: &Path) {
    smtp_config(sink, folder, PEOPLE);
    sink.slow_down(Duration::from_millis(150));
    let mut killed = policy_digest(folder).arg("once").stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    until("a first mail went out", || !sink.taken().is_empty());
    killed.kill().unwrap();
    killed.wait().unwrap();
}

fn id(data: &str) -> String {
    Mail::read(data.as_bytes()).header("Message-ID").to_owned()
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[test]
fn the_daemon_has_limits_for_what_its_allocator_keeps_unless_others_are_set() {
    let folder = tempfile::tempdir().unwrap();
    configure(folder.path());
    let limits = |daemon: &Daemon| {
        let variables = std::fs::read(format!("/proc/{}/environ", daemon.id())).unwrap();
        let variables = String::from_utf8_lossy(&variables).into_owned();
        variables
            .split('\0')
            .filter(|variable| variable.starts_with("MALLOC_"))
            .map(str::to_owned)
            .collect::<BTreeSet<_>>()
    };
    let daemon = Daemon::start(folder.path());
    let expected = ["MALLOC_MMAP_THRESHOLD_=131072", "MALLOC_TRIM_THRESHOLD_=131072"].map(str::to_owned);
    assert_eq!(limits(&daemon), BTreeSet::from(expected));
    drop(daemon);
    let own = Daemon::start_with(folder.path(), |command| _ = command.env("MALLOC_TRIM_THRESHOLD_", "1000000"));
    assert_eq!(limits(&own), BTreeSet::from(["MALLOC_TRIM_THRESHOLD_=1000000".to_owned()]));
}
