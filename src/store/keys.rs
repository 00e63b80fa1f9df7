//! The installation's secrets, made at first start and kept here so that a backup carries them; and the marks of
//! what is done for a database once, or every so often. A token key that was replaced is kept: links under it still work.

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension as _, params};

use super::{Error, Reader, Store, optional_time, seconds, time};
use crate::domain::subscriber::EmailAddress;
use crate::domain::token::{self, Key, KeyRing};

/// The keys of this installation.
#[derive(Clone)]
pub struct Keys {
    /// Signs the personal links and the return paths.
    pub token: KeyRing,
    /// Hashes suppressed addresses.
    pub suppression: Vec<u8>,
}

/// Keys for a database that has none yet.
pub struct FreshKeys {
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

impl std::fmt::Debug for FreshKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FreshKeys(…)")
    }
}

impl Reader {
    /// The keys.
    ///
    /// # Errors
    /// [`Error::Missing`], while another process has made the database and not yet its keys; [`Error::Statement`],
    /// [`Error::Content`].
    pub async fn keys(&self) -> Result<Keys, Error> {
        let path = self.path.to_path_buf();
        self.read(move |connection| {
            let question = "SELECT value FROM keys WHERE name = 'suppression'";
            let suppression = connection.query_row(question, [], |row| row.get(0)).optional()?;
            let suppression = suppression.ok_or_else(|| Error::Missing { path: path.clone() })?;
            Ok(Keys { token: ring(connection)?, suppression })
        })
        .await
    }
}

impl Store {
    /// Keeps `fresh` keys if the database has none yet.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn make_keys(&self, fresh: FreshKeys, now: DateTime<Utc>) -> Result<(), Error> {
        self.write(move |tx| {
            for (name, value) in [("token", &fresh.token), ("suppression", &fresh.suppression)] {
                tx.execute(
                    "INSERT OR IGNORE INTO keys (name, value, made) VALUES (?1, ?2, ?3)",
                    params![name, value, seconds(now)],
                )?;
            }
            Ok(())
        })
        .await
    }

    /// Makes `value` the key that signs; the one that did is kept among the former ones. How many those are now.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn rotate_token_key(&self, value: Vec<u8>, now: DateTime<Utc>) -> Result<u64, Error> {
        self.write(move |tx| {
            tx.execute(
                "INSERT INTO former_keys (value, made, retired) SELECT value, made, ?1 FROM keys WHERE name = 'token'",
                [seconds(now)],
            )?;
            tx.execute("UPDATE keys SET value = ?1, made = ?2 WHERE name = 'token'", params![value, seconds(now)])?;
            Ok(tx.query_row("SELECT count(*) FROM former_keys", [], |row| row.get(0))?)
        })
        .await
    }
}

impl Reader {
    /// Whether something that is done once for a database has been done.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn is_marked(&self, name: &'static str) -> Result<bool, Error> {
        Ok(self.marked(name).await?.is_some())
    }

    /// When something was last marked as done.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn marked(&self, name: &'static str) -> Result<Option<DateTime<Utc>>, Error> {
        self.read(move |connection| {
            let made = connection.query_row("SELECT made FROM marks WHERE name = ?1", [name], |row| row.get(0));
            optional_time(made.optional()?)
        })
        .await
    }
}

impl Store {
    /// Says that it is done, as of `now`.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn mark(&self, name: &'static str, now: DateTime<Utc>) -> Result<(), Error> {
        self.write(move |tx| {
            tx.execute("INSERT OR REPLACE INTO marks (name, made) VALUES (?1, ?2)", params![name, seconds(now)])?;
            Ok(())
        })
        .await
    }
}

/// Every token key, the one that signs apart.
fn ring(connection: &Connection) -> Result<KeyRing, Error> {
    let mut statement = connection.prepare(
        "SELECT value, made FROM (SELECT value, made, 0 AS age FROM keys WHERE name = 'token'
         UNION ALL SELECT value, made, 1 FROM former_keys) ORDER BY age, made DESC",
    )?;
    let mut rows = statement.query([])?;
    let mut keys = Vec::new();
    while let Some(row) = rows.next()? {
        keys.push(Key { value: row.get(0)?, made: time(row.get(1)?)? });
    }
    let signing = keys.remove(0);
    Ok(KeyRing::new(signing, keys))
}
