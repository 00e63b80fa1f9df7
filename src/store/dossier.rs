//! What is known of an address beside its person's row: what was reported of mails to it, and why it is suppressed. Read
//! by an administrator.

use chrono::{DateTime, Utc};
use rusqlite::OptionalExtension as _;

use super::{Error, Store, time};

/// A word that a mail to a person did not arrive, or was not wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportedMail {
    /// What the mail was: digest, confirmation, …
    pub kind: String,
    /// When it was reported.
    pub at: DateTime<Utc>,
    /// smtp, dsn, arf.
    pub source: String,
    /// person, soft, ours, complaint.
    pub fault: String,
    /// Its codes; empty for a complaint.
    pub code: String,
}

/// Why an address is not mailed any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suppressed {
    /// person, soft, complaint.
    pub reason: String,
    /// Since when.
    pub since: DateTime<Utc>,
}

impl Store {
    /// What was reported of mails to a person, oldest first.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn reports_of(&self, subscriber: String) -> Result<Vec<ReportedMail>, Error> {
        self.read(move |connection| {
            let mut statement = connection.prepare(
                "SELECT m.kind, r.at, r.source, r.fault, r.code FROM reports r JOIN messages m ON m.id = r.message
                 WHERE m.subscriber = ?1 ORDER BY r.id",
            )?;
            let mut rows = statement.query([subscriber])?;
            let mut reports = Vec::new();
            while let Some(row) = rows.next()? {
                reports.push(ReportedMail {
                    kind: row.get(0)?,
                    at: time(row.get(1)?)?,
                    source: row.get(2)?,
                    fault: row.get(3)?,
                    code: row.get(4)?,
                });
            }
            Ok(reports)
        })
        .await
    }

    /// Whether the address with this keyed hash is suppressed, and why.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn suppression(&self, hash: String) -> Result<Option<Suppressed>, Error> {
        self.read(move |connection| {
            let found: Option<(String, i64)> = connection
                .query_row("SELECT reason, made FROM suppressions WHERE hash = ?1", [hash], |row| {
                    Ok((row.get(0)?, row.get(1)?))
                })
                .optional()?;
            found.map(|(reason, since)| Ok(Suppressed { reason, since: time(since)? })).transpose()
        })
        .await
    }
}
