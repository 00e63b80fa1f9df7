//! What is judged, and the outcome: a score, and the reasons for it.

use std::sync::Arc;

use crate::domain::items::language::Language;
use crate::domain::selection::topic::Scale;

/// What is judged: plain text.
#[derive(Debug, Clone, Copy, Default)]
pub struct Text<'a> {
    /// The item's title.
    pub title: &'a str,
    /// Its summary.
    pub summary: &'a str,
    /// Its content.
    pub content: &'a str,
    /// Its categories.
    pub categories: &'a [String],
    /// The feed's prior, counted as the points of phrases.
    pub prior: f32,
}

/// The outcome: the same for the same text and topic, on every run.
#[derive(Debug, Clone, PartialEq)]
pub struct Score {
    /// Higher is more relevant; `picked` compares it to the topic's threshold. With a classifier, the probability
    /// that the item is relevant, in percent; else the sum of the points. At most zero for an item that a decisive
    /// exclusion puts out.
    pub total: f32,
    /// Whether the item is in: a story of the digest.
    pub picked: bool,
    /// Whether it is just under the threshold. It is then in all the same, or, when it is not `picked`, listed: one
    /// line at the end of the digest.
    pub borderline: bool,
    /// Names of its one to three themes, strongest first; empty when it is out, and when it is in by general
    /// evidence alone: such an item belongs in the digest's last section.
    pub themes: Vec<String>,
    /// The language of its text when that is none of the topic's: it was judged by title and categories only.
    pub language: Option<Language>,
    /// What the decisive exclusions that put it out say of it; empty for an item that none puts out.
    pub excluded: Vec<String>,
    /// Every phrase found, what decided first, then heaviest first.
    pub reasons: Vec<Reason>,
}

impl Score {
    /// Whether the item is named at the end of a digest, and is no story of it.
    #[must_use]
    pub fn is_listed(&self) -> bool {
        self.borderline && !self.picked
    }

    /// What a reason of it does to the total, in the unit of the topic's scale.
    #[must_use]
    pub fn effect(&self, reason: &Reason, scale: Scale) -> f32 {
        scale.effect(self.reasons.iter().map(|reason| reason.weight).sum(), reason.weight)
    }
}

/// One phrase that was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Reason {
    /// As the topic file writes it.
    pub phrase: Arc<str>,
    /// As the post wrote it.
    pub found: String,
    /// Where.
    pub place: Place,
    /// What it added, in points or, with a classifier, log-odds; negative when it spoke against.
    pub weight: f32,
    /// The theme, or the exclusion's reason, that it speaks for.
    pub label: Option<Arc<str>>,
    /// Whether a person would give it as a reason, see [`Term::is_telling`](crate::domain::selection::topic::Term::is_telling).
    pub is_telling: bool,
}

/// Where a phrase was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// In the title.
    Title,
    /// In the summary or the content.
    Text,
    /// Among the categories.
    Category,
    /// In the text as a whole: the classifier's judgement.
    Classifier,
    /// In the feed's prior.
    Feed,
}

impl Place {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Title, Self::Text, Self::Category, Self::Classifier, Self::Feed];

    /// The word in tables and reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Title => "title",
            Self::Text => "text",
            Self::Category => "category",
            Self::Classifier => "classifier",
            Self::Feed => "feed",
        }
    }
}
