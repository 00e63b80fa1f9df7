//! Items that were too old when their feed was first read, admitted after all: each arrives once more, with a number of its
//! own, so that every later window includes it and no earlier one changes.

use crate::store::database::sql::{Transaction, params};
use chrono::{DateTime, Utc};

use super::stories;
use crate::store::digests::runs::{COVERED, HIGHEST_SEQ};
use crate::store::{Error, seconds};

/// What was admitted.
pub(in crate::store) struct Admitted {
    pub(in crate::store) items: usize,
    /// Those of them that are selected.
    pub(in crate::store) selected: usize,
}

struct Old {
    seq: i64,
    story: i64,
    is_selected: bool,
}

const TOO_OLD: &str = "SELECT seq, story, selected FROM items
    WHERE feed = ?1 AND mailable = 0 AND text_removed IS NULL AND coalesce(published, updated) >= ?2
    ORDER BY coalesce(published, updated), seq";

const ADMIT: &str = "UPDATE items SET seq = ?2, arrived = ?3, mailable = 1 WHERE seq = ?1";

/// Admits the items of a feed that were published at `since` or later, oldest first. Items without a date or without their
/// text stay as they are, and a story that a run has covered keeps its number.
pub(in crate::store) fn admit(
    tx: &Transaction<'_>,
    feed: &str,
    since: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<Admitted, Error> {
    let mut number: i64 = tx.query_row(HIGHEST_SEQ, [], |row| row.get("seq"))?;
    let covered = tx.query_row(COVERED, [], |row| row.get("through_seq"))?;
    let mut admitted = Admitted { items: 0, selected: 0 };
    for old in too_old(tx, feed, since)? {
        number += 1;
        tx.prepare(ADMIT)?.execute(params![old.seq, number, seconds(now)])?;
        stories::number(tx, old.story, covered)?;
        admitted.items += 1;
        admitted.selected += usize::from(old.is_selected);
    }
    Ok(admitted)
}

fn too_old(tx: &Transaction<'_>, feed: &str, since: DateTime<Utc>) -> Result<Vec<Old>, Error> {
    let mut statement = tx.prepare(TOO_OLD)?;
    let rows = statement.query_map(params![feed, seconds(since)], |row| {
        Ok(Old { seq: row.get("seq")?, story: row.get("story")?, is_selected: row.get("selected")? })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
