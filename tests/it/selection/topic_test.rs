//! `topic test`: what an edit of the topic file adds and drops, with the phrase that did it, and nothing stored.

use std::path::Path;
use std::time::Duration;

use policy_digest::app::selection::test::{Because, test};
use policy_digest::domain::selection::relevance::Place;
use unicode_width::UnicodeWidthStr as _;

use crate::support::program::{policy_digest, text};
use crate::support::{Entry, Reply, World, rss, write_config};

const WEEKS: Duration = Duration::from_secs(12 * 7 * 24 * 3600);

fn entry(id: &str, title: &str, words: &str) -> Entry {
    Entry { title: title.to_owned(), text: words.to_owned(), ..Entry::on_topic(id) }
}

fn entries() -> [Entry; 4] {
    [
        entry("1", "On collaborative governance", "It works."),
        entry("2", "Budgets pooled in two counties", "Councils pool their budgets for older people."),
        entry("3", "Integrated care in a valley", "One team, one budget."),
        Entry { published: Some(crate::support::start() - chrono::TimeDelta::days(200)), ..entry("4", "Old", "Old.") },
    ]
}

fn edit(folder: &Path, from: &str, to: &str) {
    let path = folder.join("config/topic.toml");
    let topic = std::fs::read_to_string(&path).unwrap();
    assert!(topic.contains(from));
    std::fs::write(&path, topic.replace(from, to)).unwrap();
}

#[tokio::test]
async fn an_edit_adds_and_drops_posts_and_names_the_phrases() {
    let world = World::new().await;
    world.server.serve("/blog.xml", Reply::feed(rss(&entries())));
    policy_digest::app::feeds::poll::poll(
        &world.app,
        &policy_digest::app::feeds::poll::Which::All,
        &policy_digest::app::silent,
    )
    .await
    .unwrap();
    edit(world.folder(), "\"integrated care\"", "\"pool* ~3 budgets\"");
    let world = world.restarted().await;
    let before: Vec<String> = world.rows("SELECT fingerprint || selected || score FROM items ORDER BY seq");
    let report = test(&world.app, WEEKS).await.unwrap();
    assert_eq!((report.items, report.before, report.after), (3, 2, 2), "the old one is not looked at");
    let [added] = report.added.as_slice() else { panic!("{report:?}") };
    let [dropped] = report.dropped.as_slice() else { panic!("{report:?}") };
    assert_eq!(
        (added.title.as_str(), dropped.title.as_str()),
        ("Budgets pooled in two counties", "Integrated care in a valley")
    );
    assert!(added.before < 3.0 && added.after >= 3.0 && dropped.before >= 3.0 && dropped.after < 3.0);
    let Because::Phrase { phrase, place: Place::Title, by } = &added.because else { panic!("{:?}", added.because) };
    assert!(phrase == "pool* ~3 budgets" && *by == 6.0, "{phrase} {by}");
    assert!(matches!(&dropped.because, Because::Phrase { phrase, by, .. } if phrase == "integrated care" && *by < 0.0));
    let weeks: Vec<_> =
        report.weeks.iter().map(|(day, week)| (day.to_string(), week.kept, week.added, week.dropped)).collect();
    assert_eq!(weeks, [("2026-11-16".to_owned(), 1, 1, 1)]);
    let after: Vec<String> = world.rows("SELECT fingerprint || selected || score FROM items ORDER BY seq");
    assert_eq!(before, after, "nothing is stored");
}

#[tokio::test]
async fn another_threshold_and_an_exclusion_are_named_as_what_they_are() {
    let world = World::new().await;
    world.server.serve("/blog.xml", Reply::feed(rss(&entries())));
    policy_digest::app::feeds::poll::poll(
        &world.app,
        &policy_digest::app::feeds::poll::Which::All,
        &policy_digest::app::silent,
    )
    .await
    .unwrap();
    edit(world.folder(), "threshold = 3.0", "threshold = 30.0");
    edit(world.folder(), "\"title: vacancy\"", "\"title: valley\"");
    let report = test(&world.restarted().await.app, WEEKS).await.unwrap();
    let because: Vec<_> = report.dropped.iter().map(|change| (change.seq, change.because.clone())).collect();
    assert_eq!(because.len(), 2, "{because:?}");
    assert!(because.iter().any(|(_, because)| *because == Because::Excluded("a job advert".to_owned())), "{because:?}");
    assert!(because.iter().any(|(_, because)| *because == Because::Threshold), "{because:?}");
}

#[test]
fn what_is_told_fits_a_terminal_and_json_has_the_same() {
    let folder = tempfile::tempdir().unwrap();
    write_config(folder.path(), &[("blog", "file:blog.xml")], "");
    let now = chrono::Utc::now();
    let entries: Vec<_> = entries().into_iter().map(|entry| Entry { published: Some(now), ..entry }).collect();
    std::fs::write(folder.path().join("config/blog.xml"), rss(&entries)).unwrap();
    let run = |arguments: &[&str]| policy_digest(folder.path()).args(arguments).output().unwrap();
    assert!(run(&["poll"]).status.success());
    assert!(text(&run(&["topic", "test"])).contains("adds no posts and drops none"));
    edit(folder.path(), "\"integrated care\"", "\"pool* ~3 budgets\"");
    let output = run(&["topic", "test", "--since", "2w"]);
    let shown = text(&output);
    assert_eq!(output.status.code(), Some(0), "{shown}");
    assert!(shown.contains("4 posts from the last 14 days: 2 selected before, 2 now"), "{shown}");
    assert!(
        shown.contains("0.0 ->   8.0  Budgets pooled") && shown.contains("+6.0 `pool* ~3 budgets` (title)"),
        "{shown}"
    );
    assert!(shown.contains("  2  #+-\n"), "{shown}");
    assert!(shown.lines().all(|line| line.width() <= 80), "{shown}");
    let answer: serde_json::Value = serde_json::from_slice(&run(&["topic", "test", "--json"]).stdout).unwrap();
    assert_eq!((&answer["after"], answer["added"].as_array().unwrap().len()), (&2.into(), 1));
    assert_eq!(run(&["topic", "test", "--since", "soon"]).status.code(), Some(2));
}
