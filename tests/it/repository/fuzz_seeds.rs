//! The fuzz targets' seeds and what fuzzing has found, replayed on stable: no panic, no broken promise, and none
//! takes a second. How to look for more is in tests/fuzz/README.md.

use std::path::Path;
use std::time::{Duration, Instant};

#[path = "../../fuzz/exercise.rs"]
mod exercise;

/// A hang: ten times the fuzz targets' measure, because other programs may be busy beside this one.
const LIMIT: Duration = Duration::from_secs(10);

fn replay(target: &str, exercise: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/seeds").join(target);
    let seeds: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(!seeds.is_empty(), "there are seeds in {}", folder.display());
    // What a target makes once for all its inputs is not counted.
    exercise(b"");
    for seed in seeds {
        let input = std::fs::read(&seed).unwrap();
        let start = Instant::now();
        let ended = std::panic::catch_unwind(|| exercise(&input));
        assert!(ended.is_ok(), "{} panics", seed.display());
        assert!(start.elapsed() < LIMIT, "{} takes {:?}", seed.display(), start.elapsed());
    }
}

#[test]
fn every_seed_of_a_whole_feed_is_read_or_refused() {
    replay("parse", exercise::parse);
}

#[test]
fn every_seed_of_a_date_is_a_moment_in_bounds_or_none() {
    replay("dates", exercise::dates);
}

#[test]
fn every_seed_of_an_address_has_a_canonical_form_that_stays() {
    replay("canonical", exercise::canonical);
}

#[test]
fn every_seed_of_markup_becomes_plain_text() {
    replay("html", exercise::html);
}

#[test]
fn every_seed_of_a_post_has_a_short_excerpt_on_one_line() {
    replay("excerpt", exercise::excerpt);
}

#[test]
fn every_seed_of_two_posts_is_one_story_or_two_whichever_comes_first() {
    replay("story", exercise::story);
}

#[test]
fn every_seed_of_stories_becomes_a_digest_without_loss() {
    replay("compose", exercise::compose);
}

#[test]
fn every_seed_of_an_editors_words_is_harmless() {
    replay("editing", exercise::editing);
}

#[test]
fn every_seed_of_a_form_has_addresses_that_stay_the_same() {
    replay("sign_up", exercise::sign_up);
}

#[test]
fn every_seed_of_a_form_changes_only_what_can_be_chosen() {
    replay("forms", exercise::forms);
}

#[test]
fn every_seed_of_a_returned_email_is_read_the_same_way_each_time() {
    replay("bounce", exercise::bounce);
}

#[test]
fn every_seed_of_a_damaged_backup_is_restored_or_refused() {
    replay("restore", exercise::restore);
}
