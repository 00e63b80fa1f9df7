//! The installation's secrets, made at first start and kept here so that a backup carries them; and the marks of
//! what is done once for a database.

use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension as _, params};

use super::{Error, Store, seconds};
use crate::domain::subscriber::EmailAddress;
use crate::domain::token;

/// The keys of this installation.
#[derive(Clone)]
pub struct Keys {
    /// Signs the personal links.
    pub token: Vec<u8>,
    /// Hashes suppressed addresses.
    pub suppression: Vec<u8>,
}

impl Keys {
    /// Under what an address is remembered once it is suppressed.
    #[must_use]
    pub fn address_hash(&self, address: &EmailAddress) -> String {
        token::address_hash(&self.suppression, &address.key())
    }
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keys(…)")
    }
}

impl Store {
    /// The keys; `fresh` ones are kept if the database has none yet.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn keys(&self, fresh: Keys, now: DateTime<Utc>) -> Result<Keys, Error> {
        self.write(move |tx| {
            let kept = |name: &str| {
                tx.query_row("SELECT value FROM keys WHERE name = ?1", [name], |row| row.get::<_, Vec<u8>>(0))
                    .optional()
            };
            if let (Some(token), Some(suppression)) = (kept("token")?, kept("suppression")?) {
                return Ok(Keys { token, suppression });
            }
            for (name, value) in [("token", &fresh.token), ("suppression", &fresh.suppression)] {
                tx.execute(
                    "INSERT INTO keys (name, value, made) VALUES (?1, ?2, ?3)",
                    params![name, value, seconds(now)],
                )?;
            }
            Ok(fresh)
        })
        .await
    }

    /// Whether something that is done once for a database has been done.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn is_marked(&self, name: &'static str) -> Result<bool, Error> {
        self.read(move |connection| {
            Ok(connection.query_row("SELECT EXISTS (SELECT 1 FROM marks WHERE name = ?1)", [name], |row| row.get(0))?)
        })
        .await
    }

    /// Says that it has.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn mark(&self, name: &'static str, now: DateTime<Utc>) -> Result<(), Error> {
        self.write(move |tx| {
            tx.execute("INSERT OR IGNORE INTO marks (name, made) VALUES (?1, ?2)", params![name, seconds(now)])?;
            Ok(())
        })
        .await
    }
}
