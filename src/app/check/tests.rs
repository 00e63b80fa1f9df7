//! Which phrases are left when every text has been read.

use super::*;
use crate::domain::topic::{Exclusion, Pattern, Theme};

fn terms(phrases: &[&str]) -> Vec<Term> {
    phrases.iter().map(|phrase| Term { pattern: Pattern::parse(phrase).unwrap(), weight: 1.0 }).collect()
}

fn topic(general: &[&str], theme: &[&str], exclusion: &[&str]) -> Topic {
    let theme =
        Theme { name: "rail".to_owned(), title: "Rail".to_owned(), description: String::new(), terms: terms(theme) };
    let exclusion = Exclusion {
        name: "freight".to_owned(),
        reason: "freight and haulage".to_owned(),
        decisive: true,
        terms: terms(exclusion),
    };
    Topic {
        name: "t".to_owned(),
        title: "T".to_owned(),
        description: String::new(),
        languages: vec!["en".to_owned()],
        threshold: 3.0,
        themes: vec![theme],
        general: terms(general),
        exclusions: vec![exclusion],
        fingerprint: String::new(),
    }
}

#[track_caller]
fn left(topic: &Topic, texts: &[(&str, &str)]) -> Vec<String> {
    let mut unmatched = Unmatched::new(topic);
    for (title, content) in texts {
        unmatched.strike(&[Text { title, content, ..Text::default() }]);
    }
    unmatched.phrases.iter().map(|phrase| phrase.term.pattern.source.clone()).collect()
}

#[test]
fn a_phrase_that_stands_nowhere_is_left_wherever_it_belongs() {
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
fn what_is_looked_for_in_titles_or_nearby_covers_nothing() {
    let topic = topic(&["line", "title: branch line", "branch line ~2 opens"], &[], &[]);
    assert_eq!(left(&topic, &[("", "A branch line.")]), ["title: branch line", "branch line ~2 opens"]);
    assert_eq!(left(&topic, &[("The branch line opens", "")]), [""; 0]);
}

#[test]
fn the_same_phrase_in_two_tables_is_judged_in_each() {
    let topic = topic(&[], &["title: station"], &["station"]);
    assert_eq!(left(&topic, &[("", "The station.")]), ["title: station"]);
}
