//! Texts of items whose time is over, deleted a few at a time, so that nothing else waits long for the writer. Items keep
//! their titles, links and scores.
//!
//! Pages that become free are used again by what arrives; the file is not made smaller, since that would rewrite it.

use crate::store::ItemChanges;
use crate::store::database::sql::{Transaction, params};
use chrono::{DateTime, Utc};

use crate::store::{Error, seconds};

/// Items of one step: some ten milliseconds.
const STEP: usize = 200;

impl ItemChanges<'_> {
    /// Removes the texts of a few items that arrived before this moment. How many; 0 when none is left.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn remove_texts(self, before: DateTime<Utc>, now: DateTime<Utc>) -> Result<usize, Error> {
        self.store.write(move |tx| remove_texts(tx, before, now)).await
    }
}

const OVER: &str = "SELECT seq FROM items WHERE text_removed IS NULL AND arrived < ?1 ORDER BY arrived LIMIT ?2";

const MARK: &str = "UPDATE items SET text_removed = ?2 WHERE seq = ?1";

const DELETE: &str = "DELETE FROM item_texts WHERE item = ?1";

fn remove_texts(tx: &Transaction<'_>, before: DateTime<Utc>, now: DateTime<Utc>) -> Result<usize, Error> {
    let mut statement = tx.prepare(OVER)?;
    let over = statement.query_map(params![seconds(before), STEP], |row| row.get("seq"))?;
    let over: Vec<i64> = over.collect::<Result<_, _>>()?;
    for seq in &over {
        tx.prepare(MARK)?.execute([*seq, seconds(now)])?;
        tx.prepare(DELETE)?.execute([seq])?;
    }
    Ok(over.len())
}
