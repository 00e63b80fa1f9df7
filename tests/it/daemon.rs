//! The built binary as a daemon: it starts, works, and ends when it is told to.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use crate::command::{policy_digest, text};
use crate::support::{Entry, rss, write_config};

const LIMIT: Duration = Duration::from_secs(30);

#[test]
fn the_daemon_polls_answers_and_ends_when_told() {
    let folder = tempfile::tempdir().unwrap();
    configure(folder.path());
    let mut daemon = Daemon::start(folder.path());
    assert!(daemon.get("/health/live").starts_with("HTTP/1.1 200"));
    assert!(daemon.get("/health/ready").starts_with("HTTP/1.1 200"));
    until("the feed was polled", || status(folder.path())["feeds"][0]["items"] == 1);
    let second = policy_digest(folder.path()).arg("once").output().unwrap();
    assert_eq!(second.status.code(), Some(1));
    assert!(text(&second).contains("`policy-digest run` (process"), "{}", text(&second));
    assert!(status(folder.path())["last_run"].is_null(), "no slot is due, so no digest is made");
    daemon.terminate();
    let (ended, log) = daemon.end();
    assert_eq!(ended.code(), Some(0), "{log}");
    assert!(log.lines().all(|line| line.starts_with('{')), "the log is JSON: {log}");
    assert!(log.contains("polled") && log.contains("SIGTERM"), "{log}");
}

#[test]
fn what_a_killed_daemon_was_doing_is_done_by_the_next() {
    let folder = tempfile::tempdir().unwrap();
    configure(folder.path());
    let mut killed = Daemon::start(folder.path());
    killed.child.kill().unwrap();
    killed.end();
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

/// One file feed, one subscriber, and no slot before New Year.
fn configure(folder: &Path) {
    let never = "0 0 1 1 *";
    let more = format!(
        "[web]\nlisten = \"127.0.0.1:0\"\n[schedule]\ndaily = \"{never}\"\nweekly = \"{never}\"\nmonthly = \"{never}\"\n"
    );
    write_config(folder, &[("blog", "file:blog.xml")], &more);
    std::fs::write(folder.join("config/blog.xml"), rss(&[Entry::on_topic("1")])).unwrap();
    std::fs::write(folder.join("config/subscribers.csv"), "email\nada@example.org\n").unwrap();
}

struct Daemon {
    child: Child,
    address: String,
}

impl Daemon {
    /// Started, and serving.
    fn start(folder: &Path) -> Self {
        let mut child = policy_digest(folder).arg("run").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("serving on http://").unwrap_or_else(|| panic!("{line:?}")).to_owned();
        Self { child, address }
    }

    fn get(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(LIMIT)).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nhost: digest.test\r\nconnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    fn terminate(&self) {
        let told = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        assert!(told.success());
    }

    /// How it ended, and its log.
    fn end(&mut self) -> (ExitStatus, String) {
        let mut ended = None;
        until("the daemon ended", || {
            ended = self.child.try_wait().unwrap();
            ended.is_some()
        });
        let mut log = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut log).unwrap();
        (ended.unwrap(), log)
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn status(folder: &Path) -> serde_json::Value {
    let output = policy_digest(folder).args(["status", "--json"]).output().unwrap();
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", text(&output)))
}

fn until(what: &str, mut done: impl FnMut() -> bool) {
    let limit = Instant::now() + LIMIT;
    while !done() {
        assert!(Instant::now() < limit, "it never came that {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}
