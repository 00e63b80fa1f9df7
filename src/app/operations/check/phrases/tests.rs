//! Which phrases are unused after all texts have been read.

use super::*;
use crate::app::clock::Clock;
use crate::app::feeds::poll::{Which, poll};
use crate::app::{App, silent};
use crate::domain::selection::relevance::{Scorer, Text};

fn topic(general: &[&str], theme: &[&str], exclusion: &[&str]) -> Topic {
    let topic = format!(
        "name = 't'\ntitle = 'T'\ndescription = 'd'\n[general]\nweak = {general:?}\n\
         [[theme]]\nname = 'rail'\ntitle = 'Rail'\nplain = {theme:?}\n\
         [[exclusion]]\nname = 'freight'\nreason = 'freight and haulage'\ndecisive = true\nstrong = {exclusion:?}\n"
    );
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("feeds.toml"), "").unwrap();
    std::fs::write(folder.path().join("topic.toml"), topic).unwrap();
    crate::config::load(folder.path(), None, &[]).unwrap_or_else(|findings| panic!("{findings}")).topic
}

#[track_caller]
fn left(topic: &Topic, texts: &[(&str, &str)]) -> Vec<String> {
    let scorer = Scorer::new(topic);
    let texts = texts.iter().map(|(title, content)| Text { title, content, ..Text::default() });
    let held: Vec<usize> = texts.flat_map(|text| scorer.phrases_in(&text)).collect();
    let left = phrases(topic).into_iter().enumerate().filter(|(number, _)| !held.contains(number));
    left.map(|(_, phrase)| phrase.term.pattern.source.clone()).collect()
}

#[test]
fn a_phrase_that_occurs_nowhere_is_unused_in_every_table() {
    let topic = topic(&["transport", "canal"], &["branch line", "tram*"], &["freight", "lorry"]);
    let texts = [("Transport", "A branch line."), ("", "No freight.")];
    assert_eq!(left(&topic, &texts), ["canal", "tram*", "lorry"]);
}

#[test]
fn a_phrase_that_a_longer_one_covers_is_found() {
    let topic = topic(&["rural", "rural branch"], &["line", "rural branch line"], &["branch"]);
    assert_eq!(left(&topic, &[("", "A rural branch line.")]), [""; 0]);
}

#[test]
fn a_phrase_that_another_one_repeats_is_found() {
    let topic = topic(&["service", "services"], &[], &[]);
    assert_eq!(left(&topic, &[("", "One service.")]), [""; 0]);
}

#[test]
fn title_phrases_and_sides_of_a_near_phrase_cover_nothing() {
    let topic = topic(&["line", "title: branch line", "branch line ~2 opens"], &[], &[]);
    assert_eq!(left(&topic, &[("", "A branch line.")]), ["title: branch line", "branch line ~2 opens"]);
    assert_eq!(left(&topic, &[("The branch line opens", "")]), [""; 0]);
}

#[test]
fn the_same_phrase_in_two_tables_is_judged_in_each() {
    let topic = topic(&[], &["title: station"], &["station"]);
    assert_eq!(left(&topic, &[("", "The station.")]), ["title: station"]);
}

#[tokio::test]
async fn the_check_of_a_large_database_ends_when_its_time_is_up() {
    let folder = tempfile::tempdir().unwrap();
    let post =
        |number: usize| format!("<item><guid>{number}</guid><title>The tram opens, part {number}</title></item>");
    let posts: String = (0..3 * PAGE).map(post).collect();
    let url = url::Url::from_file_path(folder.path().join("blog.xml")).unwrap();
    for (name, text) in [
        ("digest.toml", "[polling]\nallow_files = true\n"),
        ("topic.toml", "name = 't'\ntitle = 'T'\ndescription = 'd'\n[general]\nweak = ['tram', 'canal']\n"),
        ("feeds.toml", &format!("[[feed]]\nid = 'blog'\ntitle = 'Blog'\nurl = '{url}'\n")),
        ("blog.xml", &format!("<rss version='2.0'><channel><title>Blog</title>{posts}</channel></rss>")),
    ] {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let config = crate::config::load(folder.path(), Some(&folder.path().join("data")), &[]).unwrap();
    let app = App::work(config, Clock::System, "a test").await.unwrap();
    poll(&app, &Which::All, &silent).await.unwrap();
    let after = async |pages: usize| {
        let mut left = pages + 1;
        let has_time = || {
            left -= 1;
            left > 0
        };
        let (part, stored) = look_while(&app, &silent, has_time).await.unwrap();
        assert_eq!(stored, 3 * PAGE);
        (part.says, part.findings.into_iter().map(|finding| finding.message).collect::<Vec<_>>().join("; "))
    };
    let unread = "100 items are as many as this check could read, too few to show which phrases match nothing";
    assert_eq!(after(1).await, ("2 phrases checked against the newest 100 of 300 stored items".into(), unread.into()));
    let unused = "`canal` of `[general]` matches nothing in 200 stored items";
    assert_eq!(after(2).await, ("2 phrases checked against the newest 200 of 300 stored items".into(), unused.into()));
    let all = unused.replace("200", "300");
    assert_eq!(after(9).await, ("2 phrases checked against 300 stored items".into(), all));
}
