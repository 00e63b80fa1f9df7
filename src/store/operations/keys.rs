//! The installation's secrets, made at first start and kept in the database so that a backup includes them; and marks of
//! what is done once for a database, or at intervals. What a token key allows is defined by `domain::subscribers::token`.

use crate::store::database::sql::{Connection, OptionalExtension as _, Transaction, params};
use crate::store::{OperationChanges, Operations};
use chrono::{DateTime, Utc};

use crate::domain::subscribers::subscriber::EmailAddress;
use crate::domain::subscribers::token;
use crate::domain::subscribers::token::{KEPT_FOR, Key, KeyRing};
use crate::store::outbox::states;
use crate::store::{Error, optional_time, seconds, time};

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

/// What a key rotation did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rotated {
    /// Former keys that are accepted.
    pub former: u64,
    /// Keys that are not accepted any more.
    pub revoked: usize,
    /// Messages that were not sent yet and held a link signed with one of these.
    pub cancelled: usize,
}

impl Keys {
    /// The keyed hash by which a suppressed address is remembered.
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

impl Operations<'_> {
    /// The keys, if all of them exist and every former one has an end.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn known_keys(self) -> Result<Option<Keys>, Error> {
        self.reader.read(known).await
    }

    /// Whether something that is done once for a database has been done.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn is_marked(self, name: &'static str) -> Result<bool, Error> {
        Ok(self.marked(name).await?.is_some())
    }

    /// When something was last marked as done.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn marked(self, name: &'static str) -> Result<Option<DateTime<Utc>>, Error> {
        self.reader
            .read(move |connection| {
                let made = connection.prepare(MARKED)?.query_row([name], |row| row.get("made"));
                optional_time(made.optional()?)
            })
            .await
    }
}

impl OperationChanges<'_> {
    /// The keys; `fresh` ones are kept if the database has none yet.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn keys(self, fresh: FreshKeys, now: DateTime<Utc>) -> Result<Keys, Error> {
        if let Some(known) = self.known_keys().await? {
            return Ok(known);
        }
        self.store
            .write(move |tx| {
                for (name, value) in [("token", &fresh.token), ("suppression", &fresh.suppression)] {
                    tx.execute(INSERT, params![name, value, seconds(now)])?;
                }
                // Earlier versions accepted every former key for ever.
                tx.execute(SET_END, [seconds(now + KEPT_FOR)])?;
                known(tx)?.ok_or_else(|| Error::content("the keys", "nothing"))
            })
            .await
    }

    /// Makes `value` the key that signs. The one that did is accepted until `keep_until`; without that it is revoked with
    /// all former ones, and so are the links in messages that were not sent yet.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn rotate_token_key(
        self,
        value: Vec<u8>,
        keep_until: Option<DateTime<Utc>>,
        now: DateTime<Utc>,
    ) -> Result<Rotated, Error> {
        self.store
            .write(move |tx| {
                let mut rotated = Rotated::default();
                tx.execute(REMOVE_ENDED, [seconds(now)])?;
                match keep_until {
                    Some(ends) => {
                        tx.execute(RETIRE, params![seconds(now), seconds(ends)])?;
                    }
                    None => {
                        rotated.revoked = 1 + tx.execute("DELETE FROM former_keys", [])?;
                        rotated.cancelled = states::revoke_links(tx, now)?;
                    }
                }
                tx.execute(REPLACE, params![value, seconds(now)])?;
                rotated.former = tx.query_row(COUNT_FORMER, [], |row| row.get("count"))?;
                Ok(rotated)
            })
            .await
    }

    /// Removes the former keys that have ended. How many.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn remove_ended_keys(self, now: DateTime<Utc>) -> Result<usize, Error> {
        self.store.write(move |tx| Ok(tx.execute(REMOVE_ENDED, [seconds(now)])?)).await
    }

    /// Marks something as done at `now`.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn mark(self, name: &'static str, now: DateTime<Utc>) -> Result<(), Error> {
        self.store.write(move |tx| mark(tx, name, now)).await
    }
}

const MARK: &str =
    "INSERT INTO marks (name, made) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET made = excluded.made";

/// Marks something as done.
pub(in crate::store) fn mark(tx: &Transaction<'_>, name: &str, now: DateTime<Utc>) -> Result<(), Error> {
    tx.prepare(MARK)?.execute(params![name, seconds(now)])?;
    Ok(())
}

const MARKED: &str = "SELECT made FROM marks WHERE name = ?1";

const INSERT: &str = "INSERT INTO keys (name, value, made) VALUES (?1, ?2, ?3) ON CONFLICT (name) DO NOTHING";

const SET_END: &str = "UPDATE former_keys SET ends = ?1 WHERE ends IS NULL";

const REPLACE: &str = "UPDATE keys SET value = ?1, made = ?2, number = number + 1, unnumbered = 0 WHERE name = 'token'";

const COUNT_FORMER: &str = "SELECT count(*) AS count FROM former_keys";

const REMOVE_ENDED: &str = "DELETE FROM former_keys WHERE ends <= ?1";

const RETIRE: &str = "INSERT INTO former_keys (value, made, retired, ends, number, unnumbered)
    SELECT value, made, ?1, ?2, number, unnumbered FROM keys WHERE name = 'token'";

/// The newest first: it is the one that signs.
const TOKEN_KEYS: &str =
    "SELECT number, value, made, NULL AS retired, NULL AS ends, unnumbered FROM keys WHERE name = 'token'
    UNION ALL SELECT number, value, made, retired, ends, unnumbered FROM former_keys ORDER BY number DESC";

const SUPPRESSION_KEY: &str = "SELECT value FROM keys WHERE name = 'suppression'";

fn known(connection: &Connection) -> Result<Option<Keys>, Error> {
    let suppression = connection.query_row(SUPPRESSION_KEY, [], |row| row.get("value")).optional()?;
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
