//! One entry of a feed as plain text, and its identity within the feed. The publication time comes from the feed; the
//! store records the arrival.

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};
use url::Url;

use super::canonical::canonical;

/// One entry of a feed. All text is plain: no markup survives parsing.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// Its identity within its feed.
    pub identity: Identity,
    /// The address for readers; http or https, never a file.
    pub link: Option<Url>,
    /// One line; empty when the feed gave none.
    pub title: String,
    /// The feed's own summary; empty when there is none.
    pub summary: String,
    /// The whole text, paragraphs separated by blank lines; empty when there is none.
    pub content: String,
    /// As the source gives them, separated by commas.
    pub author: Option<String>,
    /// The feed's categories and tags.
    pub categories: Vec<String>,
    /// The publication time according to the feed; never made up by us.
    pub published: Option<DateTime<Utc>>,
    /// The time of the last change according to the feed.
    pub updated: Option<DateTime<Utc>>,
}

/// The key of an item within its feed: its guid or id, else its canonical link, else a hash of title and content. Never
/// an id made up by the parser.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Identity {
    /// The feed's own guid or id.
    Id(String),
    /// The canonical link.
    Link(String),
    /// SHA-256 of title and content, in hex.
    Hash(String),
}

impl Identity {
    /// An id from the feed. A very long one is replaced by its hash, so that no key is larger than a link.
    #[must_use]
    pub fn id(id: String) -> Self {
        if id.len() <= LONGEST_ID { Self::Id(id) } else { Self::Id(format!("sha256:{}", hex(&Sha256::digest(id)))) }
    }

    /// The key of an item: its own id, else its canonical link, else a hash of its plain text.
    #[must_use]
    pub fn of(id: Option<&str>, link: Option<&Url>, title: &str, content: &str) -> Self {
        if let Some(id) = id.map(str::trim).filter(|id| !id.is_empty()) {
            return Self::id(id.to_owned());
        }
        if let Some(link) = link {
            return Self::Link(canonical(link));
        }
        let mut hash = Sha256::new();
        // The length distinguishes ("ab", "c") from ("a", "bc").
        hash.update(title.len().to_be_bytes());
        hash.update(title.as_bytes());
        hash.update(content.as_bytes());
        Self::Hash(hex(&hash.finalize()))
    }
}

/// In bytes. Many ids are links, and an id that repeats is joined with a link; links have 8,000 bytes at most.
const LONGEST_ID: usize = 16_384;

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identity_is_the_id_else_the_link_else_the_text() {
        let link = Url::parse("http://www.example.org/a/").unwrap();
        assert_eq!(Identity::of(Some(" x "), Some(&link), "t", "c"), Identity::Id("x".into()));
        assert_eq!(Identity::of(Some(" "), Some(&link), "t", "c"), Identity::Link("https://example.org/a".into()));
        assert_ne!(Identity::of(None, None, "ab", "c"), Identity::of(None, None, "a", "bc"));
    }
}
