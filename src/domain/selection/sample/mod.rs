//! The blind sample: a few posts of each draft drawn at random from those that were not selected. What an editor says of
//! them estimates how many relevant posts are missed, and so recall, which no one could know otherwise.
//!
//! Posts near the threshold are drawn more often, since that is where missed ones are. Each post's probability of being
//! drawn is kept, and a missed post stands for as many as its probability says (Horvitz and Thompson 1952). The interval
//! is that of a weighted sum of rare events by the gamma distribution (Fay and Feuer 1997), which holds its level even
//! when only two or three missed posts were found, or none.

use super::random::Random;

/// Posts that are drawn for each draft.
pub const DRAWN: usize = 5;
/// How often a post without any score is drawn compared with one just below the threshold.
const LEAST_SHARE: f64 = 0.3;
/// The 97.5th percentile of the normal distribution.
const Z: f64 = 1.959_964;

/// A post that was not selected.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Candidate {
    /// Its number.
    pub item: i64,
    /// Its score.
    pub score: f64,
}

/// A post that was drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Drawn {
    /// Its number.
    pub item: i64,
    /// How probable it was that it would be drawn; above 0, at most 1.
    pub probability: f64,
}

/// What an editor said of a drawn post.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Outcome {
    /// As in [`Drawn`].
    pub probability: f64,
    /// Whether it should have been selected.
    pub is_missed: bool,
}

/// Draws `count` of the candidates, or all if there are no more; the same seed draws the same ones. The result is in the
/// order of the candidates' numbers, which says nothing about their scores.
#[must_use]
pub fn draw(candidates: &[Candidate], threshold: f64, count: usize, seed: u64) -> Vec<Drawn> {
    let mut random = Random::seeded(seed);
    let mut order: Vec<Candidate> = candidates.to_vec();
    order.sort_by_key(|candidate| candidate.item);
    random.shuffle(&mut order);
    let sizes: Vec<f64> = order.iter().map(|candidate| size(candidate.score, threshold)).collect();
    let probabilities = probabilities(&sizes, count);
    // Systematic sampling: equal steps along the sum of the probabilities, from a random start, meet each post with
    // exactly its probability.
    let start = random.share();
    let (mut sum, mut met) = (0.0, 0.0);
    let mut drawn: Vec<Drawn> = Vec::with_capacity(count);
    for (candidate, probability) in order.iter().zip(probabilities) {
        sum += probability;
        if probability >= 1.0 || sum > start + met {
            drawn.push(Drawn { item: candidate.item, probability });
            met += 1.0;
        }
    }
    drawn.sort_by_key(|drawn| drawn.item);
    drawn
}

/// How often a post is drawn relative to others: in proportion to its score, and never hardly at all.
fn size(score: f64, threshold: f64) -> f64 {
    let near = if threshold > 0.0 { (score / threshold).clamp(0.0, 1.0) } else { 0.0 };
    LEAST_SHARE + (1.0 - LEAST_SHARE) * near
}

/// Probabilities in proportion to the sizes, with the sum `count`; none is above 1.
fn probabilities(sizes: &[f64], count: usize) -> Vec<f64> {
    if sizes.len() <= count {
        return vec![1.0; sizes.len()];
    }
    let mut certain = vec![false; sizes.len()];
    loop {
        let left = count - certain.iter().filter(|it| **it).count();
        let all: f64 = sizes.iter().zip(&certain).filter(|(_, certain)| !**certain).map(|(size, _)| size).sum();
        let of = |size: f64| left as f64 * size / all;
        let above: Vec<usize> = (0..sizes.len()).filter(|at| !certain[*at] && of(sizes[*at]) >= 1.0).collect();
        if above.is_empty() {
            return sizes.iter().zip(&certain).map(|(size, certain)| if *certain { 1.0 } else { of(*size) }).collect();
        }
        above.into_iter().for_each(|at| certain[at] = true);
    }
}

/// How good the selection of the last weeks was, as a digest says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ShownQuality {
    /// The share of the selected posts that editors kept, in percent.
    pub kept: usize,
    /// The posts that editors looked at in blind samples.
    pub sampled: usize,
    /// How many of those should have been selected.
    pub missed: usize,
}

/// What the sample says about the posts that were not selected.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RecallEstimate {
    /// Posts that editors looked at in samples.
    pub sampled: usize,
    /// Those that should have been selected.
    pub found: usize,
    /// How many relevant posts were missed in all, estimated, with its 95 % interval.
    pub missed: (f64, f64, f64),
    /// The share of the relevant posts that were selected, estimated, with its 95 % interval.
    pub recall: (f64, f64, f64),
    /// How many of the posts that were left out a person would read for each one that should have been selected; `None`
    /// if the sample held none.
    pub read_per_missed: Option<f64>,
}

/// Estimates recall from the posts that editors kept and the sampled ones that they judged. `None` without any of both.
#[must_use]
pub fn recall(kept: usize, outcomes: &[Outcome]) -> Option<RecallEstimate> {
    let weights = || outcomes.iter().map(|outcome| 1.0 / outcome.probability.clamp(1e-6, 1.0));
    let found: Vec<f64> =
        outcomes.iter().zip(weights()).filter(|(it, _)| it.is_missed).map(|(_, weight)| weight).collect();
    if kept == 0 && found.is_empty() || outcomes.is_empty() {
        return None;
    }
    let missed: f64 = found.iter().sum();
    let variance: f64 = found.iter().map(|weight| weight * weight).sum();
    let largest = weights().fold(0.0, f64::max);
    let lower = if missed > 0.0 { gamma_quantile(missed * missed / variance, variance / missed, -Z) } else { 0.0 };
    let (above, spread) = (missed + largest, variance + largest * largest);
    // What was found is certain, and no more can be missed than there are posts.
    let all: f64 = weights().sum();
    let upper = gamma_quantile(above * above / spread, spread / above, Z).clamp(missed, all.max(missed));
    let lower = lower.max(found.len() as f64).min(missed);
    let kept = kept as f64;
    Some(RecallEstimate {
        sampled: outcomes.len(),
        found: found.len(),
        missed: (missed, lower, upper),
        recall: (kept / (kept + missed), kept / (kept + upper), if kept > 0.0 { kept / (kept + lower) } else { 0.0 }),
        read_per_missed: (missed > 0.0).then(|| all / missed),
    })
}

/// The quantile of a gamma distribution, given as that of the standard normal distribution (Wilson and Hilferty 1931).
fn gamma_quantile(shape: f64, scale: f64, z: f64) -> f64 {
    let ninth = 1.0 / (9.0 * shape);
    let root = (1.0 - ninth + z * ninth.sqrt()).max(0.0);
    shape * scale * root * root * root
}

#[cfg(test)]
mod tests;
