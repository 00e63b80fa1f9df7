//! Which phrases are unused after all texts have been read.

use super::*;
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
