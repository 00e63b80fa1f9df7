//! Items that were too old when their feed was first read, taken in after all: each arrives once more, with a number of
//! its own, so that every later window has it and no earlier one changes.

use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension as _, Transaction, params};

use crate::domain::feeds::FeedId;
use crate::store::items::stories;
use crate::store::{Error, Store, seconds};

/// What reopening a feed did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reopened {
    /// Items that may be mailed from now on.
    pub items: usize,
    /// Those of them that are selected.
    pub picked: usize,
    /// Published then or later.
    pub since: DateTime<Utc>,
}

impl Store {
    /// Lets items of a feed be mailed that were published at `since` or later and were too old so far. `None` for a feed
    /// that was never read: its window is not settled yet. Items without a date or without their text stay as they are,
    /// and a story that a run has covered is not mailed again.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn reopen(
        &self,
        feed: &FeedId,
        since: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<Option<Reopened>, Error> {
        let feed = feed.to_string();
        self.write(move |tx| {
            let widened = tx.execute(
                "UPDATE feeds SET since = min(since, ?2) WHERE id = ?1 AND first_polled IS NOT NULL",
                params![feed, seconds(since)],
            )?;
            if widened == 0 {
                return Ok(None);
            }
            let mut number: i64 = tx
                .query_row("SELECT seq FROM sqlite_sequence WHERE name = 'items'", [], |row| row.get(0))
                .optional()?
                .unwrap_or(0);
            let covered = tx.query_row("SELECT coalesce(max(upto), 0) FROM runs", [], |row| row.get(0))?;
            let mut reopened = Reopened { items: 0, picked: 0, since };
            for old in too_old(tx, &feed, since)? {
                number += 1;
                tx.prepare_cached("UPDATE items SET seq = ?2, arrived = ?3, mailable = 1 WHERE seq = ?1")?
                    .execute(params![old.seq, number, seconds(now)])?;
                stories::number(tx, old.story, covered)?;
                reopened.items += 1;
                reopened.picked += usize::from(old.picked);
            }
            tx.execute("UPDATE sqlite_sequence SET seq = ?1 WHERE name = 'items'", [number])?;
            Ok(Some(reopened))
        })
        .await
    }
}

struct Old {
    seq: i64,
    story: i64,
    picked: bool,
}

/// The items to be let in, oldest first.
fn too_old(tx: &Transaction<'_>, feed: &str, since: DateTime<Utc>) -> Result<Vec<Old>, Error> {
    let mut statement = tx.prepare(
        "SELECT seq, story, picked FROM items
         WHERE feed = ?1 AND mailable = 0 AND text_removed IS NULL AND coalesce(published, updated) >= ?2
         ORDER BY coalesce(published, updated), seq",
    )?;
    let rows = statement.query_map(params![feed, seconds(since)], |row| {
        Ok(Old { seq: row.get("seq")?, story: row.get("story")?, picked: row.get("picked")? })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
