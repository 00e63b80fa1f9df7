//! `check` as an administrator runs it.

use std::path::Path;

use crate::support::daemon::Daemon;
use crate::support::program::{policy_digest, smtp_config, text};
use crate::support::{Entry, SmtpSink, rss, write_config};

mod outside;

/// A folder with so many items stored, of which the first alone is on the topic.
fn with_items(count: usize) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    write_config(folder.path(), &[("blog", "file:blog.xml")], "");
    let entry = |n: usize| Entry {
        title: format!("Number {n}"),
        text: format!("Nothing of note happened on day {n}."),
        ..Entry::on_topic(&n.to_string())
    };
    let mut entries = vec![Entry::on_topic("0")];
    entries.extend((1..count).map(entry));
    std::fs::write(folder.path().join("config/blog.xml"), rss(&entries)).unwrap();
    let polled = policy_digest(folder.path()).arg("poll").output().unwrap();
    assert!(polled.status.success(), "{}", text(&polled));
    folder
}

fn check(folder: &Path) -> String {
    policy_digest(folder).arg("poll").output().unwrap();
    let output = policy_digest(folder).arg("check").output().unwrap();
    assert!(output.status.success(), "{}", text(&output));
    text(&output)
}

#[test]
fn check_points_at_the_phrases_that_match_nothing_with_their_lines() {
    let folder = with_items(200);
    let shown = check(folder.path());
    assert!(shown.contains("1 feed, ") && shown.contains("200 stored posts"), "{shown}");
    assert!(shown.contains("config/topic.toml:26: integrated care (theme `integration`)"), "{shown}");
    assert!(!shown.contains("collaborative governance"), "{shown}");
    assert_eq!(shown.matches("next: ").count(), 1, "{shown}");
    let output = policy_digest(folder.path()).args(["check", "--json"]).output().unwrap();
    let answer: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let finding = &answer["findings"][0];
    assert_eq!((&finding["phrase"], &finding["place"]), (&"integrated care".into(), &"config/topic.toml:26".into()));
    assert!(finding["next"].as_str().unwrap().contains("spelling"), "{answer}");
}

#[test]
fn check_does_not_judge_phrases_by_a_short_history() {
    let shown = check(with_items(20).path());
    assert!(
        shown.contains("20 items are stored, too few") && shown.contains("next: run `policy-digest poll`"),
        "{shown}"
    );
    assert!(!shown.contains("integrated care"), "{shown}");
}

#[test]
fn check_refuses_a_bad_configuration_as_every_command_does() {
    let folder = tempfile::tempdir().unwrap();
    write_config(folder.path(), &[("blog", "htps://blog.example.org/feed")], "intervall = \"1h\"\n");
    let output = policy_digest(folder.path()).arg("check").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(text(&output).matches("error: ").count(), 2, "{}", text(&output));
}

#[test]
fn check_says_when_mail_goes_out_and_nobody_is_told_of_trouble() {
    let folder = tempfile::tempdir().unwrap();
    let sink = SmtpSink::start();
    let relay = format!(
        "[mail]\ntransport = \"smtp\"\n[mail.smtp]\nhost = \"127.0.0.1\"\nport = {}\ntls = \"none\"\n",
        sink.port
    );
    write_config(folder.path(), &[("blog", "file:blog.xml")], &relay);
    std::fs::write(folder.path().join("config/blog.xml"), rss(&[Entry::on_topic("1")])).unwrap();
    let shown = check(folder.path()).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(shown.contains("config/digest.toml: `admin_to` is empty"), "{shown}");
    let variable = ("POLICY_DIGEST__ADMIN_TO", "[\"admin@example.org\"]");
    let named = policy_digest(folder.path()).arg("check").env(variable.0, variable.1).output().unwrap();
    assert!(!text(&named).contains("admin_to"), "{}", text(&named));
}

#[test]
fn check_tells_that_nobody_serves_what_the_mails_link_to_until_a_daemon_does() {
    let (sink, folder) = (SmtpSink::start(), tempfile::tempdir().unwrap());
    smtp_config(&sink, folder.path(), 0);
    let check = || check(folder.path()).split_whitespace().collect::<Vec<_>>().join(" ");
    let shown = check();
    assert!(shown.contains("do not work: no pages were served so far"), "{shown}");
    assert!(shown.contains("policy-digest run") && shown.contains("set `unsubscribe_address`"), "{shown}");
    let mut daemon = Daemon::start(folder.path());
    crate::support::daemon::until("it noted that it serves", || !check().contains("lead nowhere"));
    daemon.terminate();
    assert!(daemon.end().0.success());
}

#[test]
fn check_names_the_messages_that_a_language_lacks() {
    let folder = tempfile::tempdir().unwrap();
    write_config(folder.path(), &[("blog", "file:blog.xml")], "");
    std::fs::write(folder.path().join("config/blog.xml"), rss(&[Entry::on_topic("1")])).unwrap();
    let digest = folder.path().join("config/digest.toml");
    let settings = std::fs::read_to_string(&digest).unwrap();
    std::fs::write(&digest, format!("languages = [\"en\", \"fr\"]\ntemplates_dir = \"own\"\n{settings}")).unwrap();
    let words = folder.path().join("config/own/words");
    std::fs::create_dir_all(&words).unwrap();
    std::fs::write(words.join("fr.toml"), "[digest]\neditor = \"La rédaction\"\n").unwrap();
    let shown = check(folder.path()).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(shown.contains("config/own/words/fr.toml: ") && shown.contains(" messages not translated"), "{shown}");
    assert!(shown.contains("so in English: `a") && !shown.contains("digest.editor"), "{shown}");
    std::fs::write(words.join("fr.toml"), include_str!("../../../../templates/words/en.toml")).unwrap();
    let whole = check(folder.path());
    assert!(whole.contains("languages") && !whole.contains("not translated"), "{whole}");
}
