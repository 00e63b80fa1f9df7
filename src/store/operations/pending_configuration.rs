//! The pending configuration: an edit that the running daemon has not loaded. It is kept in the database because `status`,
//! which shows it, is another process.

use crate::store::database::sql::{Row, params};
use crate::store::{OperationChanges, Operations};
use chrono::{DateTime, Utc};

use crate::store::{Error, seconds, time};

/// A configuration that is not loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingConfiguration {
    /// It has errors; otherwise it takes effect at the next start.
    pub is_refused: bool,
    /// The diagnostics, or the keys that need a restart.
    pub text: String,
    /// Since when.
    pub since: DateTime<Utc>,
}

const SET: &str =
    "INSERT INTO pending_configuration (one, refused, text, since) VALUES (1, ?1, ?2, ?3) ON CONFLICT (one) DO UPDATE
    SET refused = excluded.refused, text = excluded.text, since = excluded.since
    WHERE pending_configuration.refused <> excluded.refused OR pending_configuration.text <> excluded.text";

const GET: &str = "SELECT refused, text, since FROM pending_configuration";

fn pending(row: Row<'_>) -> Result<PendingConfiguration, Error> {
    Ok(PendingConfiguration {
        is_refused: row.get("refused")?,
        text: row.get("text")?,
        since: time(row.get("since")?)?,
    })
}

impl OperationChanges<'_> {
    /// Records what is not loaded; the time stays if it is the same as before.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn set_pending_configuration(self, pending: Option<PendingConfiguration>) -> Result<(), Error> {
        // Looked up first: nearly always there is nothing to write.
        if pending.is_none() && self.pending_configuration().await?.is_none() {
            return Ok(());
        }
        self.store
            .write(move |tx| {
                match pending {
                    None => tx.execute("DELETE FROM pending_configuration", [])?,
                    Some(pending) => {
                        tx.execute(SET, params![pending.is_refused, pending.text, seconds(pending.since)])?
                    }
                };
                Ok(())
            })
            .await
    }
}

impl Operations<'_> {
    /// What is not loaded.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn pending_configuration(self) -> Result<Option<PendingConfiguration>, Error> {
        self.reader
            .read(|connection| {
                let mut statement = connection.prepare(GET)?;
                let mut rows = statement.query([])?;
                rows.next()?.map(pending).transpose()
            })
            .await
    }
}
