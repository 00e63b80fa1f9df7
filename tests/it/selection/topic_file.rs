//! `topic.toml` in an administrator's hands: a bad rule is refused at its place, and an edit of this file alone
//! changes what is picked.

use std::path::Path;
use std::process::Output;

use crate::support::program::{policy_digest, text};
use crate::support::{Entry, rss, write_config};

const BAD_RULES: &str = r#"name = "rural-transport"
title = "rural transport"
description = "Buses and trains"
threshold = "high"

[weights]
strong = -4.0

[[theme]]
name = "buses"
title = "Buses"
strong = ['bus*es', 'village ~ bus', 'stop ~50 bus', '"night bus']
plain = ['a', 're*', 7]
week = ['timetable']

[[theme]]
name = "buses"
title = "More buses"

[[exclusion]]
name = "job-advert"
decisive = "yes"
strong = ['vacancy ~3', 'apply ~3 by ~3 noon']
"#;

fn bad_rules() -> Output {
    let folder = tempfile::tempdir().unwrap();
    write_config(folder.path(), &[("blog", "https://blog.example.org/feed")], "");
    std::fs::write(folder.path().join("config/topic.toml"), BAD_RULES).unwrap();
    std::fs::write(folder.path().join("post.txt"), "A post\n").unwrap();
    policy_digest(folder.path()).args(["explain", "post.txt"]).output().unwrap()
}

#[test]
fn every_kind_of_bad_rule_is_refused_with_its_place_and_a_hint() {
    let output = bad_rules();
    assert_eq!(output.status.code(), Some(2));
    let shown = text(&output);
    let findings: Vec<&str> = shown.split("\n\n").collect();
    assert_eq!(findings.len(), 15);
    assert!(findings.iter().all(|finding| finding.contains("^\n") && finding.contains("= help: ")), "{shown}");
    insta::assert_snapshot!("bad_rules", shown);
}

/// The folder's topic with `old` replaced by `new`; nothing else is touched.
fn edit(folder: &Path, old: &str, new: &str) {
    let path = folder.join("config/topic.toml");
    let topic = std::fs::read_to_string(&path).unwrap();
    assert!(topic.contains(old), "`{old}` is not in the file");
    std::fs::write(path, topic.replace(old, new)).unwrap();
}

fn explain(folder: &Path) -> serde_json::Value {
    let output = policy_digest(folder).args(["explain", "--jsonl", "post.jsonl"]).output().unwrap();
    assert!(output.status.success(), "{}", text(&output));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn an_edit_of_the_topic_alone_changes_what_is_picked_and_why() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write_config(folder, &[("blog", "https://blog.example.org/feed")], "");
    let post = "{\"id\":1,\"title\":\"Ferries for the outer isles\",\"text\":\"A timetable at last.\"}\n";
    std::fs::write(folder.join("post.jsonl"), post).unwrap();
    assert_eq!(explain(folder)["relevant"], false);

    edit(folder, "\"collaborative governance\"", "\"collaborative governance\", 'ferr* ~3 isle'");
    let answer = explain(folder);
    assert_eq!((&answer["relevant"], &answer["themes"][0]), (&true.into(), &"collaboration".into()), "{answer}");
    assert_eq!(
        (&answer["reasons"][0]["phrase"], answer["reasons"].as_array().unwrap().len()),
        (&"ferr* ~3 isle".into(), 1)
    );

    edit(folder, "threshold = 3.0", "threshold = 30.0");
    assert_eq!(explain(folder)["relevant"], false, "a threshold out of reach");
    edit(folder, "threshold = 30.0", "threshold = 3.0");

    let notice =
        "[[exclusion]]\nname = \"notice\"\nreason = \"a bare timetable\"\ndecisive = true\nstrong = ['timetable']\n";
    edit(folder, "[[exclusion]]", &format!("{notice}[[exclusion]]"));
    let answer = explain(folder);
    assert_eq!((&answer["relevant"], &answer["reasons"][0]["label"]), (&false.into(), &"a bare timetable".into()));
}

#[test]
fn an_edit_of_the_topic_changes_the_digest_of_what_is_already_stored() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let entry = Entry {
        title: "Ferries for the outer isles".to_owned(),
        text: "Who runs them.".to_owned(),
        published: Some(chrono::Utc::now()),
        ..Entry::on_topic("1")
    };
    write_config(folder, &[("blog", "file:blog.xml")], "");
    std::fs::write(folder.join("config/blog.xml"), rss(&[entry])).unwrap();
    std::fs::write(folder.join("config/subscribers.csv"), "email\nada@example.org\n").unwrap();
    let run = |what: &str| {
        let output = policy_digest(folder).args([what, "--json"]).output().unwrap();
        assert!(output.status.success(), "{}", text(&output));
        serde_json::from_slice::<serde_json::Value>(&output.stdout).unwrap()
    };
    run("poll");
    assert_eq!(run("preview")["stories"], 0);
    edit(folder, "\"collaborative governance\"", "'ferry'");
    assert_eq!(run("preview")["stories"], 1);
}
