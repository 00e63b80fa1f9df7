//! What is published as a feed of our own, for feed readers: as Atom (RFC 4287) and as JSON Feed 1.1. Both say the same,
//! save what only one of them has a word for.

mod atom;
mod json;

use chrono::{DateTime, Utc};

pub use atom::atom;
pub use json::json;

/// What Atom is served as.
pub const ATOM: &str = "application/atom+xml; charset=utf-8";

/// What a JSON Feed is served as.
pub const JSON: &str = "application/feed+json; charset=utf-8";

/// What is published under one address. Texts are plain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publication {
    /// Its address; that of its Atom form also identifies it for good.
    pub address: String,
    /// Its name.
    pub title: String,
    /// What it is about; may be empty.
    pub subtitle: String,
    /// BCP 47.
    pub language: String,
    /// The page for people that shows the same.
    pub home: String,
    /// Who publishes it.
    pub author: String,
    /// When it last changed.
    pub updated: DateTime<Utc>,
    /// Newest first.
    pub entries: Vec<Entry>,
}

/// One entry of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// A URI that stays, and that no other entry has.
    pub id: String,
    /// One line.
    pub title: String,
    /// Where it is to be read.
    pub link: String,
    /// A page that tells more of it: address and title.
    pub related: Option<(String, String)>,
    /// May be empty.
    pub summary: String,
    /// BCP 47, where it is another than the whole's; else empty.
    pub language: String,
    /// People and organisations; may be empty.
    pub authors: Vec<String>,
    /// When its source published it.
    pub published: Option<DateTime<Utc>>,
    /// When it came into this publication.
    pub updated: DateTime<Utc>,
    /// What it is about.
    pub categories: Vec<String>,
}

fn rfc3339(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}
