//! Learns from what people changed by hand. It starts from the classifier's weights and moves them as far as the labels
//! ask, with a penalty for every step away from them (logistic regression with a normal prior at the present weights), so
//! the posts that the classifier was trained on are not needed. The same lessons give the same weights on every machine.
//!
//! [`learn`] compares both classifiers on labels of feeds that the new one has not seen. Nothing is tuned on these labels:
//! the strength is fixed, and how many items are selected follows from scores alone. Only editors' labels measure;
//! readers' votes teach a little, and never decide whether they helped.

use std::collections::BTreeMap;

use super::classifier::probability::logistic;
use super::classifier::{Classifier, Reading};
use super::measures::Estimate;
use super::training::least_squares::{Sample, fit, sum};
use comparison::Judged;

mod comparison;

/// A labelled item.
#[derive(Debug, Clone, PartialEq)]
pub struct Lesson {
    /// What the classifier reads of it.
    pub reading: Reading,
    /// Its feed; items of one feed are alike.
    pub source: String,
    /// Whether people say that it is relevant.
    pub relevant: bool,
    /// How much it counts when weights are learnt; 1 for an editor's label.
    pub weight: f64,
    /// How many items it stands for when precision and recall are measured; 0 for readers' votes.
    pub stands_for: f64,
}

/// What the weights lose for each step away from where they were. With half of it or twice as much, twelve simulated weeks
/// over real posts end with the same F1, to a hundredth.
const STIFFNESS: f64 = 0.5;
/// Rounds of reweighted least squares; after six, scores change by less than a hundredth of a percentage point.
const ROUNDS: usize = 8;
/// The least curvature of the logistic loss that is used, so that a clear case does not ask for an endless step.
const LEAST_SPREAD: f64 = 0.02;
/// The number of parts that sources are divided into for the back-test.
const PARTS: usize = 5;
/// With fewer editors' labels, a back-test says nothing.
pub const LEAST_LABELS: usize = 60;
/// With labels from fewer sources, a back-test says nothing.
pub const LEAST_SOURCES: usize = 8;
/// With fewer relevant labels, or fewer irrelevant ones, a back-test says nothing.
pub const LEAST_OF_EACH: usize = 15;
/// The share of resamples of the sources in which the changes must be better than chance, so that labels drawn at random pass
/// in fewer than one of twenty draws.
const SURE: f64 = 0.95;
/// What is added to that, divided by the number of sources: resamples of few sources differ too little. With it, the share
/// is that of Student's distribution for 8 to 100 sources, to half a hundredth.
const FEW_SOURCES: f64 = 0.24;

/// The threshold in percent from which an item is selected.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Threshold(pub f64);

impl Threshold {
    /// The same in log-odds.
    fn log_odds(self) -> f64 {
        let share = (self.0 / 100.0).clamp(1e-6, 1.0 - 1e-6);
        (share / (1.0 - share)).ln()
    }
}

/// Precision, recall and F1, each with its interval over sources.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Quality {
    /// The share of the selected items that are relevant.
    pub precision: Estimate,
    /// The share of the relevant items that are selected.
    pub recall: Estimate,
    /// The harmonic mean of both.
    pub f1: Estimate,
}

/// Whether the learnt weights should be used, or why not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// There are too few labels, sources, or labels of one kind to say anything.
    TooFew,
    /// Precision or recall would fall.
    Worse,
    /// No labelled item would be judged otherwise.
    Same,
    /// It looks better, and may be chance.
    Unproven,
    /// Neither precision nor recall falls, and the changes are better than chance.
    Better,
}

/// The comparison on labels of sources that were not learnt from.
#[derive(Debug, Clone, PartialEq)]
pub struct BackTest {
    /// Editors' labels.
    pub labels: usize,
    /// Those that say "relevant".
    pub relevant: usize,
    /// The sources of all of them.
    pub sources: usize,
    /// With the present weights.
    pub before: Quality,
    /// With the learnt ones.
    pub after: Quality,
    /// The differences; their intervals are narrower than those of the values, because both judge the same items.
    pub gain: Quality,
    /// Labelled items that would be added rightly and wrongly, and dropped rightly and wrongly.
    pub changes: Changes,
    /// The share of resamples of the sources in which the changes are better than as many made at random.
    pub confidence: f64,
    /// The share that it takes.
    pub needed: f64,
    /// What is added to the log-odds of every item.
    pub shift: f64,
    /// The conclusion.
    pub verdict: Verdict,
}

/// Labelled items on which both classifiers differ.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is what its name says")]
pub struct Changes {
    pub added_relevant: usize,
    pub added_irrelevant: usize,
    pub dropped_relevant: usize,
    pub dropped_irrelevant: usize,
}

/// What learning comes to.
#[derive(Debug, Clone, PartialEq)]
pub struct Learnt {
    /// The comparison.
    pub back_test: BackTest,
    /// Whether readers' votes were used: only if the weights without them have proved themselves, and those with them do so
    /// too and are no worse.
    pub uses_votes: bool,
    /// The file of the classifier, to be used if the verdict is [`Verdict::Better`].
    pub file: Vec<u8>,
}

/// Learns from the lessons and compares; from editors' labels alone if readers' votes do harm.
#[must_use]
pub fn learn(base: &Classifier, lessons: &[Lesson], threshold: Threshold) -> Learnt {
    let edited: Vec<Lesson> = lessons.iter().filter(|lesson| lesson.stands_for > 0.0).cloned().collect();
    let alone = back_test(base, &edited, threshold);
    if edited.len() < lessons.len() && alone.verdict == Verdict::Better {
        let with_votes = back_test(base, lessons, threshold);
        if with_votes.verdict == Verdict::Better && with_votes.after.f1.value >= alone.after.f1.value {
            let file = taught(base, lessons, with_votes.shift);
            return Learnt { back_test: with_votes, uses_votes: true, file };
        }
    }
    let file = taught(base, &edited, alone.shift);
    Learnt { back_test: alone, uses_votes: false, file }
}

/// The file of the classifier after these lessons, with `shift` added to the log-odds of every item.
fn taught(base: &Classifier, lessons: &[Lesson], shift: f64) -> Vec<u8> {
    let rows: Vec<Row> = lessons.iter().map(|lesson| Row::of(lesson, base)).collect();
    let rows: Vec<&Row> = rows.iter().collect();
    let weights = weights(&rows, base.features());
    let (weights, base_shift) = weights.split_at(base.features());
    base.shifted(weights, base_shift[0] + shift)
}

/// A lesson in the terms of the classifier.
struct Row<'a> {
    lesson: &'a Lesson,
    values: Vec<(u32, f32)>,
    log_odds: f64,
}

impl<'a> Row<'a> {
    fn of(lesson: &'a Lesson, base: &Classifier) -> Self {
        let (values, log_odds) = lesson.reading.row(base);
        Self { lesson, values, log_odds }
    }
}

/// What is added to the weight of each feature; the last one is added to the log-odds of every item.
fn weights<'a>(rows: &[&'a Row<'a>], features: usize) -> Vec<f64> {
    let mut weights = vec![0.0; features + 1];
    for _ in 0..ROUNDS {
        let sample = |row: &&'a Row<'a>| {
            let moved = sum(&weights, &row.values);
            let likely = logistic(row.log_odds + moved);
            let spread = (likely * (1.0 - likely)).max(LEAST_SPREAD);
            let target = moved + (f64::from(u8::from(row.lesson.relevant)) - likely) / spread;
            Sample { row: &row.values, target, cost: row.lesson.weight * spread / STIFFNESS }
        };
        let samples: Vec<Sample<'_>> = rows.iter().filter(|row| row.lesson.weight > 0.0).map(sample).collect();
        if samples.is_empty() {
            break;
        }
        weights = fit(&samples, features);
    }
    weights
}

/// Learns from the lessons of all sources but some, judges those, and compares.
fn back_test(base: &Classifier, lessons: &[Lesson], threshold: Threshold) -> BackTest {
    let rows: Vec<Row<'_>> = lessons.iter().map(|lesson| Row::of(lesson, base)).collect();
    let part_of = parts(lessons);
    let mut judged = Vec::new();
    for part in 0..PARTS {
        let taught: Vec<&Row<'_>> = rows.iter().filter(|row| part_of[row.lesson.source.as_str()] != part).collect();
        let weights = weights(&taught, base.features());
        let held = rows.iter().filter(|row| part_of[row.lesson.source.as_str()] == part);
        judged.extend(held.filter(|row| row.lesson.stands_for > 0.0).map(|row| Judged {
            lesson: row.lesson,
            before: row.log_odds,
            after: row.log_odds + sum(&weights, &row.values),
        }));
    }
    comparison::compare(&judged, threshold)
}

/// The part of each source; the largest sources are distributed first.
fn parts(lessons: &[Lesson]) -> BTreeMap<&str, usize> {
    let mut sources: BTreeMap<&str, usize> = BTreeMap::new();
    for lesson in lessons {
        *sources.entry(&lesson.source).or_default() += 1;
    }
    let mut by_size: Vec<(&str, usize)> = sources.into_iter().collect();
    by_size.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    let mut sizes = [0; PARTS];
    let mut dealt = BTreeMap::new();
    for (source, size) in by_size {
        let smallest = (0..PARTS).min_by_key(|part| sizes[*part]).unwrap_or_default();
        sizes[smallest] += size;
        dealt.insert(source, smallest);
    }
    dealt
}

#[cfg(test)]
mod tests;
