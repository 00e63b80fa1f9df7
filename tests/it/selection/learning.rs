//! Learning from labels: they are recorded, taken elsewhere and removed; local weights are used only if they prove
//! themselves, change the fingerprint, and are forgotten again.

use std::path::Path;

use chrono::TimeDelta;
use policy_digest::app::operations::cleanup::cleanup;
use policy_digest::app::selection::labels::{Acts, draw_sample, record_labels};
use policy_digest::app::selection::learn;
use policy_digest::app::selection::quality::{Quality, quality};
use serde_json::{Value, json};

use crate::support::program::{policy_digest, text};
use crate::support::{Entry, Reply, World, rss};

/// An installation with the shipped topic and its classifier, and sixty posts of no particular topic.
async fn world() -> World {
    let world = World::new().await;
    std::fs::remove_file(world.folder().join("config/topic.toml")).unwrap();
    let world = world.restarted().await;
    let entry = |number: usize| {
        let (title, text) = match number % 3 {
            0 => (
                "Joined-up public services",
                "The council and the health board pooled their budgets for integrated care.",
            ),
            1 => ("Football results", "The home team won by three goals to one on Saturday afternoon."),
            _ => ("A garden in winter", "Frost protects some bulbs, and mulch protects the others."),
        };
        let title = format!("{title} {number}");
        Entry { title, text: text.to_owned(), ..Entry::on_topic(&number.to_string()) }
    };
    let entries: Vec<Entry> = (0..60).map(entry).collect();
    world.server.serve("/blog.xml", Reply::feed(rss(&entries)));
    let all = policy_digest::app::feeds::poll::Which::All;
    policy_digest::app::feeds::poll::poll(&world.app, &all, &policy_digest::app::silent).await.unwrap();
    world
}

fn run(folder: &Path, arguments: &[&str]) -> String {
    let told = policy_digest(folder).args(arguments).output().unwrap();
    text(&told)
}

fn json(folder: &Path, arguments: &[&str]) -> Value {
    let told = policy_digest(folder).args(arguments).arg("--json").output().unwrap();
    serde_json::from_slice(&told.stdout).unwrap_or_else(|_| panic!("{}", text(&told)))
}

/// Labels of an editor for whom swimming pools are the topic and parking is not.
fn labels(folder: &Path, count: usize) -> String {
    let lines: String = (0..count)
        .map(|number| {
            let (text, kind) = match number % 2 {
                0 => ("The swimming pool opens early for swimmers, and swimming lessons begin in spring.", "included"),
                _ => ("Parking fines rise, and parking wardens patrol the car parks at night.", "passed-over"),
            };
            let label = json!({ "key": format!("https://blog.example.org/{number}"), "feed": format!("feed-{}", number % 10),
                "title": format!("News {number}"), "text": text, "who": "ed@example.org", "kind": kind,
                "at": "2026-11-20T08:00:00Z" });
            format!("{label}\n")
        })
        .collect();
    let path = folder.join("labels.jsonl");
    std::fs::write(&path, lines).unwrap();
    path.display().to_string()
}

#[tokio::test]
async fn learnt_weights_are_applied_only_on_request_and_change_the_fingerprint_until_they_are_forgotten() {
    let world = world().await;
    let folder = world.folder().to_owned();
    let shipped = world.app.config.topic.fingerprint.clone();
    assert!(run(&folder, &["labels", "import", &labels(&folder, 30)]).contains("imported 30 labels"));
    assert!(run(&folder, &["topic", "learn", "--apply"]).contains("too few labels"));
    assert!(run(&folder, &["labels", "import", &labels(&folder, 80)]).contains("imported 50 labels"));
    let shown = json(&folder, &["topic", "learn"]);
    assert_eq!((&shown["verdict"], &shown["applied"]), (&json!("better"), &json!(false)), "{shown}");
    assert!(shown["learnt"]["recall"]["value"].as_f64() > shown["shipped"]["recall"]["value"].as_f64());
    let file = folder.join("data/topic.local.classifier");
    assert!(!file.exists(), "nothing is changed without --apply");
    assert!(run(&folder, &["topic", "learn", "--apply"]).contains("in use from now on"));
    let first = std::fs::read(&file).unwrap();
    let world = world.restarted().await;
    let learnt = world.app.config.topic.fingerprint.clone();
    assert_ne!(learnt, shipped);
    assert!(run(&folder, &["topic", "learn", "--apply"]).contains("in use"));
    assert_eq!(std::fs::read(&file).unwrap(), first, "the same labels give the same weights");
    assert!(run(&folder, &["topic", "learn", "--forget"]).contains("removed"));
    let world = world.restarted().await;
    assert_eq!(world.app.config.topic.fingerprint, shipped);
}

#[tokio::test]
async fn a_damaged_or_outdated_file_of_weights_is_ignored() {
    let world = world().await;
    let shipped = world.app.config.topic.fingerprint.clone();
    std::fs::write(
        world.folder().join("data/topic.local.classifier"),
        "policy-digest local weights 1, learnt from 00\n",
    )
    .unwrap();
    let folder = world.folder().to_owned();
    let world = world.restarted().await;
    assert_eq!(world.app.config.topic.fingerprint, shipped);
    assert!(run(&folder, &["topic", "learn"]).contains("ignored: they start from another version"));
    let check = json(&folder, &["check", "--offline"]).to_string();
    assert!(check.contains("start from another classifier") && check.contains("topic learn --apply"), "{check}");
    assert!(run(&folder, &["topic", "learn", "--forget"]).contains("removed"));
    assert!(!json(&folder, &["check", "--offline"]).to_string().contains("weights"));
}

#[tokio::test]
async fn what_an_editor_did_to_a_draft_becomes_labels_and_a_recall() {
    let world = world().await;
    let app = &world.app;
    let selected: Vec<i64> = world.rows("SELECT seq FROM items WHERE selected = 1 ORDER BY seq");
    assert_eq!(selected.len(), 20);
    let sample = draw_sample(app, "weekly 2026-11-23", 0, 1_000).await.unwrap();
    assert_eq!(draw_sample(app, "weekly 2026-11-23", 0, 1_000).await.unwrap(), sample, "a draft keeps its sample");
    assert!(sample.len() == 5 && sample.iter().all(|it| !selected.contains(&it.drawn.item)), "{sample:?}");
    let missed = sample[0].drawn.item;
    let acts = Acts {
        who: "ed@example.org".to_owned(),
        kept: selected[1..].to_vec(),
        off_topic: vec![selected[0]],
        sample: Some(("weekly 2026-11-23".to_owned(), vec![missed])),
        ..Acts::default()
    };
    assert_eq!(record_labels(app, &acts).await.unwrap(), 25);
    assert_eq!(record_labels(app, &acts).await.unwrap(), 0, "saying it again changes nothing");
    let found = quality(app).await.unwrap();
    assert_eq!((found.kept, found.off_topic, found.kept_percent()), (19, 1, Some(95)));
    let recall = found.recall.unwrap();
    assert_eq!((recall.sampled, recall.found), (5, 1));
    let expected = 19.0 / (19.0 + 1.0 / sample[0].drawn.probability);
    assert!((recall.recall.0 - expected).abs() < 1e-9 && recall.recall.1 < expected && expected < recall.recall.2);
    let kinds = "SELECT kind || ' ' || count(*) FROM labels GROUP BY kind ORDER BY kind";
    assert_eq!(world.rows::<String>(kinds), ["kept 19", "off-topic 1", "passed-over 4", "sample-missed 1"]);
    let summary = found.summary().unwrap();
    let shown = run(world.folder(), &["status"]).split_whitespace().collect::<Vec<_>>().join(" ");
    let starts = "editors kept 95 % of 20 selected posts; recall about ";
    assert!(
        summary.starts_with(starts) && summary.contains("from 1 missed in 5 sampled posts; one in about"),
        "{summary}"
    );
    assert!(shown.contains(&format!("selection {starts}")), "{shown}");
    let interval = &json(world.folder(), &["status"])["quality"]["sample"]["recall"]["interval"];
    assert_eq!(interval[0].as_f64(), Some(recall.recall.1));
    // After twelve weeks it says nothing of the selection now.
    world.days(7 * 12 + 1);
    assert_eq!((quality(app).await.unwrap(), Quality::default().summary()), (Quality::default(), None));
}

#[tokio::test]
async fn labels_are_exported_removed_and_imported_and_outlive_their_texts() {
    let world = world().await;
    let folder = world.folder().to_owned();
    let selected: Vec<i64> = world.rows("SELECT seq FROM items WHERE selected = 1 ORDER BY seq LIMIT 3");
    let acts = Acts { who: "ed@example.org".to_owned(), kept: selected.clone(), ..Acts::default() };
    record_labels(&world.app, &acts).await.unwrap();
    let features = "SELECT features FROM labelled_items ORDER BY key";
    let before: Vec<Vec<u8>> = world.rows(features);
    let later = world.app.clock.now() + TimeDelta::seconds(1);
    assert_eq!(world.app.store.labels().remove_old(later).await.unwrap(), (3, 0));
    assert_eq!(world.rows::<i64>("SELECT count(*) FROM labelled_items WHERE text IS NULL"), [3]);
    let exported = run(&folder, &["labels", "export"]);
    assert_eq!(exported.lines().count(), 3, "{exported}");
    std::fs::write(folder.join("kept.jsonl"), &exported).unwrap();
    assert!(run(&folder, &["labels", "remove", &selected[0].to_string()]).contains("removed 1 label"));
    assert!(run(&folder, &["labels", "remove", "--who", "ed@example.org"]).contains("removed 2 labels"));
    assert!(run(&folder, &["labels", "list"]).contains("no labels yet"));
    assert!(run(&folder, &["labels", "import", "kept.jsonl"]).contains("imported 3 labels"));
    assert_eq!(world.rows::<Vec<u8>>(features), before);
    assert_eq!(json(&folder, &["labels", "list"])["counts"]["kept"], 3);
    std::fs::write(folder.join("kept.jsonl"), exported.replace("\"kept\"", "\"good\"")).unwrap();
    let refused = run(&folder, &["labels", "import", "kept.jsonl"]);
    assert!(refused.contains("line 1") && refused.contains("not a kind of label"), "{refused}");
}

#[tokio::test]
async fn labels_and_votes_are_kept_as_long_as_retention_says() {
    let world = world().await;
    let selected: Vec<i64> = world.rows("SELECT seq FROM items WHERE selected = 1 ORDER BY seq LIMIT 3");
    let pass = async |days: i64| {
        let mut votes = 0;
        for _ in 0..days {
            world.days(1);
            votes += cleanup(&world.app).await.unwrap().votes;
        }
        votes
    };
    pass(80).await;
    let acts = Acts { who: "ed@example.org".to_owned(), kept: selected[..2].to_vec(), ..Acts::default() };
    record_labels(&world.app, &acts).await.unwrap();
    let voted = "INSERT INTO labelled_items (key, item, feed, title, text, features, made)
        SELECT 'https://blog.example.org/v', NULL, feed, 'Voted', 'A text.', NULL, made FROM labelled_items LIMIT 1;
        INSERT INTO labels (key, who, kind, at) SELECT 'https://blog.example.org/v', 's1', 'reader-off-topic', made
        FROM labelled_items LIMIT 1";
    world.execute(voted);
    let texts = "SELECT count(*) FROM labelled_items WHERE text IS NOT NULL";
    assert_eq!((pass(5).await, world.rows::<i64>(texts)), (0, vec![3]));
    assert_eq!((pass(10).await, world.rows::<i64>(texts)), (0, vec![1]), "they go with the items' own texts");
    assert_eq!((pass(80).await, world.rows::<i64>("SELECT count(*) FROM labels")), (1, vec![2]));
    assert_eq!(world.rows::<i64>("SELECT count(*) FROM labelled_items WHERE features IS NOT NULL"), [2]);
}

#[tokio::test]
async fn editors_are_told_once_a_month_that_learning_is_worth_it() {
    let world = world().await;
    let folder = world.folder().to_owned();
    let told = async || learn::is_to_be_told(&world.app).await.unwrap();
    learn::look_due(&world.app).await.unwrap();
    assert!(!told().await, "there is nothing to learn from");
    assert!(run(&folder, &["labels", "import", &labels(&folder, 80)]).contains("imported 80 labels"));
    learn::look_due(&world.app).await.unwrap();
    assert!(told().await);
    assert!(run(&folder, &["status"]).contains("worth it: `policy-digest topic learn`"));
    learn::told(&world.app).await.unwrap();
    assert!(!told().await);
    world.days(31);
    learn::look_due(&world.app).await.unwrap();
    assert!(told().await, "a month later it still is");
    assert!(run(&folder, &["topic", "learn", "--apply"]).contains("in use from now on"));
    assert!(!told().await && !run(&folder, &["status"]).contains("worth it"), "it was done");
}
