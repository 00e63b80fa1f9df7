//! Learns from what people changed by hand. It starts from the classifier's weights and moves them as far as the labels
//! ask, with a penalty for every step away from them (logistic regression with a normal prior at the present weights), so
//! the posts that the classifier was trained on are not needed. The same lessons give the same weights on every machine.
//!
//! [`learn`] compares both classifiers on labels that the new one has not seen. Only editors' labels measure; readers'
//! votes teach a little, and never decide whether they helped.

use std::collections::BTreeMap;

use super::classifier::probability::logistic;
use super::classifier::{Classifier, Reading};
use super::measures::{Estimate, RESAMPLES, interval};
use super::random::Random;
use super::training::least_squares::{Sample, fit, sum};

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
/// With fewer editors' labels, or labels from fewer sources, a back-test says nothing.
pub const LEAST_LABELS: usize = 60;
/// See [`LEAST_LABELS`].
pub const LEAST_SOURCES: usize = 8;
/// The shifts of all log-odds that are tried, so that neither precision nor recall pays for the other.
const SHIFTS: [f64; 21] =
    [0.0, -0.1, 0.1, -0.2, 0.2, -0.3, 0.3, -0.4, 0.4, -0.5, 0.5, -0.6, 0.6, -0.7, 0.7, -0.8, 0.8, -0.9, 0.9, -1.0, 1.0];

/// The threshold in percent from which an item is selected.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Threshold(pub f64);

impl Threshold {
    fn selects(self, reading: &Reading, log_odds: f64) -> bool {
        !reading.is_excluded() && logistic(log_odds) * 100.0 >= self.0
    }
}

/// Precision and recall, each with its interval over sources.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Quality {
    /// The share of the selected items that are relevant.
    pub precision: Estimate,
    /// The share of the relevant items that are selected.
    pub recall: Estimate,
}

/// Whether the learnt weights should be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// There are too few labels, or too few of one kind, to say anything.
    TooFew,
    /// Precision or recall would fall.
    Worse,
    /// Neither would change.
    Same,
    /// One of them rises, and the other does not fall.
    Better,
}

/// The comparison on labels of sources that were not learnt from.
#[derive(Debug, Clone, PartialEq)]
pub struct BackTest {
    /// Editors' labels.
    pub labels: usize,
    /// The sources of those.
    pub sources: usize,
    /// With the present weights.
    pub before: Quality,
    /// With the learnt ones.
    pub after: Quality,
    /// The differences; their intervals are narrower than those of the values, because both judge the same items.
    pub gain: Quality,
    /// What is added to the log-odds of every item.
    pub shift: f64,
    /// The conclusion.
    pub verdict: Verdict,
}

/// What learning comes to.
#[derive(Debug, Clone, PartialEq)]
pub struct Learnt {
    /// The comparison.
    pub back_test: BackTest,
    /// Whether readers' votes were used: only if neither precision nor recall is lower than without them.
    pub uses_votes: bool,
    /// The file of the classifier, to be used if the verdict is [`Verdict::Better`].
    pub file: Vec<u8>,
}

/// Learns from the lessons and compares; from editors' labels alone if readers' votes do harm.
#[must_use]
pub fn learn(base: &Classifier, lessons: &[Lesson], threshold: Threshold) -> Learnt {
    let edited: Vec<Lesson> = lessons.iter().filter(|lesson| lesson.stands_for > 0.0).cloned().collect();
    let alone = back_test(base, &edited, threshold);
    if edited.len() < lessons.len() {
        let with_votes = back_test(base, lessons, threshold);
        let (with, without) = (&with_votes.after, &alone.after);
        let is_no_worse = with.precision.value >= without.precision.value && with.recall.value >= without.recall.value;
        if is_no_worse {
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

/// One editor's label under both classifiers.
struct Judged<'a> {
    lesson: &'a Lesson,
    before: f64,
    after: f64,
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
    compare(&judged, threshold)
}

fn compare(judged: &[Judged<'_>], threshold: Threshold) -> BackTest {
    let mut by_source: BTreeMap<&str, Vec<&Judged<'_>>> = BTreeMap::new();
    for it in judged {
        by_source.entry(&it.lesson.source).or_default().push(it);
    }
    let before = figures(judged, threshold, |it| it.before);
    let ranked = SHIFTS.iter().map(|shift| (*shift, figures(judged, threshold, |it| it.after + shift)));
    let keeps = |after: &[f64; 2]| after[0] >= before[0] && after[1] >= before[1];
    let f1 = |it: &[f64; 2]| if it[0] + it[1] > 0.0 { 2.0 * it[0] * it[1] / (it[0] + it[1]) } else { 0.0 };
    let best = ranked.clone().filter(|(_, after)| keeps(after)).fold(None, |best: Option<(f64, [f64; 2])>, next| {
        if best.as_ref().is_none_or(|best| f1(&next.1) > f1(&best.1)) { Some(next) } else { best }
    });
    let is_kept = best.is_some();
    let (shift, after) = best.or_else(|| ranked.clone().next()).unwrap_or((0.0, before));
    let relevant = judged.iter().filter(|it| it.lesson.relevant).count();
    let is_enough = judged.len() >= LEAST_LABELS
        && by_source.len() >= LEAST_SOURCES
        && relevant * 10 >= judged.len()
        && (judged.len() - relevant) * 10 >= judged.len();
    let verdict = match (is_enough, is_kept) {
        (false, _) => Verdict::TooFew,
        (true, false) => Verdict::Worse,
        (true, true) if after == before => Verdict::Same,
        (true, true) => Verdict::Better,
    };
    let sources: Vec<&Vec<&Judged<'_>>> = by_source.values().collect();
    let mut drawn: [Vec<f64>; 6] = Default::default();
    let mut random = Random::default();
    for _ in 0..if sources.len() > 1 { RESAMPLES } else { 0 } {
        let resample: Vec<&Judged<'_>> =
            sources.iter().flat_map(|_| sources[random.below(sources.len())].iter().copied()).collect();
        let before = figures_of(&resample, threshold, |it| it.before);
        let after = figures_of(&resample, threshold, |it| it.after + shift);
        let values = [before[0], before[1], after[0], after[1], after[0] - before[0], after[1] - before[1]];
        drawn.iter_mut().zip(values).for_each(|(drawn, value)| drawn.push(value));
    }
    let [p0, r0, p1, r1, p2, r2] = drawn.map(interval);
    let quality = |values: [f64; 2], intervals: [Option<(f64, f64)>; 2]| Quality {
        precision: Estimate { value: values[0], interval: intervals[0] },
        recall: Estimate { value: values[1], interval: intervals[1] },
    };
    BackTest {
        labels: judged.len(),
        sources: by_source.len(),
        before: quality(before, [p0, r0]),
        after: quality(after, [p1, r1]),
        gain: quality([after[0] - before[0], after[1] - before[1]], [p2, r2]),
        shift,
        verdict,
    }
}

fn figures(judged: &[Judged<'_>], threshold: Threshold, log_odds: impl Fn(&Judged<'_>) -> f64) -> [f64; 2] {
    figures_of(&judged.iter().collect::<Vec<_>>(), threshold, log_odds)
}

/// Precision and recall; 0 where nothing is selected or nothing is relevant.
fn figures_of(judged: &[&Judged<'_>], threshold: Threshold, log_odds: impl Fn(&Judged<'_>) -> f64) -> [f64; 2] {
    let (mut right, mut selected, mut relevant) = (0.0, 0.0, 0.0);
    for it in judged {
        let weight = it.lesson.stands_for;
        let is_selected = threshold.selects(&it.lesson.reading, log_odds(it));
        selected += if is_selected { weight } else { 0.0 };
        relevant += if it.lesson.relevant { weight } else { 0.0 };
        right += if is_selected && it.lesson.relevant { weight } else { 0.0 };
    }
    let share = |all: f64| if all > 0.0 { right / all } else { 0.0 };
    [share(selected), share(relevant)]
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
