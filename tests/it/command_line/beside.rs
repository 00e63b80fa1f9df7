//! One at a time, and who may work beside a running daemon: whatever only reads, and whoever minds the people.

use std::path::Path;
use std::process::Output;

use crate::support::daemon::{Daemon, configure, status, until};
use crate::support::program::{policy_digest, text};

fn run(folder: &Path, words: &[&str]) -> Output {
    policy_digest(folder).args(words).output().unwrap()
}

#[test]
fn whoever_polls_makes_digests_or_sends_is_refused_beside_a_daemon_and_named_whom_by() {
    let folder = tempfile::tempdir().unwrap();
    configure(folder.path());
    let mut daemon = Daemon::start(folder.path());
    until("the feed was polled", || status(folder.path())["feeds"][0]["items"] == 1);
    for words in [&["once"][..], &["once", "--due"], &["poll"], &["run"], &["keys", "rotate"]] {
        let output = run(folder.path(), words);
        let shown = text(&output);
        assert_eq!(output.status.code(), Some(1), "{words:?}: {shown}");
        assert!(shown.contains("`policy-digest run` (process") && shown.contains("hint: "), "{words:?}: {shown}");
    }
    daemon.terminate();
    assert!(daemon.end().0.success());
    assert!(run(folder.path(), &["once"]).status.success(), "the lock went with the process");
}

#[test]
fn whatever_only_reads_and_the_people_work_beside_a_daemon() {
    let folder = tempfile::tempdir().unwrap();
    configure(folder.path());
    let mut daemon = Daemon::start(folder.path());
    until("the feed was polled", || status(folder.path())["feeds"][0]["items"] == 1);
    std::fs::write(folder.path().join("more.csv"), "email\ncid@example.org\n").unwrap();
    let add = ["subscribers", "add", "ben@example.org", "--confirmed-by", "a form"];
    for words in [
        &["status"][..],
        &["check"],
        &["schedule"],
        &["preview"],
        &["explain", "https://blog.example.org/1"],
        &["feeds", "list"],
        &["feeds", "check"],
        &["runs", "list"],
        &["reconcile"],
        &["backup", "copy.db"],
        &["resume", "--dry-run"],
        &["templates", "export", "mine"],
        &add,
        &["subscribers", "import", "more.csv", "--consent", "a list"],
        &["subscribers", "list"],
        &["subscribers", "remove", "ben@example.org"],
        &["subscribers", "forget", "ben@example.org", "--yes"],
    ] {
        let output = run(folder.path(), words);
        assert!(output.status.success(), "{words:?}: {}", text(&output));
    }
    assert_eq!(status(folder.path())["subscribers"]["active"], 2, "ada and cid");
    assert!(daemon.request("GET", "/health/ready").starts_with("HTTP/1.1 200"));
    daemon.terminate();
    let (ended, log) = daemon.end();
    assert!(ended.success() && !log.contains("\"level\":\"ERROR\""), "{log}");
}
