//! What editors, and the program, do to a draft; and why an act is refused.

use super::{COMMENT_CHARS, EXCERPT_CHARS, NOTE_BYTES, TITLE_CHARS, line};
use crate::domain::digests::digest::Story;
use crate::domain::items::text::visible;
use crate::domain::word::words;

/// One change of a draft. `seq` is the number of a story.
#[expect(clippy::large_enum_variant, reason = "few acts exist at a time, and most are read from the ledger one by one")]
#[derive(Debug, Clone, PartialEq)]
pub enum Act {
    /// Leave a story out.
    LeaveOut {
        /// Which.
        seq: i64,
    },
    /// Leave a story out because it is not on the topic.
    OffTopic {
        /// Which.
        seq: i64,
    },
    /// Hold a story for the next digest of the cadence.
    Postpone {
        /// Which.
        seq: i64,
    },
    /// Put a story back that was left out or postponed.
    PutBack {
        /// Which.
        seq: i64,
    },
    /// Include a near miss, or show a borderline item as a story.
    Include {
        /// Which.
        seq: i64,
    },
    /// Put a story first.
    Lead {
        /// Which.
        seq: i64,
    },
    /// Let no story lead any more.
    NoLead,
    /// Put a story directly above or below another one.
    Move {
        /// Which.
        seq: i64,
        /// Above the other one, else below it.
        is_up: bool,
        /// The other story.
        other: i64,
    },
    /// Move a story to the section of a theme.
    Section {
        /// Which.
        seq: i64,
        /// The theme's name; empty for the last section, which has no theme.
        theme: String,
    },
    /// Replace a story's title and excerpt.
    Edit {
        /// Which.
        seq: i64,
        /// The new title.
        title: String,
        /// The new excerpt; may be empty.
        excerpt: String,
    },
    /// Comment on a story, in words that readers see.
    Comment {
        /// Which.
        seq: i64,
        /// One line; empty to remove the comment.
        comment: String,
    },
    /// Add a post that no feed brought.
    Add {
        /// As it was read.
        story: Story,
    },
    /// Replace the note at the top.
    Note {
        /// Markdown; empty for none.
        markdown: String,
    },
    /// Approve: it goes out at its slot, or at once if that is past.
    Approve,
    /// Approve it and send it now.
    Send,
    /// Hold it: it does not go out before an editor approves it.
    Hold,
    /// Take back an approval or a hold.
    Reopen,
    /// The slot came, no editor had approved, and the settings say that it waits.
    Wait,
    /// It was held for too long, so its stories go into the next digest.
    RollOn,
    /// Its run was made.
    Sent {
        /// The run's number.
        run: i64,
    },
}

/// The kinds of acts, as tables and reports name them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// [`Act::LeaveOut`].
    LeaveOut,
    /// [`Act::OffTopic`].
    OffTopic,
    /// [`Act::Postpone`].
    Postpone,
    /// [`Act::PutBack`].
    PutBack,
    /// [`Act::Include`].
    Include,
    /// [`Act::Lead`].
    Lead,
    /// [`Act::NoLead`].
    NoLead,
    /// [`Act::Move`].
    Move,
    /// [`Act::Section`].
    Section,
    /// [`Act::Edit`].
    Edit,
    /// [`Act::Comment`].
    Comment,
    /// [`Act::Add`].
    Add,
    /// [`Act::Note`].
    Note,
    /// [`Act::Approve`].
    Approve,
    /// [`Act::Send`].
    Send,
    /// [`Act::Hold`].
    Hold,
    /// [`Act::Reopen`].
    Reopen,
    /// [`Act::Wait`].
    Wait,
    /// [`Act::RollOn`].
    RollOn,
    /// [`Act::Sent`].
    Sent,
}

words!(Kind {
    LeaveOut = "leave_out",
    OffTopic = "off_topic",
    Postpone = "postpone",
    PutBack = "put_back",
    Include = "include",
    Lead = "lead",
    NoLead = "no_lead",
    Move = "move",
    Section = "section",
    Edit = "edit",
    Comment = "comment",
    Add = "add",
    Note = "note",
    Approve = "approve",
    Send = "send",
    Hold = "hold",
    Reopen = "reopen",
    Wait = "wait",
    RollOn = "roll_on",
    Sent = "sent",
});

/// Why an act is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No story of the draft has this number.
    #[error("there is no story {0} in this draft")]
    Unknown(i64),
    /// It is not in the digest.
    #[error("story {0} is not in the digest: put it back or include it first")]
    NotIn(i64),
    /// It is in the digest.
    #[error("story {0} is in the digest already")]
    IsIn(i64),
    /// An editor took it out, so it can be put back rather than included.
    #[error("story {0} was taken out by an editor: put it back instead")]
    IsOut(i64),
    /// It is only listed at the end, so it cannot lead.
    #[error("story {0} is only listed at the end: include it first")]
    IsListed(i64),
    /// It cannot go further up.
    #[error("story {0} is the first of its section already")]
    IsFirst(i64),
    /// It cannot go further down.
    #[error("story {0} is the last of its section already")]
    IsLast(i64),
    /// No story leads.
    #[error("no story leads this digest")]
    HasNoLead,
    /// A story without a title cannot be shown.
    #[error("the title must not be empty")]
    NoTitle,
    /// Too long.
    #[error("the {what} is too long: at most {limit} characters")]
    TooLong {
        /// "title".
        what: &'static str,
        /// In characters; for the note, in bytes.
        limit: usize,
    },
    /// Nothing is left that would make a digest.
    #[error("no story is left: include one, or hold the draft")]
    NoStory,
    /// It cannot be changed while it is approved.
    #[error("the draft is approved: reopen it to change it")]
    IsApproved,
    /// It is on its way to the subscribers.
    #[error("the draft has been sent: use `runs correct` to correct it")]
    IsSent,
    /// Its stories are in the next one.
    #[error("the draft was held for too long, so its stories are in the next one")]
    HasRolledOn,
    /// It is held already.
    #[error("the draft is held already")]
    IsHeld,
    /// It is open already.
    #[error("the draft is open already")]
    IsOpen,
    /// There is no such theme.
    #[error("there is no section `{0}`")]
    NoSection(String),
    /// All numbers that the draft keeps for posts added by hand are taken.
    #[error("no more than {0} posts can be added by hand to one draft")]
    TooMany(u32),
}

impl Act {
    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Self::LeaveOut { .. } => Kind::LeaveOut,
            Self::OffTopic { .. } => Kind::OffTopic,
            Self::Postpone { .. } => Kind::Postpone,
            Self::PutBack { .. } => Kind::PutBack,
            Self::Include { .. } => Kind::Include,
            Self::Lead { .. } => Kind::Lead,
            Self::NoLead => Kind::NoLead,
            Self::Move { .. } => Kind::Move,
            Self::Section { .. } => Kind::Section,
            Self::Edit { .. } => Kind::Edit,
            Self::Comment { .. } => Kind::Comment,
            Self::Add { .. } => Kind::Add,
            Self::Note { .. } => Kind::Note,
            Self::Approve => Kind::Approve,
            Self::Send => Kind::Send,
            Self::Hold => Kind::Hold,
            Self::Reopen => Kind::Reopen,
            Self::Wait => Kind::Wait,
            Self::RollOn => Kind::RollOn,
            Self::Sent { .. } => Kind::Sent,
        }
    }

    /// The story that it is about.
    #[must_use]
    pub fn story(&self) -> Option<i64> {
        match self {
            Self::LeaveOut { seq }
            | Self::OffTopic { seq }
            | Self::Postpone { seq }
            | Self::PutBack { seq }
            | Self::Include { seq }
            | Self::Lead { seq }
            | Self::Move { seq, .. }
            | Self::Section { seq, .. }
            | Self::Edit { seq, .. }
            | Self::Comment { seq, .. } => Some(*seq),
            Self::Add { story } => Some(story.seq),
            _ => None,
        }
    }

    /// Whether it changes what readers get, rather than whether and when.
    #[must_use]
    pub fn changes_content(&self) -> bool {
        self.story().is_some() || matches!(self, Self::NoLead | Self::Note { .. })
    }

    /// What happened, after the editor's name: "left out “Joined-up care”".
    #[must_use]
    pub fn sentence(&self, title: &str) -> String {
        let of = |what: &str| format!("{what} \u{201c}{title}\u{201d}");
        match self {
            Self::LeaveOut { .. } => of("left out"),
            Self::OffTopic { .. } => format!("{} as not on topic", of("left out")),
            Self::Postpone { .. } => format!("{} for next time", of("held")),
            Self::PutBack { .. } => of("put back"),
            Self::Include { .. } => of("included"),
            Self::Lead { .. } => format!("{} first", of("put")),
            Self::NoLead => "let no story lead".to_owned(),
            Self::Move { is_up: true, .. } => format!("{} up", of("moved")),
            Self::Move { .. } => format!("{} down", of("moved")),
            Self::Section { theme, .. } if theme.is_empty() => format!("{} to the last section", of("moved")),
            Self::Section { theme, .. } => format!("{} to the section {theme}", of("moved")),
            Self::Edit { .. } => of("edited"),
            Self::Comment { comment, .. } if comment.is_empty() => of("removed the comment on"),
            Self::Comment { .. } => of("commented on"),
            Self::Add { .. } => of("added"),
            Self::Note { markdown } if markdown.is_empty() => "removed the note".to_owned(),
            Self::Note { .. } => "changed the note".to_owned(),
            Self::Approve => "approved it".to_owned(),
            Self::Send => "approved it and sent it".to_owned(),
            Self::Hold => "held it".to_owned(),
            Self::Reopen => "reopened it".to_owned(),
            Self::Wait => "held it at its time, because no editor had approved it".to_owned(),
            Self::RollOn => "moved its stories to the next digest, because it was held for too long".to_owned(),
            Self::Sent { run } => format!("made run {run} of it"),
        }
    }

    /// The act with its texts on one line.
    ///
    /// # Errors
    /// [`Refusal::NoTitle`], [`Refusal::TooLong`].
    pub(super) fn tidied(self) -> Result<Self, Refusal> {
        Ok(match self {
            Self::Edit { seq, title, excerpt } => {
                let title = line(&title, "title", TITLE_CHARS)?;
                if title.is_empty() {
                    return Err(Refusal::NoTitle);
                }
                Self::Edit { seq, title, excerpt: line(&excerpt, "excerpt", EXCERPT_CHARS)? }
            }
            Self::Comment { seq, comment } => Self::Comment { seq, comment: line(&comment, "comment", COMMENT_CHARS)? },
            Self::Note { markdown } => {
                let markdown = visible(&markdown.replace("\r\n", "\n")).trim().to_owned();
                if markdown.len() > NOTE_BYTES {
                    return Err(Refusal::TooLong { what: "note", limit: NOTE_BYTES });
                }
                Self::Note { markdown }
            }
            other => other,
        })
    }
}
