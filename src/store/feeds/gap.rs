//! Gaps: a feed shows only its latest entries. When nothing of a document is known, and all of it is newer than
//! what is, entries may have come and gone between two polls.

use chrono::{DateTime, Utc};
use rusqlite::Transaction;

use super::ScoredItem;
use crate::store::{Error, optional_time};

/// The newest known item of a feed.
pub(super) enum Newest {
    /// Nothing is known yet.
    None,
    /// Items are, and perhaps the newest date among them.
    Known(Option<DateTime<Utc>>),
}

const NEWEST: &str = "SELECT EXISTS (SELECT 1 FROM items WHERE feed = ?1) AS has_items,
    (SELECT max(published) FROM items WHERE feed = ?1 AND published IS NOT NULL) AS published,
    (SELECT max(updated) FROM items WHERE feed = ?1 AND published IS NULL AND updated IS NOT NULL) AS updated";

pub(super) fn newest(tx: &Transaction<'_>, feed: &str) -> Result<Newest, Error> {
    let (has_items, published, updated): (bool, Option<i64>, Option<i64>) = tx
        .prepare_cached(NEWEST)?
        .query_row([feed], |row| Ok((row.get("has_items")?, row.get("published")?, row.get("updated")?)))?;
    Ok(if has_items { Newest::Known(optional_time(published.max(updated))?) } else { Newest::None })
}

/// Without dates on either side, that nothing is known has to be enough.
pub(super) fn is_one(newest: Newest, items: &[ScoredItem], new: usize) -> bool {
    let Newest::Known(newest) = newest else { return false };
    if items.is_empty() || new < items.len() {
        return false;
    }
    let oldest = items.iter().filter_map(|item| item.item.published.or(item.item.updated)).min();
    match (oldest, newest) {
        (Some(oldest), Some(newest)) => oldest > newest,
        _ => true,
    }
}
