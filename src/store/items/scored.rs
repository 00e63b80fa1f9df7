//! Items as a poll brings them, scored.

use crate::domain::feeds::Ownership;
use crate::domain::items::item::Item;
use crate::domain::items::story::Fingerprint;
use crate::domain::items::text;
use crate::domain::selection::relevance::Score;

/// An item from a poll, with its score.
#[derive(Debug, Clone)]
pub struct ScoredItem {
    /// The item.
    pub item: Item,
    /// Its canonical link.
    pub canonical: Option<String>,
    /// Whether it links to its feed's own site.
    pub ownership: Ownership,
    /// What it is compared by.
    pub fingerprint: Fingerprint,
    /// The judgement.
    pub score: Score,
    /// The feed's prior that went into it.
    pub prior: f32,
    /// What a digest shows of it; made only for an item that is in one.
    pub shown: Option<Shown>,
    /// Digest of the entry as it was read: while it stays the same, the entry need not be read again.
    pub digest: u64,
    /// The entry's place in its document.
    pub place: usize,
    /// Of its own id: see [`crate::domain::items::identity::base`].
    pub base: Option<u64>,
    /// The document was cut off in it.
    pub is_partial: bool,
}

impl ScoredItem {
    /// Makes what a digest shows of it, if it may be in one, with an excerpt of at most `max_chars` characters.
    pub fn make_shown(&mut self, max_chars: usize) {
        let Item { title, summary, content, .. } = &self.item;
        let stands = self.score.selected || self.score.borderline;
        self.shown = stands.then(|| Shown::of(title, summary, content, max_chars));
    }
}

/// What a digest shows of an item beside its title, made once, when it arrives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// Whole sentences; may be empty.
    pub excerpt: String,
    /// The length that the excerpt was made for, in characters.
    pub max_chars: usize,
    /// 0 when there is no text to read.
    pub reading_minutes: usize,
}

impl Shown {
    /// What is shown of these texts, with an excerpt of at most `max_chars` characters.
    #[must_use]
    pub fn of(title: &str, summary: &str, content: &str, max_chars: usize) -> Self {
        let longer = if content.len() > summary.len() { content } else { summary };
        Self {
            excerpt: text::excerpt(title, summary, content, max_chars),
            max_chars,
            reading_minutes: text::reading_minutes(text::word_count(longer)),
        }
    }
}
