//! What a poll brings to be kept.

use crate::domain::feed::Ownership;
use crate::domain::item::Item;
use crate::domain::relevance::Score;
use crate::domain::story::Likeness;

/// An item as it came from a poll, judged.
#[derive(Debug, Clone)]
pub struct ScoredItem {
    /// The item.
    pub item: Item,
    /// Its canonical link.
    pub canonical: Option<String>,
    /// Whether it links to its feed's own site.
    pub ownership: Ownership,
    /// What it is compared by.
    pub likeness: Likeness,
    /// The judgement.
    pub score: Score,
    /// The feed's prior that went into it.
    pub prior: f32,
    /// Of the entry as it was read: as long as it stays the same, the entry need not be read again.
    pub digest: u64,
}
