//! The installation's secrets: made at first start, kept here so that a backup carries them.

use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension as _, params};

use super::{Error, Store, seconds};

/// The keys of this installation.
#[derive(Clone)]
pub struct Keys {
    /// Signs the personal links.
    pub token: Vec<u8>,
    /// Hashes suppressed addresses.
    pub suppression: Vec<u8>,
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keys(…)")
    }
}

impl Store {
    /// The keys; `fresh` ones are kept if the database has none yet. True when they were: the database is new.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn keys(&self, fresh: Keys, now: DateTime<Utc>) -> Result<(Keys, bool), Error> {
        self.write(move |tx| {
            let kept = |name: &str| {
                tx.query_row("SELECT value FROM keys WHERE name = ?1", [name], |row| row.get::<_, Vec<u8>>(0))
                    .optional()
            };
            if let (Some(token), Some(suppression)) = (kept("token")?, kept("suppression")?) {
                return Ok((Keys { token, suppression }, false));
            }
            for (name, value) in [("token", &fresh.token), ("suppression", &fresh.suppression)] {
                tx.execute(
                    "INSERT INTO keys (name, value, made) VALUES (?1, ?2, ?3)",
                    params![name, value, seconds(now)],
                )?;
            }
            Ok((fresh, true))
        })
        .await
    }
}
