//! What each act changes in a draft, and when it is refused.

use super::act::{Act, Refusal};
use super::{Draft, Fate, Piece};
use crate::domain::digests::digest::Story;

impl Draft {
    /// Changes the draft as an act says.
    pub(super) fn carry_out(&mut self, act: &Act, by: &str) -> Result<(), Refusal> {
        match act {
            Act::LeaveOut { seq } => self.take_out(*seq, Fate::LeftOut, by),
            Act::OffTopic { seq } => self.take_out(*seq, Fate::OffTopic, by),
            Act::Postpone { seq } => self.take_out(*seq, Fate::Postponed, by),
            Act::PutBack { seq } => self.put_back(*seq, by),
            Act::Include { seq } => self.include(*seq, by),
            Act::Lead { seq } => {
                if self.in_digest(*seq)?.story.is_listed {
                    return Err(Refusal::IsListed(*seq));
                }
                if !self.order.is_empty() {
                    self.order.retain(|one| one != seq);
                    self.order.insert(0, *seq);
                }
                self.lead = Some(*seq);
                Ok(())
            }
            Act::NoLead => self.lead.take().map(|_| ()).ok_or(Refusal::HasNoLead),
            Act::Move { seq, is_up, other } => self.move_beside(*seq, *is_up, *other),
            Act::Section { seq, theme } => {
                let themes = &mut self.in_digest(*seq)?.story.themes;
                if theme.is_empty() {
                    themes.clear();
                } else {
                    themes.retain(|other| other != theme);
                    themes.insert(0, theme.clone());
                }
                self.mark_edited(*seq);
                Ok(())
            }
            Act::Edit { seq, title, excerpt } => {
                let story = &mut self.in_digest(*seq)?.story;
                (story.title, story.excerpt) = (title.clone(), excerpt.clone());
                self.mark_edited(*seq);
                Ok(())
            }
            Act::Comment { seq, comment } => {
                self.in_digest(*seq)?.story.comment.clone_from(comment);
                self.mark_edited(*seq);
                Ok(())
            }
            Act::Add { story } => self.add(story, by),
            Act::Note { markdown } => {
                self.note.clone_from(markdown);
                Ok(())
            }
            Act::Approve | Act::Send if !self.pieces.values().any(|piece| piece.makes_a_digest()) => {
                Err(Refusal::NoStory)
            }
            Act::Approve | Act::Send | Act::Hold | Act::Reopen | Act::Wait | Act::RollOn | Act::Sent { .. } => {
                self.status = self.status.after(act)?;
                Ok(())
            }
        }
    }

    /// A story that is in the digest.
    fn in_digest(&mut self, seq: i64) -> Result<&mut Piece, Refusal> {
        match self.pieces.get_mut(&seq) {
            None => Err(Refusal::Unknown(seq)),
            Some(piece) if piece.fate != Fate::In => Err(Refusal::NotIn(seq)),
            Some(piece) => Ok(piece),
        }
    }

    fn mark_edited(&mut self, seq: i64) {
        if let Some(piece) = self.pieces.get_mut(&seq) {
            piece.is_edited = true;
        }
    }

    fn take_out(&mut self, seq: i64, fate: Fate, by: &str) -> Result<(), Refusal> {
        let piece = self.in_digest(seq)?;
        // What no editor includes any more is a near miss again, unless they say more about it.
        piece.fate = if piece.is_extra && fate == Fate::LeftOut { Fate::NearMiss } else { fate };
        piece.by = Some(by.to_owned());
        if self.lead == Some(seq) {
            self.lead = None;
        }
        Ok(())
    }

    fn put_back(&mut self, seq: i64, by: &str) -> Result<(), Refusal> {
        let piece = self.pieces.get_mut(&seq).ok_or(Refusal::Unknown(seq))?;
        match piece.fate {
            Fate::In => Err(Refusal::IsIn(seq)),
            Fate::NearMiss => Err(Refusal::NotIn(seq)),
            Fate::LeftOut | Fate::OffTopic | Fate::Postponed => {
                (piece.fate, piece.by) = (Fate::In, Some(by.to_owned()));
                Ok(())
            }
        }
    }

    fn include(&mut self, seq: i64, by: &str) -> Result<(), Refusal> {
        let piece = self.pieces.get_mut(&seq).ok_or(Refusal::Unknown(seq))?;
        match piece.fate {
            Fate::In if !piece.story.is_listed => return Err(Refusal::IsIn(seq)),
            Fate::In => piece.is_extra = true,
            Fate::NearMiss => {}
            Fate::LeftOut | Fate::OffTopic | Fate::Postponed => return Err(Refusal::IsOut(seq)),
        }
        (piece.fate, piece.by, piece.story.is_listed) = (Fate::In, Some(by.to_owned()), false);
        Ok(())
    }

    fn add(&mut self, story: &Story, by: &str) -> Result<(), Refusal> {
        if self.pieces.contains_key(&story.seq) {
            return Err(Refusal::IsIn(story.seq));
        }
        if !self.order.is_empty() {
            let is_worse = |seq: &i64| self.pieces.get(seq).is_some_and(|piece| piece.story.score < story.score);
            let at = self.order.iter().position(is_worse).unwrap_or(self.order.len());
            self.order.insert(at, story.seq);
        }
        let piece = Piece {
            story: Story { is_listed: false, ..story.clone() },
            fate: Fate::In,
            by: Some(by.to_owned()),
            is_extra: true,
            is_edited: false,
        };
        self.pieces.insert(story.seq, piece);
        Ok(())
    }

    fn move_beside(&mut self, seq: i64, is_up: bool, other: i64) -> Result<(), Refusal> {
        self.in_digest(other)?;
        self.in_digest(seq)?;
        let mut order = self.order.clone();
        if order.is_empty() {
            order.clone_from(&self.base.order);
            order.retain(|seq| self.lead != Some(*seq));
            order.splice(0..0, self.lead);
        }
        let added: Vec<i64> = self.pieces.keys().copied().filter(|seq| !order.contains(seq)).collect();
        order.extend(added);
        order.retain(|one| *one != seq);
        let at = order.iter().position(|one| *one == other).ok_or(Refusal::Unknown(other))?;
        order.insert(if is_up { at } else { at + 1 }, seq);
        self.order = order;
        // A story above the lead, or a lead below another one, takes its place.
        if self.lead == Some(other) && is_up || self.lead == Some(seq) && !is_up {
            self.lead = None;
        }
        Ok(())
    }
}

impl Piece {
    fn makes_a_digest(&self) -> bool {
        self.fate == Fate::In && !self.story.is_listed
    }
}
