//! Our own feeds for feed readers, as Atom (RFC 4287) and JSON Feed 1.1. Both have the same content, as far as the formats
//! allow.

mod atom;
mod json;

use chrono::{DateTime, Utc};

pub use atom::atom;
pub use json::json;

/// The media type of Atom.
pub const ATOM: &str = "application/atom+xml; charset=utf-8";

/// The media type of JSON Feed.
pub const JSON: &str = "application/feed+json; charset=utf-8";

/// A feed of ours. All texts are plain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publication {
    /// Its address; that of the Atom form is also its permanent identifier.
    pub address: String,
    /// Its title.
    pub title: String,
    /// What it is about; may be empty.
    pub subtitle: String,
    /// BCP 47.
    pub language: String,
    /// The web page with the same content.
    pub home: String,
    /// Who publishes it.
    pub author: String,
    /// When it last changed.
    pub updated: DateTime<Utc>,
    /// Newest first.
    pub entries: Vec<Entry>,
}

/// An entry of a feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// A permanent, unique URI.
    pub id: String,
    /// One line.
    pub title: String,
    /// The page with the full text.
    pub link: String,
    /// A related page: address and title.
    pub related: Option<(String, String)>,
    /// May be empty.
    pub summary: String,
    /// BCP 47, if it differs from the feed's language; else empty.
    pub language: String,
    /// People and organisations; may be empty.
    pub authors: Vec<String>,
    /// When its source published it.
    pub published: Option<DateTime<Utc>>,
    /// When it was added to this feed.
    pub updated: DateTime<Utc>,
    /// Its categories.
    pub categories: Vec<String>,
}

fn rfc3339(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}
