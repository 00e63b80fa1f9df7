//! `topic eval` on labelled posts: the figures, and what was judged wrongly with its reasons.

use std::path::Path;
use std::process::Output;

use crate::command::{policy_digest, text};
use crate::support::write_config;

const POSTS: &str = r#"{"id":"p1","title":"Collaborative governance","excerpt":"How it works.","relevant":true,"themes":["collaboration"],"kind":"positive","host":"a.example"}
{"id":"p2","title":"Integrated care at last","text":"Two teams become one.","relevant":true,"themes":["collaboration"],"kind":"positive"}
{"id":"p3","title":"What the dales did","text":"They shared a budget.","relevant":true,"themes":["integration"],"kind":"positive"}
{"id":"n1","title":"Collaborative governance of a firm","text":"Shareholders meet.","relevant":false,"themes":[],"kind":"hard_negative"}
{"id":"n2","title":"Football","text":"A match.","relevant":false,"themes":[],"kind":"ordinary_negative"}
"#;

fn eval(folder: &Path, posts: &str, more: &[&str]) -> Output {
    write_config(folder, &[("blog", "https://blog.example.org/feed")], "");
    std::fs::write(folder.join("posts.jsonl"), posts).unwrap();
    policy_digest(folder).args(["topic", "eval", "posts.jsonl"]).args(more).output().unwrap()
}

#[test]
fn the_figures_are_told_for_machines() {
    let folder = tempfile::tempdir().unwrap();
    let output = eval(folder.path(), POSTS, &["--json"]);
    let figures: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    for (name, value) in [
        ("items", 5.0),
        ("true_positives", 2.0),
        ("false_positives", 1.0),
        ("false_negatives", 1.0),
        ("f1", 0.6667),
        // Three posts of equal score, two of them relevant, then two of nought, one of them.
        ("average_precision", 0.6444),
        ("theme_micro_f1", 0.3333),
        ("hard_negatives_passed", 1.0),
        ("false_positive_rate", 0.5),
        ("precision_at_10_percent", 0.129),
    ] {
        assert_eq!(figures[name].as_f64(), Some(value), "{name}: {figures}");
    }
}

#[test]
fn what_was_judged_wrongly_is_told_with_its_reasons() {
    let folder = tempfile::tempdir().unwrap();
    let shown = text(&eval(folder.path(), POSTS, &["--errors"]));
    assert!(shown.contains("precision_at_10_percent  0.129"), "{shown}");
    let (passed, missed) = (shown.find("  n1 +6.0").unwrap(), shown.find("  p3 +0.0").unwrap());
    assert!(passed < missed && shown[passed..missed].contains("+6.0 Collaborative governance (title: collaboration)"));
    assert!(shown[missed..].contains("no phrase of the topic was found"), "{shown}");
}

#[test]
fn a_line_that_is_no_labelled_post_is_refused_by_its_number() {
    let folder = tempfile::tempdir().unwrap();
    for (line, complaint) in [
        ("{\"id\":\"x\",\"title\":\"A\"}", "line 6 is no labelled post"),
        ("{\"id\":\"p1\",\"relevant\":false}", "line 6: a second post has the id `p1`"),
        ("{\"id\":\"x\",\"relevant\":true,\"themes\":[\"rail\"]}", "line 6: the topic has no theme `rail`"),
    ] {
        let output = eval(folder.path(), &format!("{POSTS}{line}\n"), &[]);
        assert_eq!(output.status.code(), Some(1));
        assert!(text(&output).contains(complaint), "{}", text(&output));
    }
}
