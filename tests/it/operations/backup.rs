//! A copy of the database while others write, and what a restored one may do: everything but mail.

use std::path::{Path, PathBuf};

use chrono::TimeDelta;
use policy_digest::app::operations::backup::{backup, paused, resume};
use policy_digest::app::{digests, silent};
use policy_digest::store::{Error, PauseCause};

use crate::support::program::{policy_digest, smtp_config, text};
use crate::support::{Entry, Reply, SmtpSink, World, rss};

#[tokio::test]
async fn a_restored_backup_polls_and_mails_nothing_until_it_is_resumed() {
    let mut world = World::new().await;
    world.subscribe("ada@example.org").await;
    world.server.serve("/blog.xml", Reply::feed(rss(&[Entry::on_topic("1")])));
    world.once().await;
    world.server.serve("/blog.xml", Reply::feed(rss(&[Entry::on_topic("1"), Entry::on_topic("2")])));
    policy_digest::app::feeds::poll::poll(&world.app, &policy_digest::app::feeds::poll::Which::All, &silent)
        .await
        .unwrap();
    digests::make(&world.app).await.unwrap();
    let copy = world.folder().join("copy.db");
    backup(&world.app, &copy).await.unwrap();
    world.once().await;
    assert_eq!(world.mails().len(), 2, "the original goes on, and sends what the copy has queued");

    world = world.restored(&copy).await;
    world.server.serve("/blog.xml", Reply::feed(rss(&[Entry::on_topic("2"), Entry::on_topic("3")])));
    world.days(7);
    let report = world.once().await;
    let pause = report.pause().unwrap();
    assert_eq!(pause.cause, PauseCause::Restored);
    assert!(pause.reason.contains("backup of 23 Nov 2026"), "{}", pause.reason);
    assert_eq!((report.poll.saved().new, report.digests.len(), world.mails().len()), (1, 0, 0));

    let would = paused(&world.app).await.unwrap();
    assert_eq!((would.pauses.len(), would.open["digest"]), (1, 1));
    assert!(world.once().await.pause().is_some(), "asking is not resuming");
    resume(&world.app).await.unwrap();
    let report = world.once().await;
    assert_eq!((report.pause(), report.resumed.late, report.delivery.sent), (None, 1, 1));
    let mail = world.mails().remove(0);
    assert!(["2", "3"].iter().all(|post| mail.text.contains(&format!("https://blog.example.org/{post}"))));
}

#[tokio::test]
async fn a_restored_backup_that_is_fresh_sends_what_was_queued_under_its_own_message_id() {
    let mut world = World::new().await;
    world.subscribe("ada@example.org").await;
    world.server.serve("/blog.xml", Reply::feed(rss(&[Entry::on_topic("1")])));
    policy_digest::app::feeds::poll::poll(&world.app, &policy_digest::app::feeds::poll::Which::All, &silent)
        .await
        .unwrap();
    digests::make(&world.app).await.unwrap();
    let copy = world.folder().join("copy.db");
    backup(&world.app, &copy).await.unwrap();
    world.once().await;
    let first = world.mails().remove(0).raw;
    world = world.restored(&copy).await;
    resume(&world.app).await.unwrap();
    world.once().await;
    assert_eq!(world.mails().remove(0).raw, first, "the keys are in the copy: it is the same mail");
}

#[tokio::test]
async fn a_copy_is_never_written_over_and_leaves_nothing_beside_it() {
    let world = World::new().await;
    let copy = world.folder().join("copy.db");
    std::fs::write(&copy, "precious").unwrap();
    assert!(matches!(backup(&world.app, &copy).await.unwrap_err(), Error::Copy { .. }));
    assert_eq!(std::fs::read_to_string(&copy).unwrap(), "precious");
    std::fs::remove_file(&copy).unwrap();
    backup(&world.app, &copy).await.unwrap();
    let names: Vec<_> = std::fs::read_dir(world.folder()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(!names.iter().any(|name| name.to_string_lossy().contains("part")), "{names:?}");
    assert!(backup(&world.app, &world.folder().join("nowhere/copy.db")).await.is_err());
    assert!(!world.folder().join("nowhere").exists());
    #[cfg(unix)]
    {
        let mode = std::os::unix::fs::MetadataExt::mode(&std::fs::metadata(&copy).unwrap());
        assert_eq!(mode & 0o077, 0, "a copy holds everybody's address: {mode:o}");
    }
}

#[tokio::test]
async fn a_copy_made_while_others_write_is_whole() {
    let world = World::new().await;
    let (app, copy) = (world.app.clone(), world.folder().join("copy.db"));
    let writing = tokio::spawn(async move {
        for number in 0..200 {
            app.store
                .operations()
                .mark(Box::leak(format!("mark{number}").into_boxed_str()), app.clock.now())
                .await
                .unwrap();
        }
    });
    backup(&world.app, &copy).await.unwrap();
    writing.await.unwrap();
    let connection = rusqlite::Connection::open(&copy).unwrap();
    let verdict: String = connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(verdict, "ok");
    let pauses: i64 = connection.query_row("SELECT count(*) FROM pauses", [], |row| row.get(0)).unwrap();
    assert_eq!(pauses, 1);
    assert!(world.app.store.outbox().pauses().await.unwrap().is_empty(), "the mark is in the copy alone");
}

#[test]
fn a_person_reads_why_nothing_is_sent_and_what_to_do() {
    let (sink, folder) = (SmtpSink::start(), tempfile::tempdir().unwrap());
    smtp_config(&sink, folder.path(), 2);
    let run = |words: &[&str]| policy_digest(folder.path()).args(words).output().unwrap();
    assert!(run(&["poll"]).status.success());
    let made = run(&["backup", "copy.db"]);
    assert!(made.status.success(), "{}", text(&made));
    let again = run(&["backup", "copy.db"]);
    assert_eq!(again.status.code(), Some(2), "{}", text(&again));
    assert!(text(&again).contains("the file `copy.db` already exists"), "{}", text(&again));
    let restored = run(&["restore", "copy.db"]);
    assert!(restored.status.success(), "{}", text(&restored));
    assert!(text(&restored).contains("the previous database is kept as"), "{}", text(&restored));
    for words in [&["once"][..], &["status"], &["resume", "--dry-run"]] {
        let shown = text(&run(words));
        assert!(shown.contains("this database is a backup of"), "{words:?}: {shown}");
    }
    let once = run(&["once"]);
    assert_eq!(once.status.code(), Some(1), "{}", text(&once));
    assert!(text(&once).contains("`policy-digest resume` lets it go on"), "{}", text(&once));
    assert!(sink.taken().is_empty());
    let resumed = run(&["resume", "--json"]);
    assert!(text(&resumed).contains("\"lifted\":true"), "{}", text(&resumed));
    assert!(run(&["once"]).status.success());
    assert_eq!(sink.taken().len(), 2);
}

#[test]
fn a_command_that_has_ended_leaves_the_database_whole_in_one_file() {
    let folder = tempfile::tempdir().unwrap();
    smtp_config(&SmtpSink::start(), folder.path(), 1);
    for command in ["poll", "status", "check"] {
        policy_digest(folder.path()).arg(command).output().unwrap();
        let names = std::fs::read_dir(folder.path().join("data")).unwrap();
        let names: Vec<_> = names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        assert!(!names.iter().any(|name| name.starts_with("policy-digest.db-")), "{command}: {names:?}");
    }
}

/// As a kill leaves it: a database whose newest commits are in the log beside it.
fn cut_off_after(write: &str, database: &Path) {
    let log = PathBuf::from(format!("{}-wal", database.display()));
    let connection = rusqlite::Connection::open(database).unwrap();
    connection.execute_batch(write).unwrap();
    let (whole, written) = (std::fs::read(database).unwrap(), std::fs::read(&log).unwrap());
    drop(connection);
    std::fs::write(database, whole).unwrap();
    std::fs::write(&log, written).unwrap();
}

#[test]
fn what_was_there_is_kept_whole_and_its_log_is_not_written_into_what_is_restored() {
    let folder = tempfile::tempdir().unwrap();
    smtp_config(&SmtpSink::start(), folder.path(), 1);
    let run = |words: &[&str]| policy_digest(folder.path()).args(words).output().unwrap();
    let database = folder.path().join("data/policy-digest.db");
    assert!(run(&["poll"]).status.success() && run(&["backup", "copy.db"]).status.success());
    cut_off_after("INSERT INTO marks (name, made) VALUES ('later', 1)", &database);

    let restored = text(&run(&["--json", "restore", "copy.db"]));
    let kept: serde_json::Value = serde_json::from_str(restored.trim()).unwrap();
    let kept = folder.path().join(kept["kept"].as_str().unwrap());
    let marks = |file: &Path| -> (i64, String) {
        let connection = rusqlite::Connection::open(file).unwrap();
        let verdict = connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
        let later = "SELECT count(*) FROM marks WHERE name = 'later'";
        (connection.query_row(later, [], |row| row.get(0)).unwrap(), verdict)
    };
    assert_eq!(marks(&database), (0, "ok".to_owned()));
    assert_eq!(marks(&kept), (1, "ok".to_owned()), "the log went with it");
    assert!(text(&run(&["status"])).contains("this database is a backup of"));
}

#[test]
fn what_cannot_be_restored_leaves_the_database_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    smtp_config(&SmtpSink::start(), folder.path(), 1);
    let run = |words: &[&str]| policy_digest(folder.path()).args(words).output().unwrap();
    assert!(run(&["poll"]).status.success());
    let database = folder.path().join("data/policy-digest.db");
    let before = std::fs::read(&database).unwrap();
    let in_folder = |name: &str| folder.path().join(name);
    std::fs::write(in_folder("diary.txt"), "Dear diary, this is no database. ".repeat(50)).unwrap();
    rusqlite::Connection::open(in_folder("other.db")).unwrap().execute_batch("CREATE TABLE t (x)").unwrap();
    std::fs::write(in_folder("torn.db"), &before[..before.len() / 2]).unwrap();
    for (file, code, says) in [
        ("nowhere.db", 2, "the file `nowhere.db` does not exist"),
        ("diary.txt", 1, "file is not a database"),
        ("other.db", 1, "`other.db` is not a database of this program"),
        ("torn.db", 1, "malformed"),
    ] {
        let refused = run(&["restore", file]);
        assert_eq!(refused.status.code(), Some(code), "{}", text(&refused));
        assert!(text(&refused).contains(says), "{file}: {}", text(&refused));
    }
    let _lock = policy_digest::app::lock::Lock::take(&in_folder("data"), "policy-digest run").unwrap();
    std::fs::copy(&database, in_folder("copy.db")).unwrap();
    assert!(text(&run(&["restore", "copy.db"])).contains("`policy-digest run` (process"));
    assert_eq!(std::fs::read(&database).unwrap(), before);
    let left: Vec<_> = std::fs::read_dir(in_folder("data")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| !name.to_string_lossy().contains("part")), "{left:?}");
}

#[tokio::test]
async fn resume_has_a_closed_way_tried_at_the_next_chance() {
    let sink = SmtpSink::start();
    let world = World::mailing_to(&sink, "").await;
    world.subscribe("ada@example.org").await;
    sink.close(true);
    world.once().await;
    sink.close(false);
    world.clock.advance(TimeDelta::seconds(1));
    let deliver = || policy_digest::app::outbox::deliver::deliver(&world.app, &silent);
    assert_eq!(deliver().await.unwrap().sent, 0);
    resume(&world.app).await.unwrap();
    assert_eq!(deliver().await.unwrap().sent, 1);
}
