//! A feed as the administrator lists it. `politeness` decides when it is polled next.

use std::time::Duration;

use url::Url;

pub mod block;
pub mod budget;
mod cut;
pub mod frequency;
mod moved;
mod name;
mod ownership;
mod politeness;
mod public_address;
mod reach;

pub use block::Block;
pub use cut::Cut;
pub use moved::Moved;
pub use name::Names;
pub use ownership::Ownership;
pub use politeness::{Because, Hints, NextCheck, Policy, Visit, next_check};
pub use public_address::public_address;
pub use reach::{Reach, Sign};

/// A feed's short name: lower-case letters, digits and hyphens, as in `feeds.toml`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FeedId(String);

impl FeedId {
    /// Takes 1 to 64 lower-case letters, digits and hyphens; `None` for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        (!text.is_empty() && text.len() <= 64 && text.chars().all(allowed)).then(|| Self(text.to_owned()))
    }

    /// The name itself.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for FeedId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// The id of the feed of posts that editors add by hand. No feed of the list may have it.
pub const BY_HAND: &str = "by-hand";

/// One `[[feed]]` of `feeds.toml`, checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Feed {
    /// Its short name.
    pub id: FeedId,
    /// The name that readers see.
    pub title: String,
    /// http, https, or an absolute `file:` URL.
    pub url: Url,
    /// The administrator's own groups.
    pub tags: Vec<String>,
    /// A disabled feed stays in the list but is not polled.
    pub enabled: bool,
    /// Overrides `polling.first_poll_window`.
    pub first_poll_window: Option<Duration>,
    /// Added to the score of each of its items: a reform blog deserves a little trust.
    pub prior: f32,
}

/// The address without the user name and password of `https://name:password@example.org/`. This form may be shown, is
/// stored with items, and is the base for relative links.
#[must_use]
pub fn without_login(url: &Url) -> Url {
    let mut bare = url.clone();
    // Only a URL without a host returns an error, and it has no log-in.
    let _ = (bare.set_username(""), bare.set_password(None));
    bare
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_feed_id_is_a_short_plain_name() {
        assert!(FeedId::parse("what-works-2").is_some());
        for text in ["", "What", "a b", "a/b", &"x".repeat(65)] {
            assert!(FeedId::parse(text).is_none(), "{text}");
        }
    }
}
