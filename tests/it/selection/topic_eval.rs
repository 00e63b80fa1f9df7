//! `topic eval` on labelled posts: the figures, beside the benchmark's own scorer, and what was judged wrongly with its
//! reasons.

use std::path::Path;
use std::process::{Command, Output};

use unicode_width::UnicodeWidthStr as _;

use crate::support::program::{policy_digest, text};
use crate::support::{aloud, write_config};

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
        ("digest_precision", 0.6667),
        ("sources", 5.0),
    ] {
        assert_eq!(figures[name].as_f64(), Some(value), "{name}: {figures}");
    }
    let interval = &figures["intervals"]["f1"];
    assert!(interval[0].as_f64().unwrap() < 0.6667 && interval[1].as_f64().unwrap() > 0.6667, "{figures}");
    assert!(figures.get("clear").is_none() && figures.get("brier").is_none(), "{figures}");
}

#[test]
fn borderline_posts_are_left_out_of_the_second_column() {
    let folder = tempfile::tempdir().unwrap();
    let posts = POSTS.replace(r#""kind":"hard_negative"}"#, r#""kind":"hard_negative","borderline":true}"#);
    let figures: serde_json::Value = serde_json::from_slice(&eval(folder.path(), &posts, &["--json"]).stdout).unwrap();
    assert_eq!((&figures["items"], &figures["borderline"]), (&5.into(), &1.into()));
    assert_eq!((&figures["precision"], &figures["clear"]["precision"]), (&0.6667.into(), &1.0.into()));
    assert_eq!(figures["clear"]["items"], 4);
}

#[test]
fn a_teaser_is_judged_by_its_first_characters() {
    let folder = tempfile::tempdir().unwrap();
    let post = "{\"id\":\"é\",\"title\":\"Notes\",\"text\":\"éé Integrated care, and collaborative governance.\",\"relevant\":true}\n";
    let recall = |more: &[&str]| {
        let output = eval(folder.path(), post, &[&["--json"], more].concat());
        serde_json::from_slice::<serde_json::Value>(&output.stdout).unwrap()["recall"].as_f64().unwrap()
    };
    assert_eq!((recall(&[]), recall(&["--first", "18"]), recall(&["--first", "17"])), (1.0, 1.0, 0.0));
    assert_eq!(recall(&["--first", "1000"]), 1.0);
}

#[test]
fn the_tables_explain_themselves_and_fit_a_terminal() {
    let folder = tempfile::tempdir().unwrap();
    let posts = POSTS.replace(r#""kind":"hard_negative"}"#, r#""kind":"hard_negative","borderline":true}"#);
    let shown = text(&eval(folder.path(), &posts, &[]));
    assert!(shown.lines().all(|line| line.width() <= 100), "{shown}");
    insta::assert_snapshot!("topic_eval", shown);
}

#[test]
fn the_figures_are_those_of_the_benchmarks_scorer() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (scorer, posts) = (root.join("../shared/relevance/score.py"), root.join("config/training/posts.jsonl"));
    if !scorer.exists() {
        return aloud("skipped: the benchmark of relevance is not here");
    }
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| {
        let output = policy_digest(folder.path()).arg("--config").arg(root.join("config")).args(arguments).output();
        let output = output.unwrap();
        assert!(output.status.success(), "{}", text(&output));
        output.stdout
    };
    let few = folder.path().join("few.jsonl");
    let lines = std::fs::read_to_string(posts).unwrap();
    std::fs::write(&few, lines.lines().step_by(6).map(|line| format!("{line}\n")).collect::<String>()).unwrap();
    let few = few.to_str().unwrap();
    let judged = folder.path().join("judged.jsonl");
    std::fs::write(&judged, run(&["explain", "--jsonl", few])).unwrap();
    let theirs = Command::new("python3").arg(scorer).arg("--json").arg(judged).arg(few).output().unwrap();
    let theirs: serde_json::Value = serde_json::from_slice(&theirs.stdout).unwrap();
    let ours: serde_json::Value = serde_json::from_slice(&run(&["topic", "eval", few, "--json"])).unwrap();
    for (name, value) in theirs.as_object().unwrap() {
        assert_eq!(ours[name].as_f64(), value.as_f64(), "{name}: {theirs}\n{ours}");
    }
}

#[test]
fn what_was_judged_wrongly_is_told_with_its_reasons() {
    let folder = tempfile::tempdir().unwrap();
    let shown = text(&eval(folder.path(), POSTS, &["--errors"]));
    assert!(shown.contains("precision in a live feed  0.13"), "{shown}");
    let (passed, missed) = (shown.find("  n1  6.0").unwrap(), shown.find("  p3  0.0").unwrap());
    assert!(passed < missed && shown[passed..missed].contains("+6.0 Collaborative governance (title: collaboration)"));
    assert!(shown[missed..].contains("no phrase of the topic was found"), "{shown}");
}

#[test]
fn a_line_that_is_no_labelled_post_is_refused_by_its_number() {
    let folder = tempfile::tempdir().unwrap();
    for (line, complaint) in [
        ("{\"id\":\"x\",\"title\":\"A\"}", "line 6 is not a labelled post"),
        ("{\"id\":\"p1\",\"relevant\":false}", "line 6: a second post has the id `p1`"),
        ("{\"id\":\"x\",\"relevant\":true,\"themes\":[\"rail\"]}", "line 6: the topic has no theme `rail`"),
    ] {
        let output = eval(folder.path(), &format!("{POSTS}{line}\n"), &[]);
        assert_eq!(output.status.code(), Some(1));
        assert!(text(&output).contains(complaint), "{}", text(&output));
    }
}
