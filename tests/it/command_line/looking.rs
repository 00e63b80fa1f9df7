//! Looking changes nothing: every command that reads, by the table of all commands, with this configuration and with another
//! one, beside a daemon and without, and as a user who may not write.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use policy_digest::cli::access::{Access, COMMANDS};

use crate::support::daemon::{Daemon, until};
use crate::support::program::{policy_digest, text};
use crate::support::{Entry, SmtpSink, aloud, everything, rss, start, write_config};

const FEEDS: [&str; 3] = ["one", "two", "three"];

/// `config` with three feeds and a subscriber, `other` with one feed of its own and another topic; one `data` beside both.
struct Scene {
    folder: tempfile::TempDir,
    _sink: SmtpSink,
}

impl Scene {
    fn new() -> Self {
        let (sink, folder) = (SmtpSink::start(), tempfile::tempdir().unwrap());
        let never = "0 0 1 1 *";
        let more = format!(
            "first_poll_window = \"36500d\"\n[schedule]\ndaily = \"{never}\"\nweekly = \"{never}\"\nmonthly = \"{never}\"\n[mail]\n\
             transport = \"smtp\"\n[mail.smtp]\nhost = \"127.0.0.1\"\nport = {}\ntls = \"none\"\n",
            sink.port
        );
        let config = folder.path().join("config");
        write_config(folder.path(), &[("strange", "file:one.xml")], &more);
        let topic = fs::read_to_string(config.join("topic.toml")).unwrap();
        fs::write(config.join("topic.toml"), topic.replace("threshold = 3.0", "threshold = 2.0")).unwrap();
        fs::write(config.join("subscribers.csv"), "email\neve@example.org\n").unwrap();
        fs::rename(&config, folder.path().join("other")).unwrap();
        let urls = FEEDS.map(|feed| format!("file:{feed}.xml"));
        let feeds: Vec<_> = FEEDS.iter().zip(&urls).map(|(feed, url)| (*feed, url.as_str())).collect();
        write_config(folder.path(), &feeds, &more);
        fs::write(config.join("subscribers.csv"), "email\nada@example.org\n").unwrap();
        let scene = Self { folder, _sink: sink };
        for feed in FEEDS {
            scene.publish(feed, &[feed]);
        }
        fs::copy(config.join("one.xml"), scene.at("other/one.xml")).unwrap();
        // What another user is to read and to run.
        scene.open_to_all();
        scene
    }

    fn at(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    fn publish(&self, feed: &str, ids: &[&str]) {
        let entries: Vec<_> = ids.iter().map(|id| Entry { published: Some(start()), ..Entry::on_topic(id) }).collect();
        fs::write(self.at(&format!("config/{feed}.xml")), rss(&entries)).unwrap();
    }

    #[cfg(unix)]
    fn open_to_all(&self) {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(self.folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        fs::create_dir_all(self.at("elsewhere")).unwrap();
        fs::set_permissions(self.at("elsewhere"), fs::Permissions::from_mode(0o777)).unwrap();
    }

    #[cfg(not(unix))]
    fn open_to_all(&self) {
        fs::create_dir_all(self.at("elsewhere")).unwrap();
    }

    /// Nobody may write into the folder or the database, but everybody may read.
    #[cfg(unix)]
    fn close_to_writers(&self) {
        use std::os::unix::fs::PermissionsExt as _;
        for file in fs::read_dir(self.at("data")).unwrap() {
            fs::set_permissions(file.unwrap().path(), fs::Permissions::from_mode(0o644)).unwrap();
        }
        fs::set_permissions(self.at("data"), fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// A digest was made, and there are posts for the next.
    fn once(&self) {
        for (command, id) in [("once", "first"), ("poll", "second")] {
            FEEDS.iter().for_each(|feed| self.publish(feed, &[feed, &format!("{feed}-{id}")]));
            let output = self.command(&[command], "config").output().unwrap();
            assert!(output.status.success(), "{}", text(&output));
        }
    }

    /// A daemon that has looked around, found nothing to do, and noted that it serves the pages.
    fn daemon(&self) -> Daemon {
        let daemon = Daemon::start(self.folder.path());
        let database = rusqlite::Connection::open(self.at("data/policy-digest.db")).unwrap();
        let noted = "SELECT EXISTS (SELECT 1 FROM marks WHERE name = 'pages served')";
        until("the daemon is at rest", || {
            let before = self.tables();
            std::thread::sleep(std::time::Duration::from_secs(1));
            self.tables() == before && database.query_row(noted, [], |row| row.get(0)).unwrap()
        });
        daemon
    }

    fn command(&self, words: &[&str], config: &str) -> Command {
        let mut command = policy_digest(self.folder.path());
        command.args(words).args(["--config", config]);
        command
    }

    /// Every row of every table, read from a copy, so that this look changes nothing either.
    fn tables(&self) -> Vec<String> {
        let copy = tempfile::tempdir().unwrap();
        for end in ["", "-wal"] {
            let _ = fs::copy(
                self.at(&format!("data/policy-digest.db{end}")),
                copy.path().join(format!("policy-digest.db{end}")),
            );
        }
        everything(&copy.path().join("policy-digest.db"))
    }

    /// Every file of the data folder with its size, and the folder's neighbours; the daemon's log grows by itself.
    fn files(&self) -> BTreeMap<String, u64> {
        let mut files = BTreeMap::new();
        for folder in ["", "data", "config", "other"] {
            for entry in fs::read_dir(self.at(folder)).unwrap() {
                let entry = entry.unwrap();
                let metadata = entry.metadata().unwrap();
                let name = format!("{folder}/{}", entry.file_name().display());
                let is_sized = metadata.is_file() && !name.ends_with("-wal");
                files.insert(name, if is_sized { metadata.len() } else { 0 });
            }
        }
        files
    }

    /// Runs every command that reads, with each configuration; none may fail, and none may change anything.
    fn look(&self, who: impl Fn(&mut Command)) {
        let (tables, files) = (self.tables(), self.files());
        for (number, (command, config)) in
            reading().iter().flat_map(|command| ["config", "other"].map(|config| (command, config))).enumerate()
        {
            let copy = self.at(&format!("elsewhere/{number}.db"));
            let words: Vec<_> =
                command.iter().map(|word| if *word == "COPY" { copy.to_str().unwrap() } else { word }).collect();
            let mut binary = self.command(&words, config);
            who(&mut binary);
            let output = binary.output().unwrap();
            assert!(is_answered(&words, &output), "{words:?} --config {config}: {}", text(&output));
            assert_eq!(self.files(), files, "{words:?} --config {config}");
            assert_eq!(self.tables(), tables, "{words:?} --config {config}");
            let _ = fs::remove_file(copy);
        }
    }
}

/// Each command that reads, with arguments that have it read all that it can.
fn reading() -> Vec<Vec<&'static str>> {
    let only_reads = COMMANDS.iter().filter(|(_, access)| *access == Access::Look).map(|(words, _)| *words);
    let mut commands: Vec<Vec<&str>> = only_reads
        .map(|words| {
            let more: &[&str] = match words {
                "backup" => &["COPY"],
                "check" => &["--offline"],
                "draft show" => &[],
                "explain" => &["https://blog.example.org/one"],
                "feeds add" => &["https://127.0.0.1:9/feed", "--dry-run"],
                "feeds check" | "messages list" | "preview" | "runs list" | "status" | "topic test" => &[],
                "feeds letter" => &["one"],
                "labels export" | "labels list" => &[],
                "runs show" => &["1"],
                "send" => &["--to", "editor@example.org"],
                "subscribers export" | "subscribers list" => &[],
                "subscribers show" => &["ada@example.org"],
                other => panic!("say here how `{other}` is run"),
            };
            words.split(' ').chain(more.iter().copied()).collect()
        })
        .collect();
    // These only read with these options, or without any.
    commands.extend([vec!["reconcile"], vec!["resume", "--dry-run"], vec!["schedule"], vec!["feeds", "list"]]);
    commands
}

/// Done; or it has nothing to show, which is no failure of reading.
fn is_answered(words: &[&str], output: &Output) -> bool {
    let shown = text(output);
    let is_refused = ["readonly", "unable to open", "no database", "caused by"].iter().any(|part| shown.contains(part));
    match words[0] {
        // Nothing answers there; a check has findings of its own.
        "feeds" if words[1] == "add" => shown.contains("127.0.0.1"),
        // Nothing blocks the program from a file, and the other configuration has no such feed.
        "feeds" if words[1] == "letter" => shown.contains("the feed can be read") || shown.contains("there is no feed"),
        "check" => !is_refused,
        // Nobody edits this digest.
        "draft" => shown.contains("there is no draft yet") && !is_refused,
        _ => output.status.success(),
    }
}

#[test]
fn no_command_that_reads_changes_anything_beside_a_daemon_whatever_its_configuration() {
    let scene = Scene::new();
    scene.once();
    let daemon = scene.daemon();
    scene.look(|_| {});
    FEEDS.iter().for_each(|feed| scene.publish(feed, &[feed, &format!("{feed}-again")]));
    let database = rusqlite::Connection::open(scene.at("data/policy-digest.db")).unwrap();
    database.busy_timeout(std::time::Duration::from_secs(10)).unwrap();
    assert_eq!(database.execute("UPDATE feeds SET next_check = 0 WHERE removed IS NULL", []).unwrap(), FEEDS.len());
    until("every feed was polled again", || {
        let question = "SELECT count(DISTINCT feed) FROM items WHERE identity LIKE '%again'";
        database.query_row(question, [], |row| row.get::<_, usize>(0)).unwrap() == FEEDS.len()
    });
    drop(daemon);
}

#[test]
fn no_command_that_reads_changes_anything_without_a_daemon() {
    let scene = Scene::new();
    scene.once();
    scene.look(|_| {});
}

/// Root may write everywhere, so that root lends the program another user's rights.
#[cfg(unix)]
fn as_nobody(command: &mut Command) {
    std::os::unix::process::CommandExt::uid(command, 65534);
}

#[cfg(unix)]
fn is_root(path: &Path) -> bool {
    let is_root = std::os::unix::fs::MetadataExt::uid(&fs::metadata(path).unwrap()) == 0;
    if !is_root {
        aloud("skipped: only root can start the program as another user");
    }
    is_root
}

#[cfg(unix)]
#[test]
fn a_user_who_may_only_read_sees_the_same_without_a_daemon_beside_one_and_after_one_was_killed() {
    let scene = Scene::new();
    if !is_root(scene.folder.path()) {
        return;
    }
    scene.once();
    scene.close_to_writers();
    scene.look(as_nobody);
    let mut daemon = scene.daemon();
    scene.close_to_writers();
    scene.look(as_nobody);
    daemon.kill();
    assert!(scene.at("data/policy-digest.db-wal").exists(), "its files are left");
    scene.look(as_nobody);
}

#[test]
fn a_preview_by_another_topic_shows_what_it_would_select_and_stores_no_judgement() {
    let scene = Scene::new();
    let output = scene.command(&["poll"], "config").output().unwrap();
    assert!(output.status.success(), "{}", text(&output));
    let topic = fs::read_to_string(scene.at("other/topic.toml")).unwrap();
    fs::write(scene.at("other/topic.toml"), topic.replace("collaborative governance", "part one-and-only")).unwrap();
    let before = scene.tables();
    let preview = |config: &str| text(&scene.command(&["preview"], config).output().unwrap());
    assert!(preview("config").contains("Collaborative governance, part one"), "{}", preview("config"));
    let by_other = preview("other");
    assert!(by_other.contains("nothing is new") && by_other.contains("left out: 3 posts"), "{by_other}");
    assert_eq!(scene.tables(), before);
}

/// The whole tree below a folder.
fn tree(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(tree(&path));
        }
        found.push(path);
    }
    found.sort();
    found
}

#[test]
fn where_there_is_no_database_every_look_says_so_with_the_next_step_and_makes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    write_config(folder.path(), &[("blog", "file:blog.xml")], "");
    fs::write(folder.path().join("config/blog.xml"), rss(&[])).unwrap();
    let before = tree(folder.path());
    let database = folder.path().join("data/policy-digest.db");
    for words in [
        &["status"][..],
        &["explain", "https://blog.example.org/1"],
        &["explain", "1"],
        &["preview"],
        &["subscribers", "list"],
        &["check", "--offline"],
        &["check"],
        &["backup", "copy.db"],
        &["runs", "list"],
        &["subscribers", "remove", "ada@example.org"],
        &["runs", "hold", "1"],
        &["resume"],
    ] {
        let output = policy_digest(folder.path()).args(words).output().unwrap();
        // Whatever width it was broken to.
        let shown = text(&output).replace("\n", " ").split_whitespace().collect::<Vec<_>>().join(" ");
        // For a check that is advice: before the first start there is none.
        let expected = i32::from(words[0] != "check");
        assert_eq!(output.status.code(), Some(expected), "{words:?}: {shown}");
        assert_eq!(shown.matches("there is no database").count(), 1, "{words:?}: {shown}");
        assert!(shown.contains(database.to_str().unwrap()), "{words:?}: {shown}");
        assert!(shown.contains("`policy-digest once` or `policy-digest run` makes it"), "{words:?}: {shown}");
        assert_eq!(tree(folder.path()), before, "{words:?}");
    }
}

#[test]
fn a_look_from_another_folder_finds_the_database_beside_the_configuration_and_makes_none() {
    let scene = Scene::new();
    scene.once();
    let elsewhere = tempfile::tempdir().unwrap();
    let mut status = policy_digest(elsewhere.path());
    let output = status.args(["status", "--json", "--config"]).arg(scene.at("config")).output().unwrap();
    let status: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(status["subscribers"]["active"], 1, "{status}");
    assert!(tree(elsewhere.path()).is_empty());
}

#[test]
fn what_an_earlier_version_wrote_is_not_migrated_by_a_look_or_a_small_change() {
    let scene = Scene::new();
    scene.once();
    let database = rusqlite::Connection::open(scene.at("data/policy-digest.db")).unwrap();
    database.pragma_update(None, "user_version", 18).unwrap();
    drop(database);
    let before = scene.tables();
    for words in [&["status"][..], &["subscribers", "add", "ben@example.org", "--confirmed-by", "a form"]] {
        let output = scene.command(words, "config").output().unwrap();
        let shown = text(&output);
        assert_eq!(output.status.code(), Some(1), "{shown}");
        assert!(shown.contains("last used by an earlier version") && shown.contains("hint: stop a daemon"), "{shown}");
    }
    assert_eq!(scene.tables(), before);
}
