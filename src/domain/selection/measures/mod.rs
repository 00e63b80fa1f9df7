//! How well scores agree with labels: the figures that `topic eval` and `topic cross-validate` print.
//!
//! Posts of one source are alike. The bootstrap (Efron 1979) therefore draws whole sources with replacement, and
//! its intervals say how the figures would vary with other blogs, not with other posts from the same ones. Draws
//! come from a generator with a fixed seed, so the same posts always give the same figures.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Index;

use super::random::Random;
use super::topic::Scale;

/// Bins of the reliability table, each a tenth of the scale.
pub const BINS: usize = 10;
/// Resamples for each interval.
pub const RESAMPLES: usize = 1_000;
/// Posts that a simulated weekly digest chooses from.
pub const WEEK: usize = 40;
/// Posts of a simulated digest that are evaluated: as many as `max_stories` shows in full.
pub const FIRST: usize = 12;
/// How many times the posts are divided into weeks for the figure itself; each resample does it once.
const DEALS: usize = 100;
/// The share of resamples outside an interval on each side.
const TAIL: f64 = 0.025;
/// The share of relevant posts in a live feed.
const LIVE_PREVALENCE: f64 = 0.1;

/// A labelled post and its judgement.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// Its source; posts of one source are drawn together.
    pub source: String,
    /// Whether it is labelled as relevant.
    pub is_relevant: bool,
    /// Whether people found the label hard to decide.
    pub is_borderline: bool,
    /// Whether it shares words or setting with the topic but is not relevant.
    pub is_hard_negative: bool,
    /// Whether the program selects it.
    pub is_selected: bool,
    /// The program's score.
    pub score: f64,
    /// Its themes, compared.
    pub themes: Themes,
}

/// Counts of themes: those of a relevant post that is not selected are missed, those given to an irrelevant post are
/// wrong.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Themes {
    right: usize,
    wrong: usize,
    missed: usize,
}

/// The figures, as shares from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    /// The share of the selected posts that are relevant.
    Precision,
    /// The share of the relevant posts that are selected.
    Recall,
    /// The harmonic mean of precision and recall.
    F1,
    /// The mean of the precision at each relevant post of the ranking; posts with equal scores count as one step.
    AveragePrecision,
    /// The share of the first [`FIRST`] posts of weekly digests that are relevant.
    DigestPrecision,
    /// Precision over (post, theme) pairs.
    ThemePrecision,
    /// Recall over (post, theme) pairs.
    ThemeRecall,
    /// F1 over (post, theme) pairs.
    ThemeF1,
    /// The share of the irrelevant posts that are selected.
    FalsePositiveRate,
    /// The expected precision where one post in ten is relevant.
    LivePrecision,
    /// The mean distance between a bin's mean score and its share of relevant posts; 0 for scores in points.
    CalibrationError,
    /// The mean squared difference between score and label; 0 for scores in points.
    Brier,
}

impl Measure {
    const COUNT: usize = 12;
    /// All figures, in the order of their declaration.
    pub const ALL: [Self; Self::COUNT] = [
        Self::Precision,
        Self::Recall,
        Self::F1,
        Self::AveragePrecision,
        Self::DigestPrecision,
        Self::ThemePrecision,
        Self::ThemeRecall,
        Self::ThemeF1,
        Self::FalsePositiveRate,
        Self::LivePrecision,
        Self::CalibrationError,
        Self::Brier,
    ];

    /// Whether the figure needs scores that are probabilities.
    #[must_use]
    pub fn is_of_probabilities(self) -> bool {
        matches!(self, Self::CalibrationError | Self::Brier)
    }
}

/// A figure and its 95 % interval; there is no interval when all posts are from one source.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// Measured on the posts as they are.
    pub value: f64,
    /// The bounds that contain the value in 95 of 100 resamples.
    pub interval: Option<(f64, f64)>,
}

/// The posts whose scores fall into one tenth of the scale.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bin {
    /// The number of posts.
    pub posts: usize,
    /// Their mean score, 0 to 1.
    pub mean_score: f64,
    /// The share of relevant posts among them.
    pub relevant: Estimate,
}

/// All figures for a set of posts.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "counts that are called what the field calls them")]
pub struct Report {
    pub posts: usize,
    pub sources: usize,
    pub relevant: usize,
    pub borderline: usize,
    pub true_positives: usize,
    pub false_positives: usize,
    pub hard_negatives: usize,
    pub hard_negatives_selected: usize,
    /// The reliability table; `None` for scores in points.
    pub bins: Option<[Bin; BINS]>,
    estimates: [Estimate; Measure::COUNT],
}

impl Index<Measure> for Report {
    type Output = Estimate;

    fn index(&self, measure: Measure) -> &Estimate {
        &self.estimates[measure as usize]
    }
}

impl Themes {
    /// Compares the themes given by people with those given by the program. A list is ignored where its side considers
    /// the post irrelevant.
    #[must_use]
    pub fn of(labelled: Option<&[String]>, given: Option<&[String]>) -> Self {
        let set =
            |themes: Option<&[String]>| -> BTreeSet<String> { themes.unwrap_or_default().iter().cloned().collect() };
        let (labelled, given) = (set(labelled), set(given));
        let right = labelled.intersection(&given).count();
        Self { right, wrong: given.len() - right, missed: labelled.len() - right }
    }
}

impl Report {
    /// Computes all figures for the posts.
    #[must_use]
    pub fn of(samples: &[Sample], scale: Scale) -> Self {
        let all: Vec<&Sample> = samples.iter().collect();
        let mut random = Random::default();
        let values = figures(&all, scale, DEALS, &mut random);
        let bins = bins(&all);

        let mut by_source: BTreeMap<&str, Vec<&Sample>> = BTreeMap::new();
        for sample in samples {
            by_source.entry(&sample.source).or_default().push(sample);
        }
        let sources: Vec<Vec<&Sample>> = by_source.into_values().collect();
        let mut drawn: [Vec<f64>; Measure::COUNT] = Default::default();
        let mut drawn_bins: [Vec<f64>; BINS] = Default::default();
        for _ in 0..if sources.len() > 1 { RESAMPLES } else { 0 } {
            let resample: Vec<&Sample> =
                sources.iter().flat_map(|_| sources[random.below(sources.len())].iter().copied()).collect();
            for (drawn, value) in drawn.iter_mut().zip(figures(&resample, scale, 1, &mut random)) {
                drawn.push(value);
            }
            for (drawn, (posts, _, relevant)) in drawn_bins.iter_mut().zip(self::bins(&resample)) {
                if posts > 0 {
                    drawn.push(relevant);
                }
            }
        }
        let mut drawn_bins = drawn_bins.into_iter();
        let bins = bins.map(|(posts, mean_score, relevant)| Bin {
            posts,
            mean_score,
            relevant: Estimate { value: relevant, interval: drawn_bins.next().and_then(interval) },
        });
        let mut drawn = drawn.into_iter();
        let count = |is: &dyn Fn(&Sample) -> bool| samples.iter().filter(|it| is(it)).count();
        Self {
            posts: samples.len(),
            sources: sources.len(),
            relevant: count(&|it| it.is_relevant),
            borderline: count(&|it| it.is_borderline),
            true_positives: count(&|it| it.is_selected && it.is_relevant),
            false_positives: count(&|it| it.is_selected && !it.is_relevant),
            hard_negatives: count(&|it| it.is_hard_negative),
            hard_negatives_selected: count(&|it| it.is_hard_negative && it.is_selected),
            bins: (scale == Scale::Probability).then_some(bins),
            estimates: values.map(|value| Estimate { value, interval: drawn.next().and_then(interval) }),
        }
    }
}

/// The bounds that contain 95 of 100 values.
pub(crate) fn interval(mut values: Vec<f64>) -> Option<(f64, f64)> {
    values.sort_by(f64::total_cmp);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a fortieth of a thousand")]
    let tail = (values.len() as f64 * TAIL) as usize;
    Some((*values.get(tail)?, *values.get(values.len().checked_sub(tail + 1)?)?))
}

/// All figures, in the order of [`Measure::ALL`].
fn figures(samples: &[&Sample], scale: Scale, deals: usize, random: &mut Random) -> [f64; Measure::COUNT] {
    let count = |is: &dyn Fn(&Sample) -> bool| samples.iter().filter(|it| is(it)).count();
    let relevant = count(&|it| it.is_relevant);
    let right = count(&|it| it.is_selected && it.is_relevant);
    let wrong = count(&|it| it.is_selected && !it.is_relevant);
    let themes = |of: fn(&Themes) -> usize| samples.iter().map(|it| of(&it.themes)).sum::<usize>();
    let (precision, recall, f1) = quality(right, wrong, relevant - right);
    let (theme_precision, theme_recall, theme_f1) =
        quality(themes(|it| it.right), themes(|it| it.wrong), themes(|it| it.missed));
    let false_positive_rate = ratio(wrong, samples.len() - relevant);
    let (live_right, live_wrong) = (recall * LIVE_PREVALENCE, false_positive_rate * (1.0 - LIVE_PREVALENCE));
    let (calibration_error, brier) = match scale {
        Scale::Probability => (calibration_error(samples), brier(samples)),
        Scale::Points => (0.0, 0.0),
    };
    [
        precision,
        recall,
        f1,
        average_precision(samples),
        digest_precision(samples, deals, random),
        theme_precision,
        theme_recall,
        theme_f1,
        false_positive_rate,
        if live_right > 0.0 { live_right / (live_right + live_wrong) } else { 0.0 },
        calibration_error,
        brier,
    ]
}

/// Precision, recall and F1.
fn quality(right: usize, wrong: usize, missed: usize) -> (f64, f64, f64) {
    let f1 = ratio(2 * right, 2 * right + wrong + missed);
    (ratio(right, right + wrong), ratio(right, right + missed), f1)
}

/// `part / whole`, or 0 if `whole` is 0, as in scikit-learn.
fn ratio(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

fn average_precision(samples: &[&Sample]) -> f64 {
    let (mut sum, mut relevant, mut seen) = (0.0, 0, 0);
    for step in ranked(samples).chunk_by(|a, b| a.score == b.score) {
        let hits = step.iter().filter(|it| it.is_relevant).count();
        relevant += hits;
        seen += step.len();
        sum += hits as f64 * ratio(relevant, seen);
    }
    if relevant == 0 { 0.0 } else { sum / relevant as f64 }
}

/// Ranks the posts, best score first; posts with equal scores keep their order.
fn ranked<'a>(samples: &[&'a Sample]) -> Vec<&'a Sample> {
    let mut ranking = samples.to_vec();
    ranking.sort_by(|a, b| b.score.total_cmp(&a.score));
    ranking
}

/// Divides the posts into weeks at random; each week's digest shows its selected posts, best first.
fn digest_precision(samples: &[&Sample], deals: usize, random: &mut Random) -> f64 {
    let mut posts = samples.to_vec();
    let (mut shown, mut relevant) = (0, 0);
    for _ in 0..deals {
        random.shuffle(&mut posts);
        for week in posts.chunks(WEEK) {
            let selected: Vec<&Sample> = week.iter().copied().filter(|it| it.is_selected).collect();
            let first = ranked(&selected).into_iter().take(FIRST);
            relevant += first.filter(|it| it.is_relevant).count();
            shown += selected.len().min(FIRST);
        }
    }
    ratio(relevant, shown)
}

/// The number of posts, the mean score and the share of relevant posts for each tenth of the scale; the last tenth
/// includes its upper end.
fn bins(samples: &[&Sample]) -> [(usize, f64, f64); BINS] {
    let mut bins = [(0, 0.0, 0); BINS];
    for sample in samples {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "negative scores are in the first bin"
        )]
        let (posts, sum, relevant) = &mut bins[((probability(sample) * BINS as f64) as usize).min(BINS - 1)];
        *posts += 1;
        *sum += probability(sample);
        *relevant += usize::from(sample.is_relevant);
    }
    bins.map(|(posts, sum, relevant)| {
        (posts, if posts == 0 { 0.0 } else { sum / posts as f64 }, ratio(relevant, posts))
    })
}

/// The score as a probability from 0 to 1.
fn probability(sample: &Sample) -> f64 {
    (sample.score / 100.0).clamp(0.0, 1.0)
}

fn calibration_error(samples: &[&Sample]) -> f64 {
    let bins = bins(samples);
    let off: f64 = bins.iter().map(|(posts, score, relevant)| *posts as f64 * (score - relevant).abs()).sum();
    if samples.is_empty() { 0.0 } else { off / samples.len() as f64 }
}

fn brier(samples: &[&Sample]) -> f64 {
    let off: f64 = samples.iter().map(|it| (probability(it) - f64::from(u8::from(it.is_relevant))).powi(2)).sum();
    if samples.is_empty() { 0.0 } else { off / samples.len() as f64 }
}

/// The threshold with the best F1 for these scores, half-way between two neighbouring scores, and that F1. `None` when
/// no relevant post has a score above 0.
#[must_use]
pub fn best_threshold(samples: &[&Sample]) -> Option<(f64, f64)> {
    let ranking = ranked(samples);
    let all = ranking.iter().filter(|it| it.is_relevant).count();
    let (mut best, mut right) = (None, 0);
    for (at, sample) in ranking.iter().enumerate() {
        right += usize::from(sample.is_relevant);
        let next = ranking.get(at + 1).map_or(0.0, |next| next.score.max(0.0));
        let (_, _, f1) = quality(right, at + 1 - right, all - right);
        if next < sample.score && f1 > best.map_or(0.0, |(_, best)| best) {
            best = Some((f64::midpoint(sample.score, next), f1));
        }
    }
    best
}

#[cfg(test)]
mod tests;
