//! The views of drafts, for editors: the page of a draft, the page that asks before something is done, and what stands
//! above the digest in the email to an editor. Their templates are built in.

use serde::Serialize;

use super::ChoiceView;

/// The page of a draft.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct DraftPageView {
    /// "Draft of Monday, 30 November 2026".
    pub title: String,
    /// What links and forms begin with, relative to the page's own address: "TOKEN/".
    pub base: String,
    /// The version that the page shows.
    pub version: u32,
    /// open, approved, releasing, held, sent or rolled_on.
    pub status: String,
    /// What happens without an editor: send or hold.
    pub outcome: String,
    /// The time of the slot: "8:00".
    pub at: String,
    /// The day of the slot.
    pub date: String,
    /// The last moment at which it may be sent.
    pub limit: String,
    /// Whether the slot has passed.
    pub is_late: bool,
    /// Whether anything may still happen to it.
    pub is_open: bool,
    /// Whether its content may be changed.
    pub is_editable: bool,
    /// "12 posts".
    pub count: String,
    /// Who looks at it.
    pub editor: String,
    /// The word of the act that was just done; may be anything, because it comes from the address.
    pub done: String,
    /// What is wrong with the last act; may be empty.
    pub problem: String,
    /// What was typed as an address; may be empty.
    pub typed: String,
    /// What to look at first, in sentences.
    pub odd: Vec<String>,
    /// The stories in full.
    pub sections: Vec<DraftSectionView>,
    /// The stories with one line each.
    pub more: Vec<PieceView>,
    /// Borderline items.
    pub listed: Vec<PieceView>,
    /// What editors took out.
    pub out: Vec<PieceView>,
    /// What was not selected, the best first.
    pub near_misses: Vec<PieceView>,
    /// What was not selected, drawn at random; may be empty.
    pub sample: Vec<PieceView>,
    /// The sections that a story can move to.
    pub themes: Vec<ChoiceView>,
    /// The note in Markdown.
    pub note: String,
    /// The note as safe HTML.
    pub note_html: String,
    /// The newest act first.
    pub ledger: Vec<LedgerLineView>,
    /// The digest's public page, once it is sent; may be empty.
    pub archive: String,
    /// The longest texts.
    pub limits: TextLimits,
}

/// The longest texts that a draft takes, in characters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct TextLimits {
    /// Of a title.
    pub title: usize,
    /// Of an excerpt.
    pub excerpt: usize,
    /// Of a comment.
    pub comment: usize,
}

/// A section of a draft.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct DraftSectionView {
    /// As readers see it.
    pub title: String,
    /// Its stories.
    pub stories: Vec<PieceView>,
}

/// A story of a draft.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct PieceView {
    /// Its number.
    pub seq: i64,
    /// Never empty.
    pub title: String,
    /// http or https; may be empty.
    pub link: String,
    /// May be empty.
    pub excerpt: String,
    /// "Source · 12 March 2026".
    pub meta: String,
    /// The editor's words; may be empty.
    pub comment: String,
    /// "7.5" or "81 %".
    pub score: String,
    /// "joined-up working; Christie Commission"; may be empty.
    pub reason: String,
    /// The name of its theme; empty for none.
    pub theme: String,
    /// Titles of its themes; may be empty.
    pub sections: String,
    /// "Left out as not on topic"; empty for a story that is in.
    pub fate: String,
    /// Who decided that; may be empty.
    pub by: String,
    /// Whether it cannot go further up.
    pub is_first: bool,
    /// Whether it cannot go further down.
    pub is_last: bool,
    /// Whether it leads the digest.
    pub is_lead: bool,
    /// Whether it is only listed.
    pub is_listed: bool,
    /// Whether an editor included it.
    pub is_extra: bool,
    /// Whether an earlier draft held it.
    pub is_carried: bool,
    /// Whether an editor changed its words or its section.
    pub is_edited: bool,
    /// Whether the last act on it was refused.
    pub has_problem: bool,
}

/// One act of the ledger.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct LedgerLineView {
    /// When.
    pub at: String,
    /// Who.
    pub by: String,
    /// What: "left out “Joined-up care”".
    pub what: String,
}

/// A page that shows something before it is done.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct DraftAskView {
    /// For `<title>` and the heading.
    pub title: String,
    /// May be empty.
    pub paragraphs: Vec<String>,
    /// What it is about.
    pub facts: Vec<DraftFactView>,
    /// Where the form posts to.
    pub action: String,
    /// The form's hidden fields.
    pub fields: Vec<DraftFieldView>,
    /// The form's button; empty for no form.
    pub button: String,
    /// The way back.
    pub back: String,
}

/// A name and what is said under it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct DraftFactView {
    /// "Title".
    pub name: String,
    /// In paragraphs.
    pub values: Vec<String>,
}

/// A hidden field of a form.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct DraftFieldView {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
}

/// What stands above the digest in the email to an editor.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct DraftNotice {
    /// The digest's name.
    pub name: String,
    /// The subject of the digest.
    pub subject: String,
    /// The time of the slot.
    pub at: String,
    /// The day of the slot.
    pub date: String,
    /// send, hold, held or late.
    pub outcome: String,
    /// The last moment at which it may be sent.
    pub until: String,
    /// What to look at first, in sentences.
    pub odd: Vec<String>,
    /// The editor's own link.
    pub link: String,
    /// Whether no story was selected.
    pub is_empty: bool,
    /// Whether it is worth learning from the editors' labels.
    pub is_worth_learning: bool,
}

/// A view that becomes a page for editors.
pub trait EditorView: Serialize {
    /// Its template, one of those that are built in.
    fn template(&self) -> &'static str;
}

impl EditorView for DraftPageView {
    fn template(&self) -> &'static str {
        "draft/page.html.j2"
    }
}

impl EditorView for DraftAskView {
    fn template(&self) -> &'static str {
        "draft/ask.html.j2"
    }
}
