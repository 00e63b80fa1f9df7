//! The trained model: a linear classifier that works beside the phrases and knows words that no phrase mentions.
//!
//! Its features are the stems of words, of pairs of neighbouring words, and of words in the title, weighted by how rare
//! they are (tf-idf). Each of these three groups is scaled to a length of about one and multiplied by the weights that
//! `training` found. Together with the points of the phrases, the sum gives the log-odds that the text is relevant and
//! that it has each theme. The arithmetic uses only sums, products, quotients and square roots, so the result is the
//! same on every machine.

use std::ops::Range;

use super::features::{Features, in_title, pair};
use super::phrases::folded::{place, whole};
use super::phrases::vocabulary::Passage;

mod file;
pub(crate) mod probability;
mod reading;

pub use file::ClassifierError;
pub(crate) use file::Parts;
pub use reading::Reading;

/// The number of characters of a text that are judged, as `Folded` counts them. With 2,000, average precision over the
/// posts of unknown blogs falls by four hundredths.
pub(crate) const READ: usize = 6_000;
/// How many times a word of the title counts among the words of the text.
const IN_TITLE: u8 = 2;
/// The number of words named as reasons.
const NAMED: usize = 3;
/// A word is named only if fewer than one source in ten uses it; `they` and `people` tell a reader nothing.
const TELLING: f32 = 2.6;
const RARITY_UNIT: f32 = 0.001;
/// Added to the square of a group's length before it is scaled to one, so that a single known word does not decide.
const RESERVE: f32 = 10.0;
/// 1 + ln(n) for n from 1 to 8: each further mention of a word adds less, and mentions after the eighth add nothing.
const DAMPED: [f32; 9] =
    [0.0, 1.0, 1.693_147_2, 2.098_612_3, 2.386_294_4, 2.609_438, 2.791_759_5, 2.945_91, 3.079_441_5];

/// The groups of features.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Group {
    /// A word of the title or the text.
    Word,
    /// A word of the title, counted separately.
    TitleWord,
    /// Two consecutive words of a sentence.
    Pair,
}

impl Group {
    const COUNT: usize = 3;

    /// The group's weight relative to the others, as the square root of its share; found by cross-validation.
    fn scale(self) -> f32 {
        match self {
            Self::Word => 0.707,
            Self::TitleWord => 0.316,
            Self::Pair => 0.632,
        }
    }
}

/// The model of a topic and its themes.
#[derive(Debug, Clone, PartialEq)]
pub struct Classifier {
    themes: Vec<String>,
    /// The number of features in each group. Words come first, then title words, then pairs.
    sizes: [usize; Group::COUNT],
    by_hash: Features,
    /// What is known of each feature, by its position in `by_hash`.
    features: Vec<Feature>,
    weight_unit: f32,
    /// Each theme's weight for each feature except pairs, by number, in units of `theme_unit`.
    theme_weights: Vec<i8>,
    theme_unit: f32,
    topic: Calibration,
    calibrated_themes: Vec<Calibration>,
}

/// Eight bytes, which are read together.
#[derive(Debug, Clone, PartialEq)]
struct Feature {
    /// Its number in the file, where the groups follow one another.
    number: u32,
    /// In thousandths.
    rarity: u16,
    /// The topic's weight for it, in units of `weight_unit`.
    weight: i16,
}

impl Feature {
    fn rarity(&self) -> f32 {
        f32::from(self.rarity) * RARITY_UNIT
    }
}

/// Converts the linear sum and the points of the phrases into log-odds: that a text is relevant, or that a relevant
/// text has a theme. A second or third theme is added at log-odds above zero. Each coefficient has a value for an empty
/// text and the amount added for a text of a thousand words; between them it grows with the square root of the length.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Calibration {
    pub(crate) base: [f32; 2],
    pub(crate) sum: [f32; 2],
    pub(crate) points: [f32; 2],
}

/// The number of words beyond which a longer text makes no difference.
const LONG: f32 = 1000.0;

impl Calibration {
    /// The length as the calibration uses it: 0 for an empty text, 1 for a thousand words or more.
    pub(crate) fn length(words: usize) -> f32 {
        #[expect(clippy::cast_precision_loss, reason = "at most a few thousand")]
        let words = words as f32;
        (words.min(LONG) / LONG).sqrt()
    }

    fn at([base, slope]: [f32; 2], length: f32) -> f32 {
        base + slope * length
    }

    fn base(&self, length: f32) -> f32 {
        Self::at(self.base, length)
    }

    /// The coefficient of the linear sum; never negative.
    fn per_sum(&self, length: f32) -> f32 {
        Self::at(self.sum, length).max(0.0)
    }

    /// The coefficient of the phrases' points; never negative.
    fn per_point(&self, length: f32) -> f32 {
        Self::at(self.points, length).max(0.0)
    }
}

/// The classifier's judgement of a text.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Judgement<'a> {
    /// The log-odds of relevance from its words alone; for a text without any known word, those of an average text.
    pub(crate) log_odds: f32,
    /// The log-odds that one point of the phrases adds.
    pub(crate) per_point: f32,
    /// The words that contributed most in the direction of the judgement, heaviest first.
    pub(crate) decisive: Vec<&'a str>,
    /// The values of the features found.
    values: Vec<f32>,
}

/// The features of one text, collected passage by passage. A bag is used again for further texts: its counts of all
/// features take longer to allocate than to use.
#[derive(Debug, Default)]
pub(crate) struct Bag {
    /// The weighted count of each feature.
    times: Vec<u8>,
    /// The features found, in order.
    met: Vec<Met>,
    /// For each word of the last passage, the feature of the pair that ends with it.
    pairs: Vec<Option<u32>>,
    passages: usize,
    words: usize,
}

/// A feature by its position, and where its words first appear.
#[derive(Debug)]
struct Met {
    feature: u32,
    /// The number of the passage.
    passage: u32,
    place: Range<u32>,
}

impl Bag {
    /// Forgets the text.
    pub(crate) fn clear(&mut self) {
        self.met.drain(..).for_each(|met| self.times[met.feature as usize] = 0);
        (self.passages, self.words) = (0, 0);
    }

    /// Adds a passage, which must have been prepared with these features, those of all texts of this bag.
    pub(crate) fn take(&mut self, features: &Features, passage: &Passage, is_title: bool) {
        let folded = passage.folded();
        self.times.resize(features.len(), 0);
        self.met.reserve(folded.len());
        let number = place(self.passages);
        // Look up all pairs first: these lookups are independent, so that the processor can overlap their cache misses.
        self.pairs.clear();
        self.pairs.extend(pairs(passage).map(|pair| features.get(pair?)));
        walk(passage, is_title, |found| {
            let feature = match found.group {
                Group::Word => found.word_feature,
                Group::TitleWord => features.get(found.hash),
                Group::Pair => self.pairs[found.words.end - 1],
            };
            let Some(feature) = feature else { return };
            let times = &mut self.times[feature as usize];
            if *times == 0 {
                self.met.push(Met { feature, passage: number, place: folded.place(found.words) });
            }
            *times = times.saturating_add(found.times);
        });
        self.passages += 1;
        self.words += folded.len();
    }

    /// The number of words read.
    pub(crate) fn words(&self) -> usize {
        self.words
    }

    /// The features found and their weighted counts.
    fn counts(&self) -> impl Iterator<Item = (u32, u8)> {
        self.met.iter().map(|met| (met.feature, self.times[met.feature as usize]))
    }

    /// The features found, by number, and their values, to be multiplied by weights. `order` has the number of each
    /// feature, `rarity` its rarity by number, and `sizes` how many there are in each group.
    pub(crate) fn row(&self, order: &[u32], rarity: &[f32], sizes: [usize; Group::COUNT]) -> Vec<(u32, f32)> {
        let counts = || self.counts().map(|(feature, times)| (order[feature as usize], times));
        let values = values(counts().map(|(number, times)| (group(sizes, number), rarity[number as usize], times)));
        counts().map(|(number, _)| number).zip(values).collect()
    }
}

/// The values of features with these groups, rarities and weighted counts, with each group scaled to its length.
fn values(features: impl Iterator<Item = (Group, f32, u8)>) -> Vec<f32> {
    let mut squares = [RESERVE; Group::COUNT];
    let value = |(group, rarity, times): (Group, f32, u8)| {
        let value = DAMPED[usize::from(times).min(DAMPED.len() - 1)] * rarity;
        squares[group as usize] += value * value;
        (group, value)
    };
    let values: Vec<(Group, f32)> = features.map(value).collect();
    let scales =
        [Group::Word, Group::TitleWord, Group::Pair].map(|group| group.scale() / squares[group as usize].sqrt());
    values.into_iter().map(|(group, value)| value * scales[group as usize]).collect()
}

/// A candidate for a feature.
pub(crate) struct Found {
    pub(crate) group: Group,
    pub(crate) hash: u64,
    /// The feature of its last word, by position.
    word_feature: Option<u32>,
    words: Range<usize>,
    /// Its weighted count.
    times: u8,
}

/// All candidates for features in a passage, in order.
pub(crate) fn walk(passage: &Passage, is_title: bool, mut note: impl FnMut(Found)) {
    let times = if is_title { IN_TITLE } else { 1 };
    for ((word, (hash, word_feature)), pair) in passage.features().enumerate().zip(pairs(passage)) {
        note(Found { group: Group::Word, hash, word_feature, words: word..word + 1, times });
        if is_title {
            let hash = in_title(hash);
            note(Found { group: Group::TitleWord, hash, word_feature, words: word..word + 1, times: 1 });
        }
        if let Some(hash) = pair {
            note(Found { group: Group::Pair, hash, word_feature, words: word - 1..word + 1, times });
        }
    }
}

/// For each word, the hash of the pair that ends with it; none for the first word of a sentence.
fn pairs(passage: &Passage) -> impl Iterator<Item = Option<u64>> {
    let mut before = None;
    passage.features().enumerate().map(move |(word, (hash, _))| {
        let first = before.replace(hash)?;
        (!passage.folded().opens_sentence(word)).then(|| pair(first, hash))
    })
}

/// The group of a feature by its number.
fn group([words, title_words, _]: [usize; Group::COUNT], number: u32) -> Group {
    let feature = number as usize;
    if feature < words {
        Group::Word
    } else if feature < words + title_words {
        Group::TitleWord
    } else {
        Group::Pair
    }
}

impl Classifier {
    /// The names of its themes.
    #[must_use]
    pub fn themes(&self) -> &[String] {
        &self.themes
    }

    /// The number of words and pairs of words that it knows.
    #[must_use]
    pub fn features(&self) -> usize {
        self.features.len()
    }

    /// Its features, indexed by their hashes.
    pub(crate) fn by_hash(&self) -> &Features {
        &self.by_hash
    }

    /// The values of features with these weighted counts.
    fn values(&self, counts: impl Iterator<Item = (u32, u8)>) -> Vec<f32> {
        values(counts.map(|(feature, times)| {
            let feature = &self.features[feature as usize];
            (group(self.sizes, feature.number), feature.rarity(), times)
        }))
    }

    /// Judges a text from its words; `passages` are those that the bag has taken.
    pub(crate) fn judge<'a>(&self, bag: &Bag, passages: &[&'a str]) -> Judgement<'a> {
        let mut shares: Vec<(f32, &Met)> = Vec::with_capacity(bag.met.len());
        let mut sum = 0.0_f32;
        let values = self.values(bag.counts());
        for (met, value) in bag.met.iter().zip(&values) {
            let feature = &self.features[met.feature as usize];
            let share = value * f32::from(feature.weight);
            sum += share;
            if feature.rarity() >= TELLING {
                shares.push((share, met));
            }
        }
        let length = Calibration::length(bag.words);
        let log_odds = self.topic.base(length) + self.topic.per_sum(length) * self.weight_unit * sum;
        shares.retain(|(share, _)| share.is_sign_positive() == log_odds.is_sign_positive() && *share != 0.0);
        let mut decisive: Vec<&str> = Vec::with_capacity(NAMED);
        while decisive.len() < NAMED && !shares.is_empty() {
            // Pick the few heaviest, the first among equals, without sorting all of them.
            let heaviest = |best: usize, at: usize| if shares[at].0.abs() > shares[best].0.abs() { at } else { best };
            let (_, met) = shares.remove((0..shares.len()).fold(0, heaviest));
            let word = passages[met.passage as usize].get(whole(&met.place)).unwrap_or_default();
            if !decisive.iter().any(|named| named.eq_ignore_ascii_case(word)) {
                decisive.push(word);
            }
        }
        Judgement { log_odds, per_point: self.topic.per_point(length), decisive, values }
    }

    /// The log-odds of each theme for a relevant text, given its judgement and the points of the phrases for each theme.
    pub(crate) fn judge_themes(&self, bag: &Bag, judgement: &Judgement<'_>, points: &[f32]) -> Vec<f32> {
        let width = self.themes.len();
        let mut sums = vec![0.0_f32; width];
        for (met, value) in bag.met.iter().zip(&judgement.values) {
            let number = self.features[met.feature as usize].number;
            if group(self.sizes, number) == Group::Pair {
                continue;
            }
            let (value, number) = (value * self.theme_unit, number as usize);
            let weights = &self.theme_weights[number * width..(number + 1) * width];
            for (sum, weight) in sums.iter_mut().zip(weights) {
                *sum += value * f32::from(*weight);
            }
        }
        let calibrated = self.calibrated_themes.iter().zip(sums).zip(points);
        let length = Calibration::length(bag.words);
        calibrated
            .map(|((it, sum), points)| it.base(length) + it.per_sum(length) * sum + it.per_point(length) * points)
            .collect()
    }
}
