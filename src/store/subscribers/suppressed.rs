//! Subscribers whose address is suppressed, and those who are not any more because a run's reports were taken back.

use crate::store::database::sql::{Transaction, named_params};
use chrono::{DateTime, Utc};

use crate::domain::outbox::bounce::Fault;
use crate::domain::subscribers::subscriber::Status;
use crate::store::{Error, seconds};

/// What fails at an address that they have not confirmed, or have no more, says nothing about the one that they have; a
/// complaint does, unless it is about the question at a new address, or the notice at an old one.
const SUPPRESS: &str = "UPDATE subscribers SET status = :suppressed, ended = :now
    WHERE id = (SELECT subscriber FROM messages WHERE id = :message) AND status IN (:active, :pending)
    AND EXISTS (SELECT 1 FROM messages WHERE id = :message AND (lower(address) = address_key
        OR (:fault = :complaint AND kind NOT IN ('address_change', 'address_changed'))))";

/// Suppresses the subscriber of a message.
pub(in crate::store) fn suppress(
    tx: &Transaction<'_>,
    message: i64,
    fault: Fault,
    now: DateTime<Utc>,
) -> Result<(), Error> {
    tx.prepare(SUPPRESS)?.execute(named_params! {
        ":message": message,
        ":fault": fault.as_str(),
        ":complaint": Fault::Complaint.as_str(),
        ":suppressed": Status::Suppressed.as_str(),
        ":active": Status::Active.as_str(),
        ":pending": Status::Pending.as_str(),
        ":now": seconds(now),
    })?;
    Ok(())
}

const RESTORE: &str =
    "UPDATE subscribers SET status = CASE WHEN confirmed IS NULL THEN :pending ELSE :active END, ended = NULL
    WHERE status = :suppressed AND id IN (SELECT m.subscriber FROM messages m WHERE m.run = :run AND m.id IN (
        SELECT message FROM suppressions WHERE reason <> :complaint
        AND message IN (SELECT id FROM messages WHERE run = :run)))";

/// Lets those be mailed again who are suppressed for a message of a run, save those who complained.
pub(in crate::store) fn restore_of_run(tx: &Transaction<'_>, run: i64) -> Result<(), Error> {
    tx.prepare(RESTORE)?.execute(named_params! {
        ":run": run,
        ":complaint": Fault::Complaint.as_str(),
        ":suppressed": Status::Suppressed.as_str(),
        ":active": Status::Active.as_str(),
        ":pending": Status::Pending.as_str(),
    })?;
    Ok(())
}
