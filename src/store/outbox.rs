//! The outbox: one row a message, its attempts recorded before dialling (`claims`), its outcome after. Which state
//! comes next is decided by `domain::outbox`; here it is kept.

pub(super) mod claims;
pub(super) mod messages;
pub(super) mod pauses;
pub(super) mod reports;
pub(super) mod suppressions;
pub(super) mod unknown;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use rusqlite::{Transaction, params};

use super::digests::archives;
use super::{Error, NewReport, Reader, Store, seconds, time};
use crate::domain::outbox::{LONGEST_PAUSE, Next, Outcome, State};
use crate::domain::subscribers::subscriber::EmailAddress;
use crate::domain::word::words;

/// What a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A digest of a run.
    Digest,
    /// The question whether someone really asked for it.
    Confirmation,
    /// The first mail after a confirmation.
    Welcome,
    /// The answer to an active person who signs up once more.
    Known,
    /// A run's digest for whoever looks it over: no subscriber's.
    Proof,
    /// The question at a new address whether it is its person's.
    AddressChange,
    /// The link to a person's own page, as they asked.
    Link,
    /// What needs those who run this: no subscriber's.
    Alarm,
}

words!(Kind {
    Digest = "digest",
    Confirmation = "confirmation",
    Welcome = "welcome",
    Known = "known",
    Proof = "proof",
    AddressChange = "address_change",
    Link = "link",
    Alarm = "alarm",
});

/// A message whose attempt is recorded and may be made now.
#[derive(Debug, Clone)]
pub struct Claimed {
    /// Its number.
    pub id: i64,
    /// What it is.
    pub kind: Kind,
    /// Whose.
    pub subscriber: String,
    /// Where to.
    pub address: EmailAddress,
    /// Made once.
    pub message_id: String,
    /// What it says.
    pub part: i64,
    /// Its date.
    pub made: DateTime<Utc>,
    /// Since when this person has been a subscriber.
    pub since: DateTime<Utc>,
    /// This attempt's number, from 1.
    pub attempt: u32,
    /// An earlier attempt may have delivered it.
    pub is_unknown: bool,
    /// After this it is not worth sending.
    pub deadline: Option<DateTime<Utc>>,
}

/// What a message says, before what is personal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Subject line.
    pub subject: String,
    /// Plain text.
    pub text: String,
    /// HTML.
    pub html: String,
    /// The run that it was rendered for; none for what answers to one person.
    pub run: Option<RunName>,
}

/// A run, as mails and reports name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunName {
    /// Its number.
    pub id: i64,
    /// daily, weekly, monthly or once.
    pub cadence: String,
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
    /// What went wrong; no address in it.
    pub error: Option<String>,
    /// What a server's refusal was, and whose fault; its hash is of the message's address.
    pub report: Option<NewReport>,
}

/// Messages by state.
pub type MessageCounts = BTreeMap<String, u64>;

/// Open messages by kind.
pub type OpenCounts = BTreeMap<String, usize>;

impl Store {
    /// For whoever has just got the lock: every message in `sending` belongs to a dead process. Says how many. One that
    /// would be tried later than any pause is long was put off by a clock that was ahead, and is due.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn recover(&self, now: DateTime<Utc>) -> Result<usize, Error> {
        // Looked up first: nearly always there is nothing to write.
        if !self.read(move |connection| claims::needs_recovery(connection, now + LONGEST_PAUSE)).await? {
            return Ok(0);
        }
        self.write(move |tx| {
            tx.execute(
                "UPDATE messages SET next_attempt = ?1 WHERE turn IS NOT NULL AND next_attempt > ?2",
                [seconds(now), seconds(now + LONGEST_PAUSE)],
            )?;
            Ok(tx.execute(
                "UPDATE messages SET state = 'unknown', next_attempt = ?1 WHERE turn = 'sending'",
                [seconds(now)],
            )?)
        })
        .await
    }

    /// Keeps how attempts ended. A digest that was sent covers its person up to the run's end.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn settle(&self, settlements: Vec<Settlement>, now: DateTime<Utc>) -> Result<(), Error> {
        self.write(move |tx| settlements.iter().try_for_each(|settlement| settle(tx, settlement, now))).await
    }
}

impl Reader {
    /// What a message says.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn part(&self, id: i64) -> Result<Part, Error> {
        self.read(move |connection| {
            let query = "SELECT subject, text, html, runs.id, cadence FROM parts LEFT JOIN runs ON runs.id = run
                         WHERE parts.id = ?1";
            Ok(connection.query_row(query, [id], |row| {
                let run = match (row.get(3)?, row.get(4)?) {
                    (Some(id), Some(cadence)) => Some(RunName { id, cadence }),
                    _ => None,
                };
                Ok(Part { subject: row.get(0)?, text: row.get(1)?, html: row.get(2)?, run })
            })?)
        })
        .await
    }

    /// Messages that are open, by kind.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn open_counts(&self) -> Result<OpenCounts, Error> {
        self.read(|connection| {
            let mut statement =
                connection.prepare("SELECT kind, count(*) FROM messages WHERE turn IS NOT NULL GROUP BY kind")?;
            let counts = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?;
            Ok(counts)
        })
        .await
    }

    /// Messages by state, those that are kept no longer among them.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn message_counts(&self) -> Result<MessageCounts, Error> {
        self.read(|connection| {
            let mut statement =
                connection.prepare("SELECT state, count FROM totals WHERE subject = 'messages' AND count > 0")?;
            let counts = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?;
            Ok(counts)
        })
        .await
    }
}

/// Queues a mail of its own for one person or address; its part is no run's.
pub(super) fn queue(
    tx: &Transaction<'_>,
    kind: Kind,
    (subscriber, address): (&str, &str),
    (part, message_id): (&Part, &str),
    now: DateTime<Utc>,
) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO parts (subject, text, html) VALUES (?1, ?2, ?3)",
        params![part.subject, part.text, part.html],
    )?;
    tx.execute(
        "INSERT INTO messages (kind, subscriber, address, message_id, part, state, next_attempt, made)
         VALUES (?1, ?2, ?3, ?4, ?5, 'queued', ?6, ?6)",
        params![kind.as_str(), subscriber, address, message_id, tx.last_insert_rowid(), seconds(now)],
    )?;
    Ok(())
}

/// Ends the open messages whose text holds a link of its own: its key is revoked. How many. Other links are written when a
/// message leaves.
pub(super) fn cancel_links(tx: &Transaction<'_>, now: DateTime<Utc>) -> Result<usize, Error> {
    Ok(tx.execute(
        "UPDATE messages SET state = 'cancelled', settled = ?1, error = 'the key of its link was revoked'
         WHERE turn IS NOT NULL AND kind IN ('confirmation', 'address_change', 'link')",
        [seconds(now)],
    )?)
}

/// Whether its person still stands where they stood when it was made.
pub(super) fn is_wanted(
    tx: &Transaction<'_>,
    message: &Claimed,
    hash: &impl Fn(&EmailAddress) -> String,
) -> Result<bool, Error> {
    let wanted_from = match message.kind {
        Kind::Digest | Kind::Welcome | Kind::Known | Kind::AddressChange | Kind::Link => "active",
        Kind::Confirmation => "pending",
        Kind::Proof | Kind::Alarm => return Ok(true),
    };
    let wanted: bool = tx
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM subscribers WHERE id = ?1 AND status = ?2)")?
        .query_row(params![message.subscriber, wanted_from], |row| row.get(0))?;
    Ok(wanted && suppressions::lets_through(tx, message.kind == Kind::Confirmation, &hash(&message.address))?)
}

pub(super) fn settle(tx: &Transaction<'_>, settlement: &Settlement, now: DateTime<Utc>) -> Result<(), Error> {
    if settlement.next == Next::AsBefore {
        put_back(tx, settlement)?;
        return end_if_cancelled(tx, settlement.id, seconds(now));
    }
    let now = seconds(now);
    let word = match settlement.outcome {
        Outcome::Accepted => "accepted",
        Outcome::Deferred => "deferred",
        Outcome::Refused => "refused",
        Outcome::Lost => "lost",
        Outcome::Unsent => "unsent",
    };
    tx.prepare_cached("UPDATE attempts SET ended = ?3, outcome = ?4 WHERE message = ?1 AND number = ?2")?
        .execute(params![settlement.id, settlement.attempt, now, word])?;
    let (state, next_attempt, settled) = match settlement.next {
        Next::Sent => (State::Sent, None, Some(now)),
        Next::Failed | Next::Late | Next::AsBefore => (State::Failed, None, Some(now)),
        // Once an attempt may have delivered it, a later refusal for now does not make it surely undelivered.
        Next::RetryAt(at) if settlement.was_unknown || settlement.outcome == Outcome::Lost => {
            (State::Unknown, Some(seconds(at)), None)
        }
        Next::RetryAt(at) => (State::Retry, Some(seconds(at)), None),
    };
    tx.prepare_cached(
        "UPDATE messages SET state = ?2, next_attempt = coalesce(?3, next_attempt), settled = ?4, error = ?5 WHERE id = ?1",
    )?
    .execute(params![settlement.id, state.as_str(), next_attempt, settled, settlement.error])?;
    if state == State::Sent {
        tx.prepare_cached(
            "UPDATE subscribers SET covered = max(covered, m.upto) FROM messages m
             WHERE m.id = ?1 AND m.upto IS NOT NULL AND subscribers.id = m.subscriber",
        )?
        .execute([settlement.id])?;
        archives::publish(tx, settlement.id, now)?;
    }
    let Settlement { id, attempt, outcome, next, .. } = *settlement;
    if matches!(next, Next::RetryAt(_)) {
        end_if_cancelled(tx, id, now)?;
    }
    reports::settled(tx, (id, attempt), (outcome, next), settlement.report.as_ref(), time(now)?)
}

/// As if it had not been tried: the attempt's number is free again.
fn put_back(tx: &Transaction<'_>, settlement: &Settlement) -> Result<(), Error> {
    let state = match settlement.attempt {
        _ if settlement.was_unknown => State::Unknown,
        0 | 1 => State::Queued,
        _ => State::Retry,
    };
    tx.prepare_cached("DELETE FROM attempts WHERE message = ?1 AND number = ?2")?
        .execute(params![settlement.id, settlement.attempt])?;
    tx.prepare_cached("UPDATE messages SET state = ?2, attempts = attempts - 1 WHERE id = ?1")?
        .execute(params![settlement.id, state.as_str()])?;
    Ok(())
}

/// What was under way when its run was cancelled is not tried again.
fn end_if_cancelled(tx: &Transaction<'_>, id: i64, now: i64) -> Result<(), Error> {
    tx.prepare_cached(
        "UPDATE messages SET state = 'cancelled', settled = ?2 WHERE id = ?1
         AND EXISTS (SELECT 1 FROM runs WHERE runs.id = run AND cancelled IS NOT NULL)",
    )?
    .execute([id, now])?;
    Ok(())
}
