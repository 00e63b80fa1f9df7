//! The figures of `topic eval` and `topic cross-validate`, as tables with explanations and as JSON.

use serde_json::{Map, Value, json};

use super::{print, table};
use crate::app::selection::eval::Measured;
use crate::domain::selection::measures::{BINS, Bin, Estimate, FIRST, Measure, RESAMPLES, Report, WEEK};
use crate::domain::selection::topic::Topic;

/// A figure's name and meaning.
fn words(measure: Measure) -> (&'static str, String) {
    match measure {
        Measure::Precision => ("precision", "of the selected posts, the share that is relevant".to_owned()),
        Measure::Recall => ("recall", "of the relevant posts, the share that is selected".to_owned()),
        Measure::F1 => ("F1", "precision and recall combined (harmonic mean)".to_owned()),
        Measure::AveragePrecision => {
            ("average precision", "1.00 when every relevant post scores higher than all others".to_owned())
        }
        Measure::DigestPrecision => (
            "first posts of a digest",
            format!("precision of the first {FIRST} of simulated weekly digests, {WEEK} posts a week"),
        ),
        Measure::ThemePrecision => ("themes: precision", "of the themes given, the share that is right".to_owned()),
        Measure::ThemeRecall => ("themes: recall", "of the themes in the labels, the share that is given".to_owned()),
        Measure::ThemeF1 => ("themes: F1", "both combined; wrongly selected and missed posts count".to_owned()),
        Measure::FalsePositiveRate => {
            ("false positives", "of the posts that are not relevant, the share that is selected".to_owned())
        }
        Measure::LivePrecision => {
            ("precision in a live feed", "the precision to expect where one post in ten is relevant".to_owned())
        }
        Measure::CalibrationError => {
            ("calibration error", "how far scores are from the share of relevant posts, on average".to_owned())
        }
        Measure::Brier => ("Brier score", "mean squared distance between score and label; less is better".to_owned()),
    }
}

/// Prints the figures over all posts and over the clear ones, what they mean, and the reliability tables.
pub(super) fn show(measured: &Measured, topic: &Topic) {
    let Measured { all, clear } = measured;
    let selected = all.true_positives + all.false_positives;
    print(format_args!(
        "{} from {}: {} relevant, {selected} selected (with a score of {} or more)",
        table::count(all.posts, "post"),
        table::count(all.sources, "source"),
        all.relevant,
        topic.scale().show(topic.threshold),
    ));
    if let Some(clear) = clear {
        print(format_args!(
            "{} are clear cases, {} of them relevant; the labels call the others borderline",
            table::count(clear.posts, "post"),
            clear.relevant
        ));
    }
    let measures = || Measure::ALL.into_iter().filter(|it| all.bins.is_some() || !it.is_of_probabilities());
    let mut figures = match clear {
        Some(_) => table::new(["", "all posts", "clear posts"]),
        None => table::new(["", "all posts"]),
    };
    for measure in measures() {
        let reports = std::iter::once(all).chain(clear);
        let name = std::iter::once(words(measure).0.to_owned());
        figures.add_row(name.chain(reports.map(|report| with_interval(&report[measure]))));
    }
    print(format_args!("\n{figures}"));
    if all.hard_negatives > 0 {
        let hard = table::count(all.hard_negatives, "hard negative");
        print(format_args!(
            "\n{} of {hard} (posts that share words with the topic) selected",
            all.hard_negatives_selected
        ));
    }
    print("");
    for measure in measures() {
        let (name, meaning) = words(measure);
        print(format_args!("{name:<25} {meaning}"));
    }
    print(match all.sources {
        0 | 1 => "no intervals: they need posts of several sources (`repo` or `host`)".to_owned(),
        sources => format!("in brackets: 95 % intervals, from {RESAMPLES} resamples of the {sources} sources"),
    });
    for (report, which) in std::iter::once((all, "all posts")).chain(clear.iter().map(|clear| (clear, "clear posts"))) {
        if let Some(bins) = &report.bins {
            print(format_args!("\ncalibration, {which}: the share of relevant posts for each range of scores\n"));
            print(reliability(bins));
        }
    }
}

fn reliability(bins: &[Bin; BINS]) -> impl std::fmt::Display {
    let mut table = table::new(["score", "posts", "mean score", "relevant"]);
    for (number, bin) in bins.iter().enumerate() {
        let (from, to) = (number * 100 / BINS, (number + 1) * 100 / BINS);
        let figures = match bin.posts {
            0 => [String::new(), String::new()],
            _ => [format!("{:.2}", bin.mean_score), with_interval(&bin.relevant)],
        };
        let [mean_score, relevant] = figures;
        table.add_row([format!("{from} to {to} %"), bin.posts.to_string(), mean_score, relevant]);
    }
    table
}

/// `0.69 (0.65 to 0.73)`.
pub(super) fn with_interval(estimate: &Estimate) -> String {
    match estimate.interval {
        Some((low, high)) => format!("{:.2} ({low:.2} to {high:.2})", estimate.value),
        None => format!("{:.2}", estimate.value),
    }
}

/// Rounded to four decimal places, for JSON.
pub(super) fn rounded(share: f64) -> f64 {
    (share * 10_000.0).round() / 10_000.0
}

/// The figures over all posts by name, with their intervals, the reliability table, and the same for the clear posts.
pub(super) fn to_json(measured: &Measured) -> Map<String, Value> {
    let mut answer = report_json(&measured.all);
    if let Some(clear) = &measured.clear {
        answer.insert("clear".to_owned(), report_json(clear).into());
    }
    answer
}

fn report_json(report: &Report) -> Map<String, Value> {
    let counts = [
        ("items", report.posts),
        ("sources", report.sources),
        ("relevant", report.relevant),
        ("borderline", report.borderline),
        ("true_positives", report.true_positives),
        ("false_positives", report.false_positives),
        ("false_negatives", report.relevant - report.true_positives),
        ("hard_negatives", report.hard_negatives),
        ("hard_negatives_passed", report.hard_negatives_selected),
    ];
    let mut answer: Map<_, _> = counts.map(|(name, count)| (name.to_owned(), count.into())).into_iter().collect();
    let mut intervals = Map::new();
    for measure in Measure::ALL.into_iter().filter(|it| report.bins.is_some() || !it.is_of_probabilities()) {
        let Estimate { value, interval } = report[measure];
        answer.insert(key(measure).to_owned(), rounded(value).into());
        let interval = interval.map(|(low, high)| [rounded(low), rounded(high)]);
        intervals.insert(key(measure).to_owned(), interval.map(|both| both.to_vec()).into());
    }
    answer.insert("intervals".to_owned(), intervals.into());
    if let Some(bins) = &report.bins {
        answer.insert("calibration".to_owned(), bins.iter().map(bin_json).collect());
    }
    answer
}

fn bin_json(bin: &Bin) -> Value {
    let interval = bin.relevant.interval.map(|(low, high)| [rounded(low), rounded(high)]);
    json!({ "posts": bin.posts, "mean_score": rounded(bin.mean_score), "relevant": rounded(bin.relevant.value),
        "interval": interval })
}

fn key(measure: Measure) -> &'static str {
    match measure {
        Measure::Precision => "precision",
        Measure::Recall => "recall",
        Measure::F1 => "f1",
        Measure::AveragePrecision => "average_precision",
        Measure::DigestPrecision => "digest_precision",
        Measure::ThemePrecision => "theme_micro_precision",
        Measure::ThemeRecall => "theme_micro_recall",
        Measure::ThemeF1 => "theme_micro_f1",
        Measure::FalsePositiveRate => "false_positive_rate",
        Measure::LivePrecision => "precision_at_10_percent",
        Measure::CalibrationError => "calibration_error",
        Measure::Brier => "brier",
    }
}
