//! Who may read what the program makes: its owner alone, whatever the umask.
#![cfg(unix)]

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;
use std::process::{Command, Output};

use crate::support::program::text;
use crate::support::{Entry, rss, write_config};

/// The program with a umask that takes nothing away.
fn run(folder: &Path, words: &[&str]) -> Output {
    let mut shell = Command::new("sh");
    shell.args(["-c", "umask 000; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_policy-digest")]).args(words);
    shell.current_dir(folder).output().unwrap()
}

fn assert_private(path: &Path) {
    let mode = std::fs::metadata(path).unwrap().mode();
    assert_eq!(mode & 0o077, 0, "{}: {mode:o}", path.display());
    if path.is_dir() {
        std::fs::read_dir(path).unwrap().for_each(|entry| assert_private(&entry.unwrap().path()));
    }
}

fn configured() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    write_config(folder.path(), &[("blog", "file:blog.xml")], "");
    let entry = Entry { published: Some(chrono::Utc::now()), ..Entry::on_topic("1") };
    std::fs::write(folder.path().join("config/blog.xml"), rss(&[entry])).unwrap();
    std::fs::write(folder.path().join("config/subscribers.csv"), "email\nada@example.org\n").unwrap();
    folder
}

#[test]
fn what_is_made_is_for_its_owner_alone_whatever_the_umask() {
    let folder = configured();
    for words in [
        &["once"][..],
        &["backup", "copy.db"],
        &["subscribers", "export", "people.csv"],
        &["feeds", "export", "feeds.opml"],
        &["restore", "copy.db"],
    ] {
        let done = run(folder.path(), words);
        assert!(done.status.success(), "{words:?}: {}", text(&done));
    }
    assert!(std::fs::read_dir(folder.path().join("data/outbox")).unwrap().count() > 0, "a mail was kept");
    for made in ["data", "copy.db", "people.csv", "feeds.opml"] {
        assert_private(&folder.path().join(made));
    }
    // The log beside a database that is open.
    let database = rusqlite::Connection::open(folder.path().join("data/policy-digest.db")).unwrap();
    database.execute_batch("PRAGMA journal_mode = WAL; INSERT INTO marks (name, made) VALUES ('x', 1)").unwrap();
    assert!(folder.path().join("data/policy-digest.db-wal").exists());
    assert_private(&folder.path().join("data"));
}

#[test]
fn check_warns_of_what_others_can_read_with_the_command_that_ends_it() {
    let folder = configured();
    assert!(run(folder.path(), &["once"]).status.success());
    let before = text(&run(folder.path(), &["check", "--offline"]));
    assert!(!before.contains("chmod"), "{before}");
    for (path, mode) in [("data", 0o755), ("data/policy-digest.db", 0o644), ("data/outbox", 0o750)] {
        std::fs::set_permissions(folder.path().join(path), std::fs::Permissions::from_mode(mode)).unwrap();
        let checked = run(folder.path(), &["check", "--offline"]);
        let said = text(&checked);
        assert!(checked.status.success() && said.contains("other users of this machine"), "{path}: {said}");
        let command = said.split('`').find(|quoted| quoted.starts_with("chmod")).unwrap().to_owned();
        let ended = Command::new("sh").args(["-c", &command]).current_dir(folder.path()).status().unwrap();
        assert!(ended.success(), "{command}");
        assert_private(&folder.path().join("data"));
    }
}
