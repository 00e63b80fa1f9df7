//! Erasing: a person's row goes, and their address from every message; what was counted stays. Only a suppression's keyed
//! hash remains of whoever had one. Who is erased, and when, is decided in `app`.

use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension as _, Transaction, params};

use crate::domain::subscribers::subscriber::EmailAddress;
use crate::store::digests::status_counts::OPEN;
use crate::store::{Error, Store, seconds};

/// Whose time is over.
#[derive(Debug, Clone, Copy)]
pub struct Expiry {
    /// Sign-ups that were last asked to confirm before this are erased.
    pub pending: DateTime<Utc>,
    /// People who left before this are erased.
    pub left: DateTime<Utc>,
}

/// How many were erased.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Erased {
    /// Sign-ups that were never confirmed.
    pub pending: u64,
    /// People who had left.
    pub left: u64,
}

impl Store {
    /// Erases a person. False if nobody has this id any more.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn erase(&self, id: String, now: DateTime<Utc>) -> Result<bool, Error> {
        self.write(move |tx| erase(tx, &id, now)).await
    }

    /// Erases the person at an address, and the address from whatever was ever sent there. False if it is nowhere.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn forget(&self, address: &EmailAddress, now: DateTime<Utc>) -> Result<bool, Error> {
        let key = address.key();
        self.write(move |tx| {
            let id: Option<String> = tx
                .query_row("SELECT id FROM subscribers WHERE address_key = ?1", [&key], |row| row.get(0))
                .optional()?;
            let was_here = match id {
                Some(id) => erase(tx, &id, now)?,
                None => false,
            };
            tx.execute("DELETE FROM address_changes WHERE lower(address) = ?1", [&key])?;
            Ok(was_here | (clear(tx, "lower(address) = ?1", &key, now)? > 0))
        })
        .await
    }

    /// Erases everybody whose time is over.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn expire(&self, expiry: Expiry, now: DateTime<Utc>) -> Result<Erased, Error> {
        self.write(move |tx| {
            let pending = "status = 'pending' AND joined < ?1 AND NOT EXISTS (SELECT 1 FROM messages m
                WHERE m.subscriber = subscribers.id AND m.kind = 'confirmation' AND m.made >= ?1)";
            let erased = Erased {
                pending: erase_all(tx, pending, expiry.pending, now)?,
                left: erase_all(tx, "status = 'left' AND ended < ?1", expiry.left, now)?,
            };
            // An attempt that was under way when its person was erased, and is to be tried again.
            tx.execute(
                "UPDATE messages SET state = 'cancelled', settled = ?1 WHERE turn IN ('unknown', 'personal', 'digest')
                 AND kind NOT IN ('proof', 'alarm') AND address = ''",
                [seconds(now)],
            )?;
            tx.execute(
                "UPDATE reports SET hash = '' WHERE hash <> ''
                 AND EXISTS (SELECT 1 FROM messages WHERE messages.id = message AND address = '')",
                [],
            )?;
            Ok(erased)
        })
        .await
    }
}

fn erase_all(tx: &Transaction<'_>, which: &str, before: DateTime<Utc>, now: DateTime<Utc>) -> Result<u64, Error> {
    let mut statement = tx.prepare(&format!("SELECT id FROM subscribers WHERE {which}"))?;
    let ids: Vec<String> = statement.query_map([seconds(before)], |row| row.get(0))?.collect::<Result<_, _>>()?;
    for id in &ids {
        erase(tx, id, now)?;
    }
    Ok(ids.len() as u64)
}

/// The hash in a report goes too: it is the address, to whoever has the key.
pub(crate) fn erase(tx: &Transaction<'_>, id: &str, now: DateTime<Utc>) -> Result<bool, Error> {
    clear(tx, "subscriber = ?1", id, now)?;
    tx.execute("DELETE FROM address_changes WHERE subscriber = ?1", [id])?;
    Ok(tx.execute("DELETE FROM subscribers WHERE id = ?1", [id])? == 1)
}

/// Takes the address from messages, and cancels those that are open: without an address they go nowhere. How many.
fn clear(tx: &Transaction<'_>, which: &str, value: &str, now: DateTime<Utc>) -> Result<usize, Error> {
    tx.execute(
        &format!(
            "UPDATE reports SET hash = '' WHERE hash <> '' AND message IN (SELECT id FROM messages WHERE {which})"
        ),
        [value],
    )?;
    tx.execute(
        // One that is being sent is settled by its sender.
        &format!(
            "UPDATE messages SET state = 'cancelled', settled = ?2 WHERE {OPEN} AND state <> 'sending'
             AND kind NOT IN ('proof', 'alarm') AND {which}"
        ),
        params![value, seconds(now)],
    )?;
    let cleared =
        format!("UPDATE messages SET address = '' WHERE address <> '' AND kind NOT IN ('proof', 'alarm') AND {which}");
    Ok(tx.execute(&cleared, [value])?)
}
