//! The measures, on posts few enough to count by hand, and beside `score.py`, the benchmark's own scorer.

use super::*;

fn sample(source: &str, is_relevant: bool, score: f64, labelled: &[&str], given: &[&str]) -> Sample {
    let names = |themes: &[&str]| themes.iter().map(|theme| (*theme).to_owned()).collect::<Vec<_>>();
    let is_selected = score >= 50.0;
    Sample {
        source: source.to_owned(),
        is_relevant,
        is_borderline: false,
        is_hard_negative: !is_relevant,
        is_selected,
        score,
        themes: Themes::of(
            is_relevant.then_some(names(labelled)).as_deref(),
            is_selected.then_some(names(given)).as_deref(),
        ),
    }
}

fn five() -> [Sample; 5] {
    [
        sample("a", true, 90.0, &["care", "place"], &["care", "digital"]),
        sample("a", false, 80.0, &[], &["place"]),
        sample("b", true, 55.0, &["care"], &["care"]),
        sample("b", true, 45.0, &["digital"], &["digital"]),
        sample("c", false, 5.0, &[], &[]),
    ]
}

fn close(value: f64, expected: f64) {
    assert!((value - expected).abs() < 1e-9, "{value} is not {expected}");
}

#[test]
fn the_figures_are_those_counted_by_hand() {
    let report = Report::of(&five(), Scale::Probability);
    assert_eq!((report.posts, report.sources, report.relevant), (5, 3, 3));
    assert_eq!((report.true_positives, report.false_positives), (2, 1));
    assert_eq!((report.hard_negatives, report.hard_negatives_selected), (2, 1));
    close(report[Measure::Precision].value, 2.0 / 3.0);
    close(report[Measure::Recall].value, 2.0 / 3.0);
    close(report[Measure::F1].value, 2.0 / 3.0);
    // The relevant ones have the ranks 1, 3 and 4.
    close(report[Measure::AveragePrecision].value, (1.0 + 2.0 / 3.0 + 3.0 / 4.0) / 3.0);
    // One week, three selected.
    close(report[Measure::DigestPrecision].value, 2.0 / 3.0);
    // Right: care, care. Wrong: digital, and place of the false positive. Missed: place, and digital of the miss.
    close(report[Measure::ThemeF1].value, 0.5);
    close(report[Measure::FalsePositiveRate].value, 0.5);
    // Of 100 posts, 10 relevant: 6.7 right ones and 45 wrong ones are selected.
    close(report[Measure::LivePrecision].value, (0.2 / 3.0) / (0.2 / 3.0 + 0.45));
    close(report[Measure::Brier].value, (0.01 + 0.64 + 0.2025 + 0.3025 + 0.0025) / 5.0);
    // Each post has its own bin: .1 + .8 + .45 + .55 + .05 off.
    close(report[Measure::CalibrationError].value, 1.95 / 5.0);
}

#[test]
fn posts_of_equal_score_are_one_step_whatever_their_order() {
    let (first, second) = (sample("a", true, 60.0, &[], &[]), sample("b", false, 60.0, &[], &[]));
    for posts in [[first.clone(), second.clone()], [second, first]] {
        close(Report::of(&posts, Scale::Points)[Measure::AveragePrecision].value, 0.5);
    }
}

/// Twelve posts with scores that tie, as `score.py` measures them.
#[test]
fn the_figures_are_those_of_the_benchmarks_scorer() {
    let themes = ["digital", "funding", "place"];
    let posts: Vec<Sample> = [95, 95, 80, 80, 80, 62, 62, 51, 40, 40, 12, 12]
        .into_iter()
        .enumerate()
        .map(|(number, score)| {
            let labelled = &themes[number % 3..];
            let given = &themes[..1 + number % 2];
            sample(&number.to_string(), number % 5 != 1 && number % 4 != 3, f64::from(score), labelled, given)
        })
        .collect();
    let report = Report::of(&posts, Scale::Points);
    let rounded = |measure: Measure| (report[measure].value * 10_000.0).round() / 10_000.0;
    let figures = [
        Measure::Precision,
        Measure::Recall,
        Measure::F1,
        Measure::AveragePrecision,
        Measure::ThemePrecision,
        Measure::ThemeRecall,
        Measure::ThemeF1,
    ];
    assert_eq!(figures.map(rounded), [0.5, 0.5714, 0.5333, 0.5793, 0.0833, 0.0769, 0.08]);
}

#[test]
fn the_reliability_table_has_ten_bins_and_the_last_one_holds_the_end() {
    let posts: Vec<Sample> = [(-3.0, false), (9.9, true), (10.0, false), (99.0, true), (100.0, true), (100.0, false)]
        .map(|(score, is_relevant)| sample(&format!("{score}{is_relevant}"), is_relevant, score, &[], &[]))
        .into();
    let bins = Report::of(&posts, Scale::Probability).bins.unwrap();
    assert_eq!(bins.map(|bin| bin.posts), [2, 1, 0, 0, 0, 0, 0, 0, 0, 3]);
    close(bins[0].mean_score, 0.0495);
    close(bins[0].relevant.value, 0.5);
    close(bins[9].mean_score, (0.99 + 1.0 + 1.0) / 3.0);
    close(bins[9].relevant.value, 2.0 / 3.0);
    assert_eq!(bins[5].relevant.interval, None, "no resample has a post there");
    assert_eq!(Report::of(&posts, Scale::Points).bins, None);
}

#[test]
fn scores_that_say_how_often_they_are_right_have_no_calibration_error() {
    let posts: Vec<Sample> = (0..100).map(|number| sample(&number.to_string(), number < 30, 30.0, &[], &[])).collect();
    let report = Report::of(&posts, Scale::Probability);
    close(report[Measure::CalibrationError].value, 0.0);
    close(report[Measure::Brier].value, 0.21);
    let interval = report[Measure::Recall].interval.unwrap();
    assert_eq!(interval, (0.0, 0.0), "none is selected");
}

#[test]
fn an_interval_is_as_wide_as_the_sources_differ() {
    let post = |source: usize, is_relevant| sample(&source.to_string(), is_relevant, 60.0, &[], &[]);
    // A hundred posts, half of them relevant, every one selected: precision is the share of relevant ones.
    let width = |posts: &[Sample]| {
        let (low, high) = Report::of(posts, Scale::Points)[Measure::Precision].interval.unwrap();
        assert!(low < 0.5 && 0.5 < high);
        high - low
    };
    let alone: Vec<Sample> = (0..100).map(|number| post(number, number % 2 == 0)).collect();
    let alike: Vec<Sample> = (0..100).map(|number| post(number / 10, number / 10 % 2 == 0)).collect();
    let mixed: Vec<Sample> = (0..100).map(|number| post(number / 10, number % 2 == 0)).collect();
    // Binomial: 1.96 · √(.25 / 100) to either side; with ten sources that are all or nothing, √(.25 / 10).
    assert!((width(&alone) - 0.196).abs() < 0.03, "{}", width(&alone));
    assert!((width(&alike) - 0.62).abs() < 0.06, "{}", width(&alike));
    let (low, high) = Report::of(&mixed, Scale::Points)[Measure::Precision].interval.unwrap();
    assert_eq!((low, high), (0.5, 0.5), "every source is half and half");
    assert_eq!(Report::of(&alike[..10], Scale::Points)[Measure::F1].interval, None, "one source alone");
}

#[test]
fn a_digest_shows_the_best_twelve_of_a_week() {
    // One week of forty: the best ten are relevant, the next thirty are selected and are not.
    let week: Vec<Sample> = (0..40).map(|rank| sample("a", rank < 10, 100.0 - f64::from(rank), &[], &[])).collect();
    close(Report::of(&week, Scale::Points)[Measure::DigestPrecision].value, 10.0 / 12.0);
    // What is not selected is in no digest, however well it ranks.
    let quiet: Vec<Sample> = week.into_iter().map(|post| Sample { is_selected: post.is_relevant, ..post }).collect();
    close(Report::of(&quiet, Scale::Points)[Measure::DigestPrecision].value, 1.0);
}

#[test]
fn the_same_posts_give_the_same_figures() {
    let posts: Vec<Sample> =
        (0..200).map(|n| sample(&(n % 17).to_string(), n % 3 == 0, f64::from(n * 7 % 100), &[], &[])).collect();
    assert_eq!(Report::of(&posts, Scale::Probability), Report::of(&posts, Scale::Probability));
}

#[test]
fn nothing_relevant_and_nothing_selected_give_zeros_and_no_fault() {
    let report = Report::of(&[sample("a", false, 0.0, &[], &[])], Scale::Probability);
    for measure in [Measure::F1, Measure::AveragePrecision, Measure::DigestPrecision, Measure::LivePrecision] {
        close(report[measure].value, 0.0);
    }
    assert_eq!(Report::of(&[], Scale::Probability).posts, 0);
}

#[test]
fn the_best_threshold_is_half_way_between_the_scores_that_it_parts() {
    let best = |scores: &[(f64, bool)]| {
        let posts: Vec<Sample> = scores.iter().map(|(score, is)| sample("a", *is, *score, &[], &[])).collect();
        best_threshold(&posts.iter().collect::<Vec<_>>())
    };
    assert_eq!(best(&[(5.0, true), (4.0, true), (2.0, false), (1.0, false)]), Some((3.0, 1.0)));
    // Equal scores cannot be parted: both, with F1 2/3, are better than none.
    assert_eq!(best(&[(4.0, false), (4.0, true)]), Some((2.0, 2.0 / 3.0)));
    // What a decisive exclusion puts out has no score above 0.
    assert_eq!(best(&[(6.0, true), (-2.0, true)]), Some((3.0, 2.0 / 3.0)));
    assert_eq!(best(&[(6.0, false)]), None);
}
