//! The input and the result of scoring: a text, its score, and the reasons for it.

use std::sync::Arc;

use crate::domain::items::language::Language;
use crate::domain::selection::topic::Scale;

/// The plain text of an item.
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

/// The result of scoring; the same text and topic always give the same result.
#[derive(Debug, Clone, PartialEq)]
pub struct Score {
    /// Higher is more relevant; `selected` says whether it reaches the topic's threshold. With a classifier, the
    /// probability that the item is relevant, in percent; otherwise the sum of the points. At most zero for an item
    /// that a decisive exclusion rejects.
    pub total: f32,
    /// Whether the item is selected: a story of the digest.
    pub selected: bool,
    /// Whether the score is just under the threshold. The item is then either selected anyway or, when it is not
    /// `selected`, listed: one line at the end of the digest.
    pub borderline: bool,
    /// Names of its one to three themes, strongest first. Empty when it is not selected, and when only general evidence
    /// selects it: such an item belongs in the digest's last section.
    pub themes: Vec<String>,
    /// The language of its text if that is not one of the topic's: only title and categories were judged.
    pub language: Option<Language>,
    /// The descriptions of the decisive exclusions that apply; empty if none does.
    pub excluded: Vec<String>,
    /// Every phrase found: first those that decided, then by weight.
    pub reasons: Vec<Reason>,
}

impl Score {
    /// Whether the item is only listed at the end of a digest and is not one of its stories.
    #[must_use]
    pub fn is_listed(&self) -> bool {
        self.borderline && !self.selected
    }

    /// The effect of one of its reasons on the total, in the unit of the topic's scale.
    #[must_use]
    pub fn effect(&self, reason: &Reason, scale: Scale) -> f32 {
        scale.effect(self.reasons.iter().map(|reason| reason.weight).sum(), reason.weight)
    }
}

/// A phrase that was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Reason {
    /// As the topic file writes it.
    pub phrase: Arc<str>,
    /// As the post wrote it.
    pub found: String,
    /// Where it was found.
    pub place: Place,
    /// The weight that it added, in points or, with a classifier, log-odds; negative when it counted against the item.
    pub weight: f32,
    /// The theme, or the exclusion's reason, that it belongs to.
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
    /// The feed's prior.
    Feed,
}

impl Place {
    /// All places.
    pub const ALL: [Self; 5] = [Self::Title, Self::Text, Self::Category, Self::Classifier, Self::Feed];

    /// The word for it in tables and reports.
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
