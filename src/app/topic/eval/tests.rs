//! The measures, on rankings small enough to count by hand.

use super::*;

fn shipped() -> Topic {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("config");
    crate::config::load(&folder, None, &[]).unwrap_or_else(|findings| panic!("{findings}")).topic
}

fn judged(relevant: bool, total: f32, labelled: &[&str], given: &[&str]) -> Judged {
    let themes = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let kind = if relevant { "positive" } else { HARD_NEGATIVE }.to_owned();
    let post = Labelled {
        host: String::new(),
        id: String::new(),
        title: String::new(),
        text: None,
        excerpt: None,
        relevant,
        themes: themes(labelled),
        kind,
    };
    let nothing = Scorer::new(&shipped()).score(&Text::default());
    Judged { post, score: Score { total, picked: total >= 3.0, themes: themes(given), ..nothing } }
}

#[test]
fn the_measures_are_those_counted_by_hand() {
    let figures = Figures::of(&[
        judged(true, 9.0, &["a", "b"], &["a", "c"]),
        judged(false, 5.0, &[], &["b"]),
        judged(true, 4.0, &["a"], &["a"]),
        judged(true, 1.0, &["c"], &[]),
        judged(false, 0.0, &[], &[]),
    ]);
    assert_eq!((figures.true_positives, figures.false_positives, figures.false_negatives), (2, 1, 1));
    assert!((figures.f1 - 2.0 / 3.0).abs() < 1e-9);
    // Found at ranks 1, 3 and 4: (1/1 + 2/3 + 3/4) / 3.
    assert!((figures.average_precision - (1.0 + 2.0 / 3.0 + 0.75) / 3.0).abs() < 1e-9);
    // Right: a, a. Wrong: c, and b of the false positive. Missed: b, and c of the miss.
    assert!((figures.theme_micro_f1 - 0.5).abs() < 1e-9);
    assert_eq!((figures.hard_negatives, figures.hard_negatives_passed), (2, 1));
    // Of 100 posts, 10 relevant: 6.7 are right and 45 wrong.
    assert!((figures.precision_at_10_percent - (0.2 / 3.0) / (0.2 / 3.0 + 0.45)).abs() < 1e-9);
}

#[test]
fn posts_of_equal_score_are_one_step() {
    let one = |first: bool| Figures::of(&[judged(first, 4.0, &[], &[]), judged(!first, 4.0, &[], &[])]);
    assert_eq!(one(true), one(false));
    assert!((one(true).average_precision - 0.5).abs() < 1e-9);
}

#[test]
fn nothing_relevant_and_nothing_picked_are_nought_and_not_a_fault() {
    let figures = Figures::of(&[judged(false, 0.0, &[], &[])]);
    assert_eq!((figures.f1, figures.average_precision, figures.precision_at_10_percent), (0.0, 0.0, 0.0));
}
