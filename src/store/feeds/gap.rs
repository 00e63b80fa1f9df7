//! Gaps: a feed shows only its latest entries. When nothing of a document is known, and all of it is newer than
//! what is, entries may have come and gone between two polls.

use chrono::{DateTime, Utc};
use rusqlite::Transaction;

use super::super::{Error, optional_time};
use super::ScoredItem;

/// The newest known item of a feed.
pub(super) enum Newest {
    /// Nothing is known yet.
    None,
    /// Items are, and perhaps the newest date among them.
    Known(Option<DateTime<Utc>>),
}

pub(super) fn newest(tx: &Transaction<'_>, feed: &str) -> Result<Newest, Error> {
    let (count, newest): (u64, Option<i64>) = tx
        .prepare_cached("SELECT count(*), max(coalesce(published, updated)) FROM items WHERE feed = ?1")?
        .query_row([feed], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(if count == 0 { Newest::None } else { Newest::Known(optional_time(newest)?) })
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
