//! What the digest is about: the validated form of `topic.toml`. `config` builds it, `relevance` reads it, and
//! `pattern` parses and represents the phrases.

use std::sync::Arc;

pub use super::classifier::Classifier;
pub use super::phrases::pattern::{Pattern, PatternError};

/// The topic, its themes and all its phrases.
#[derive(Debug, Clone, PartialEq)]
pub struct Topic {
    /// Short name, such as `public-service-reform`.
    pub name: String,
    /// As readers see it: "public service reform".
    pub title: String,
    /// One sentence.
    pub description: String,
    /// ISO 639-1 codes of the languages in which the phrases are written.
    pub languages: Vec<String>,
    /// An item with this score or more is selected.
    pub threshold: f32,
    /// How items just under the threshold are treated.
    pub borderline: Borderline,
    /// In the order of the file, which is also the order of the digest's sections.
    pub themes: Vec<Theme>,
    /// Evidence for the topic that belongs to no theme.
    pub general: Vec<Term>,
    /// Other senses of the same words, and kinds of post that are excluded whatever their subject.
    pub exclusions: Vec<Exclusion>,
    /// The trained model that judges the text as a whole, beside the phrases. With it, scores and thresholds are
    /// probabilities in percent; without it, the points of the phrases.
    pub classifier: Option<Arc<Classifier>>,
    /// The most that all phrases together can count, for or against.
    pub most: f32,
    /// The points that a decisive exclusion's phrases must reach.
    pub decisive: f32,
    /// A hash of the file's content: scores made with another one are stale.
    pub fingerprint: String,
}

/// The unit of a score.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// The sum of the points of the phrases found.
    Points,
    /// The probability that the item is relevant, from 0 to 100.
    Probability,
}

impl Topic {
    /// The unit of this topic's scores.
    #[must_use]
    pub fn scale(&self) -> Scale {
        if self.classifier.is_some() { Scale::Probability } else { Scale::Points }
    }

    /// The same topic without exclusions.
    #[must_use]
    pub fn without_exclusions(&self) -> Self {
        Self { exclusions: Vec::new(), ..self.clone() }
    }
}

impl Scale {
    /// The machine-readable name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Points => "points",
            Self::Probability => "percent",
        }
    }

    /// The effect of a reason with this weight on a score whose reasons add up to `all`: its points, or the difference
    /// in percentage points between the probability with it and without it.
    #[must_use]
    pub fn effect(self, all: f32, weight: f32) -> f32 {
        let percent = |log_odds: f32| 100.0 / (1.0 + (-log_odds).exp());
        match self {
            Self::Points => weight,
            Self::Probability => percent(all) - percent(all - weight),
        }
    }

    /// Formats an effect for people: `+4.0` or `+12 %`.
    #[must_use]
    pub fn show_effect(self, effect: f32) -> String {
        match self {
            Self::Points => format!("{effect:+.1}"),
            Self::Probability => format!("{effect:+.0} %"),
        }
    }

    /// Formats a score for people: `7.5` or `81 %`.
    #[must_use]
    pub fn show(self, score: f32) -> String {
        match self {
            Self::Points => format!("{score:.1}"),
            Self::Probability => format!("{score:.0} %"),
        }
    }
}

/// The rule for items just under the threshold.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Borderline {
    /// How far below the threshold an item may be, in the threshold's unit; 0 means that nothing is borderline.
    pub margin: f32,
    /// Whether borderline items are selected like the others, rather than listed at the end of the digest.
    pub is_in: bool,
}

/// One theme: a section of the digest.
#[derive(Debug, Clone, PartialEq)]
pub struct Theme {
    /// Its identifier, such as `collaboration`.
    pub name: String,
    /// As readers see it.
    pub title: String,
    /// One line for the email.
    pub description: String,
    /// The phrases that count for it.
    pub terms: Vec<Term>,
}

/// A phrase and its weight.
#[derive(Debug, Clone, PartialEq)]
pub struct Term {
    /// The phrase in its checked form.
    pub pattern: Pattern,
    /// Always positive; the score subtracts the weights of exclusions.
    pub weight: f32,
    /// Whether readers may see it as a reason: a strong phrase, or a plain one of several words. A single plain word
    /// says little, and a weak phrase is only the setting.
    pub is_telling: bool,
}

/// A sense or a kind of post that counts against the topic.
#[derive(Debug, Clone, PartialEq)]
pub struct Exclusion {
    /// Its identifier, such as `job-advert`.
    pub name: String,
    /// Its description in `explain`: "a job advert".
    pub reason: String,
    /// Whether it is a kind of post, which excludes an item regardless of the rest; a sense only counts against it.
    pub decisive: bool,
    /// The phrases that reveal it; their weights are positive and will be subtracted.
    pub terms: Vec<Term>,
}
