//! Erasure: a subscriber's row is deleted, and their address is removed from every message; the counts stay. If they were
//! suppressed, the keyed hash of their address remains. Who is erased, and when, is decided in `app`.

use crate::store::SubscriberChanges;
use crate::store::database::sql::{OptionalExtension as _, Params, Transaction, params};
use chrono::{DateTime, Utc};

use crate::domain::subscribers::subscriber::{EmailAddress, Status};
use crate::store::outbox::erasure as outbox;
use crate::store::selection::labels;
use crate::store::{Error, seconds};

/// Whose time is over.
#[derive(Debug, Clone, Copy)]
pub struct Expiry {
    /// Sign-ups that were last asked to confirm before this are erased.
    pub pending: DateTime<Utc>,
    /// Subscribers who left before this are erased.
    pub left: DateTime<Utc>,
}

/// How many were erased.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Erased {
    /// Sign-ups that were never confirmed.
    pub pending: u64,
    /// Subscribers who had left.
    pub left: u64,
}

impl SubscriberChanges<'_> {
    /// Erases a subscriber. False if no one has this id any more.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn erase(self, id: String, now: DateTime<Utc>) -> Result<bool, Error> {
        self.store.write(move |tx| erase(tx, &id, now)).await
    }

    /// Erases the subscriber at an address, and the address from every message sent there. False if it is nowhere.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn forget(self, address: &EmailAddress, now: DateTime<Utc>) -> Result<bool, Error> {
        let key = address.key();
        self.store
            .write(move |tx| {
                let id: Option<String> = tx.query_row(ID_AT, [&key], |row| row.get("id")).optional()?;
                let was_here = match id {
                    Some(id) => erase(tx, &id, now)?,
                    None => false,
                };
                tx.execute("DELETE FROM address_changes WHERE lower(address) = ?1", [&key])?;
                Ok(was_here | (outbox::erase_at(tx, &key, now)? > 0))
            })
            .await
    }

    /// Erases every subscriber whose time is over.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn expire(self, expiry: Expiry, now: DateTime<Utc>) -> Result<Erased, Error> {
        self.store
            .write(move |tx| {
                let pending = params![Status::Pending.as_str(), seconds(expiry.pending)];
                let left = params![Status::Left.as_str(), seconds(expiry.left)];
                let erased = Erased {
                    pending: erase_all(tx, PENDING_TOO_LONG, pending, now)?,
                    left: erase_all(tx, LEFT_BEFORE, left, now)?,
                };
                outbox::erase_rest(tx, now)?;
                Ok(erased)
            })
            .await
    }
}

const ID_AT: &str = "SELECT id FROM subscribers WHERE address_key = ?1";

const PENDING_TOO_LONG: &str = "SELECT id FROM subscribers WHERE status = ?1 AND joined < ?2
    AND NOT EXISTS (SELECT 1 FROM messages m
        WHERE m.subscriber = subscribers.id AND m.kind = 'confirmation' AND m.made >= ?2)";

const LEFT_BEFORE: &str = "SELECT id FROM subscribers WHERE status = ?1 AND ended < ?2";

fn erase_all(tx: &Transaction<'_>, whom: &str, values: impl Params, now: DateTime<Utc>) -> Result<u64, Error> {
    let mut statement = tx.prepare(whom)?;
    let ids: Vec<String> = statement.query_map(values, |row| row.get("id"))?.collect::<Result<_, _>>()?;
    for id in &ids {
        erase(tx, id, now)?;
    }
    Ok(ids.len() as u64)
}

pub(crate) fn erase(tx: &Transaction<'_>, id: &str, now: DateTime<Utc>) -> Result<bool, Error> {
    outbox::erase_of(tx, id, now)?;
    labels::erase_votes(tx, id)?;
    tx.execute("DELETE FROM address_changes WHERE subscriber = ?1", [id])?;
    Ok(tx.execute("DELETE FROM subscribers WHERE id = ?1", [id])? == 1)
}
