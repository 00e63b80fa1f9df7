//! Posts that editors add by hand, kept as items of a feed of their own. A draft reserves numbers for them at its end, so
//! that such a post is within the range of its digest, and everything that arrives later comes after it.

use rusqlite::{OptionalExtension as _, Transaction, params};

use super::arrival::{Arrival, identity_text, insert};
use super::reopening::{LAST_NUMBER, SET_LAST_NUMBER};
use super::scored::ScoredItem;
use super::stories;
use crate::store::Error;
use crate::store::feeds;

/// How many posts may be added by hand to one draft.
pub const RESERVED: usize = 20;

/// Reserves numbers after all that were given so far. The last of them, or `through_seq` if there are no items.
pub(in crate::store) fn reserve(tx: &Transaction<'_>, through_seq: i64) -> Result<i64, Error> {
    let last: Option<i64> = tx.query_row(LAST_NUMBER, [], |row| row.get("seq")).optional()?;
    let Some(last) = last.filter(|last| *last <= through_seq) else {
        // Something arrived after the draft's last number: its posts keep theirs.
        return Ok(through_seq);
    };
    let through_seq = last.max(through_seq) + RESERVED as i64;
    tx.execute(SET_LAST_NUMBER, [through_seq])?;
    Ok(through_seq)
}

const LAST_TAKEN: &str = "SELECT max(seq) AS seq FROM items WHERE seq > ?1 AND seq <= ?2";

const RENUMBER: &str = "UPDATE items SET seq = ?2 WHERE seq = ?1";

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
    let known: Option<i64> = tx.prepare_cached(NUMBER_OF_STORY)?.query_row([story], |row| row.get("seq"))?;
    if let Some(known) = known.filter(|known| *known <= through) {
        return Ok(Kept::Known(known));
    }
    let arrival = Arrival { feed, now, since: 0, is_first: false, fingerprint };
    let given = insert(tx, &arrival, &identity_text(&item.item.identity), story, true, item)?;
    tx.prepare_cached(RENUMBER)?.execute(params![given, seq])?;
    // A story that would have come later comes now.
    stories::number(tx, story, through)?;
    Ok(Kept::As(seq))
}
