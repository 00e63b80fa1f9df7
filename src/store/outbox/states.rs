//! The states of messages: the only file that writes `messages.state`. Each function is one event of the table in
//! `domain::outbox::transitions`, and leaves alone every message that is not in one of the states the table names for it.

use crate::store::database::sql::{Transaction, named_params};
use chrono::{DateTime, Utc};

use super::Kind;
use crate::domain::outbox::transitions::{Event, FIRST, Turn};
use crate::domain::outbox::{Outcome, State};
use crate::domain::subscribers::subscriber::{Cadence, Status};
use crate::store::subscribers::recipients::{Batch, IN_BATCH, SERVED};
use crate::store::{Error, seconds};

/// The state that an event leads to, as `:to` binds it.
fn to(event: Event) -> &'static str {
    event.transition().to.as_str()
}

/// A state from which an event may happen, as `:from_1` to `:from_4` bind them; the last one repeats where there are fewer.
fn from(event: Event, at: usize) -> &'static str {
    let states = event.transition().from;
    states.get(at).or(states.last()).map_or("", |state| state.as_str())
}

/// The named parameters of a statement for an event, those of its transition among them.
macro_rules! transition {
    ($event:expr, $($name:literal: $value:expr),+ $(,)?) => {
        named_params! {
            ":to": to($event),
            ":from_1": from($event, 0),
            ":from_2": from($event, 1),
            ":from_3": from($event, 2),
            ":from_4": from($event, 3),
            $($name: $value),+
        }
    };
}

/// A message to one person or address, outside any run's count.
pub(super) struct NewMessage<'a> {
    pub(super) kind: Kind,
    pub(super) subscriber: &'a str,
    pub(super) address: &'a str,
    pub(super) message_id: &'a str,
    pub(super) body: i64,
}

const INSERT: &str = "INSERT INTO messages (kind, subscriber, address, message_id, body, state, next_attempt, made)
    VALUES (:kind, :subscriber, :address, :message_id, :body, :state, :now, :now)";

pub(super) fn insert(tx: &Transaction<'_>, new: &NewMessage<'_>, now: DateTime<Utc>) -> Result<(), Error> {
    tx.prepare(INSERT)?.execute(named_params! {
        ":kind": new.kind.as_str(),
        ":subscriber": new.subscriber,
        ":address": new.address,
        ":message_id": new.message_id,
        ":body": new.body,
        ":state": FIRST.as_str(),
        ":now": seconds(now),
    })?;
    Ok(())
}

/// Subscribers who are not waiting for a message with the newest story already. `once` presses no digest on an address
/// that has just refused it either; one that expired, or that was not accepted in time, is not in the way.
const NOT_WAITING: &str = "NOT EXISTS (SELECT 1 FROM messages m
    WHERE m.subscriber = s.id AND m.run IS NOT NULL AND m.through_seq >= w.newest
    AND (m.state IN (:queued, :retry) OR (m.state = :failed AND :cadence IS NULL AND EXISTS (SELECT 1 FROM attempts a
    WHERE a.message = m.id AND a.number = m.attempts AND a.outcome = :refused))))";

/// Ends the older messages of a batch of a run's subscribers, which were surely not delivered: newer ones are queued for them.
pub(in crate::store) fn supersede(tx: &Transaction<'_>, batch: &Batch, now: DateTime<Utc>) -> Result<(), Error> {
    let statement = format!(
        "UPDATE messages SET state = :to, settled = :now WHERE run IS NOT NULL
         AND state IN (:from_1, :from_2, :from_3, :from_4)
         AND subscriber IN (SELECT s.id FROM {IN_BATCH} w.body IS NOT NULL AND {SERVED} AND {NOT_WAITING})"
    );
    tx.prepare(&statement)?.execute(transition! {
        Event::Superseded,
        ":now": seconds(now),
        ":run": batch.run,
        ":after": batch.after,
        ":active": Status::Active.as_str(),
        ":cadence": batch.cadence.map(Cadence::as_str),
        ":queued": State::Queued.as_str(),
        ":sending": State::Sending.as_str(),
        ":unknown": State::Unknown.as_str(),
        ":retry": State::Retry.as_str(),
        ":failed": State::Failed.as_str(),
        ":refused": Outcome::Refused.as_str(),
    })?;
    Ok(())
}

/// Queues the digests of a batch of a run's subscribers, or its notes that there is nothing new. How many. `domain` is that of
/// the Message-IDs.
pub(in crate::store) fn queue(
    tx: &Transaction<'_>,
    batch: &Batch,
    is_quiet: bool,
    domain: &str,
    now: DateTime<Utc>,
) -> Result<usize, Error> {
    let statement = format!(
        "INSERT INTO messages (kind, run, subscriber, address, message_id, body, through_seq, state, next_attempt, made)
         SELECT :kind, :run, s.id, s.address, '<' || :run || '.' || s.id || '@' || :domain || '>', w.body, w.through_seq,
         :state, :now, :now FROM {IN_BATCH} w.body IS NOT NULL AND w.is_quiet = :is_quiet AND {SERVED} AND {NOT_WAITING}
         ORDER BY s.number"
    );
    Ok(tx.prepare(&statement)?.execute(named_params! {
        ":kind": Kind::Digest.as_str(),
        ":run": batch.run,
        ":after": batch.after,
        ":is_quiet": is_quiet,
        ":domain": domain,
        ":state": FIRST.as_str(),
        ":now": seconds(now),
        ":active": Status::Active.as_str(),
        ":cadence": batch.cadence.map(Cadence::as_str),
        ":queued": State::Queued.as_str(),
        ":sending": State::Sending.as_str(),
        ":unknown": State::Unknown.as_str(),
        ":retry": State::Retry.as_str(),
        ":failed": State::Failed.as_str(),
        ":refused": Outcome::Refused.as_str(),
    })?)
}

const BEGIN_ATTEMPT: &str = "UPDATE messages SET state = :to, attempts = :number
    WHERE id = :id AND state IN (:from_1, :from_2, :from_3, :from_4)";

pub(super) fn begin_attempt(tx: &Transaction<'_>, id: i64, number: u32) -> Result<(), Error> {
    tx.prepare(BEGIN_ATTEMPT)?.execute(transition! { Event::AttemptBegan, ":id": id, ":number": number })?;
    Ok(())
}

const SETTLE: &str = "UPDATE messages SET state = :to, next_attempt = coalesce(:next_attempt, next_attempt),
    settled = CASE WHEN :next_attempt IS NULL THEN :now END, error = :error
    WHERE id = :id AND state IN (:from_1, :from_2, :from_3, :from_4)";

/// An attempt has ended: the message is final, or open until `next_attempt`. False if it was ended in the meantime.
pub(super) fn settle(
    tx: &Transaction<'_>,
    (id, event): (i64, Event),
    next_attempt: Option<DateTime<Utc>>,
    error: Option<&str>,
    now: DateTime<Utc>,
) -> Result<bool, Error> {
    let settled = tx.prepare(SETTLE)?.execute(transition! { event, ":id": id, ":next_attempt": next_attempt.map(seconds), ":now": seconds(now), ":error": error })?;
    Ok(settled == 1)
}

const PUT_BACK: &str = "UPDATE messages SET attempts = attempts - 1,
    state = CASE WHEN state IN (:from_1, :from_2, :from_3, :from_4) THEN :to ELSE state END WHERE id = :id";

/// An attempt came to nothing before any of it was sent: its number is free again.
pub(super) fn put_back(tx: &Transaction<'_>, id: i64, event: Event) -> Result<(), Error> {
    tx.prepare(PUT_BACK)?.execute(transition! { event, ":id": id })?;
    Ok(())
}

const END: &str = "UPDATE messages SET state = :to, settled = :now, error = coalesce(:error, error)
    WHERE id = :id AND state IN (:from_1, :from_2, :from_3, :from_4)";

/// Ends a message without another attempt. False if it is in no state for that.
pub(super) fn end(
    tx: &Transaction<'_>,
    (id, event): (i64, Event),
    error: Option<&str>,
    now: DateTime<Utc>,
) -> Result<bool, Error> {
    let ended = tx.prepare(END)?.execute(transition! { event, ":id": id, ":now": seconds(now), ":error": error })?;
    Ok(ended == 1)
}

const INTERRUPT: &str = "UPDATE messages SET state = :to, next_attempt = :now
    WHERE turn = :turn AND state IN (:from_1, :from_2, :from_3, :from_4)";

/// Whatever was being sent belongs to a process that is dead. How many.
pub(super) fn interrupt(tx: &Transaction<'_>, now: DateTime<Utc>) -> Result<usize, Error> {
    Ok(tx
        .prepare(INTERRUPT)?
        .execute(transition! { Event::InDoubt, ":now": seconds(now), ":turn": Turn::Sending.as_str() })?)
}

const REVOKE_LINKS: &str = "UPDATE messages SET state = :to, settled = :now, error = 'the key of its link was revoked'
    WHERE turn IS NOT NULL AND state IN (:from_1, :from_2, :from_3, :from_4)
    AND kind IN ('confirmation', 'address_change', 'link', 'draft')";

/// Cancels the open messages whose text holds a link of its own; other links are written when a message is sent. How many.
pub(in crate::store) fn revoke_links(tx: &Transaction<'_>, now: DateTime<Utc>) -> Result<usize, Error> {
    Ok(tx.prepare(REVOKE_LINKS)?.execute(transition! { Event::LinkRevoked, ":now": seconds(now) })?)
}

const CANCEL_RUN: &str = "UPDATE messages SET state = :to, settled = :now, error = 'its run was cancelled by hand'
    WHERE run = :run AND state IN (:from_1, :from_2, :from_3, :from_4)";

/// Cancels what is open of a run, save what is being sent. How many.
pub(in crate::store) fn cancel_run(tx: &Transaction<'_>, run: i64, now: DateTime<Utc>) -> Result<usize, Error> {
    Ok(tx.prepare(CANCEL_RUN)?.execute(transition! { Event::RunCancelled, ":run": run, ":now": seconds(now) })?)
}

const END_OF_CANCELLED_RUN: &str = "UPDATE messages SET state = :to, settled = :now
    WHERE id = :id AND state IN (:from_1, :from_2, :from_3, :from_4)
    AND EXISTS (SELECT 1 FROM runs WHERE runs.id = run AND cancelled IS NOT NULL)";

/// What was being sent when its run was cancelled is not tried again.
pub(super) fn end_if_run_cancelled(tx: &Transaction<'_>, id: i64, now: DateTime<Utc>) -> Result<(), Error> {
    tx.prepare(END_OF_CANCELLED_RUN)?.execute(transition! { Event::RunCancelled, ":id": id, ":now": seconds(now) })?;
    Ok(())
}

const PAUSE: &str = "UPDATE messages SET state = :to, settled = :now
    WHERE subscriber = :subscriber AND kind = :kind AND state IN (:from_1, :from_2, :from_3, :from_4)";

/// Cancels the digests of a subscriber who pauses, where they were surely not delivered.
pub(in crate::store) fn pause(tx: &Transaction<'_>, subscriber: &str, now: DateTime<Utc>) -> Result<(), Error> {
    tx.prepare(PAUSE)?.execute(
        transition! { Event::Paused, ":subscriber": subscriber, ":kind": Kind::Digest.as_str(), ":now": seconds(now) },
    )?;
    Ok(())
}

const CANCEL_OF: &str = "UPDATE messages SET state = :to, settled = :now
    WHERE subscriber = :subscriber AND state IN (:from_1, :from_2, :from_3, :from_4)";

/// Cancels what is open for a subscriber who is erased. What is being sent is settled by its sender first.
pub(super) fn cancel_of(tx: &Transaction<'_>, subscriber: &str, now: DateTime<Utc>) -> Result<(), Error> {
    tx.prepare(CANCEL_OF)?.execute(transition! { Event::Unwanted, ":subscriber": subscriber, ":now": seconds(now) })?;
    Ok(())
}

const CANCEL_WITHOUT_ADDRESS: &str = "UPDATE messages SET state = :to, settled = :now
    WHERE turn IS NOT NULL AND address = '' AND kind NOT IN ('proof', 'alarm', 'draft')
    AND state IN (:from_1, :from_2, :from_3, :from_4)";

/// The same for what has lost its address.
pub(super) fn cancel_without_address(tx: &Transaction<'_>, now: DateTime<Utc>) -> Result<(), Error> {
    tx.prepare(CANCEL_WITHOUT_ADDRESS)?.execute(transition! { Event::Unwanted, ":now": seconds(now) })?;
    Ok(())
}

const QUEUE_AGAIN: &str = "UPDATE messages SET state = :to, next_attempt = :now, settled = NULL, error = NULL
    WHERE run = :run AND state IN (:from_1, :from_2, :from_3, :from_4)
    AND id IN (SELECT message FROM reports WHERE applied IS NULL)
    AND NOT EXISTS (SELECT 1 FROM messages n WHERE n.subscriber = messages.subscriber AND n.run > :run)";

/// Queues again what failed by reports of a run that are not believed, unless something newer was made for its
/// subscriber. How many.
pub(in crate::store) fn queue_again(tx: &Transaction<'_>, run: i64, now: DateTime<Utc>) -> Result<usize, Error> {
    Ok(tx.prepare(QUEUE_AGAIN)?.execute(transition! { Event::FailureRejected, ":run": run, ":now": seconds(now) })?)
}
