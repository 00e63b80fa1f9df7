//! What the topic can learn from a draft: which items editors took out as not on topic, which they included, and which
//! they looked at and kept.

use super::{Draft, Fate};

/// What an editor said of an item, by what they did with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Left out as not on topic.
    OffTopic,
    /// Included, or added by hand, although it was not selected.
    Included,
    /// Selected, and kept in a draft that an editor looked at.
    Kept,
    /// A near miss, or a post of the blind sample, that an editor saw and did not include.
    PassedOver,
}

/// One label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EditorLabel {
    /// The number of the story, which is that of its item.
    pub item: i64,
    /// The editor's name.
    pub by: String,
    /// What they said.
    pub verdict: Verdict,
}

/// The labels of a draft, in order of arrival. A draft that no editor touched says nothing. A story that an editor left
/// out without a reason, or holds for next time, says nothing about the topic.
#[must_use]
pub fn labels_of(draft: &Draft) -> Vec<EditorLabel> {
    let Some(looked) = draft.last_editor() else { return Vec::new() };
    let label = |piece: &super::Piece| {
        let verdict = match piece.fate {
            Fate::OffTopic => Verdict::OffTopic,
            Fate::In if piece.is_extra => Verdict::Included,
            Fate::In if !piece.story.is_listed => Verdict::Kept,
            Fate::NearMiss => Verdict::PassedOver,
            Fate::In | Fate::LeftOut | Fate::Postponed => return None,
        };
        let is_decided = matches!(verdict, Verdict::OffTopic | Verdict::Included);
        let by = piece.by.as_deref().filter(|_| is_decided).unwrap_or(looked);
        Some(EditorLabel { item: piece.story.seq, by: by.to_owned(), verdict })
    };
    draft.pieces.values().filter_map(label).collect()
}
