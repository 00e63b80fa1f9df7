//! The pending configuration: an edit that the running daemon has not loaded. It is kept in the database because `status`,
//! which shows it, is another process.

use chrono::{DateTime, Utc};
use rusqlite::{Row, params};

use crate::store::{Error, Reader, Store, seconds, time};

/// A configuration that is not loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Untaken {
    /// It has errors; otherwise it takes effect at the next start.
    pub is_refused: bool,
    /// The diagnostics, or the keys that need a restart.
    pub text: String,
    /// Since when.
    pub since: DateTime<Utc>,
}

const SET: &str = "INSERT INTO untaken (one, refused, text, since) VALUES (1, ?1, ?2, ?3) ON CONFLICT (one) DO UPDATE
    SET refused = excluded.refused, text = excluded.text, since = excluded.since
    WHERE untaken.refused <> excluded.refused OR untaken.text <> excluded.text";

const GET: &str = "SELECT refused, text, since FROM untaken";

fn pending(row: &Row<'_>) -> Result<Untaken, Error> {
    Ok(Untaken { is_refused: row.get("refused")?, text: row.get("text")?, since: time(row.get("since")?)? })
}

impl Store {
    /// Records what is not loaded; the time stays if it is the same as before.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn set_untaken(&self, untaken: Option<Untaken>) -> Result<(), Error> {
        // Looked up first: nearly always there is nothing to write.
        if untaken.is_none() && self.untaken().await?.is_none() {
            return Ok(());
        }
        self.write(move |tx| {
            match untaken {
                None => tx.execute("DELETE FROM untaken", [])?,
                Some(untaken) => {
                    tx.execute(SET, params![untaken.is_refused, untaken.text, seconds(untaken.since)])?
                }
            };
            Ok(())
        })
        .await
    }
}

impl Reader {
    /// What is not loaded.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn untaken(&self) -> Result<Option<Untaken>, Error> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(GET)?;
            let mut rows = statement.query([])?;
            rows.next()?.map(pending).transpose()
        })
        .await
    }
}
