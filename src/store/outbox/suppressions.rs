//! Who is not mailed any more, whatever happens to their row: keyed hashes of addresses, with the reason. Here they are
//! put in, taken back when a run turns out bad, and lifted when their person confirms; by what report is
//! `domain::outbox::bounce`'s.

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension as _, Transaction, params};

use crate::domain::outbox::bounce::{Fault, has_lasted};
use crate::store::{Error, Reader, seconds, time, word};

/// The most messages that are looked back on; a daily digest that fails softly is suppressed long before.
const LOOK_BACK: usize = 60;

/// Why an address is not mailed any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suppressed {
    /// person, soft, complaint.
    pub reason: String,
    /// Since when.
    pub since: DateTime<Utc>,
}

impl Reader {
    /// Whether the address with this keyed hash is suppressed, and why.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn suppression(&self, hash: String) -> Result<Option<Suppressed>, Error> {
        self.read(move |connection| {
            let found: Option<(String, i64)> = connection
                .query_row("SELECT reason, made FROM suppressions WHERE hash = ?1", [&hash], |row| {
                    Ok((row.get(0)?, row.get(1)?))
                })
                .optional()?;
            found.map(|(reason, since)| Ok(Suppressed { reason, since: time(since)? })).transpose()
        })
        .await
    }
}

/// A report to be weighed.
pub(crate) struct Weighed<'a> {
    pub(crate) id: i64,
    pub(crate) message: i64,
    pub(crate) fault: Fault,
    pub(crate) hash: &'a str,
}

/// How long an address is suppressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Suppression {
    /// Until its person confirms a sign-up of their own.
    UntilConfirmed,
    /// For good: they complained.
    ForGood,
}

/// Whether an address is suppressed.
pub(crate) fn of(connection: &Connection, hash: &str) -> Result<Option<Suppression>, Error> {
    let complained: Option<bool> = connection
        .prepare_cached("SELECT reason = 'complaint' FROM suppressions WHERE hash = ?1")?
        .query_row([hash], |row| row.get(0))
        .optional()?;
    Ok(complained.map(|complained| if complained { Suppression::ForGood } else { Suppression::UntilConfirmed }))
}

/// Whether a message may go to the address: a person who bounced, and then signed up themselves, is asked to confirm,
/// and that lifts it.
pub(crate) fn lets_through(connection: &Connection, is_confirmation: bool, hash: &str) -> Result<bool, Error> {
    Ok(match of(connection, hash)? {
        None => true,
        Some(Suppression::UntilConfirmed) => is_confirmation,
        Some(Suppression::ForGood) => false,
    })
}

/// Weighs a report: suppresses the person of its message if it says so. True if it did, or they had been.
pub(crate) fn weigh(tx: &Transaction<'_>, report: &Weighed<'_>, now: DateTime<Utc>) -> Result<bool, Error> {
    tx.prepare_cached("UPDATE reports SET applied = ?2 WHERE id = ?1")?.execute(params![report.id, seconds(now)])?;
    let suppresses = match report.fault {
        _ if !is_to_a_reader(tx, report.message)? => false,
        Fault::Complaint => true,
        Fault::Ours => false,
        Fault::Person => is_of_this_consent(tx, report.message)?,
        Fault::Soft => is_of_this_consent(tx, report.message)? && has_lasted(latest(tx, report.message)?),
    };
    // Without a hash the person was forgotten before: nobody is left to be mailed.
    if suppresses && !report.hash.is_empty() {
        suppress(tx, report, now)?;
    }
    Ok(suppresses)
}

fn suppress(tx: &Transaction<'_>, report: &Weighed<'_>, now: DateTime<Utc>) -> Result<(), Error> {
    // A complaint is never made less, and is not a run's to take back.
    tx.execute(
        "INSERT INTO suppressions (hash, reason, made, message) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (hash) DO UPDATE SET reason = excluded.reason, message = excluded.message
         WHERE excluded.reason = 'complaint'",
        params![report.hash, report.fault.as_str(), seconds(now), report.message],
    )?;
    // What fails at an address that they have not taken, or have no more, says nothing of the one that they have.
    tx.execute(
        "UPDATE subscribers SET status = 'suppressed', ended = ?2
         WHERE id = (SELECT subscriber FROM messages WHERE id = ?1) AND status IN ('active', 'pending')
         AND EXISTS (SELECT 1 FROM messages WHERE id = ?1 AND (lower(address) = address_key
             OR (?3 = 'complaint' AND kind <> 'address_change')))",
        params![report.message, seconds(now), report.fault.as_str()],
    )?;
    Ok(())
}

/// Whether the message went to somebody who asked for it, rather than to those who run this.
fn is_to_a_reader(tx: &Transaction<'_>, message: i64) -> Result<bool, Error> {
    Ok(tx
        .prepare_cached("SELECT kind NOT IN ('proof', 'alarm') FROM messages WHERE id = ?1")?
        .query_row([message], |row| row.get(0))?)
}

/// Whether the message was made after its person last confirmed, or asked to: what failed before says nothing of an address
/// that has answered since.
fn is_of_this_consent(tx: &Transaction<'_>, message: i64) -> Result<bool, Error> {
    Ok(tx
        .prepare_cached(
            "SELECT NOT EXISTS (SELECT 1 FROM messages m JOIN subscribers s ON s.id = m.subscriber
             WHERE m.id = ?1 AND m.made < coalesce(s.confirmed, s.joined))",
        )?
        .query_row([message], |row| row.get(0))?)
}

/// The settled messages of this one's person up to this one, newest first: when each was made, and whether it failed
/// softly. Newer ones may still come back.
fn latest(tx: &Transaction<'_>, message: i64) -> Result<Vec<(DateTime<Utc>, bool)>, Error> {
    let mut statement = tx.prepare_cached(
        "SELECT made, EXISTS (SELECT 1 FROM reports r WHERE r.message = m.id AND r.fault = 'soft') FROM messages m
         WHERE (subscriber, lower(address)) = (SELECT subscriber, lower(address) FROM messages WHERE id = ?1) AND id <= ?1
         AND state IN ('sent', 'failed') AND attempts > 0
         AND made >= coalesce((SELECT coalesce(confirmed, joined) FROM subscribers s WHERE s.id = m.subscriber), 0)
         ORDER BY id DESC LIMIT ?2",
    )?;
    let mut rows = statement.query(params![message, LOOK_BACK])?;
    let mut messages = Vec::new();
    while let Some(row) = rows.next()? {
        messages.push((time(row.get(0)?)?, row.get(1)?));
    }
    Ok(messages)
}

/// Weighs every report of a run that has waited, oldest first.
pub(crate) fn weigh_waiting(tx: &Transaction<'_>, run: i64, now: DateTime<Utc>) -> Result<(), Error> {
    let mut statement = tx.prepare_cached(
        "SELECT id, message, fault, hash FROM reports WHERE applied IS NULL
         AND message IN (SELECT id FROM messages WHERE run = ?1) ORDER BY id",
    )?;
    let waiting: Vec<(i64, i64, String, String)> = statement
        .query_map([run], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?
        .collect::<Result<_, _>>()?;
    for (id, message, fault, hash) in waiting {
        weigh(tx, &Weighed { id, message, fault: word("a fault", fault)?, hash: &hash }, now)?;
    }
    Ok(())
}

/// Takes back what the reports of a run led to, complaints apart: its people are mailed again.
pub(crate) fn take_back(tx: &Transaction<'_>, run: i64) -> Result<(), Error> {
    const OF_RUN: &str = "reason <> 'complaint' AND message IN (SELECT id FROM messages WHERE run = ?1)";
    tx.execute(
        &format!(
            "UPDATE subscribers SET status = CASE WHEN confirmed IS NULL THEN 'pending' ELSE 'active' END, ended = NULL
             WHERE status = 'suppressed' AND id IN (SELECT m.subscriber FROM messages m WHERE m.run = ?1 AND m.id IN (
                 SELECT message FROM suppressions WHERE {OF_RUN}))"
        ),
        [run],
    )?;
    tx.execute(&format!("DELETE FROM suppressions WHERE {OF_RUN}"), [run])?;
    tx.execute(
        "UPDATE reports SET applied = NULL WHERE fault <> 'complaint' AND message IN (SELECT id FROM messages WHERE run = ?1)",
        [run],
    )?;
    Ok(())
}

/// Lifts a suppression because its person has confirmed. False if they complained: that one stays.
pub(crate) fn lift(tx: &Transaction<'_>, hash: &str) -> Result<bool, Error> {
    tx.execute("DELETE FROM suppressions WHERE hash = ?1 AND reason <> 'complaint'", [hash])?;
    Ok(of(tx, hash)?.is_none())
}
