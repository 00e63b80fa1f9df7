//! `topic train` and `topic cross-validate`: the same posts make the same classifier, the shipped one is what its posts
//! make, and a topic that names no fitting classifier is refused.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Output;

use crate::support::program::{policy_digest, text};

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
}

#[test]
fn cross_validation_judges_every_post_once_and_more_posts_teach_more() {
    let folder = tempfile::tempdir().unwrap();
    let few: String =
        std::fs::read_to_string(posts()).unwrap().lines().step_by(4).map(|line| format!("{line}\n")).collect();
    let (file, judged) = (folder.path().join("few.jsonl"), folder.path().join("judged.jsonl"));
    std::fs::write(&file, &few).unwrap();
    let options = ["--folds", "3", "--sizes", "20,all", "--json", "--predictions", judged.to_str().unwrap()];
    let told = run(folder.path(), &[&["topic", "cross-validate", file.to_str().unwrap()][..], &options[..]].concat());
    let figures: serde_json::Value = serde_json::from_slice(&told.stdout).unwrap_or_else(|_| panic!("{}", text(&told)));
    assert!(figures["average_precision"].as_f64().unwrap() > 0.8, "{figures}");
    assert_eq!(figures["thresholds"].as_array().unwrap().len(), 3);
    let [small, all] = figures["curve"].as_array().unwrap().as_slice() else { panic!("{figures}") };
    assert_eq!((&small["trained_on"], &all["trained_on"]), (&20.into(), &220.into()));
    assert!(small["average_precision"].as_f64() < all["average_precision"].as_f64(), "{figures}");
    // The predictions are of the last size, in the order of the file, and hold what was measured.
    let lines: Vec<serde_json::Value> =
        std::fs::read_to_string(judged).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let ids = |lines: &str| lines.lines().map(|line| line.split('"').nth(3).unwrap().to_owned()).collect::<Vec<_>>();
    assert_eq!(lines.iter().map(|line| line["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>(), ids(&few));
    let selected = lines.iter().filter(|line| line["relevant"] == true).count();
    let counted = figures["true_positives"].as_u64().unwrap() + figures["false_positives"].as_u64().unwrap();
    assert_eq!(selected as u64, counted);
    let refused = run(folder.path(), &["topic", "cross-validate", file.to_str().unwrap(), "--sizes", "few"]);
    assert!(text(&refused).contains("a number of posts, or `all`"), "{}", text(&refused));
}

#[test]
fn the_shipped_model_is_what_its_posts_make() {
    let labelled = root().join("../shared/relevance/real/posts.jsonl");
    if !labelled.exists() {
        let _ = writeln!(std::io::stderr(), "skipped: the real posts that the classifier was trained on are not here");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("classifier");
    let files = [labelled, posts()];
    let files = files.each_ref().map(|path| path.to_str().unwrap());
    let told = run(folder.path(), &["topic", "train", files[0], "--with", files[1], "--out", out.to_str().unwrap()]);
    assert!(told.status.success(), "{}", text(&told));
    let shipped = std::fs::read(root().join("config/topic.classifier")).unwrap();
    assert!(shipped == std::fs::read(out).unwrap(), "train it again: config/training/README.md says how");
}

#[test]
fn a_model_that_is_missing_or_for_other_themes_is_refused_and_can_be_trained() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("config");
    std::fs::create_dir_all(&config).unwrap();
    std::fs::write(config.join("feeds.toml"), "").unwrap();
    let topic = "name = \"x\"\ntitle = \"x\"\ndescription = \"x\"\n[classifier]\nfile = \"x.classifier\"\n\
                 [[theme]]\nname = \"care\"\ntitle = \"Care\"\nstrong = [\"care\"]\n";
    std::fs::write(config.join("topic.toml"), topic).unwrap();
    let own = |arguments: &[&str]| text(&policy_digest(folder.path()).args(arguments).output().unwrap());
    let missing = own(&["schedule"]);
    assert!(
        missing.contains("topic.toml:5:8") && missing.contains("`x.classifier`: the file cannot be read"),
        "{missing}"
    );
    let head = "policy-digest classifier 1\nfeatures 0 0 0\nunits 1 1\ntopic 0 0 0 0 0 0\n";
    let of_theme = |theme: &str| format!("{head}theme {theme} 0 0 0 0 0 0\nchecksum cbf29ce484222325\n\n");
    let refusal = |content: &str| {
        std::fs::write(config.join("x.classifier"), content).unwrap();
        own(&["schedule"])
    };
    for (content, reason) in [
        (of_theme("other"), "it was trained for other themes"),
        (of_theme("care") + "x", "it is damaged"),
        (of_theme("care").replace("topic 0", "topic x"), "line 4: expected 6 numbers"),
        ("something else\n\n".to_owned(), "it does not begin with `policy-digest classifier 1`"),
    ] {
        let refused = refusal(&content);
        assert!(refused.contains(reason), "{reason}: {refused}");
    }
    // What three posts have is learnt: the word, and the word in the title.
    let titles = ["care for all", "care at home", "care now", "tax", "football", "novels", "weather"];
    let post = |(number, title): (usize, &&str)| {
        let relevant = title.contains("care");
        let themes = if relevant { "[\"care\"]" } else { "[]" };
        format!("{{\"id\":\"{number}\",\"title\":\"{title}\",\"relevant\":{relevant},\"themes\":{themes}}}\n")
    };
    let lines: String = titles.iter().enumerate().map(post).collect();
    std::fs::write(folder.path().join("posts.jsonl"), lines).unwrap();
    let trained = own(&["topic", "train", "posts.jsonl"]);
    assert!(trained.contains("x.classifier: 2 words"), "{trained}");
    assert!(!own(&["schedule"]).contains("error"), "{}", own(&["schedule"]));
    let earlier = topic.replace("[classifier]\nfile = \"x.classifier\"", "[wording]\nfile = \"x.wording\"");
    std::fs::write(config.join("topic.toml"), earlier).unwrap();
    assert!(own(&["schedule"]).contains("`[wording]` is now `[classifier]`"), "{}", own(&["schedule"]));
}
