//! What the wording of a text as a whole says: a small linear model beside the phrases, which knows words that
//! nobody thought of as a phrase.
//!
//! Words and pairs of neighbouring words, by their stems, are weighed by how rare they are (tf-idf), the whole
//! brought to about length one, and multiplied with weights that `training` has found. There is one judgement of
//! whether the text belongs to the topic, and one for each theme. Only sums, products and square roots are
//! taken, so that every machine comes to the same result.

use std::fmt::Write as _;
use std::ops::Range;

use super::features::{Features, hash, pair};
use super::vocabulary::Passage;

/// First line of the file.
const HEAD: &str = "policy-digest wording 1";
/// A word in the title counts so often.
pub(crate) const IN_TITLE: u8 = 2;
/// So many words are named as reasons.
const NAMED: usize = 3;
/// Words that one post in eight has tell a reader nothing: `they`, `people`.
const TELLING: f32 = 3.0;
/// Added to a text's square before it is brought to length one: of one known word little follows. A post of 300
/// characters has a square of about 1,500.
pub(crate) const RESERVE: f32 = 100.0;
/// 1 + ln(n): the fifth mention says less than the first.
const DAMPED: [f32; 9] =
    [0.0, 1.0, 1.693_147_2, 2.098_612_3, 2.386_294_4, 2.609_438, 2.791_759_5, 2.945_91, 3.079_441_5];

/// The model.
#[derive(Debug, Clone, PartialEq)]
pub struct Wording {
    themes: Vec<String>,
    /// Of the topic, then of each theme.
    bias: Vec<f32>,
    features: Vec<Feature>,
    /// For each feature, as many weights as there are biases.
    weights: Vec<f32>,
    by_hash: Features,
}

/// A word, or two that follow one another.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Feature {
    pub(crate) stems: String,
    pub(crate) rarity: f32,
}

/// What the model makes of a text. Around one: reads like those that are in; around minus one: like the others.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Judgement<'a> {
    pub(crate) topic: f32,
    /// In the order of the model's themes.
    pub(crate) themes: Vec<f32>,
    /// The words that did most for the judgement of the topic, in its direction, as the text has them first.
    pub(crate) decisive: Vec<&'a str>,
}

/// Why a file was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct WordingError {
    /// Counted from one.
    pub line: usize,
    /// What is wrong there.
    pub message: String,
}

/// The features of one text, gathered passage by passage.
#[derive(Debug, Default)]
pub(crate) struct Bag<'a> {
    /// For each feature of the model, how often it counts.
    times: Vec<u8>,
    /// The features met, in order.
    met: Vec<Met>,
    texts: Vec<&'a str>,
}

/// A feature, and where the words for it were first written.
#[derive(Debug)]
struct Met {
    feature: usize,
    text: usize,
    place: Range<usize>,
}

impl<'a> Bag<'a> {
    /// Takes a passage, which was made for this model, and the text that it was made from.
    pub(crate) fn take(&mut self, model: &Wording, passage: &Passage, text: &'a str, is_title: bool) {
        self.times.resize(model.features.len(), 0);
        self.met.reserve(passage.folded().len());
        self.texts.push(text);
        let times = if is_title { IN_TITLE } else { 1 };
        let folded = passage.folded();
        let mut before = None;
        for (word, (alone, feature)) in passage.features().enumerate() {
            let mut note = |feature: Option<u32>, from: usize| {
                if let Some(feature) = feature.map(|feature| feature as usize) {
                    if self.times[feature] == 0 {
                        let place = folded.place(from..word + 1);
                        self.met.push(Met { feature, text: self.texts.len() - 1, place });
                    }
                    self.times[feature] = self.times[feature].saturating_add(times);
                }
            };
            note(feature, word);
            if let Some(before) = before.filter(|_| !folded.opens_sentence(word)) {
                note(model.by_hash.get(pair(before, alone)), word - 1);
            }
            before = Some(alone);
        }
    }
}

impl Wording {
    /// The names of its themes.
    #[must_use]
    pub fn themes(&self) -> &[String] {
        &self.themes
    }

    /// A model that has learnt nothing yet.
    #[must_use]
    pub fn untrained(themes: Vec<String>) -> Self {
        let bias = vec![0.0; themes.len() + 1];
        Self::new(themes, bias, Vec::new(), Vec::new())
    }

    /// Puts a model together. For each feature there are as many weights as biases.
    pub(crate) fn new(themes: Vec<String>, bias: Vec<f32>, features: Vec<Feature>, weights: Vec<f32>) -> Self {
        let by_hash = Features::new(features.iter().map(|feature| match feature.stems.split_once(' ') {
            Some((first, second)) => pair(hash(first), hash(second)),
            None => hash(&feature.stems),
        }));
        Self { themes, bias, features, weights, by_hash }
    }

    /// Its features by their hashes.
    pub(crate) fn by_hash(&self) -> &Features {
        &self.by_hash
    }

    /// Judges a text; nothing can be said of one without any known word.
    pub(crate) fn judge<'a>(&self, bag: &Bag<'a>) -> Option<Judgement<'a>> {
        if bag.met.is_empty() {
            return None;
        }
        let width = self.bias.len();
        let mut sums = vec![0.0_f32; width];
        let mut shares: Vec<(f32, &Met)> = Vec::with_capacity(bag.met.len());
        let mut length = 0.0_f32;
        for met in &bag.met {
            let number = met.feature;
            let times = usize::from(bag.times[number]).min(DAMPED.len() - 1);
            let value = DAMPED[times] * self.features[number].rarity;
            length += value * value;
            let weights = &self.weights[number * width..(number + 1) * width];
            for (sum, weight) in sums.iter_mut().zip(weights) {
                *sum += value * weight;
            }
            if self.features[number].rarity >= TELLING {
                shares.push((value * weights[0], met));
            }
        }
        let length = (length + RESERVE).sqrt();
        for (sum, bias) in sums.iter_mut().zip(&self.bias) {
            *sum = *sum / length + bias;
        }
        let topic = sums[0];
        shares.retain(|(share, _)| share.is_sign_positive() == topic.is_sign_positive() && *share != 0.0);
        let mut decisive = Vec::with_capacity(NAMED);
        for _ in 0..NAMED.min(shares.len()) {
            // Of equals the first: a sort of all for the sake of three would cost more than all the rest.
            let heaviest = |best: usize, at: usize| if shares[at].0.abs() > shares[best].0.abs() { at } else { best };
            let (_, met) = shares.remove((0..shares.len()).fold(0, heaviest));
            decisive.extend(bag.texts[met.text].get(met.place.clone()));
        }
        Some(Judgement { topic, themes: sums.split_off(1), decisive })
    }

    /// Reads a model as `write` has written it.
    ///
    /// # Errors
    /// The first line that is not as it should be.
    pub fn parse(text: &str) -> Result<Self, WordingError> {
        let mut lines = text.lines().enumerate().filter(|(_, line)| !line.starts_with('#'));
        let mut next = |what: &str| {
            let missing =
                WordingError { line: text.lines().count(), message: format!("the file ends before its {what}") };
            lines.next().ok_or(missing)
        };
        let wrong = |at: usize, message: String| WordingError { line: at + 1, message };
        let (at, head) = next("first line")?;
        if head != HEAD {
            return Err(wrong(
                at,
                format!("a file of wordings begins with `{HEAD}`; make one with `policy-digest topic train`"),
            ));
        }
        let (at, line) = next("themes")?;
        let mut fields = line.split('\t');
        if fields.next() != Some("themes") {
            return Err(wrong(at, "expected `themes` and their names".to_owned()));
        }
        let themes: Vec<String> = fields.map(str::to_owned).collect();
        let width = themes.len() + 1;
        let (at, line) = next("biases")?;
        let bias = line.strip_prefix("bias\t").and_then(|rest| hundredths(rest, width));
        let bias = bias.ok_or_else(|| wrong(at, format!("expected `bias` and {width} whole numbers")))?;
        let (mut features, mut weights) = (Vec::new(), Vec::new());
        for (at, line) in lines {
            let (stems, numbers) = line.split_once('\t').unwrap_or((line, ""));
            let numbers = hundredths(numbers, width + 1)
                .ok_or_else(|| wrong(at, format!("expected words, then {} whole numbers", width + 1)))?;
            features.push(Feature { stems: stems.to_owned(), rarity: numbers[0] });
            weights.extend(&numbers[1..]);
        }
        Ok(Self::new(themes, bias, features, weights))
    }

    /// The model as text: a line for each feature, with its rarity, its weight for the topic and for each theme, in
    /// hundredths; a zero is left out.
    #[must_use]
    pub fn write(&self) -> String {
        let mut text = format!("{HEAD}\nthemes\t{}\nbias", self.themes.join("\t"));
        let numbers = |text: &mut String, values: &[f32]| {
            let cells: Vec<String> = values
                .iter()
                .map(|value| (value * 100.0).round())
                .map(|value| if value == 0.0 { String::new() } else { format!("{value}") })
                .collect();
            let _ = writeln!(text, "\t{}", cells.join("\t").trim_end());
        };
        numbers(&mut text, &self.bias);
        let width = self.bias.len();
        for (feature, weights) in self.features.iter().zip(self.weights.chunks(width)) {
            text.push_str(&feature.stems);
            numbers(&mut text, &[&[feature.rarity], weights].concat());
        }
        text
    }
}

/// Whole numbers between tabs, an empty one for zero, those at the end left out.
fn hundredths(text: &str, count: usize) -> Option<Vec<f32>> {
    let mut numbers = Vec::with_capacity(count);
    for cell in text.as_bytes().split(|byte| *byte == b'\t') {
        let value = if cell.is_empty() { 0 } else { str::from_utf8(cell).ok()?.parse::<i16>().ok()? };
        numbers.push(f32::from(value) / 100.0);
    }
    numbers.resize(numbers.len().max(count), 0.0);
    (numbers.len() == count).then_some(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::index::Index;

    fn model() -> Wording {
        Wording::parse("policy-digest wording 1\nthemes\tcare\nbias\t-10\t5\ncare\t300\t50\t80\ncare home\t600\t\t40\ntax\t450\t-90\n").unwrap()
    }

    fn judge<'a>(title: &'a str, text: &'a str) -> Judgement<'a> {
        let (model, index) = (model(), Index::new(Vec::new()));
        let (mut bag, mut passage) = (Bag::default(), Passage::default());
        for (text, is_title) in [(title, true), (text, false)] {
            passage.refill(text, usize::MAX, &index, Some(model.by_hash()));
            bag.take(&model, &passage, text, is_title);
        }
        model.judge(&bag).unwrap()
    }

    #[test]
    fn what_is_written_is_read() {
        assert_eq!(Wording::parse(&model().write()).unwrap(), model());
    }

    #[test]
    fn a_text_is_weighed_at_about_length_one() {
        assert_eq!(model().judge(&Bag::default()), None);
        assert!((judge("", "Caring").topic - (1.5 / (9.0_f32 + RESERVE).sqrt() - 0.1)).abs() < 1e-6);
        let both = judge("", "care homes");
        assert!((both.topic - (1.5 / (45.0_f32 + RESERVE).sqrt() - 0.1)).abs() < 1e-6);
        assert!((both.themes[0] - (4.8 / (45.0_f32 + RESERVE).sqrt() + 0.05)).abs() < 1e-6);
        assert_eq!(judge("", "care. Homes").themes, judge("", "care").themes);
        assert!(judge("Care", "tax").topic > judge("", "care tax").topic);
    }

    #[test]
    fn the_words_that_decide_are_named() {
        let judged = judge("Tax", "care homes and taxes");
        assert!(judged.topic < 0.0);
        assert_eq!(judged.decisive, ["Tax"]);
    }

    #[test]
    fn a_bad_line_is_named() {
        for (text, line) in [
            ("", 0),
            ("something else", 1),
            ("policy-digest wording 1\n# said\nthemes\ta\nbias\t1\t2\nword\t1\tx\n", 5),
            ("policy-digest wording 1\nthemes\ta\nbias\t1\t2\nword\t1\t2\t3\t4\n", 4),
        ] {
            assert_eq!(Wording::parse(text).unwrap_err().line, line, "{text}");
        }
    }
}
