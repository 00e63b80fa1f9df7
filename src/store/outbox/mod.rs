//! The outbox: one row for each message, its attempts recorded before the connection is opened (`attempts`) and settled
//! afterwards. Which state follows is decided by `domain::outbox`, and written by `states` alone.

pub(super) mod attempts;
pub(super) mod bodies;
pub(super) mod erasure;
pub(super) mod messages;
pub(super) mod pauses;
pub(super) mod reports;
pub(super) mod retention;
pub(super) mod states;
pub(super) mod suppressions;
pub(super) mod unknown;

use crate::store::{Outbox, OutboxChanges};
use std::collections::BTreeMap;

use crate::store::database::sql::{Transaction, named_params, params};
use chrono::{DateTime, Utc};
use states::NewMessage;

use super::digests::archives;
use super::subscribers::recipients;
use super::{Body, Error, NewReport, seconds};
use crate::domain::outbox::transitions::Event;
use crate::domain::outbox::{LONGEST_PAUSE, Next, Outcome};
use crate::domain::subscribers::subscriber::{EmailAddress, Status};
use crate::domain::word::words;

/// What a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A digest of a run.
    Digest,
    /// The question whether the owner of the address asked for it.
    Confirmation,
    /// The first email after a confirmation.
    Welcome,
    /// The answer to an active subscriber who signs up again.
    Known,
    /// A run's digest for the editors; it belongs to no subscriber.
    Proof,
    /// The question at a new address whether it is the subscriber's.
    AddressChange,
    /// The notice at their old address that they have another one.
    AddressChanged,
    /// The link to a subscriber's own page, which they asked for.
    Link,
    /// What the operators have to know; it belongs to no subscriber.
    Alarm,
    /// A draft for an editor; it belongs to no subscriber.
    Draft,
}

words!(Kind {
    Digest = "digest",
    Confirmation = "confirmation",
    Welcome = "welcome",
    Known = "known",
    Proof = "proof",
    AddressChange = "address_change",
    AddressChanged = "address_changed",
    Link = "link",
    Alarm = "alarm",
    Draft = "draft",
});

/// A message whose attempt is recorded and may be made now.
#[derive(Debug, Clone)]
pub struct Claimed {
    /// Its number.
    pub id: i64,
    /// What it is.
    pub kind: Kind,
    /// The subscriber's id.
    pub subscriber: String,
    /// The recipient.
    pub address: EmailAddress,
    /// Made once, with its angle brackets.
    pub message_id: String,
    /// Its body.
    pub body: i64,
    /// When it was made, which is its date.
    pub made: DateTime<Utc>,
    /// Since when they have been a subscriber.
    pub since: DateTime<Utc>,
    /// This attempt's number, from 1.
    pub attempt: u32,
    /// An earlier attempt may have delivered it.
    pub is_unknown: bool,
    /// After this it is not worth sending.
    pub deadline: Option<DateTime<Utc>>,
}

/// An attempt's end.
#[derive(Debug, Clone)]
pub struct Settlement {
    /// Which message.
    pub id: i64,
    /// Which attempt.
    pub attempt: u32,
    /// How it ended.
    pub outcome: Outcome,
    /// What becomes of the message.
    pub next: Next,
    /// An earlier attempt may have delivered it.
    pub was_unknown: bool,
    /// What went wrong, without any address.
    pub error: Option<String>,
    /// The refusal as a report, with the hash of the message's address.
    pub report: Option<NewReport>,
}

/// Messages by state.
pub type MessageCounts = BTreeMap<String, u64>;

/// Open messages by kind.
pub type OpenCounts = BTreeMap<String, usize>;

impl OutboxChanges<'_> {
    /// For the process that has just got the lock: every message in `sending` belongs to a dead process and becomes unknown.
    /// How many. A message whose next attempt is later than any pause allows was put off by a clock that was ahead, and is
    /// due now.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn recover(self, now: DateTime<Utc>) -> Result<usize, Error> {
        // Looked up first: nearly always there is nothing to write.
        if !self.reader.read(move |connection| attempts::needs_recovery(connection, now + LONGEST_PAUSE)).await? {
            return Ok(0);
        }
        self.store
            .write(move |tx| {
                messages::bring_forward(tx, now + LONGEST_PAUSE, now)?;
                states::interrupt(tx, now)
            })
            .await
    }

    /// Records how attempts ended. A digest that was sent moves its subscriber's cursor to its end.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn settle(self, settlements: Vec<Settlement>, now: DateTime<Utc>) -> Result<(), Error> {
        self.store.write(move |tx| settlements.iter().try_for_each(|settlement| settle(tx, settlement, now))).await
    }
}

const OPEN_BY_KIND: &str = "SELECT kind, count(*) AS count FROM messages WHERE turn IS NOT NULL GROUP BY kind";

const BY_STATE: &str = "SELECT state, count FROM totals WHERE subject = 'messages' AND count > 0";

impl Outbox<'_> {
    /// Messages that are open, by kind.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn open_counts(self) -> Result<OpenCounts, Error> {
        self.reader
            .read(|connection| {
                let mut statement = connection.prepare(OPEN_BY_KIND)?;
                let counts = statement.query_map([], |row| Ok((row.get("kind")?, row.get("count")?)))?;
                Ok(counts.collect::<Result<_, _>>()?)
            })
            .await
    }

    /// Messages by state, including those that were removed since.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn message_counts(self) -> Result<MessageCounts, Error> {
        self.reader
            .read(|connection| {
                let mut statement = connection.prepare(BY_STATE)?;
                let counts = statement.query_map([], |row| Ok((row.get("state")?, row.get("count")?)))?;
                Ok(counts.collect::<Result<_, _>>()?)
            })
            .await
    }
}

/// Queues an email with a body of its own for one person or address, outside any run.
pub(super) fn queue(
    tx: &Transaction<'_>,
    kind: Kind,
    (subscriber, address): (&str, &str),
    (body, message_id): (&Body, &str),
    now: DateTime<Utc>,
) -> Result<(), Error> {
    let body = bodies::insert(tx, None, &body.language, (&body.subject, &body.text, &body.html))?;
    states::insert(tx, &NewMessage { kind, subscriber, address, message_id, body }, now)
}

const HAS_STATUS: &str = "SELECT EXISTS (SELECT 1 FROM subscribers WHERE id = ?1 AND status = ?2)";

/// Whether its subscriber still has the status that the message was made for, and is not suppressed.
pub(super) fn is_wanted(
    tx: &Transaction<'_>,
    message: &Claimed,
    hash: &impl Fn(&EmailAddress) -> String,
) -> Result<bool, Error> {
    let wanted_by = match message.kind {
        Kind::Digest | Kind::Welcome | Kind::Known | Kind::AddressChange | Kind::Link => Status::Active,
        Kind::Confirmation => Status::Pending,
        // Whatever has become of the subscription since: it may have been taken from its owner.
        Kind::AddressChanged => return suppressions::lets_through(tx, false, &hash(&message.address)),
        Kind::Proof | Kind::Alarm | Kind::Draft => return Ok(true),
    };
    let wanted: bool =
        tx.prepare(HAS_STATUS)?.query_row(params![message.subscriber, wanted_by.as_str()], |row| row.get(0))?;
    Ok(wanted && suppressions::lets_through(tx, message.kind == Kind::Confirmation, &hash(&message.address))?)
}

const END_ATTEMPT: &str =
    "UPDATE attempts SET ended = :now, outcome = :outcome WHERE message = :message AND number = :number";

const FORGET_ATTEMPT: &str = "DELETE FROM attempts WHERE message = ?1 AND number = ?2";

pub(super) fn settle(tx: &Transaction<'_>, settlement: &Settlement, now: DateTime<Utc>) -> Result<(), Error> {
    let Settlement { id, attempt, outcome, next, was_unknown, .. } = *settlement;
    let event = Event::of_settlement(attempt, outcome, next, was_unknown);
    if next == Next::AsBefore {
        tx.prepare(FORGET_ATTEMPT)?.execute(params![id, attempt])?;
        states::put_back(tx, id, event)?;
        return states::end_if_run_cancelled(tx, id, now);
    }
    tx.prepare(END_ATTEMPT)?.execute(named_params! {
        ":message": id,
        ":number": attempt,
        ":now": seconds(now),
        ":outcome": outcome.as_str(),
    })?;
    let next_attempt = match next {
        Next::RetryAt(at) => Some(at),
        _ => None,
    };
    let is_settled = states::settle(tx, (id, event), next_attempt, settlement.error.as_deref(), now)?;
    if is_settled && event == Event::Accepted {
        recipients::advance(tx, id)?;
        archives::publish(tx, id, seconds(now))?;
    }
    if next_attempt.is_some() {
        states::end_if_run_cancelled(tx, id, now)?;
    }
    reports::settled(tx, (id, attempt), (outcome, next), settlement.report.as_ref(), now)
}
