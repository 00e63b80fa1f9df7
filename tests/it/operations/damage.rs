//! A database that cannot be used, as an operator meets it: what is wrong, and what to do.

use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::Duration;

use crate::support::program::{policy_digest, text};
use crate::support::{Entry, rss, wait_for, write_config};

fn run(folder: &Path, command: &str) -> Output {
    let mut binary = policy_digest(folder);
    binary
        .arg(command)
        .env("POLICY_DIGEST__WEB__LISTEN", "127.0.0.1:0")
        .env("POLICY_DIGEST__WEB__ADMIN_LISTEN", "127.0.0.1:0");
    let mut child = binary.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // A daemon that is not refused would stay.
    if !wait_for(Duration::from_secs(60), || child.try_wait().unwrap().is_some()) {
        child.kill().unwrap();
    }
    child.wait_with_output().unwrap()
}

/// A database with a few hundred posts.
fn database(folder: &Path) -> PathBuf {
    write_config(folder, &[("blog", "file:blog.xml")], "");
    let entries: Vec<Entry> = (0..400).map(|n| Entry::on_topic(&n.to_string())).collect();
    std::fs::write(folder.join("config/blog.xml"), rss(&entries)).unwrap();
    assert!(run(folder, "poll").status.success());
    let path = folder.join("data/policy-digest.db");
    // Whoever closes it last brings what is in the log into the file.
    assert_eq!(questioned(&path, "SELECT count(*) FROM items"), 400);
    assert!(!folder.join("data/policy-digest.db-wal").exists());
    path
}

fn questioned(path: &Path, question: &str) -> u64 {
    rusqlite::Connection::open(path).unwrap().query_row(question, [], |row| row.get(0)).unwrap()
}

#[track_caller]
fn refused(output: &Output, error: &str, hint: &str) {
    let shown = text(output);
    assert_eq!(output.status.code(), Some(1), "{shown}");
    assert!(shown.contains(error) && shown.contains("hint: ") && shown.contains(hint), "{shown}");
    assert!(!shown.contains("panicked"), "{shown}");
}

#[test]
fn a_damaged_page_is_found_before_anything_is_done_with_the_way_to_restore() {
    let folder = tempfile::tempdir().unwrap();
    let path = database(folder.path());
    let pages = rusqlite::Connection::open(&path).unwrap();
    let root: u64 =
        pages.query_row("SELECT rootpage FROM sqlite_schema WHERE name = 'items'", [], |row| row.get(0)).unwrap();
    pages.pragma_update(None, "wal_checkpoint", "TRUNCATE").unwrap();
    drop(pages);
    let mut file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
    file.seek(SeekFrom::Start((root - 1) * 8192)).unwrap();
    file.write_all(&[0xa5; 8192]).unwrap();
    drop(file);
    for command in ["run", "once"] {
        let output = run(folder.path(), command);
        refused(&output, "is damaged", "the newest copy that `policy-digest backup` made");
    }
    let checked = run(folder.path(), "check");
    let shown = text(&checked).split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(checked.status.code(), Some(1), "{shown}");
    assert!(shown.contains("is damaged") && shown.contains("next: stop the daemon, and run `policy-digest restore"));
    assert!(!folder.path().join("data/outbox").exists());
}

#[test]
fn a_file_that_is_no_database_is_refused_by_every_command() {
    let folder = tempfile::tempdir().unwrap();
    let path = database(folder.path());
    std::fs::write(&path, "Dear diary. ".repeat(1000)).unwrap();
    for command in ["run", "once", "poll", "status"] {
        refused(&run(folder.path(), command), "file is not a database", "the newest copy");
    }
    assert!(std::fs::read_to_string(&path).unwrap().starts_with("Dear diary"), "and left alone");
}

#[test]
fn a_file_that_was_cut_short_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = database(folder.path());
    let file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
    file.set_len(file.metadata().unwrap().len() / 2).unwrap();
    drop(file);
    refused(&run(folder.path(), "run"), "policy-digest.db", "the newest copy");
}

#[test]
fn a_database_of_a_newer_version_says_which_way_leads_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = database(folder.path());
    rusqlite::Connection::open(&path).unwrap().pragma_update(None, "user_version", 99).unwrap();
    refused(&run(folder.path(), "run"), "written by a later version", "install that version again");
}

/// As a user who may not write there: root may write everywhere, so that root lends the program another user's rights.
#[cfg(unix)]
#[test]
fn a_folder_that_cannot_be_written_is_told_to_what_would_write() {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt};
    use std::os::unix::process::CommandExt as _;
    let folder = tempfile::tempdir().unwrap();
    let path = database(folder.path());
    let data = path.parent().unwrap();
    std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o755)).unwrap();
    std::fs::set_permissions(data, PermissionsExt::from_mode(0o555)).unwrap();
    std::fs::set_permissions(&path, PermissionsExt::from_mode(0o444)).unwrap();
    let mut binary = policy_digest(folder.path());
    binary.args(["subscribers", "remove", "ada@example.org"]);
    if std::fs::metadata(&path).unwrap().uid() == 0 {
        binary.uid(65534);
    }
    match binary.output() {
        Ok(output) => refused(&output, "readonly database", "needs write permission for the data folder"),
        Err(error) => crate::support::aloud(&format!("skipped: another user may not start the program: {error}")),
    }
    std::fs::set_permissions(data, PermissionsExt::from_mode(0o755)).unwrap();
}
