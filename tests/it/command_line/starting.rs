//! Starting: many at once, with the lock's file deleted, on a database of another program, on a full disk, and where the
//! database lies where earlier versions looked for it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use crate::support::daemon::{Daemon, configure, until};
use crate::support::program::{policy_digest, smtp_config, text};
use crate::support::{SmtpSink, aloud};

const STARTS: usize = 8;

/// What these say who were all started at the same time.
fn at_once(folder: &Path, words: impl Fn(usize) -> Vec<String>) -> Vec<Output> {
    let start = |number| -> Child {
        let mut command = policy_digest(folder);
        command.args(words(number)).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().unwrap()
    };
    let started: Vec<_> = (0..STARTS).map(start).collect();
    started.into_iter().map(|child| child.wait_with_output().unwrap()).collect()
}

fn words(text: &str) -> Vec<String> {
    text.split(' ').map(str::to_owned).collect()
}

#[test]
fn of_eight_first_starts_at_once_each_works_or_is_kept_out_by_the_one_that_does() {
    let folder = tempfile::tempdir().unwrap();
    configure(folder.path());
    let outputs = at_once(folder.path(), |_| words("poll"));
    let worked = outputs.iter().filter(|output| output.status.success()).count();
    assert!(worked > 0, "{}", text(&outputs[0]));
    for output in outputs.iter().filter(|output| !output.status.success()) {
        let shown = text(output);
        assert!(shown.contains("`policy-digest poll` (process") && shown.contains("is at work on"), "{shown}");
    }
}

#[test]
fn eight_people_who_are_added_at_once_before_the_first_start_are_all_there() {
    let folder = tempfile::tempdir().unwrap();
    configure(folder.path());
    let add = |number| words(&format!("subscribers add p{number}@example.org --confirmed-by a-form"));
    for output in at_once(folder.path(), add) {
        assert!(output.status.success(), "{}", text(&output));
    }
    let list = policy_digest(folder.path()).args(["subscribers", "list", "--json"]).output().unwrap();
    let people: Vec<serde_json::Value> = serde_json::from_slice(&list.stdout).unwrap();
    assert_eq!(people.len(), STARTS + 1, "and ada, of the list");
}

#[test]
fn who_deletes_the_lock_s_file_lets_no_second_process_in() {
    let (sink, folder) = (SmtpSink::start(), tempfile::tempdir().unwrap());
    smtp_config(&sink, folder.path(), 2);
    sink.slow_down(std::time::Duration::from_secs(2));
    let mut first =
        policy_digest(folder.path()).arg("once").stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    until("the first one sends", || sink.heard("DATA") > 0);
    fs::remove_file(folder.path().join("data/lock")).unwrap();
    let second = policy_digest(folder.path()).arg("once").output().unwrap();
    let shown = text(&second);
    assert!(!second.status.success() && shown.contains("is at work on"), "{shown}");
    assert!(first.wait().unwrap().success());
    assert_eq!(sink.taken().len(), 2, "nobody has two");
}

#[test]
fn a_database_of_another_program_is_refused_by_every_command_and_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    configure(folder.path());
    let path = folder.path().join("data/policy-digest.db");
    fs::create_dir(folder.path().join("data")).unwrap();
    let marks = ["", "PRAGMA application_id = 252006673;", "PRAGMA user_version = 3;"];
    for mark in marks {
        let _ = fs::remove_file(&path);
        let tables = "CREATE TABLE feeds (url TEXT); CREATE TABLE items (title TEXT); INSERT INTO items VALUES ('x');";
        rusqlite::Connection::open(&path).unwrap().execute_batch(&format!("{tables}{mark}")).unwrap();
        let before = fs::read(&path).unwrap();
        for line in [
            "once",
            "poll",
            "status",
            "subscribers list",
            "subscribers add a@example.org",
            "runs hold 1",
            "restore FILE",
        ] {
            let line = line.replace("FILE", path.to_str().unwrap());
            let output = policy_digest(folder.path()).args(words(&line)).output().unwrap();
            let shown = text(&output);
            assert_eq!(output.status.code(), Some(1), "{line}: {shown}");
            assert!(shown.contains("is not a database of this program") && shown.contains("hint: "), "{line}: {shown}");
            assert_eq!(fs::read(&path).unwrap(), before, "{mark} {line}");
        }
    }
}

/// A small disk of its own, filled to its last byte; none where nobody may mount one.
struct Disk(PathBuf);

impl Disk {
    fn mounted(at: PathBuf) -> Option<Self> {
        fs::create_dir_all(&at).unwrap();
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=4m", "tmpfs"]).arg(&at).output();
        if mounted.is_ok_and(|output| output.status.success()) {
            return Some(Self(at));
        }
        aloud("skipped: nobody may mount a small disk here");
        None
    }

    fn fill(&self) {
        let mut filler = fs::File::create(self.0.join("filler")).unwrap();
        while std::io::Write::write_all(&mut filler, &[0; 512]).is_ok() {}
    }

    fn remount_read_only(&self) {
        let mounted = Command::new("mount").args(["-o", "remount,ro"]).arg(&self.0).status().unwrap();
        assert!(mounted.success());
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

#[test]
fn on_a_full_or_read_only_disk_status_and_a_backup_to_another_still_work() {
    let folder = tempfile::tempdir().unwrap();
    configure(folder.path());
    let Some(disk) = Disk::mounted(folder.path().join("data")) else { return };
    let run = |line: &str| policy_digest(folder.path()).args(words(line)).output().unwrap();
    assert!(run("poll").status.success());
    let check = |name: &str| {
        for line in ["status", &format!("backup {name}.db")] {
            let output = run(line);
            assert!(output.status.success(), "{name}, {line}: {}", text(&output));
        }
        let copy = rusqlite::Connection::open(folder.path().join(format!("{name}.db"))).unwrap();
        assert_eq!(copy.query_row("SELECT count(*) FROM items", [], |row| row.get::<_, u64>(0)).unwrap(), 1);
    };
    disk.fill();
    check("full");
    fs::remove_file(disk.0.join("filler")).unwrap();
    let mut killed = Daemon::start(folder.path());
    killed.kill();
    disk.fill();
    check("full-after-a-kill");
    disk.remount_read_only();
    check("read-only-after-a-kill");
}

#[test]
fn a_database_in_its_old_place_is_pointed_out_and_nothing_starts_empty() {
    let folder = tempfile::tempdir().unwrap();
    configure(folder.path());
    assert!(policy_digest(folder.path()).arg("once").output().unwrap().status.success());
    // As the sample file had it, when paths started from the working directory.
    let settings = folder.path().join("config/digest.toml");
    let text_before = fs::read_to_string(&settings).unwrap();
    fs::write(&settings, format!("data = \"data\"\n{text_before}")).unwrap();
    let old = folder.path().join("data").canonicalize().unwrap();
    for line in ["once", "status", "subscribers add ben@example.org --confirmed-by a-form", "check --offline"] {
        let output = policy_digest(folder.path()).args(words(line)).output().unwrap();
        let shown = text(&output).split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(output.status.code(), Some(1), "{line}: {shown}");
        assert!(shown.contains("where earlier versions looked for it"), "{line}: {shown}");
        assert!(shown.contains(&format!("write `data = {old:?}`")), "{line}: {shown}");
        assert!(!folder.path().join("config/data").exists(), "{line}");
    }
    fs::write(&settings, format!("data = {old:?}\n{text_before}")).unwrap();
    assert!(policy_digest(folder.path()).arg("status").output().unwrap().status.success());
}
