//! Drafts whose time is over, removed with their ledgers. The newest draft of a cadence stays, and so does the newest one
//! that was sent, since the next draft takes over what it held.
//!
//! A subscriber who has not been served for longer than that gets the stories of those weeks as the program selected them.

use chrono::{DateTime, Utc};

use crate::domain::digests::draft::Status;
use crate::store::database::sql::params;
use crate::store::{DigestChanges, Error, seconds};

impl DigestChanges<'_> {
    /// Removes the drafts of slots before this moment. Returns how many.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn remove_drafts(self, before: DateTime<Utc>) -> Result<usize, Error> {
        self.store
            .write(move |tx| {
                let values = params![seconds(before), Status::Sent.as_str(), Status::RolledOn.as_str()];
                let mut statement = tx.prepare(OVER)?;
                let over = statement.query_map(values, |row| row.get("id"))?;
                let over: Vec<i64> = over.collect::<Result<_, _>>()?;
                for draft in &over {
                    tx.prepare("DELETE FROM ledger WHERE draft = ?1")?.execute([draft])?;
                    tx.prepare("DELETE FROM drafts WHERE id = ?1")?.execute([draft])?;
                }
                Ok(over.len())
            })
            .await
    }
}

const OVER: &str = "SELECT d.id FROM drafts d WHERE d.due < ?1 AND d.status IN (?2, ?3)
    AND EXISTS (SELECT 1 FROM drafts later WHERE later.cadence = d.cadence AND later.through_seq > d.through_seq
        AND later.run IS NOT NULL)";
