//! `send-now`: a digest on request from the running daemon, over the database and without a write while nobody asks.

use std::path::Path;
use std::process::{Output, Stdio};
use std::time::Duration;

use policy_digest::app::digests::send_now::{Answer, serve};
use policy_digest::store::Request;

use crate::support::daemon::{Daemon, configure, status, until};
use crate::support::program::{policy_digest, text};
use crate::support::{Entry, Reply, World, everything, rss, start};

fn run(folder: &Path, arguments: &[&str]) -> Output {
    policy_digest(folder).args(arguments).output().unwrap()
}

/// A daemon that has polled a feed with one post of today, for one subscriber, and has no slot before New Year.
fn office() -> (tempfile::TempDir, Daemon) {
    let folder = tempfile::tempdir().unwrap();
    configure(folder.path());
    let entry = Entry { published: Some(chrono::Utc::now()), ..Entry::on_topic("1") };
    std::fs::write(folder.path().join("config/blog.xml"), rss(&[entry])).unwrap();
    let daemon = Daemon::start(folder.path());
    until("the feed was polled", || status(folder.path())["feeds"][0]["items"] == 1);
    (folder, daemon)
}

#[test]
fn the_running_daemon_makes_and_sends_a_digest_and_the_command_shows_what_came_of_it() {
    let (folder, daemon) = office();
    let refused = run(folder.path(), &["once"]);
    assert!(text(&refused).contains("hint: `policy-digest send-now`"), "{}", text(&refused));
    let done = run(folder.path(), &["send-now", "--wait", "60s"]);
    let shown = text(&done);
    assert!(done.status.success(), "{shown}");
    assert!(shown.contains("digest   run 1: \u{201c}Collaborative governance, part 1"), "{shown}");
    assert!(shown.contains("email    1 sent\n"), "{shown}");
    let again = run(folder.path(), &["send-now", "--json"]);
    let answer: serde_json::Value = serde_json::from_slice(&again.stdout).unwrap();
    assert_eq!((&answer["run"], &answer["error"]), (&serde_json::Value::Null, &serde_json::Value::Null), "{answer}");
    daemon.terminate();
}

#[test]
fn without_a_daemon_it_is_refused_with_the_next_step_and_leaves_no_request() {
    let folder = tempfile::tempdir().unwrap();
    configure(folder.path());
    assert!(run(folder.path(), &["poll"]).status.success());
    let refused = run(folder.path(), &["send-now"]);
    let shown = text(&refused);
    assert_eq!(refused.status.code(), Some(1), "{shown}");
    assert!(shown.contains("no daemon is running on `data`") && shown.contains("`policy-digest once`"), "{shown}");
    let database = rusqlite::Connection::open(folder.path().join("data/policy-digest.db")).unwrap();
    assert_eq!(database.query_row("SELECT count(*) FROM requests", [], |row| row.get::<_, i64>(0)).unwrap(), 0);
}

#[test]
fn a_daemon_that_does_not_answer_in_time_is_said_so_and_the_request_is_withdrawn() {
    let (folder, mut daemon) = office();
    let stop = |signal: &str| {
        let sent = std::process::Command::new("kill").args([signal, &daemon.id().to_string()]).status().unwrap();
        assert!(sent.success());
    };
    stop("-STOP");
    let refused = run(folder.path(), &["send-now", "--wait", "1s"]);
    stop("-CONT");
    let shown = text(&refused);
    assert_eq!(refused.status.code(), Some(1), "{shown}");
    assert!(shown.contains("it was withdrawn") && shown.contains("hint: "), "{shown}");
    let asked =
        policy_digest(folder.path()).arg("send-now").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let database = rusqlite::Connection::open(folder.path().join("data/policy-digest.db")).unwrap();
    let count = || database.query_row("SELECT count(*) FROM requests", [], |row| row.get::<_, i64>(0)).unwrap();
    until("it was placed", || count() == 1);
    daemon.kill();
    let output = asked.wait_with_output().unwrap();
    // It may have been answered before the kill; else it is said that nobody will.
    assert!(
        output.status.success() || text(&output).contains("the daemon ended before it answered"),
        "{}",
        text(&output)
    );
}

#[tokio::test]
async fn requests_are_taken_once_answered_together_and_forgotten_when_nobody_waits_any_more() {
    let world = World::new().await;
    world.subscribe("ada@example.org").await;
    world.server.serve("/blog.xml", Reply::feed(rss(&[Entry::on_topic("1")])));
    let (store, minute) = (&world.app.store, chrono::TimeDelta::minutes(1));
    let late = store.operations().place_request(start() - minute, start() - minute * 2).await.unwrap();
    let first = store.operations().place_request(start() + minute, start()).await.unwrap();
    let second = store.operations().place_request(start() + minute, start()).await.unwrap();
    assert_eq!(store.operations().request(late).await.unwrap(), None, "nobody waits for it");
    assert!(serve(&world.app).await.unwrap().is_some());
    assert!(serve(&world.app).await.unwrap().is_none(), "both are answered by one digest");
    assert!(!store.operations().withdraw_request(first).await.unwrap(), "it is too late");
    for request in [first, second] {
        let Some(Request::Answered(answer)) = store.operations().request(request).await.unwrap() else {
            panic!("no answer")
        };
        let answer: Answer = serde_json::from_str(&answer).unwrap();
        assert_eq!((answer.run, answer.stories, answer.people), (Some(1), 1, 1));
    }
}

#[tokio::test]
async fn a_failure_is_the_answer_and_a_daemon_without_requests_writes_nothing() {
    let world = World::new().await;
    let database = world.folder().join("data/policy-digest.db");
    let before = everything(&database);
    for _ in 0..5 {
        assert!(serve(&world.app).await.unwrap().is_none());
        world.clock.advance(chrono::TimeDelta::from_std(Duration::from_secs(10)).unwrap());
    }
    assert_eq!(everything(&database), before);
    std::fs::write(&world.app.config.note_file, "long ".repeat(5000)).unwrap();
    let now = world.clock.now();
    let request = world.app.store.operations().place_request(now + chrono::TimeDelta::minutes(1), now).await.unwrap();
    assert!(serve(&world.app).await.is_err());
    let Some(Request::Answered(answer)) = world.app.store.operations().request(request).await.unwrap() else {
        panic!("no answer")
    };
    assert!(answer.contains("24999 bytes"), "{answer}");
}
