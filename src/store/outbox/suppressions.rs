//! Suppressions: who is not mailed any more, whatever happens to their row, as keyed hashes of addresses with the reason.
//! They are added for reports, taken back when a run turns out to be bad, and lifted when the subscriber confirms. Which
//! report suppresses is decided by `domain::outbox::bounce`.

use crate::store::Outbox;
use crate::store::database::sql::{Connection, OptionalExtension as _, Row, Transaction, named_params, params};
use chrono::{DateTime, Utc};

use crate::domain::outbox::State;
use crate::domain::outbox::bounce::{Fault, has_lasted};
use crate::store::subscribers::suppressed;
use crate::store::{Error, Kind, seconds, time, word};

/// At most this many messages are looked back on; a daily digest that fails softly is suppressed long before.
const LOOK_BACK: usize = 60;

/// Why an address is not mailed any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suppressed {
    /// person, soft, complaint.
    pub reason: String,
    /// Since when.
    pub since: DateTime<Utc>,
}

const SUPPRESSION: &str = "SELECT reason, made FROM suppressions WHERE hash = ?1";

impl Outbox<'_> {
    /// Whether the address with this keyed hash is suppressed, and why.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn suppression(self, hash: String) -> Result<Option<Suppressed>, Error> {
        self.reader
            .read(move |connection| {
                let mut statement = connection.prepare(SUPPRESSION)?;
                let mut rows = statement.query([&hash])?;
                let suppressed = |row: Row<'_>| -> Result<Suppressed, Error> {
                    Ok(Suppressed { reason: row.get("reason")?, since: time(row.get("made")?)? })
                };
                rows.next()?.map(suppressed).transpose()
            })
            .await
    }
}

/// A report to be applied.
pub(crate) struct Weighed<'a> {
    pub(crate) id: i64,
    pub(crate) message: i64,
    pub(crate) fault: Fault,
    pub(crate) hash: &'a str,
}

/// How long an address is suppressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Suppression {
    /// Until the subscriber confirms a sign-up of their own.
    UntilConfirmed,
    /// For good: they complained.
    ForGood,
}

/// Whether an address is suppressed.
pub(crate) fn of(connection: &Connection, hash: &str) -> Result<Option<Suppression>, Error> {
    let reason: Option<String> =
        connection.prepare(SUPPRESSION)?.query_row([hash], |row| row.get("reason")).optional()?;
    let is_complaint = |reason: String| reason == Fault::Complaint.as_str();
    Ok(reason.map(|reason| if is_complaint(reason) { Suppression::ForGood } else { Suppression::UntilConfirmed }))
}

/// Whether a message may go to the address: a subscriber who bounced, and then signed up themselves, is asked to confirm,
/// and that lifts the suppression.
pub(crate) fn lets_through(connection: &Connection, is_confirmation: bool, hash: &str) -> Result<bool, Error> {
    Ok(match of(connection, hash)? {
        None => true,
        Some(Suppression::UntilConfirmed) => is_confirmation,
        Some(Suppression::ForGood) => false,
    })
}

const APPLY: &str = "UPDATE reports SET applied = ?2 WHERE id = ?1";

/// Applies a report: suppresses the subscriber of its message if that follows. True if it did, or if they had been.
pub(crate) fn weigh(tx: &Transaction<'_>, report: &Weighed<'_>, now: DateTime<Utc>) -> Result<bool, Error> {
    tx.prepare(APPLY)?.execute(params![report.id, seconds(now)])?;
    let suppresses = match report.fault {
        _ if !is_to_a_subscriber(tx, report.message)? => false,
        Fault::Complaint => true,
        Fault::Ours => false,
        Fault::Person => is_of_this_consent(tx, report.message)?,
        Fault::Soft => is_of_this_consent(tx, report.message)? && has_lasted(latest(tx, report.message)?),
    };
    // Without a hash the subscriber was erased before: no one is left to be mailed.
    if suppresses && !report.hash.is_empty() {
        suppress(tx, report, now)?;
    }
    Ok(suppresses)
}

/// A complaint is never made less, and is not taken back with its run.
const SUPPRESS: &str = "INSERT INTO suppressions (hash, reason, made, message) VALUES (:hash, :reason, :now, :message)
    ON CONFLICT (hash) DO UPDATE SET reason = excluded.reason, message = excluded.message
    WHERE excluded.reason = :complaint";

fn suppress(tx: &Transaction<'_>, report: &Weighed<'_>, now: DateTime<Utc>) -> Result<(), Error> {
    tx.prepare(SUPPRESS)?.execute(named_params! {
        ":hash": report.hash,
        ":reason": report.fault.as_str(),
        ":now": seconds(now),
        ":message": report.message,
        ":complaint": Fault::Complaint.as_str(),
    })?;
    suppressed::suppress(tx, report.message, report.fault, now)
}

const KIND: &str = "SELECT kind FROM messages WHERE id = ?1";

/// Whether the message went to somebody who asked for it, rather than to operators and editors.
fn is_to_a_subscriber(tx: &Transaction<'_>, message: i64) -> Result<bool, Error> {
    let kind = word("a kind of message", tx.prepare(KIND)?.query_row([message], |row| row.get("kind"))?)?;
    Ok(!matches!(kind, Kind::Proof | Kind::Alarm | Kind::Draft))
}

const OF_EARLIER_CONSENT: &str = "SELECT EXISTS (SELECT 1 FROM messages m JOIN subscribers s ON s.id = m.subscriber
    WHERE m.id = ?1 AND m.made < coalesce(s.confirmed, s.joined))";

/// Whether the message was made after its subscriber last confirmed, or asked to: what failed before says nothing about an
/// address that has answered since.
fn is_of_this_consent(tx: &Transaction<'_>, message: i64) -> Result<bool, Error> {
    Ok(!tx.prepare(OF_EARLIER_CONSENT)?.query_row([message], |row| row.get::<_, bool>(0))?)
}

const LATEST: &str =
    "SELECT m.made, EXISTS (SELECT 1 FROM reports r WHERE r.message = m.id AND r.fault = :soft) AS is_soft
    FROM messages m
    WHERE (m.subscriber, lower(m.address)) = (SELECT subscriber, lower(address) FROM messages WHERE id = :message)
    AND m.id <= :message AND m.state IN (:sent, :failed) AND m.attempts > 0
    AND m.made >= coalesce((SELECT coalesce(confirmed, joined) FROM subscribers s WHERE s.id = m.subscriber), 0)
    ORDER BY m.id DESC LIMIT :look_back";

/// The settled messages to this one's subscriber up to this one, newest first: when each was made, and whether it failed
/// softly. Newer ones may still come back.
fn latest(tx: &Transaction<'_>, message: i64) -> Result<Vec<(DateTime<Utc>, bool)>, Error> {
    let mut statement = tx.prepare(LATEST)?;
    let mut rows = statement.query(named_params! {
        ":message": message,
        ":soft": Fault::Soft.as_str(),
        ":sent": State::Sent.as_str(),
        ":failed": State::Failed.as_str(),
        ":look_back": LOOK_BACK,
    })?;
    let mut messages = Vec::new();
    while let Some(row) = rows.next()? {
        messages.push((time(row.get("made")?)?, row.get("is_soft")?));
    }
    Ok(messages)
}

const WAITING: &str = "SELECT id, message, fault, hash FROM reports WHERE applied IS NULL
    AND message IN (SELECT id FROM messages WHERE run = ?1) ORDER BY id";

/// Applies every report of a run that has waited, oldest first.
pub(crate) fn weigh_waiting(tx: &Transaction<'_>, run: i64, now: DateTime<Utc>) -> Result<(), Error> {
    let mut statement = tx.prepare(WAITING)?;
    let waiting = statement
        .query_map([run], |row| Ok((row.get("id")?, row.get("message")?, row.get("fault")?, row.get("hash")?)))?;
    let waiting: Vec<(i64, i64, String, String)> = waiting.collect::<Result<_, _>>()?;
    for (id, message, fault, hash) in waiting {
        weigh(tx, &Weighed { id, message, fault: word("a fault", fault)?, hash: &hash }, now)?;
    }
    Ok(())
}

const REMOVE_OF_RUN: &str =
    "DELETE FROM suppressions WHERE reason <> ?2 AND message IN (SELECT id FROM messages WHERE run = ?1)";

const WAIT_AGAIN: &str =
    "UPDATE reports SET applied = NULL WHERE fault <> ?2 AND message IN (SELECT id FROM messages WHERE run = ?1)";

/// Takes back what the reports of a run led to, complaints apart: its subscribers are mailed again.
pub(crate) fn take_back(tx: &Transaction<'_>, run: i64) -> Result<(), Error> {
    suppressed::restore_of_run(tx, run)?;
    let parameters = params![run, Fault::Complaint.as_str()];
    tx.execute(REMOVE_OF_RUN, parameters)?;
    tx.execute(WAIT_AGAIN, parameters)?;
    Ok(())
}

/// The reports of a run that wait are not believed: bounces are removed, the others never applied.
pub(in crate::store) fn forget_waiting(tx: &Transaction<'_>, run: i64, now: DateTime<Utc>) -> Result<(), Error> {
    const REMOVE: &str = "DELETE FROM reports WHERE applied IS NULL AND fault IN (?2, ?3)
        AND message IN (SELECT id FROM messages WHERE run = ?1)";
    const SETTLE: &str =
        "UPDATE reports SET applied = ?2 WHERE applied IS NULL AND message IN (SELECT id FROM messages WHERE run = ?1)";
    tx.execute(REMOVE, params![run, Fault::Person.as_str(), Fault::Soft.as_str()])?;
    tx.execute(SETTLE, params![run, seconds(now)])?;
    Ok(())
}

const LIFT: &str = "DELETE FROM suppressions WHERE hash = ?1 AND reason <> ?2";

/// Lifts a suppression because its subscriber has confirmed. False if they complained: that one stays.
pub(crate) fn lift(tx: &Transaction<'_>, hash: &str) -> Result<bool, Error> {
    tx.execute(LIFT, params![hash, Fault::Complaint.as_str()])?;
    Ok(of(tx, hash)?.is_none())
}
