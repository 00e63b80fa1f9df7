//! The edit of the configuration that a running daemon has not taken over. It is kept here because whoever asks for it,
//! `status`, is another process.

use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension as _, params};

use crate::store::{Error, Reader, Store, seconds, time};

/// Such an edit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Untaken {
    /// It has mistakes; else it holds from the next start on.
    pub is_refused: bool,
    /// The diagnostic, or the keys.
    pub text: String,
    /// Since when.
    pub since: DateTime<Utc>,
}

impl Store {
    /// Says what is not taken over; of the same as before, the time stays.
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
                Some(untaken) => tx.execute(
                    "INSERT INTO untaken (one, refused, text, since) VALUES (1, ?1, ?2, ?3) ON CONFLICT (one) DO UPDATE
                     SET refused = excluded.refused, text = excluded.text, since = excluded.since
                     WHERE (refused, text) <> (excluded.refused, excluded.text)",
                    params![untaken.is_refused, untaken.text, seconds(untaken.since)],
                )?,
            };
            Ok(())
        })
        .await
    }
}

impl Reader {
    /// What is not taken over.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn untaken(&self) -> Result<Option<Untaken>, Error> {
        self.read(|connection| {
            let row = connection
                .query_row("SELECT refused, text, since FROM untaken", [], |row| {
                    Ok((row.get(0)?, row.get(1)?, row.get(2)?))
                })
                .optional()?;
            row.map(|(is_refused, text, since)| Ok(Untaken { is_refused, text, since: time(since)? })).transpose()
        })
        .await
    }
}
