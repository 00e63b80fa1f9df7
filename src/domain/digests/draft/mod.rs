//! A draft: the digest of a slot in the form that editors change. It begins with the stories that the program selected
//! ([`Base`]) and changes by [`Act`]s, one version each; the list of acts is the ledger. The same base and the same acts
//! always give the same draft, so nothing else is stored. `timing` says when a draft goes out, `labels` what the topic can
//! learn from it, and `odd` what an editor should look at first.

mod act;
mod changes;
mod labels;
mod odd;
mod timing;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::correction::Correction;
use super::digest::{Arrangement, Digest, Story};
use crate::domain::items::text::{single_line, truncate_at_word};
use crate::domain::selection::sample::ShownQuality;
pub use act::{Act, Kind, Refusal};
pub use labels::{EditorLabel, Verdict, labels_of};
pub use odd::{Lookalike, Oddity, Signals, oddities};
pub use timing::{MAX_LEAD, Next, Status, WhenSilent, is_near_limit, lead, limit, next};

/// The editor's name of acts that no editor did: the program holds, sends or rolls on a draft by itself.
pub const PROGRAM: &str = "policy-digest";

/// The longest title, in characters; more would not fit into a subject or a list.
pub const TITLE_CHARS: usize = 200;
/// The longest excerpt, in characters.
pub const EXCERPT_CHARS: usize = 2_000;
/// The longest comment, in characters.
pub const COMMENT_CHARS: usize = 600;
/// The longest note, in bytes; the same as for the file `note.md`.
pub const NOTE_BYTES: usize = 10 * 1024;

/// The most near misses in a draft.
pub const NEAR_MISSES: usize = 30;

/// The least score of a near miss, as a part of the threshold. Editors need not read what is far from it; the blind sample
/// shows whether something good is among that.
pub const NEAR: f32 = 1.0 / 3.0;

/// What a draft was made from. It never changes.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Base {
    /// The stories of the digest and its borderline items, in order of arrival.
    pub stories: Vec<Story>,
    /// The `seq` of those that an earlier draft of the cadence held for this one. Every subscriber of the run gets them.
    pub carried: Vec<i64>,
    /// Items that are not in the digest: the near misses, the best score first, then others of the blind sample. Their `seq`
    /// is the item's.
    pub near_misses: Vec<Story>,
    /// How many of them are near misses: at most [`NEAR_MISSES`], none with less than [`NEAR`] of the threshold.
    pub near: usize,
    /// The `seq` of those of them that are the blind sample, in order of arrival: drawn at random, whatever their score.
    /// A near miss may be one of them.
    pub sample: Vec<i64>,
    /// The `seq` of all of these, the best first.
    pub order: Vec<i64>,
    /// The note in Markdown; may be empty.
    pub note: String,
    /// The corrections that it announces.
    pub corrections: Vec<Correction>,
    /// The sentence about slots without a digest; may be empty.
    pub missed: String,
    /// The subjects that this digest must not repeat.
    pub earlier: Vec<String>,
    /// How good the selection was, if the digest says so.
    pub quality: Option<ShownQuality>,
}

/// An act as it is recorded.
#[derive(Debug, Clone, PartialEq)]
pub struct LedgerEntry {
    /// The draft's version after the act; the draft as made has version 0.
    pub version: u32,
    /// When.
    pub at: DateTime<Utc>,
    /// Who: an editor's name, or [`PROGRAM`].
    pub by: String,
    /// What.
    pub act: Act,
}

/// What becomes of a story.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It is in the digest.
    In,
    /// It is a near miss, which no editor has included.
    NearMiss,
    /// An editor left it out.
    LeftOut,
    /// An editor left it out because it is not on the topic.
    OffTopic,
    /// An editor holds it for the next digest.
    Postponed,
}

/// A story of a draft.
#[derive(Debug, Clone, PartialEq)]
pub struct Piece {
    /// With the editors' changes.
    pub story: Story,
    /// What becomes of it.
    pub fate: Fate,
    /// Who decided that; `None` for the program.
    pub by: Option<String>,
    /// Whether the program did not select it, so that it is in the digest only by an editor's decision.
    pub is_extra: bool,
    /// Whether an editor changed its words or its section.
    pub is_edited: bool,
}

/// A digest that editors can change.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    base: Base,
    pieces: BTreeMap<i64, Piece>,
    lead: Option<i64>,
    /// Empty until an editor moves a story.
    order: Vec<i64>,
    note: String,
    status: Status,
    ledger: Vec<LedgerEntry>,
}

impl Draft {
    /// The draft as it was made, without any act.
    #[must_use]
    pub fn new(base: Base) -> Self {
        let selected = base.stories.iter().map(|story| (story, Fate::In));
        let all = selected.chain(base.near_misses.iter().map(|story| (story, Fate::NearMiss)));
        let piece = |(story, fate): (&Story, Fate)| Piece {
            story: story.clone(),
            fate,
            by: None,
            is_extra: fate == Fate::NearMiss,
            is_edited: false,
        };
        Self {
            pieces: all.map(|one| (one.0.seq, piece(one))).collect(),
            note: base.note.clone(),
            lead: None,
            order: Vec::new(),
            status: Status::Open,
            ledger: Vec::new(),
            base,
        }
    }

    /// The draft after these recorded acts.
    ///
    /// # Errors
    /// An act that cannot follow the ones before it, so it was not recorded by this program.
    pub fn replay(base: Base, ledger: Vec<LedgerEntry>) -> Result<Self, Refusal> {
        let mut draft = Self::new(base);
        for LedgerEntry { at, by, act, .. } in ledger {
            draft.apply(act, &by, at)?;
        }
        Ok(draft)
    }

    /// The number of acts so far. A form names the version that it shows, so that nobody overwrites what they have not seen.
    #[must_use]
    pub fn version(&self) -> u32 {
        u32::try_from(self.ledger.len()).unwrap_or(u32::MAX)
    }

    /// Whether it is open, approved, held, sent or rolled on.
    #[must_use]
    pub fn status(&self) -> Status {
        self.status
    }

    /// Who did what, and when, from the first act on.
    #[must_use]
    pub fn ledger(&self) -> &[LedgerEntry] {
        &self.ledger
    }

    /// What it was made from.
    #[must_use]
    pub fn base(&self) -> &Base {
        &self.base
    }

    /// The note in Markdown; may be empty.
    #[must_use]
    pub fn note(&self) -> &str {
        &self.note
    }

    /// The story that leads it, if an editor chose one.
    #[must_use]
    pub fn lead(&self) -> Option<i64> {
        self.lead
    }

    /// The stories of one fate, in order of arrival.
    pub fn with_fate(&self, fate: Fate) -> impl Iterator<Item = &Piece> {
        self.pieces.values().filter(move |piece| piece.fate == fate)
    }

    /// A story by its number.
    #[must_use]
    pub fn piece(&self, seq: i64) -> Option<&Piece> {
        self.pieces.get(&seq)
    }

    /// The stories to be composed into a digest, in order of arrival.
    #[must_use]
    pub fn stories(&self) -> Vec<Story> {
        self.with_fate(Fate::In).map(|piece| piece.story.clone()).collect()
    }

    /// Near misses that no editor included, the best first. Those that were drawn for the blind sample as well are shown
    /// here, once, and count for it.
    #[must_use]
    pub fn near_misses(&self) -> Vec<&Piece> {
        let best_first = self.base.near_misses.iter().enumerate();
        let shown = best_first.filter(|(at, story)| *at < self.base.near || !self.base.sample.contains(&story.seq));
        self.not_included(shown.map(|(_, story)| story.seq)).collect()
    }

    /// The posts of the blind sample that are no near misses and that no editor included, in order of arrival.
    #[must_use]
    pub fn sample(&self) -> Vec<&Piece> {
        let near: Vec<i64> = self.base.near_misses.iter().take(self.base.near).map(|story| story.seq).collect();
        self.not_included(self.base.sample.iter().copied().filter(|seq| !near.contains(seq))).collect()
    }

    fn not_included(&self, seqs: impl Iterator<Item = i64>) -> impl Iterator<Item = &Piece> {
        seqs.filter_map(|seq| self.piece(seq)).filter(|piece| piece.fate == Fate::NearMiss)
    }

    /// The numbers of stories that the program did not select and that are in the digest by an editor's decision.
    #[must_use]
    pub fn extras(&self) -> Vec<i64> {
        self.with_fate(Fate::In).filter(|piece| piece.is_extra).map(|piece| piece.story.seq).collect()
    }

    /// What comes before the stories' worth: the editors' lead and order, else the administrator's pins.
    #[must_use]
    pub fn arrangement(&self, pins: Arrangement) -> Arrangement {
        pins.edited(self.lead, &self.order)
    }

    /// The title of a story, for reports; empty if there is no such story.
    #[must_use]
    pub fn title(&self, seq: i64) -> &str {
        self.pieces.get(&seq).map_or("", |piece| &piece.story.title)
    }

    /// Whether an editor has done anything.
    #[must_use]
    pub fn was_looked_at(&self) -> bool {
        self.last_editor().is_some()
    }

    /// The last editor who did anything, who has seen the rest as well.
    #[must_use]
    pub fn last_editor(&self) -> Option<&str> {
        self.ledger.iter().rev().find(|entry| entry.by != PROGRAM).map(|entry| entry.by.as_str())
    }

    /// Carries out an act and records it.
    ///
    /// # Errors
    /// [`Refusal`]; the draft is as it was.
    pub fn apply(&mut self, act: Act, by: &str, at: DateTime<Utc>) -> Result<(), Refusal> {
        let act = act.tidied()?;
        if act.changes_content() {
            self.status.must_be_editable()?;
        }
        self.carry_out(&act, by)?;
        let version = self.version() + 1;
        self.ledger.push(LedgerEntry { version, at, by: by.to_owned(), act });
        Ok(())
    }

    /// The act that moves a story one place up or down in the list that the digest shows it in.
    ///
    /// # Errors
    /// [`Refusal::IsFirst`], [`Refusal::IsLast`], [`Refusal::Unknown`].
    pub fn shift(&self, digest: &Digest, seq: i64, is_up: bool) -> Result<Act, Refusal> {
        let sections = digest.sections.iter().map(|section| section.stories.as_slice());
        let lists = [digest.lead.as_slice(), &digest.more].into_iter().chain(sections);
        let list = lists.into_iter().find(|list| list.iter().any(|entry| entry.seq == seq));
        let list = list.ok_or(Refusal::Unknown(seq))?;
        let at = list.iter().position(|entry| entry.seq == seq).ok_or(Refusal::Unknown(seq))?;
        let beside = if is_up { at.checked_sub(1) } else { Some(at + 1) };
        let is_in_more = digest.more.iter().any(|entry| entry.seq == seq);
        let other = match beside.and_then(|at| list.get(at)) {
            Some(entry) => entry.seq,
            // The first short one takes the place of the last of those that are shown in full.
            None if is_up && is_in_more => {
                let place = |seq: &i64| self.place(*seq);
                digest.in_full().map(|entry| entry.seq).max_by_key(place).ok_or(Refusal::IsFirst(seq))?
            }
            None if is_up => return Err(Refusal::IsFirst(seq)),
            None => return Err(Refusal::IsLast(seq)),
        };
        Ok(Act::Move { seq, is_up, other })
    }

    /// The place of a story in the whole order, before sections.
    fn place(&self, seq: i64) -> usize {
        let order = if self.order.is_empty() { &self.base.order } else { &self.order };
        order.iter().position(|one| *one == seq).unwrap_or(order.len())
    }
}

/// One line, trimmed; refused if it is longer than the limit.
fn line(text: &str, what: &'static str, limit: usize) -> Result<String, Refusal> {
    let line = single_line(text);
    if truncate_at_word(&line, limit) == line { Ok(line) } else { Err(Refusal::TooLong { what, limit }) }
}

#[cfg(test)]
mod tests;
