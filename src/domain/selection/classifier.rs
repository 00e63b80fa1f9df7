//! The trained model beside the phrases: a linear classifier, which knows words that nobody thought of as a phrase.
//!
//! Words, pairs of neighbouring words, and words of the title, by their stems, are weighed by how rare they are
//! (tf-idf); each of the three groups is brought to about length one, and multiplied with weights that `training` has
//! found. Together with the points of the phrases that gives the log-odds that the text is relevant, and which themes
//! it has. Only sums, products, quotients and square roots are taken, so that every machine comes to the same result.

use std::ops::Range;

use super::features::{Features, in_title, pair};
use super::phrases::folded::{place, whole};
use super::phrases::vocabulary::Passage;

mod file;
pub(crate) mod probability;

pub use file::ClassifierError;
pub(crate) use file::Parts;

/// So many characters of a text are judged, as `Folded` counts them: with 2,000, average precision over the posts
/// of unknown blogs falls by four hundredths.
pub(crate) const READ: usize = 6_000;
/// A word in the title counts so often among the words of the text.
const IN_TITLE: u8 = 2;
/// So many words are named as reasons.
const NAMED: usize = 3;
/// Words of fewer sources than one in ten tell a reader something; `they` and `people` do not.
const TELLING: f32 = 2.6;
/// Added to the square of a group before it is brought to length one: little follows from one known word.
const RESERVE: f32 = 10.0;
/// 1 + ln(n): the fifth mention says less than the first, and the ninth no more than the eighth.
const DAMPED: [f32; 9] =
    [0.0, 1.0, 1.693_147_2, 2.098_612_3, 2.386_294_4, 2.609_438, 2.791_759_5, 2.945_91, 3.079_441_5];

/// The groups of features.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Group {
    /// A word of title or text.
    Word,
    /// A word of the title, as such.
    TitleWord,
    /// Two words that follow one another in a sentence.
    Pair,
}

impl Group {
    const COUNT: usize = 3;

    /// What a group counts beside the others, as the square root of its share; found by cross-validation.
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
    /// How rare each feature is.
    rarity: Vec<f32>,
    /// Words are the first features, then come the words of titles, then pairs; so many are in each group.
    sizes: [usize; Group::COUNT],
    /// For the topic, a weight of each feature, in units of `weight_unit`.
    weights: Vec<i16>,
    weight_unit: f32,
    /// For each feature but the pairs, a weight of each theme, in units of `theme_unit`.
    theme_weights: Vec<i8>,
    theme_unit: f32,
    topic: Calibration,
    calibrated_themes: Vec<Calibration>,
    by_hash: Features,
}

/// How the linear sum and the points of the phrases become log-odds: that a text is relevant, or that a relevant one has a
/// theme, where a further theme is joined at log-odds of zero. The values are for a text of no length, and how
/// much is added to each for one of a thousand words; between them it goes by the square root of the length.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Calibration {
    pub(crate) base: [f32; 2],
    pub(crate) sum: [f32; 2],
    pub(crate) points: [f32; 2],
}

/// A text has no more words than this, where length counts.
const LONG: f32 = 1000.0;

impl Calibration {
    /// A text's length as it counts: 0 for none, 1 for a thousand words and more.
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

    /// What one of the linear sum adds; never less than nothing.
    fn per_sum(&self, length: f32) -> f32 {
        Self::at(self.sum, length).max(0.0)
    }

    /// What a point of the phrases adds; never less than nothing.
    fn per_point(&self, length: f32) -> f32 {
        Self::at(self.points, length).max(0.0)
    }
}

/// What the classifier makes of a text.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Judgement<'a> {
    /// Log-odds that it is relevant, as far as its words say; without any known word, those of any text.
    pub(crate) log_odds: f32,
    /// What a point of the phrases adds.
    pub(crate) per_point: f32,
    /// The words that did most for the judgement, in its direction, the heaviest first.
    pub(crate) decisive: Vec<&'a str>,
}

/// The features of one text, gathered passage by passage.
#[derive(Debug, Default)]
pub(crate) struct Bag<'a> {
    /// For each feature, how often it counts.
    times: Vec<u8>,
    /// The features met, in order.
    met: Vec<Met>,
    texts: Vec<&'a str>,
    words: usize,
}

/// A feature, and where the words for it were first written.
#[derive(Debug)]
struct Met {
    feature: u32,
    text: u32,
    place: Range<u32>,
}

impl<'a> Bag<'a> {
    /// Takes a passage, which was made for these features, and the text that it was made from.
    pub(crate) fn take(&mut self, features: &Features, passage: &Passage, text: &'a str, is_title: bool) {
        self.times.resize(features.len(), 0);
        self.met.reserve(passage.folded().len());
        self.texts.push(text);
        self.words += passage.folded().len();
        let folded = passage.folded();
        // All pairs are looked up before anything else is done, so that no look waits for what the one before brings.
        let pairs: Vec<Option<u32>> = pairs(passage).map(|pair| features.get(pair?)).collect();
        let number = place(self.texts.len() - 1);
        walk(passage, is_title, |found| {
            let feature = match found.group {
                Group::Word => found.word_feature,
                Group::TitleWord => features.get(found.hash),
                Group::Pair => pairs[found.words.end - 1],
            };
            let Some(feature) = feature else { return };
            let times = &mut self.times[feature as usize];
            if *times == 0 {
                self.met.push(Met { feature, text: number, place: folded.place(found.words) });
            }
            *times = times.saturating_add(found.times);
        });
    }

    /// How many words were read.
    pub(crate) fn words(&self) -> usize {
        self.words
    }

    /// The features met and their values: what weights are multiplied with. `sizes` says how many features are in each group.
    pub(crate) fn row(&self, rarity: &[f32], sizes: [usize; Group::COUNT]) -> Vec<(u32, f32)> {
        self.met.iter().map(|met| met.feature).zip(self.values(rarity, sizes)).collect()
    }

    /// The values of the features met, by how often and how rare they are, each group at its length.
    fn values(&self, rarity: &[f32], sizes: [usize; Group::COUNT]) -> Vec<f32> {
        let mut squares = [RESERVE; Group::COUNT];
        let value = |met: &Met| {
            let feature = met.feature as usize;
            let value = DAMPED[usize::from(self.times[feature]).min(DAMPED.len() - 1)] * rarity[feature];
            squares[group(sizes, met.feature) as usize] += value * value;
            value
        };
        let mut values: Vec<f32> = self.met.iter().map(value).collect();
        let scales =
            [Group::Word, Group::TitleWord, Group::Pair].map(|group| group.scale() / squares[group as usize].sqrt());
        for (met, value) in self.met.iter().zip(&mut values) {
            *value *= scales[group(sizes, met.feature) as usize];
        }
        values
    }
}

/// What may be a feature.
pub(crate) struct Found {
    pub(crate) group: Group,
    pub(crate) hash: u64,
    /// Which feature its last word is.
    word_feature: Option<u32>,
    words: Range<usize>,
    /// How often it counts.
    times: u8,
}

/// Everything in a passage that may be a feature, in order.
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

/// For each word, the hash of the pair that it ends: no sentence begins with one.
fn pairs(passage: &Passage) -> impl Iterator<Item = Option<u64>> {
    let mut before = None;
    passage.features().enumerate().map(move |(word, (hash, _))| {
        let first = before.replace(hash)?;
        (!passage.folded().opens_sentence(word)).then(|| pair(first, hash))
    })
}

/// The group of a feature.
fn group([words, title_words, _]: [usize; Group::COUNT], feature: u32) -> Group {
    let feature = feature as usize;
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

    /// How many words and pairs of words it knows.
    #[must_use]
    pub fn features(&self) -> usize {
        self.rarity.len()
    }

    /// Its features by their hashes.
    pub(crate) fn by_hash(&self) -> &Features {
        &self.by_hash
    }

    /// Judges a text by its words.
    pub(crate) fn judge<'a>(&self, bag: &Bag<'a>) -> Judgement<'a> {
        let mut shares: Vec<(f32, &Met)> = Vec::with_capacity(bag.met.len());
        let mut sum = 0.0_f32;
        for (met, value) in bag.met.iter().zip(bag.values(&self.rarity, self.sizes)) {
            let feature = met.feature as usize;
            let share = value * f32::from(self.weights[feature]);
            sum += share;
            if self.rarity[feature] >= TELLING {
                shares.push((share, met));
            }
        }
        let length = Calibration::length(bag.words);
        let log_odds = self.topic.base(length) + self.topic.per_sum(length) * self.weight_unit * sum;
        shares.retain(|(share, _)| share.is_sign_positive() == log_odds.is_sign_positive() && *share != 0.0);
        let mut decisive: Vec<&str> = Vec::with_capacity(NAMED);
        while decisive.len() < NAMED && !shares.is_empty() {
            // Of equals the first: a sort of all for the sake of three would cost more than all the rest.
            let heaviest = |best: usize, at: usize| if shares[at].0.abs() > shares[best].0.abs() { at } else { best };
            let (_, met) = shares.remove((0..shares.len()).fold(0, heaviest));
            let word = bag.texts[met.text as usize].get(whole(&met.place)).unwrap_or_default();
            if !decisive.iter().any(|named| named.eq_ignore_ascii_case(word)) {
                decisive.push(word);
            }
        }
        Judgement { log_odds, per_point: self.topic.per_point(length), decisive }
    }

    /// The log-odds of each theme for a relevant text, whose phrases have earned the themes these points.
    pub(crate) fn judge_themes(&self, bag: &Bag<'_>, points: &[f32]) -> Vec<f32> {
        let width = self.themes.len();
        let mut sums = vec![0.0_f32; width];
        for (met, value) in bag.met.iter().zip(bag.values(&self.rarity, self.sizes)) {
            let feature = met.feature as usize;
            if group(self.sizes, met.feature) == Group::Pair {
                continue;
            }
            let value = value * self.theme_unit;
            let weights = &self.theme_weights[feature * width..(feature + 1) * width];
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
