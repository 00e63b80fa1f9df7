//! Another organisation's topic: `config/rural-transport/` is written in configuration alone, and the program
//! knows its subject as well as the shipped one.

use std::path::{Path, PathBuf};

use policy_digest::config;
use policy_digest::domain::selection::relevance::{Score, Scorer, Text};

use crate::support::program::{policy_digest, text};

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Post {
    id: String,
    title: String,
    text: String,
    relevant: bool,
    themes: Vec<String>,
    /// A phrase, or an exclusion's reason, that must be among the reasons; empty when there must be none.
    because: String,
}

const POSTS: &str = "tests/it/fixtures/relevance/rural_transport.jsonl";

fn posts() -> Vec<Post> {
    let lines = include_str!("../fixtures/relevance/rural_transport.jsonl").lines();
    lines.map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))).collect()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn rural() -> PathBuf {
    root().join("config/rural-transport")
}

fn names(score: &Score, because: &str) -> bool {
    let named = |reason: &policy_digest::domain::selection::relevance::Reason| {
        &*reason.phrase == because || reason.label.as_deref() == Some(because)
    };
    if because.is_empty() { score.reasons.is_empty() } else { score.reasons.iter().any(named) }
}

#[test]
fn a_topic_on_another_subject_picks_files_and_explains() {
    let topic = config::load(&rural(), None, &[]).unwrap_or_else(|findings| panic!("{findings}")).topic;
    let scorer = Scorer::new(&topic);
    for post in posts() {
        let score = scorer.score(&Text { title: &post.title, content: &post.text, ..Text::default() });
        assert_eq!((score.selected, &score.themes), (post.relevant, &post.themes), "{}: {score:#?}", post.id);
        assert!(names(&score, &post.because), "{}: `{}` is no reason: {score:#?}", post.id, post.because);
    }
}

#[test]
fn what_one_topic_picks_the_other_leaves() {
    let judge = |folder: &Path| {
        let scorer = Scorer::new(&config::load(folder, None, &[]).unwrap().topic);
        move |post: &Post| scorer.score(&Text { title: &post.title, content: &post.text, ..Text::default() }).selected
    };
    let (rural, reform) = (judge(&rural()), judge(&root().join("config")));
    let posts = posts();
    let post = |id: &str| posts.iter().find(|post| post.id == id).unwrap();
    assert_eq!((rural(post("branch-line")), reform(post("branch-line"))), (true, false));
    assert_eq!((rural(post("reform")), reform(post("reform"))), (false, true));
}

#[test]
fn explain_speaks_of_the_topic_of_its_folder() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("post.txt"), "Two villages, one car club\nCarsharing needs trust.").unwrap();
    let explain = |what: &[&str]| {
        let config = [std::ffi::OsString::from("--config"), rural().into_os_string()];
        policy_digest(folder.path()).arg("explain").args(what).args(config).output().unwrap()
    };
    let shown = text(&explain(&["post.txt"]));
    assert!(shown.contains("on-demand") && shown.contains("car club") && shown.contains("carshar*"), "{shown}");
    let lines = explain(&["--jsonl", root().join(POSTS).to_str().unwrap()]);
    let picked = String::from_utf8(lines.stdout).unwrap().matches("\"relevant\":true").count();
    assert_eq!(picked, posts().iter().filter(|post| post.relevant).count());
}

#[test]
fn its_sample_feed_makes_a_digest() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("people.csv"), "email\nada@example.org\n").unwrap();
    let run = |what: &[&str]| {
        let output = policy_digest(folder.path())
            .args(what)
            .arg("--config")
            .arg(rural())
            .args(["--data", "data"])
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", text(&output));
        text(&output)
    };
    run(&["subscribers", "import", "people.csv", "--consent", "a test"]);
    run(&["poll"]);
    let shown = run(&["preview"]);
    assert!(shown.contains("A night bus for five villages") && shown.contains("When dial-a-ride grows up"), "{shown}");
    assert!(shown.contains("ON DEMAND AND SHARED"), "{shown}");
}
