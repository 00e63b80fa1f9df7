//! What the classifier reads of a text, in a form that can be kept without the text: the keys of the features that it
//! knows, with their counts. A reading can be judged again with other weights, and teaches as much as the text.

use super::probability::logistic;
use super::{Bag, Calibration, Classifier};

/// The features of a text and the points of its phrases.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Reading {
    words: u32,
    points: f32,
    is_excluded: bool,
    /// The key and the weighted count of each feature, by key.
    counts: Vec<(u32, u8)>,
}

/// The bytes before the features: words, points, and whether it is excluded.
const HEAD: usize = 9;
/// The bytes of a feature: key and count.
const FEATURE: usize = 5;

impl Reading {
    pub(crate) fn of(bag: &Bag, classifier: &Classifier, points: f32, is_excluded: bool) -> Self {
        let key = |feature| classifier.by_hash.key(feature);
        let mut counts: Vec<(u32, u8)> = bag.counts().map(|(feature, times)| (key(feature), times)).collect();
        counts.sort_unstable();
        Self { words: u32::try_from(bag.words).unwrap_or(u32::MAX), points, is_excluded, counts }
    }

    /// Serialises it, little-endian.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEAD + self.counts.len() * FEATURE);
        bytes.extend(self.words.to_le_bytes());
        bytes.extend(self.points.to_le_bytes());
        bytes.push(u8::from(self.is_excluded));
        for (key, times) in &self.counts {
            bytes.extend(key.to_le_bytes());
            bytes.push(*times);
        }
        bytes
    }

    /// Reads what [`Reading::to_bytes`] wrote; `None` if it is damaged.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (head, rest) = bytes.split_first_chunk::<HEAD>()?;
        let [w0, w1, w2, w3, p0, p1, p2, p3, excluded] = *head;
        let (features, []) = rest.as_chunks::<FEATURE>() else { return None };
        let points = f32::from_le_bytes([p0, p1, p2, p3]);
        let counts = features.iter().map(|[k0, k1, k2, k3, times]| (u32::from_le_bytes([*k0, *k1, *k2, *k3]), *times));
        points.is_finite().then(|| Self {
            words: u32::from_le_bytes([w0, w1, w2, w3]),
            points,
            is_excluded: excluded != 0,
            counts: counts.collect(),
        })
    }

    /// The features that a classifier knows, with the values that its weights are multiplied by before the sum becomes
    /// log-odds; and the log-odds with its own weights.
    pub(crate) fn row(&self, classifier: &Classifier) -> (Vec<(u32, f32)>, f64) {
        let known = |(key, times): &(u32, u8)| Some((classifier.by_hash.with_key(*key)?, *times));
        let counts: Vec<(u32, u8)> = self.counts.iter().filter_map(known).collect();
        let values = classifier.values(counts.iter().copied());
        let length = Calibration::length(self.words as usize);
        let per_sum = classifier.topic.per_sum(length);
        let mut sum = 0.0_f64;
        let mut row = Vec::with_capacity(counts.len());
        for ((feature, _), value) in counts.into_iter().zip(values) {
            sum += f64::from(value) * f64::from(classifier.features[feature as usize].weight);
            row.push((feature, value * per_sum));
        }
        let calibration = &classifier.topic;
        let from_words = f64::from(per_sum) * f64::from(classifier.weight_unit) * sum;
        let from_points = f64::from(calibration.per_point(length) * self.points);
        (row, f64::from(calibration.base(length)) + from_words + from_points)
    }

    /// The score with this classifier, in percent: that of [`Scorer::score`](crate::domain::selection::relevance::Scorer::score).
    #[must_use]
    pub fn score(&self, classifier: &Classifier) -> f64 {
        if self.is_excluded { 0.0 } else { logistic(self.row(classifier).1) * 100.0 }
    }

    /// Whether a decisive exclusion rejects it, whatever the classifier says.
    #[must_use]
    pub fn is_excluded(&self) -> bool {
        self.is_excluded
    }
}
