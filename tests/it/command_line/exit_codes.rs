//! The built binary as a person runs it: exit codes, findings, the lock, and what survives a kill -9.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Output, Stdio};
use std::time::{Duration, Instant};

use crate::support::program::{policy_digest, smtp_config, text};
use crate::support::{Entry, Mail, SmtpSink, rss, write_config};

/// What a configuration with five different mistakes, in two files, is answered with.
pub fn five_mistakes() -> Output {
    let folder = tempfile::tempdir().unwrap();
    write_config(
        folder.path(),
        &[("blog", "https://blog.example.org/feed")],
        "intervall = \"1h\"\nconcurrency = \"many\"\n",
    );
    let digest = folder.path().join("config/digest.toml");
    let kept = std::fs::read_to_string(&digest).unwrap();
    std::fs::write(&digest, format!("timezone = \"Europe/Lundon\"\n{kept}[schedule]\nweekly = \"0 8 * *\"\n")).unwrap();
    let feeds = folder.path().join("config/feeds.toml");
    let kept = std::fs::read_to_string(&feeds).unwrap();
    std::fs::write(&feeds, format!("{kept}[[feed]]\nid = \"two\"\nurl = \"htps://two.example.org\"\n")).unwrap();
    policy_digest(folder.path()).args(["feeds", "list"]).output().unwrap()
}

#[test]
fn five_mistakes_are_shown_at_once_each_with_its_place() {
    let output = five_mistakes();
    let shown = text(&output);
    assert_eq!(output.status.code(), Some(2), "{shown}");
    for place in ["digest.toml:1:12", "digest.toml:6:1", "digest.toml:7:15", "digest.toml:9:10", "feeds.toml:7:7"] {
        assert!(shown.contains(place), "{place} is not in\n{shown}");
    }
    assert_eq!(shown.matches("error: ").count(), 5, "{shown}");
    assert!(shown.contains("^^^"), "{shown}");
    assert!(shown.contains("interval"), "{shown}");
}

#[test]
fn a_second_once_beside_a_running_one_is_refused_and_names_it() {
    let (sink, folder) = (SmtpSink::start(), tempfile::tempdir().unwrap());
    smtp_config(&sink, folder.path(), 4);
    sink.slow_down(Duration::from_millis(300));
    let mut first =
        policy_digest(folder.path()).arg("once").stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    wait_until(|| !sink.taken().is_empty());
    let second = policy_digest(folder.path()).arg("once").output().unwrap();
    let shown = text(&second);
    assert_eq!(second.status.code(), Some(1), "{shown}");
    assert!(shown.contains(&format!("`policy-digest once` (process {})", first.id())), "{shown}");
    assert!(first.wait().unwrap().success());
}

#[test]
fn after_a_kill_in_mid_send_everyone_has_one_mail_under_one_message_id() {
    let (sink, folder) = (SmtpSink::start(), tempfile::tempdir().unwrap());
    smtp_config(&sink, folder.path(), 20);
    sink.slow_down(Duration::from_millis(60));
    let mut killed =
        policy_digest(folder.path()).arg("once").stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    wait_until(|| sink.taken().len() >= 5);
    killed.kill().unwrap();
    killed.wait().unwrap();
    let before = sink.taken().len();
    assert!(before < 20, "it was killed in mid-send");
    let again = policy_digest(folder.path()).arg("once").output().unwrap();
    assert!(again.status.success(), "{}", text(&again));
    let mut ids: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for message in sink.taken() {
        let mail = Mail::read(message.data.as_bytes());
        ids.entry(message.to[0].clone()).or_default().insert(mail.header("Message-ID").to_owned());
    }
    assert_eq!(ids.len(), 20, "everyone has a mail");
    assert!(ids.values().all(|ids| ids.len() == 1), "nobody has two under different Message-IDs");
    let third = policy_digest(folder.path()).arg("once").output().unwrap();
    assert!(text(&third).contains("0 emails sent"), "{}", text(&third));
}

#[test]
fn explain_judges_every_line_and_never_stops_at_a_bad_one() {
    let folder = tempfile::tempdir().unwrap();
    write_config(folder.path(), &[("blog", "https://blog.example.org/feed")], "");
    let lines = "{\"id\":\"a\",\"title\":\"Collaborative governance\",\"text\":\"\"}\nnot json\n\n{\"id\":\"b\",\"title\":\"Football\",\"excerpt\":\"A match.\",\"host\":\"x\"}\n{\"title\":\"no id\"}\n";
    std::fs::write(folder.path().join("posts.jsonl"), lines).unwrap();
    let output = policy_digest(folder.path()).args(["explain", "--jsonl", "posts.jsonl"]).output().unwrap();
    assert!(output.status.success(), "{}", text(&output));
    let answers: Vec<serde_json::Value> =
        String::from_utf8(output.stdout).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(answers.len(), 4);
    assert_eq!((&answers[0]["id"], &answers[0]["relevant"]), (&"a".into(), &true.into()));
    assert_eq!(answers[0]["themes"][0], "collaboration");
    assert!(answers[1]["error"].as_str().unwrap().contains("line 2"));
    assert_eq!(answers[2]["relevant"], false);
    assert!(answers[3]["error"].is_string());
}

#[test]
fn a_line_with_a_text_and_an_excerpt_is_judged_by_its_text() {
    let folder = tempfile::tempdir().unwrap();
    write_config(folder.path(), &[("blog", "https://blog.example.org/feed")], "");
    let lines = "{\"id\":1,\"excerpt\":\"A match.\",\"text\":\"On collaborative governance.\"}\n\
                 {\"id\":2,\"text\":null,\"excerpt\":\"On collaborative governance.\"}\n\
                 {\"id\":3,\"text\":\"A match.\",\"excerpt\":\"On collaborative governance.\"}";
    std::fs::write(folder.path().join("posts.jsonl"), lines).unwrap();
    let output = policy_digest(folder.path()).args(["explain", "--jsonl", "posts.jsonl"]).output().unwrap();
    let answers = String::from_utf8(output.stdout).unwrap();
    let relevant: Vec<bool> = answers.lines().map(|line| line.contains("\"relevant\":true")).collect();
    assert_eq!(relevant, [true, true, false], "{answers}");
}

#[test]
fn explain_answers_a_line_before_it_waits_for_the_next() {
    let folder = tempfile::tempdir().unwrap();
    write_config(folder.path(), &[("blog", "https://blog.example.org/feed")], "");
    let mut running = policy_digest(folder.path())
        .args(["explain", "--jsonl"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = running.stdin.take().unwrap();
    let output = BufReader::new(running.stdout.take().unwrap());
    let (answered, answers) = std::sync::mpsc::channel();
    std::thread::spawn(move || output.lines().map_while(Result::ok).try_for_each(|line| answered.send(line)));
    for id in ["1", "2"] {
        // The next line has begun already: what is answered does not wait for its end.
        write!(input, "{{\"id\":{id},\"title\":\"Football\"}}\n ").unwrap();
        let answer = answers.recv_timeout(Duration::from_secs(60)).expect("an answer while the input is open");
        assert!(answer.starts_with(&format!("{{\"id\":{id},\"relevant\":false")), "{answer}");
    }
    drop(input);
    assert!(running.wait().unwrap().success());
}

#[test]
fn feeds_parse_answers_one_line_a_file() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.xml"), rss(&[Entry::on_topic("1")])).unwrap();
    std::fs::write(folder.path().join("b.html"), "<!doctype html><html><body>Hello</body></html>").unwrap();
    std::fs::write(
        folder.path().join("list"),
        "{\"file\":\"one\",\"path\":\"a.xml\"}\nnot json\n{\"file\":\"gone\",\"path\":\"gone.xml\"}\n",
    )
    .unwrap();
    let output =
        policy_digest(folder.path()).args(["feeds", "parse", "a.xml", "b.html", "--jsonl", "list"]).output().unwrap();
    let answers: Vec<serde_json::Value> = String::from_utf8(output.stdout.clone())
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(answers.len(), 5, "{}", text(&output));
    assert_eq!((&answers[0]["file"], &answers[0]["ok"]), (&"one".into(), &true.into()));
    let entry = &answers[0]["entries"][0];
    assert_eq!((&entry["id"], &entry["link"]), (&"1".into(), &"https://blog.example.org/1".into()));
    assert_eq!(entry["published"], "2026-11-22T09:00:00Z");
    assert!(entry["updated"].is_null());
    assert!(answers[1..3].iter().all(|answer| answer["ok"] == false && answer["error"].is_string()));
    assert_eq!(answers[3]["ok"], true);
    assert_eq!(answers[4]["ok"], false);
}

#[test]
fn a_bad_list_of_subscribers_is_refused_and_read_again_when_it_is_mended() {
    let folder = tempfile::tempdir().unwrap();
    write_config(folder.path(), &[("blog", "file:blog.xml")], "");
    let csv = folder.path().join("config/subscribers.csv");
    std::fs::write(&csv, "person\nsomebody\n").unwrap();
    let list = || {
        let polled = policy_digest(folder.path()).arg("poll").output().unwrap();
        let mut listed = policy_digest(folder.path()).args(["subscribers", "list"]).output().unwrap();
        listed.stderr.extend(polled.stderr);
        listed
    };
    assert!(text(&list()).contains("there is no `email` column; the columns are: person"), "{}", text(&list()));
    std::fs::write(&csv, "email\nada@example.org\nnot an address\n").unwrap();
    let shown = text(&list());
    assert!(shown.contains("ada@example.org") && shown.contains("subscribers.csv:3: not an email address"), "{shown}");
    std::fs::write(&csv, "email\nben@example.org\n").unwrap();
    assert!(!text(&list()).contains("ben@example.org"), "it is imported once");
}

fn wait_until(done: impl Fn() -> bool) {
    let limit = Instant::now() + Duration::from_secs(60);
    while !done() {
        assert!(Instant::now() < limit, "it never came");
        std::thread::yield_now();
    }
}
