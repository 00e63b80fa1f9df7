//! Which entry of a feed is which post, from one poll to the next. The rule: different posts stay apart; the same post
//! never comes back as new.
//!
//! A guid decides where it can be trusted. Feeds repeat guids, renew them, put session tokens into them, move to another
//! host, or have none, so that title, date, text and link are compared as well. Within one document the entries get keys
//! ([`keys`]); what is stored under another key is recognised by what it says ([`judge`]).

mod address;
pub mod keys;
mod text;

use chrono::{DateTime, Utc};
use url::Url;

use super::item::Identity;
pub use address::{MOST_VARYING, base, is_placeholder, stripped, varying};
use address::{Relation, relation};
use text::Sameness;

/// An entry of a document that equals the stored one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unchanged {
    /// Its place in the document.
    pub place: usize,
    /// What it is known by.
    pub identity: Identity,
}

/// What a post is recognised by: of an entry that has just come, or of an item that is stored.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Traits {
    /// Whether the feed gives it an id of its own that is not a placeholder.
    pub has_id: bool,
    /// Where it is found.
    pub link: Option<Url>,
    /// The title as it is compared: see [`super::story::Fingerprint::title`].
    pub title_key: String,
    /// The title as it is shown.
    pub title: String,
    /// When it was published.
    pub published: Option<DateTime<Utc>>,
    /// When it was changed.
    pub updated: Option<DateTime<Utc>>,
    /// Its text; empty where it has none, or where it is kept no longer.
    pub text: String,
    /// The text's SimHash, which outlives the text.
    pub shingles: u64,
    /// The number of words of the text.
    pub words: usize,
}

/// By what a stored item was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// It has the same key.
    Key,
    /// Its id is the same but for trifles.
    Base {
        /// Other items have that id as well, so that the id alone tells nothing.
        is_shared: bool,
    },
    /// It has the same canonical link.
    Link,
    /// It has the same title.
    Title,
    /// It was published at the same moment.
    Date,
}

/// Whether a stored item and a new entry are one post.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// Two posts.
    Different,
    /// One post if nearly all entries of the document have changed in the same way, as when a site moves.
    IfAllMoved,
    /// One post.
    Same,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Dates {
    Same,
    Other,
    Unknown,
}

/// Compares a stored item with an entry of the same feed.
#[must_use]
pub fn judge(known: &Traits, fresh: &Traits, found: Found) -> Verdict {
    let has_title = !known.title_key.is_empty() && !fresh.title_key.is_empty();
    let evidence = Evidence {
        same_title: known.title_key == fresh.title_key,
        similar_title: known.title_key == fresh.title_key || !has_title || text::is_edited(&known.title, &fresh.title),
        dates: dates(known, fresh),
        text: text::compare(known, fresh),
        link: relation(known.link.as_ref(), fresh.link.as_ref()),
        own_ids: known.has_id && fresh.has_id,
        no_ids: !known.has_id && !fresh.has_id,
        counts_on: text::numbers(&known.title) != text::numbers(&fresh.title),
    };
    let is_same = match found {
        Found::Key | Found::Base { is_shared: false } if evidence.own_ids => evidence.by_id(),
        Found::Key | Found::Base { is_shared: false } | Found::Link => evidence.by_link(),
        // A guid that several posts have says nothing, and each of them is known by its title.
        Found::Base { is_shared: true } => evidence.by_shared_id(),
        Found::Title => return evidence.by_title(has_title),
        // Its title was edited, and its link has a new token or a new host: all else is as it was.
        Found::Date => {
            let is_near = matches!(evidence.link, Relation::Same | Relation::Token | Relation::Moved);
            evidence.dates == Dates::Same && evidence.text == Sameness::Same && evidence.similar_title && is_near
        }
    };
    if is_same { Verdict::Same } else { Verdict::Different }
}

/// What a stored item and an entry have in common.
struct Evidence {
    same_title: bool,
    similar_title: bool,
    dates: Dates,
    text: Sameness,
    link: Relation,
    own_ids: bool,
    no_ids: bool,
    /// The titles differ in their numbers.
    counts_on: bool,
}

impl Evidence {
    /// One guid is one post however it is edited, unless nothing of it is left: another title (or the next number of a
    /// series), another date or another link, and another text. Such a guid is a number that the site gives out again.
    fn by_id(&self) -> bool {
        let is_similar = self.similar_title || matches!(self.text, Sameness::Same | Sameness::Unknown);
        match self.dates {
            Dates::Same => true,
            Dates::Other => is_similar || self.text == Sameness::Similar && !self.counts_on,
            Dates::Unknown => is_similar || self.text == Sameness::Similar || self.link != Relation::Other,
        }
    }

    /// A guid that several posts have: the title decides, or else the date and what is left of title and text.
    fn by_shared_id(&self) -> bool {
        let agrees = self.similar_title || self.text != Sameness::Other;
        match self.same_title {
            true => self.dates != Dates::Other || self.text != Sameness::Other,
            false => self.dates == Dates::Same && self.link != Relation::Other && agrees,
        }
    }

    /// One link. With the same title it is one post, but for a bulletin that has one page and one title, and a date and a
    /// text of its own each week. With another title, or another fragment, it is another post on the same page, unless
    /// date or text say that only the title was edited.
    fn by_link(&self) -> bool {
        let has_agreement = self.dates == Dates::Same || matches!(self.text, Sameness::Same);
        match (self.same_title, self.link) {
            (true, _) if self.own_ids => match self.dates {
                Dates::Same => true,
                Dates::Other => self.text == Sameness::Same,
                Dates::Unknown => self.text != Sameness::Other,
            },
            (true, _) => self.dates != Dates::Other || self.text != Sameness::Other,
            (false, Relation::Other) => self.dates == Dates::Same && self.text == Sameness::Same,
            (false, _) if self.own_ids => {
                self.dates == Dates::Same && (self.similar_title || self.text != Sameness::Other)
            }
            (false, _) => has_agreement && (self.similar_title || self.text != Sameness::Other),
        }
    }

    /// One title. Its date, its text and what links have in common decide: a token or another host in the link makes no
    /// new post; a page of its own with a text of its own does.
    fn by_title(&self, has_title: bool) -> Verdict {
        let is_near = !matches!(self.link, Relation::Other);
        let exactly = self.text == Sameness::Same;
        let alike = exactly || self.text == Sameness::Similar;
        let nothing_else = self.no_ids && self.link == Relation::Unknown;
        if !has_title {
            // Without titles, only the whole text tells; a date must not speak against it.
            return if exactly && self.dates == Dates::Same && is_near { Verdict::Same } else { Verdict::Different };
        }
        match self.dates {
            Dates::Same if nothing_else || exactly || (is_near && (alike || self.text == Sameness::Unknown)) => {
                Verdict::Same
            }
            // The link is the same but for a token or its host: an edited text is no new post.
            Dates::Same if matches!(self.link, Relation::Token | Relation::Moved | Relation::Same) => Verdict::Same,
            Dates::Same if alike => Verdict::IfAllMoved,
            Dates::Unknown if alike && is_near && (exactly || nothing_else || self.link == Relation::Token) => {
                Verdict::Same
            }
            Dates::Unknown if self.text != Sameness::Other && matches!(self.link, Relation::Same | Relation::Token) => {
                Verdict::Same
            }
            Dates::Other if exactly && matches!(self.link, Relation::Token | Relation::Same) => Verdict::Same,
            Dates::Other if exactly && nothing_else => Verdict::Same,
            Dates::Unknown if is_near && matches!(self.link, Relation::Token | Relation::Moved) => Verdict::IfAllMoved,
            Dates::Unknown | Dates::Other if exactly => Verdict::IfAllMoved,
            _ => Verdict::Different,
        }
    }
}

/// Whether two items of one feed with one link and one title are two issues of something regular.
#[must_use]
pub fn is_another_issue(known: (Option<i64>, u64), fresh: (Option<i64>, u64)) -> bool {
    let ((known_date, known_text), (date, text)) = (known, fresh);
    known_text != text && (known_date.is_none() || known_date != date)
}

/// Both dates are of the same kind, or they say nothing.
fn dates(known: &Traits, fresh: &Traits) -> Dates {
    match (known.published, fresh.published, known.updated, fresh.updated) {
        (Some(one), Some(other), ..) if one == other => Dates::Same,
        (Some(_), Some(_), ..) => Dates::Other,
        (None, None, Some(one), Some(other)) if one == other => Dates::Same,
        _ => Dates::Unknown,
    }
}

#[cfg(test)]
mod tests;
