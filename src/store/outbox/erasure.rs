//! Addresses in the outbox: taken out of messages and reports when their subscriber is erased, and changed when they take
//! another one. The messages stay, without an address, and stay counted.

use crate::store::database::sql::{Transaction, params};
use chrono::{DateTime, Utc};

use super::states;
use crate::domain::outbox::State;
use crate::store::Error;

const CLEAR_HASHES_OF: &str =
    "UPDATE reports SET hash = '' WHERE hash <> '' AND message IN (SELECT id FROM messages WHERE subscriber = ?1)";

const CLEAR_ADDRESSES_OF: &str = "UPDATE messages SET address = '' WHERE subscriber = ?1 AND address <> ''
    AND kind NOT IN ('proof', 'alarm', 'draft')";

/// Erases a subscriber's address, and cancels what is open for them. The hash in a report goes too: with the key,
/// it identifies the address.
pub(in crate::store) fn erase_of(tx: &Transaction<'_>, subscriber: &str, now: DateTime<Utc>) -> Result<(), Error> {
    tx.prepare(CLEAR_HASHES_OF)?.execute([subscriber])?;
    states::cancel_of(tx, subscriber, now)?;
    tx.prepare(CLEAR_ADDRESSES_OF)?.execute([subscriber])?;
    Ok(())
}

const CLEAR_HASHES_AT: &str =
    "UPDATE reports SET hash = '' WHERE hash <> '' AND message IN (SELECT id FROM messages WHERE lower(address) = ?1)";

const CLEAR_ADDRESS: &str = "UPDATE messages SET address = '' WHERE lower(address) = ?1 AND address <> ''
    AND kind NOT IN ('proof', 'alarm', 'draft')";

/// Erases an address, in lower case, wherever it still is, and cancels what is open for it. How many messages had it.
pub(in crate::store) fn erase_at(tx: &Transaction<'_>, address: &str, now: DateTime<Utc>) -> Result<usize, Error> {
    tx.execute(CLEAR_HASHES_AT, [address])?;
    let cleared = tx.execute(CLEAR_ADDRESS, [address])?;
    states::cancel_without_address(tx, now)?;
    Ok(cleared)
}

const CLEAR_LEFT_HASHES: &str = "UPDATE reports SET hash = '' WHERE hash <> ''
    AND EXISTS (SELECT 1 FROM messages WHERE messages.id = message AND address = '')";

/// Finishes what could not be done while an attempt was under way: its message is not tried again, and its report keeps
/// no hash.
pub(in crate::store) fn erase_rest(tx: &Transaction<'_>, now: DateTime<Utc>) -> Result<(), Error> {
    states::cancel_without_address(tx, now)?;
    tx.execute(CLEAR_LEFT_HASHES, [])?;
    Ok(())
}

const READDRESS: &str =
    "UPDATE messages SET address = ?2 WHERE subscriber = ?1 AND kind = 'digest' AND state IN (?3, ?4)";

/// Sends the digests that a subscriber waits for to their new address, where they were surely not delivered.
pub(in crate::store) fn readdress(tx: &Transaction<'_>, subscriber: &str, address: &str) -> Result<(), Error> {
    tx.execute(READDRESS, params![subscriber, address, State::Queued.as_str(), State::Retry.as_str()])?;
    Ok(())
}
