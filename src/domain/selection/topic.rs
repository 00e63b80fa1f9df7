//! What the digest is about: the checked form of `topic.toml`. Built by `config`, read by `relevance`.
//! How a phrase is written and read, `pattern` knows.

use std::sync::Arc;

pub use super::classifier::Classifier;
pub use super::phrases::pattern::{Pattern, PatternError};

/// The topic, its themes and all its phrases.
#[derive(Debug, Clone, PartialEq)]
pub struct Topic {
    /// Short name, as `public-service-reform`.
    pub name: String,
    /// As readers see it: "public service reform".
    pub title: String,
    /// One sentence.
    pub description: String,
    /// ISO 639-1 codes of the languages in which the phrases are written.
    pub languages: Vec<String>,
    /// A score at or above this is in.
    pub threshold: f32,
    /// What becomes of a score below it by no more than a margin.
    pub borderline: Borderline,
    /// In the order of the file, which is the order of the digest's sections.
    pub themes: Vec<Theme>,
    /// Evidence for the topic that belongs to no theme.
    pub general: Vec<Term>,
    /// Other senses of the same words, and kinds of post that are out whatever their subject.
    pub exclusions: Vec<Exclusion>,
    /// The trained model that judges the text as a whole, beside the phrases. With it, scores and thresholds are
    /// probabilities in percent; without it, the points of the phrases.
    pub classifier: Option<Arc<Classifier>>,
    /// All phrases together count no more than this, for or against.
    pub most: f32,
    /// What the phrases of a decisive exclusion must reach.
    pub decisive: f32,
    /// Hash of the file's content: scores made under another one are stale.
    pub fingerprint: String,
}

/// What the number of a score means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// The sum of what the phrases found are worth.
    Points,
    /// The probability that the item is relevant, from 0 to 100.
    Probability,
}

impl Topic {
    /// What this topic's scores mean.
    #[must_use]
    pub fn scale(&self) -> Scale {
        if self.classifier.is_some() { Scale::Probability } else { Scale::Points }
    }

    /// The same, with nothing that speaks against a post.
    #[must_use]
    pub fn without_exclusions(&self) -> Self {
        Self { exclusions: Vec::new(), ..self.clone() }
    }
}

impl Scale {
    /// The word for programs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Points => "points",
            Self::Probability => "percent",
        }
    }

    /// What a reason of this weight does to a score whose reasons weigh `all` together: its points, or the percentage
    /// points by which the probability is higher with it than without.
    #[must_use]
    pub fn effect(self, all: f32, weight: f32) -> f32 {
        let percent = |log_odds: f32| 100.0 / (1.0 + (-log_odds).exp());
        match self {
            Self::Points => weight,
            Self::Probability => percent(all) - percent(all - weight),
        }
    }

    /// An effect as people read it: `+4.0` or `+12 %`.
    #[must_use]
    pub fn show_effect(self, effect: f32) -> String {
        match self {
            Self::Points => format!("{effect:+.1}"),
            Self::Probability => format!("{effect:+.0} %"),
        }
    }

    /// A score as people read it: `7.5` or `81 %`.
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
    /// How far below the threshold, in points or percent as it; at 0 nothing is borderline.
    pub margin: f32,
    /// Whether they are in like the others, rather than named shortly at the end of the digest.
    pub is_in: bool,
}

/// One theme: a section of the digest.
#[derive(Debug, Clone, PartialEq)]
pub struct Theme {
    /// As `collaboration`.
    pub name: String,
    /// As readers see it.
    pub title: String,
    /// One line for the mail.
    pub description: String,
    /// What speaks for it.
    pub terms: Vec<Term>,
}

/// A phrase and what it is worth.
#[derive(Debug, Clone, PartialEq)]
pub struct Term {
    /// The phrase in its checked form.
    pub pattern: Pattern,
    /// Positive: speaks for; the exclusions' terms weigh negative in the score.
    pub weight: f32,
    /// Whether readers may see it as a reason: a strong phrase, or a plain one of several words. One plain word says little
    /// alone, and a weak phrase is only the setting.
    pub is_telling: bool,
}

/// A sense or a genre that speaks against.
#[derive(Debug, Clone, PartialEq)]
pub struct Exclusion {
    /// As `job-advert`.
    pub name: String,
    /// What a reader of `explain` is told: "a job advert".
    pub reason: String,
    /// A genre puts the post out whatever else it says; a sense only weighs against it.
    pub decisive: bool,
    /// What gives it away; weights are positive here, and subtracted.
    pub terms: Vec<Term>,
}
