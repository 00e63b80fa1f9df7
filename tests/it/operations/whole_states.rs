//! A restore and a backup that fail half-way, or find the database in use: what is there is one of two whole states. The
//! script `tests/bench/backup/whole.py` kills them, and has every one of their system calls fail; here it is those that
//! change names and sizes.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::support::program::{policy_digest, text};
use crate::support::{Entry, aloud, everything, rss, write_config};

/// A database with one post, and a backup of it from before a mark was made.
struct Place {
    folder: tempfile::TempDir,
    copied: Vec<String>,
    live: Vec<String>,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        write_config(folder.path(), &[("blog", "file:blog.xml")], "");
        std::fs::write(folder.path().join("config/blog.xml"), rss(&[Entry::on_topic("1")])).unwrap();
        let mut place = Self { folder, copied: Vec::new(), live: Vec::new() };
        assert!(place.run(&["poll"]).status.success() && place.run(&["backup", "copy.db"]).status.success());
        place.copied = everything(&place.path("copy.db"));
        place.write_mark("later");
        place.live = everything(&place.database());
        std::fs::copy(place.database(), place.path("saved.db")).unwrap();
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn database(&self) -> PathBuf {
        self.path("data/policy-digest.db")
    }

    fn write_mark(&self, name: &str) {
        let connection = rusqlite::Connection::open(self.database()).unwrap();
        connection.execute("INSERT INTO marks (name, made) VALUES (?1, 1)", [name]).unwrap();
    }

    fn run(&self, words: &[&str]) -> Output {
        policy_digest(self.folder.path()).args(words).output().unwrap()
    }

    /// As it was before any attempt.
    fn set_back(&self) {
        std::fs::remove_dir_all(self.path("data")).unwrap();
        std::fs::create_dir(self.path("data")).unwrap();
        std::fs::copy(self.path("saved.db"), self.database()).unwrap();
        let _ = std::fs::remove_file(self.path("made.db"));
    }

    /// The command while one of its system calls fails.
    fn failing(&self, call: &str, number: usize, words: &[&str]) -> Output {
        let inject = format!("inject={call}:error=EIO:when={number}");
        let mut strace = Command::new("strace");
        strace.args(["-f", "-qq", "-o", "/dev/null", "-e", &inject, env!("CARGO_BIN_EXE_policy-digest")]).args(words);
        strace.current_dir(self.folder.path()).output().unwrap()
    }
}

fn has_strace() -> bool {
    let is_there = Command::new("strace").arg("-V").output().is_ok_and(|output| output.status.success());
    if !is_there {
        aloud("skipped: there is no strace, and no system call is made to fail");
    }
    is_there
}

#[cfg(target_os = "linux")]
#[test]
fn a_call_that_fails_leaves_one_of_two_whole_states() {
    use std::os::unix::fs::MetadataExt as _;
    if !has_strace() {
        return;
    }
    let place = Place::new();
    for (call, times) in
        [("rename,renameat,renameat2", 3), ("fsync,fdatasync", 6), ("unlink,unlinkat", 4), ("ftruncate", 2)]
    {
        for number in 1..=times {
            place.set_back();
            let done = place.failing(call, number, &["restore", "copy.db"]);
            let found = everything(&place.database());
            assert!(found == place.live || found == place.copied, "{call} {number}: {}", text(&done));
            assert_eq!(std::fs::metadata(place.database()).unwrap().nlink(), 1, "{call} {number}");
            assert!(place.run(&["status"]).status.success(), "{call} {number}");

            place.set_back();
            let done = place.failing(call, number, &["backup", "made.db"]);
            let made = place.path("made.db");
            assert!(
                !made.exists() || everything(&made).len() == place.live.len() + 1,
                "{call} {number}: {}",
                text(&done)
            );
            assert_eq!(everything(&place.database()), place.live, "{call} {number}");
        }
    }
}

#[test]
fn a_database_in_use_is_not_replaced() {
    let place = Place::new();
    let other = rusqlite::Connection::open(place.database()).unwrap();
    other.execute_batch("BEGIN; SELECT count(*) FROM items").unwrap();
    place.write_mark("in the log");
    let before = everything(&place.database());
    let refused = place.run(&["restore", "copy.db"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(text(&refused).contains("is in use") && text(&refused).contains("stop the daemon"), "{}", text(&refused));
    other.execute_batch("COMMIT").unwrap();
    assert_eq!(everything(&place.database()), before);
    drop(other);
    assert!(place.run(&["restore", "copy.db"]).status.success());
    assert_eq!(everything(&place.database()), place.copied);
}

#[test]
fn what_a_killed_restore_left_is_removed_by_the_next_process_that_works() {
    let place = Place::new();
    let leftovers = ["restored", "kept"].map(|what| place.path(&format!("data/policy-digest.db.{what}.part")));
    let is_gone_after = |words: &[&str]| {
        leftovers.iter().for_each(|leftover| std::fs::write(leftover, "half").unwrap());
        assert!(place.run(words).status.success(), "{words:?}");
        let gone = leftovers.iter().filter(|leftover| !leftover.exists()).count();
        assert!(gone == 0 || gone == leftovers.len(), "{words:?}");
        gone > 0
    };
    assert!(!is_gone_after(&["status"]), "only a process with the lock knows that nobody writes it");
    assert!(is_gone_after(&["restore", "copy.db"]));
    assert!(is_gone_after(&["poll"]));
}

#[test]
fn a_log_without_its_database_is_not_written_into_what_is_restored() {
    let place = Place::new();
    let log = Path::new("data/policy-digest.db-wal");
    let connection = rusqlite::Connection::open(place.database()).unwrap();
    connection.execute("INSERT INTO marks (name, made) VALUES ('in the log', 1)", []).unwrap();
    let written = std::fs::read(place.folder.path().join(log)).unwrap();
    drop(connection);
    std::fs::remove_file(place.database()).unwrap();
    std::fs::write(place.folder.path().join(log), &written).unwrap();
    assert!(place.run(&["restore", "copy.db"]).status.success());
    assert_eq!(everything(&place.database()), place.copied);
    let names = std::fs::read_dir(place.path("data")).unwrap();
    let is_kept = |name: &str| name.contains(".before-") && name.ends_with("-wal");
    assert!(names.flatten().any(|entry| is_kept(&entry.file_name().to_string_lossy())), "the log is kept");
}
