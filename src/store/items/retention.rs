//! Texts of items whose time is over, removed a few at a time, so that nothing else waits long for the writer. Items keep
//! their titles, links and scores.
//!
//! Pages that become free are used again by what arrives; the file is not made smaller, since that would rewrite it.

use chrono::{DateTime, Utc};
use rusqlite::{Transaction, params};

use crate::store::{Error, Store, seconds};

/// Items of one step: some ten milliseconds.
const STEP: usize = 200;

impl Store {
    /// Removes the texts of a few items that arrived before this moment. How many; 0 when none is left.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn remove_texts(&self, before: DateTime<Utc>, now: DateTime<Utc>) -> Result<usize, Error> {
        self.write(move |tx| remove_texts(tx, seconds(before), seconds(now))).await
    }
}

/// Emptied rows are taken out and put back. Left where they are, each would keep the page that its text has filled, for
/// SQLite joins pages only when rows are deleted.
fn remove_texts(tx: &Transaction<'_>, before: i64, now: i64) -> Result<usize, Error> {
    tx.execute(
        "CREATE TEMP TABLE emptied AS SELECT * FROM items WHERE seq IN (
         SELECT seq FROM items WHERE text_removed IS NULL AND arrived < ?1 ORDER BY arrived LIMIT ?2)",
        params![before, STEP],
    )?;
    let emptied = tx.execute(
        "UPDATE emptied SET summary = '', content = '', excerpt = NULL, excerpt_chars = NULL, text_removed = ?1",
        [now],
    )?;
    tx.execute_batch(
        "DELETE FROM items WHERE seq IN (SELECT seq FROM emptied);
         INSERT INTO items SELECT * FROM emptied;
         DROP TABLE emptied;",
    )?;
    Ok(emptied)
}
