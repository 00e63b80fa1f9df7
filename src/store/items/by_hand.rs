//! Posts that editors add by hand, kept as items of a feed of their own. A draft reserves numbers for them at its end, so
//! that such a post is within the range of its digest, and everything that arrives later comes after it.

use super::arrival::{Arrival, identity_text, insert};
use super::scored::ScoredItem;
use super::stories;
use crate::store::Error;
use crate::store::database::sql::Transaction;
use crate::store::feeds;

/// How many posts may be added by hand to one draft.
pub const RESERVED: u32 = 20;

const NUMBER_OF_STORY: &str = "SELECT seq FROM stories WHERE id = ?1";

/// What became of a post.
pub(in crate::store) enum Kept {
    /// It has this number.
    As(i64),
    /// All numbers are taken.
    Full,
    /// Its story has this number already, which the draft or an earlier run covers.
    Known(i64),
}

const LAST_TAKEN: &str = "SELECT max(seq) AS seq FROM items WHERE seq > ?1 AND seq <= ?2";

/// Keeps a post under the first free one of these numbers. It counts as selected, because an editor selected it.
pub(in crate::store) fn keep(
    tx: &Transaction<'_>,
    (reserved, through): (i64, i64),
    item: &ScoredItem,
    fingerprint: &str,
    now: i64,
) -> Result<Kept, Error> {
    let taken: Option<i64> = tx.query_row(LAST_TAKEN, [reserved, through], |row| row.get("seq"))?;
    let seq = taken.unwrap_or(reserved) + 1;
    if seq > through {
        return Ok(Kept::Full);
    }
    let feed = feeds::by_hand(tx, now)?;
    let story = stories::find(tx, now, feed, item)?.map_or_else(|| stories::make(tx, now), Ok)?;
    let known: Option<i64> = tx.prepare(NUMBER_OF_STORY)?.query_row([story], |row| row.get("seq"))?;
    if let Some(known) = known.filter(|known| *known <= through) {
        return Ok(Kept::Known(known));
    }
    let arrival = Arrival { feed, now, since: 0, is_first: false, fingerprint };
    insert(tx, &arrival, (seq, &identity_text(&item.item.identity), story), true, item)?;
    // A story that would have come later comes now.
    stories::number(tx, story, through)?;
    Ok(Kept::As(seq))
}
