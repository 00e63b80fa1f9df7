//! Gaps: a feed shows only its latest entries. If no entry of a document is known, and all of them are newer than those that
//! are, others may have appeared and disappeared between two polls.

use crate::store::database::sql::Transaction;
use chrono::{DateTime, Utc};

use super::ScoredItem;
use crate::store::{Error, optional_time};

/// The newest known item of a feed.
pub(super) enum Newest {
    /// There are no items yet.
    None,
    /// There are items; the newest date among them, if any has one.
    Known(Option<DateTime<Utc>>),
}

const NEWEST: &str = "SELECT EXISTS (SELECT 1 FROM items WHERE feed = ?1) AS has_items,
    (SELECT max(published) FROM items WHERE feed = ?1 AND published IS NOT NULL) AS published,
    (SELECT max(updated) FROM items WHERE feed = ?1 AND published IS NULL AND updated IS NOT NULL) AS updated";

pub(super) fn newest(tx: &Transaction<'_>, feed: &str) -> Result<Newest, Error> {
    let (has_items, published, updated): (bool, Option<i64>, Option<i64>) = tx
        .prepare(NEWEST)?
        .query_row([feed], |row| Ok((row.get("has_items")?, row.get("published")?, row.get("updated")?)))?;
    Ok(if has_items { Newest::Known(optional_time(published.max(updated))?) } else { Newest::None })
}

/// Whether there is a gap. If either side has no dates, it is enough that no entry is known.
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
