//! `topic train` and `topic cross-validate`: the same posts make the same model, the shipped one is what its posts
//! make, and a topic that names no fitting model is refused.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Output;

use crate::command::{policy_digest, text};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

fn posts() -> PathBuf {
    root().join("config/training/posts.jsonl")
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    let config = root().join("config");
    policy_digest(folder).args(["--config", config.to_str().unwrap()]).args(arguments).output().unwrap()
}

#[test]
fn the_same_posts_make_the_same_model() {
    let folder = tempfile::tempdir().unwrap();
    let few: String =
        std::fs::read_to_string(posts()).unwrap().lines().step_by(8).map(|line| format!("{line}\n")).collect();
    let file = folder.path().join("few.jsonl");
    std::fs::write(&file, few).unwrap();
    let train = |out: &str| {
        let out = folder.path().join(out);
        let told = run(folder.path(), &["topic", "train", file.to_str().unwrap(), "--out", out.to_str().unwrap()]);
        assert!(told.status.success() && text(&told).contains("from 165 posts"), "{}", text(&told));
        std::fs::read(out).unwrap()
    };
    assert_eq!(train("one"), train("two"));
    let told = run(folder.path(), &["topic", "cross-validate", file.to_str().unwrap(), "--parts", "3", "--json"]);
    let figures: serde_json::Value = serde_json::from_slice(&told.stdout).unwrap();
    assert_eq!(figures["items"], 165);
    assert!(figures["average_precision"].as_f64().unwrap() > 0.8, "{figures}");
    assert_eq!(figures["thresholds"].as_array().unwrap().len(), 3);
}

#[test]
fn the_shipped_model_is_what_its_posts_make() {
    let labelled = root().join("../shared/relevance/dev.jsonl");
    if !labelled.exists() {
        let _ = writeln!(std::io::stderr(), "skipped: the labelled posts that go with ours are not here");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("model");
    let files = [posts(), labelled];
    let files = files.each_ref().map(|path| path.to_str().unwrap());
    let told = run(folder.path(), &["topic", "train", files[0], files[1], "--out", out.to_str().unwrap()]);
    assert!(told.status.success(), "{}", text(&told));
    let shipped = std::fs::read_to_string(root().join("config/topic.wording")).unwrap();
    assert!(shipped == std::fs::read_to_string(out).unwrap(), "train it anew: README says how");
}

#[test]
fn a_model_that_is_missing_or_for_other_themes_is_refused_and_can_be_trained() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("config");
    std::fs::create_dir_all(&config).unwrap();
    std::fs::write(config.join("feeds.toml"), "").unwrap();
    let topic = "name = \"x\"\ntitle = \"x\"\ndescription = \"x\"\n[wording]\nfile = \"x.wording\"\n\
                 [[theme]]\nname = \"care\"\ntitle = \"Care\"\nstrong = [\"care\"]\n";
    std::fs::write(config.join("topic.toml"), topic).unwrap();
    let own = |arguments: &[&str]| text(&policy_digest(folder.path()).args(arguments).output().unwrap());
    let missing = own(&["schedule"]);
    assert!(
        missing.contains("topic.toml:5:8") && missing.contains("`x.wording`: the file cannot be read"),
        "{missing}"
    );
    std::fs::write(config.join("x.wording"), "policy-digest wording 1\nthemes\tother\nbias\t1\n").unwrap();
    assert!(own(&["schedule"]).contains("it was trained for other themes"), "{}", own(&["schedule"]));
    let titles = ["care for all", "care at home", "tax", "football", "novels", "weather"];
    let post = |(number, title): (usize, &&str)| {
        let relevant = title.contains("care");
        let themes = if relevant { "[\"care\"]" } else { "[]" };
        format!("{{\"id\":\"{number}\",\"title\":\"{title}\",\"relevant\":{relevant},\"themes\":{themes}}}\n")
    };
    let lines: String = titles.iter().enumerate().map(post).collect();
    std::fs::write(folder.path().join("posts.jsonl"), lines).unwrap();
    assert!(
        own(&["topic", "train", "posts.jsonl"]).contains("x.wording: 1 words"),
        "{}",
        own(&["topic", "train", "posts.jsonl"])
    );
    assert!(!own(&["schedule"]).contains("error"), "{}", own(&["schedule"]));
}
