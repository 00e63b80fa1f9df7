//! The installation's secrets, made at first start and kept here so that a backup carries them; and the marks of
//! what is done for a database once, or every so often. What a token key opens is `domain::subscribers::token`'s to say.

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::domain::subscribers::subscriber::EmailAddress;
use crate::domain::subscribers::token;
use crate::domain::subscribers::token::{KEPT_FOR, Key, KeyRing};
use crate::store::{Error, Reader, Store, optional_time, outbox, seconds, time};

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

/// What came of a change of keys.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rotated {
    /// Former keys that are accepted.
    pub former: u64,
    /// Keys that are not accepted any more.
    pub revoked: usize,
    /// Messages that had not left yet and held a link under one of these.
    pub cancelled: usize,
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
    /// The keys, if they are all there, and every former one has its end.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn known_keys(&self) -> Result<Option<Keys>, Error> {
        self.read(known).await
    }

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
    /// The keys; `fresh` ones are kept if the database has none yet.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn keys(&self, fresh: FreshKeys, now: DateTime<Utc>) -> Result<Keys, Error> {
        if let Some(known) = self.known_keys().await? {
            return Ok(known);
        }
        self.write(move |tx| {
            for (name, value) in [("token", &fresh.token), ("suppression", &fresh.suppression)] {
                tx.execute(
                    "INSERT OR IGNORE INTO keys (name, value, made) VALUES (?1, ?2, ?3)",
                    params![name, value, seconds(now)],
                )?;
            }
            // Before keys had an end, every former one was to be accepted for ever.
            tx.execute("UPDATE former_keys SET ends = ?1 WHERE ends IS NULL", [seconds(now + KEPT_FOR)])?;
            known(tx)?.ok_or_else(|| Error::content("the keys", "nothing"))
        })
        .await
    }

    /// Makes `value` the key that signs. The one that did is accepted until `keep_until`; without that it is revoked with
    /// all former ones, and so are the links in messages that have not left yet.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn rotate_token_key(
        &self,
        value: Vec<u8>,
        keep_until: Option<DateTime<Utc>>,
        now: DateTime<Utc>,
    ) -> Result<Rotated, Error> {
        self.write(move |tx| {
            let mut rotated = Rotated::default();
            tx.execute(REMOVE_ENDED, [seconds(now)])?;
            match keep_until {
                Some(ends) => {
                    tx.execute(RETIRE, params![seconds(now), seconds(ends)])?;
                }
                None => {
                    rotated.revoked = 1 + tx.execute("DELETE FROM former_keys", [])?;
                    rotated.cancelled = outbox::cancel_links(tx, now)?;
                }
            }
            tx.execute(
                "UPDATE keys SET value = ?1, made = ?2, number = number + 1, unnumbered = 0 WHERE name = 'token'",
                params![value, seconds(now)],
            )?;
            rotated.former = tx.query_row("SELECT count(*) FROM former_keys", [], |row| row.get(0))?;
            Ok(rotated)
        })
        .await
    }

    /// Removes the former keys whose end has come. How many.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn remove_ended_keys(&self, now: DateTime<Utc>) -> Result<usize, Error> {
        self.write(move |tx| Ok(tx.execute(REMOVE_ENDED, [seconds(now)])?)).await
    }

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

const REMOVE_ENDED: &str = "DELETE FROM former_keys WHERE ends <= ?1";

const RETIRE: &str = "INSERT INTO former_keys (value, made, retired, ends, number, unnumbered)
    SELECT value, made, ?1, ?2, number, unnumbered FROM keys WHERE name = 'token'";

/// The newest first: it signs.
const TOKEN_KEYS: &str =
    "SELECT number, value, made, NULL AS retired, NULL AS ends, unnumbered FROM keys WHERE name = 'token'
    UNION ALL SELECT number, value, made, retired, ends, unnumbered FROM former_keys ORDER BY number DESC";

fn known(connection: &Connection) -> Result<Option<Keys>, Error> {
    let suppression =
        connection.query_row("SELECT value FROM keys WHERE name = 'suppression'", [], |row| row.get(0)).optional()?;
    let mut statement = connection.prepare(TOKEN_KEYS)?;
    let mut rows = statement.query([])?;
    let mut keys = Vec::new();
    while let Some(row) = rows.next()? {
        keys.push(Key {
            number: row.get("number")?,
            value: row.get("value")?,
            made: time(row.get("made")?)?,
            retired: optional_time(row.get("retired")?)?,
            ends: optional_time(row.get("ends")?)?,
            is_unnumbered: row.get("unnumbered")?,
        });
    }
    let has_no_end = keys.iter().any(|key| key.retired.is_some() && key.ends.is_none());
    let mut keys = keys.into_iter();
    Ok(match (keys.next().filter(|key| key.retired.is_none()), suppression) {
        (Some(signing), Some(suppression)) if !has_no_end => {
            Some(Keys { token: KeyRing::new(signing, keys.collect()), suppression })
        }
        _ => None,
    })
}
