//! What has had its time, removed by and by: the texts of items, and messages with all that hangs on them. Each step is one
//! short transaction, so that nothing else waits long for the writer. Items keep their titles, links and judgements, and
//! messages stay counted (migration 21).
//!
//! Pages that become free are used again by what comes; the file is not made smaller, for that would rewrite it.

use chrono::{DateTime, Utc};
use rusqlite::{Transaction, params};

use crate::store::{Error, Store, seconds};

/// Rows of one step: some ten milliseconds.
const STEP: usize = 200;

impl Store {
    /// Removes the texts of a few items that arrived before. How many; 0 when none is left.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn remove_texts(&self, before: DateTime<Utc>, now: DateTime<Utc>) -> Result<usize, Error> {
        self.write(move |tx| remove_texts(tx, seconds(before), seconds(now))).await
    }

    /// Removes a few messages that were settled before, with their attempts and reports; they stay counted. A person's newest
    /// one stays, for it tells whose a late complaint is; and so does all that waits for a held run. How many; 0 when none
    /// is left.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn remove_messages(&self, before: DateTime<Utc>) -> Result<usize, Error> {
        self.write(move |tx| remove_messages(tx, seconds(before))).await
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

fn remove_messages(tx: &Transaction<'_>, before: i64) -> Result<usize, Error> {
    tx.execute_batch(
        "CREATE TEMP TABLE IF NOT EXISTS going (id INTEGER PRIMARY KEY, part INTEGER); DELETE FROM going;",
    )?;
    let going = tx.execute(
        "INSERT INTO going SELECT id, part FROM messages m WHERE turn IS NULL AND coalesce(settled, made) < ?1
         AND NOT EXISTS (SELECT 1 FROM runs WHERE runs.id = m.run AND held IS NOT NULL)
         AND NOT EXISTS (SELECT 1 FROM subscribers s WHERE s.id = m.subscriber
             AND m.id = (SELECT max(id) FROM messages n WHERE n.subscriber = s.id))
         ORDER BY coalesce(settled, made) LIMIT ?2",
        params![before, STEP],
    )?;
    if going == 0 {
        return Ok(0);
    }
    tx.execute_batch(
        "DELETE FROM attempts WHERE message IN (SELECT id FROM going);
         DELETE FROM samples WHERE message IN (SELECT id FROM going);
         DELETE FROM reports WHERE message IN (SELECT id FROM going);
         DELETE FROM messages WHERE id IN (SELECT id FROM going);
         -- The last digest of a cadence tells the next one how not to be called.
         DELETE FROM parts WHERE id IN (SELECT part FROM going)
             AND NOT EXISTS (SELECT 1 FROM messages WHERE part = parts.id)
             AND (run IS NULL OR run NOT IN (SELECT max(r.id) FROM runs r JOIN parts p ON p.run = r.id GROUP BY r.cadence));
         DELETE FROM going;",
    )?;
    Ok(going)
}
