//! Removes feeds from the list, and disables and enables them.

use super::Refusal;
use crate::config::{Config, edit_feeds};
use crate::domain::feeds::{Feed, FeedId};

/// A change to a feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// Removes it, together with the comment above it.
    Remove,
    /// Keeps it but stops polling it.
    Disable,
    /// Polls it again.
    Enable,
}

/// The feeds in the order in which they were named.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct EditReport {
    /// Feeds that were changed.
    pub changed: Vec<Feed>,
    /// Feeds that were already in that state.
    pub unchanged: Vec<Feed>,
}

/// Makes the same change to all named feeds, or to none of them.
///
/// # Errors
/// A feed is not in the list, or the list cannot be written.
pub fn edit(config: &Config, names: &[String], change: Change) -> Result<EditReport, Refusal> {
    let mut chosen: Vec<&Feed> = Vec::new();
    for name in names {
        let feed = find(&config.feeds, name)?;
        if chosen.iter().all(|known| known.id != feed.id) {
            chosen.push(feed);
        }
    }
    let is_so = |feed: &&Feed| match change {
        Change::Remove => false,
        Change::Disable => !feed.enabled,
        Change::Enable => feed.enabled,
    };
    let (unchanged, changed): (Vec<&Feed>, Vec<&Feed>) = chosen.into_iter().partition(is_so);
    edit_feeds(config, |list| {
        for feed in &changed {
            match change {
                Change::Remove => list.remove(&feed.id),
                Change::Disable => list.set_enabled(&feed.id, false),
                Change::Enable => list.set_enabled(&feed.id, true),
            };
        }
    })?;
    let owned = |feeds: Vec<&Feed>| feeds.into_iter().cloned().collect();
    Ok(EditReport { changed: owned(changed), unchanged: owned(unchanged) })
}

fn find<'f>(feeds: &'f [Feed], name: &str) -> Result<&'f Feed, Refusal> {
    let is_it = |feed: &&Feed| feed.id.as_str() == name || feed.url.as_str() == name;
    feeds.iter().find(is_it).ok_or_else(|| {
        let distance = |id: &FeedId| strsim::osa_distance(id.as_str(), name);
        let nearest = feeds.iter().map(|feed| &feed.id).min_by_key(|id| distance(id));
        let near = nearest.filter(|id| distance(id) <= name.len() / 3 + 1).map(ToString::to_string);
        Refusal::Unknown { id: name.to_owned(), near }
    })
}
