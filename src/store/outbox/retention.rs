//! Messages whose time is over, removed with their attempts and reports, a few in each transaction, so that nothing else
//! waits long for the writer. They stay counted (migration 21).

use crate::store::OutboxChanges;
use std::collections::HashSet;

use crate::store::database::sql::{Transaction, params};
use chrono::{DateTime, Utc};

use super::bodies;
use crate::store::digests::held_runs;
use crate::store::{Error, seconds};

/// Messages of one step: some ten milliseconds.
const STEP: usize = 200;

impl OutboxChanges<'_> {
    /// Removes a few messages that were settled before this moment. The newest one of each subscriber stays, since a late
    /// complaint is traced by it, and so do the messages of a held run. How many; 0 when none is left.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn remove_messages(self, before: DateTime<Utc>) -> Result<usize, Error> {
        self.store.write(move |tx| remove(tx, before)).await
    }
}

const OVER: &str = "SELECT id, body FROM messages m WHERE turn IS NULL AND coalesce(settled, made) < ?1
    AND NOT EXISTS (SELECT 1 FROM runs WHERE runs.id = m.run AND held IS NOT NULL)
    AND NOT EXISTS (SELECT 1 FROM subscribers s WHERE s.id = m.subscriber
        AND m.id = (SELECT max(id) FROM messages n WHERE n.subscriber = s.id))
    ORDER BY coalesce(settled, made) LIMIT ?2";

fn remove(tx: &Transaction<'_>, before: DateTime<Utc>) -> Result<usize, Error> {
    let mut statement = tx.prepare(OVER)?;
    let over = statement.query_map(params![seconds(before), STEP], |row| Ok((row.get("id")?, row.get("body")?)))?;
    let over: Vec<(i64, i64)> = over.collect::<Result<_, _>>()?;
    for (message, _) in &over {
        held_runs::forget_sample(tx, *message)?;
        tx.prepare("DELETE FROM attempts WHERE message = ?1")?.execute([message])?;
        tx.prepare("DELETE FROM reports WHERE message = ?1")?.execute([message])?;
        tx.prepare("DELETE FROM messages WHERE id = ?1")?.execute([message])?;
    }
    if !over.is_empty() {
        bodies::remove_unused(tx, &over.iter().map(|(_, body)| *body).collect::<HashSet<_>>())?;
    }
    Ok(over.len())
}
