//! The outbox: one row a message, its attempts recorded before dialling, its outcome after. Which state comes
//! next is decided by `domain::outbox`; here it is kept.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use rusqlite::{Transaction, params};

use super::{Error, NewReport, Store, reports, seconds, suppressions, time, word};
use crate::domain::outbox::{Next, Outcome, State};
use crate::domain::subscriber::{EmailAddress, UnknownWord};

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
}

impl Kind {
    /// The word in tables and reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Digest => "digest",
            Self::Confirmation => "confirmation",
            Self::Welcome => "welcome",
            Self::Known => "known",
            Self::Proof => "proof",
        }
    }
}

impl std::str::FromStr for Kind {
    type Err = UnknownWord;

    fn from_str(word: &str) -> Result<Self, UnknownWord> {
        [Self::Digest, Self::Confirmation, Self::Welcome, Self::Known, Self::Proof]
            .into_iter()
            .find(|kind| kind.as_str() == word)
            .ok_or_else(|| UnknownWord(word.to_owned()))
    }
}

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

impl Store {
    /// For whoever has just got the lock: every message in `sending` belongs to a dead process. Says how many.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn recover(&self, now: DateTime<Utc>) -> Result<usize, Error> {
        self.write(move |tx| {
            Ok(tx.execute(
                "UPDATE messages SET state = 'unknown', next_attempt = ?1 WHERE state = 'sending'",
                [seconds(now)],
            )?)
        })
        .await
    }

    /// Takes up to `limit` messages that are due and records an attempt for each: unknown ones first, then
    /// confirmations and proofs, then digests, and no digest beside a proof. What is no longer wanted is cancelled on
    /// the way; `hash` keys an address.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn claim_due(
        &self,
        now: DateTime<Utc>,
        limit: usize,
        hash: impl Fn(&EmailAddress) -> String + Send + 'static,
    ) -> Result<Vec<Claimed>, Error> {
        self.write(move |tx| {
            let mut claimed = Vec::new();
            while claimed.len() < limit {
                let due = due(tx, now, limit - claimed.len())?;
                if due.is_empty() {
                    break;
                }
                for message in due {
                    if is_wanted(tx, &message, &hash)? {
                        tx.prepare_cached("UPDATE messages SET state = 'sending', attempts = ?2 WHERE id = ?1")?
                            .execute(params![message.id, message.attempt])?;
                        tx.prepare_cached("INSERT INTO attempts (message, number, started) VALUES (?1, ?2, ?3)")?
                            .execute(params![message.id, message.attempt, seconds(now)])?;
                        claimed.push(message);
                    } else {
                        tx.execute(
                            "UPDATE messages SET state = 'cancelled', settled = ?2 WHERE id = ?1",
                            params![message.id, seconds(now)],
                        )?;
                    }
                }
                if claimed.iter().any(|message| message.kind == Kind::Proof) {
                    break;
                }
            }
            Ok(claimed)
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

    /// Messages by state, in the order of a message's life.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn message_counts(&self) -> Result<MessageCounts, Error> {
        self.read(|connection| {
            let mut statement = connection.prepare("SELECT state, count(*) FROM messages GROUP BY state")?;
            let counts = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?;
            Ok(counts)
        })
        .await
    }

    /// How many messages are due.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn due_count(&self, now: DateTime<Utc>) -> Result<usize, Error> {
        self.read(move |connection| {
            Ok(connection.query_row(
                "SELECT count(*) FROM messages WHERE state IN ('queued', 'unknown', 'retry') AND next_attempt <= ?1",
                [seconds(now)],
                |row| row.get(0),
            )?)
        })
        .await
    }

    /// When the next open message is due; `None` when none is open.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn next_attempt(&self) -> Result<Option<DateTime<Utc>>, Error> {
        self.read(|connection| {
            let next: Option<i64> = connection.query_row(
                "SELECT min(next_attempt) FROM messages WHERE state IN ('queued', 'unknown', 'retry')",
                [],
                |row| row.get(0),
            )?;
            next.map(time).transpose()
        })
        .await
    }
}

fn due(tx: &Transaction<'_>, now: DateTime<Utc>, limit: usize) -> Result<Vec<Claimed>, Error> {
    let mut statement = tx.prepare_cached(
        "SELECT id, kind, subscriber, address, message_id, part, made, attempts, state,
         coalesce((SELECT coalesce(confirmed, joined) FROM subscribers WHERE id = messages.subscriber), made) FROM messages
         WHERE state IN ('queued', 'unknown', 'retry') AND next_attempt <= ?1
         AND NOT EXISTS (SELECT 1 FROM runs WHERE id = messages.run AND held IS NOT NULL)
         ORDER BY state <> 'unknown', kind = 'digest', id LIMIT ?2",
    )?;
    let mut rows = statement.query(params![seconds(now), limit])?;
    let mut due = Vec::new();
    while let Some(row) = rows.next()? {
        let address: String = row.get(3)?;
        due.push(Claimed {
            id: row.get(0)?,
            kind: word("a kind of message", row.get(1)?)?,
            subscriber: row.get(2)?,
            address: EmailAddress::parse(&address).map_err(|_| Error::content("an address", "…"))?,
            message_id: row.get(4)?,
            part: row.get(5)?,
            made: time(row.get(6)?)?,
            since: time(row.get(9)?)?,
            attempt: row.get::<_, u32>(7)? + 1,
            is_unknown: row.get::<_, String>(8)? == State::Unknown.as_str(),
        });
    }
    // The digests that a proof shows wait until it is on its way.
    if due.iter().any(|message| message.kind == Kind::Proof) {
        due.retain(|message| message.kind != Kind::Digest || message.is_unknown);
    }
    Ok(due)
}

fn is_wanted(tx: &Transaction<'_>, message: &Claimed, hash: &impl Fn(&EmailAddress) -> String) -> Result<bool, Error> {
    let wanted_from = match message.kind {
        Kind::Digest | Kind::Welcome | Kind::Known => "active",
        Kind::Confirmation => "pending",
        Kind::Proof => return Ok(true),
    };
    let wanted: bool = tx
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM subscribers WHERE id = ?1 AND status = ?2)")?
        .query_row(params![message.subscriber, wanted_from], |row| row.get(0))?;
    Ok(wanted && suppressions::lets_through(tx, message.kind == Kind::Confirmation, &hash(&message.address))?)
}

fn settle(tx: &Transaction<'_>, settlement: &Settlement, now: DateTime<Utc>) -> Result<(), Error> {
    let now = seconds(now);
    let word = match settlement.outcome {
        Outcome::Accepted => "accepted",
        Outcome::Deferred => "deferred",
        Outcome::Refused => "refused",
        Outcome::Lost => "lost",
    };
    tx.prepare_cached("UPDATE attempts SET ended = ?3, outcome = ?4 WHERE message = ?1 AND number = ?2")?
        .execute(params![settlement.id, settlement.attempt, now, word])?;
    let (state, next_attempt, settled) = match settlement.next {
        Next::Sent => (State::Sent, None, Some(now)),
        Next::Failed => (State::Failed, None, Some(now)),
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
    }
    let Settlement { id, attempt, outcome, next, .. } = *settlement;
    reports::settled(tx, (id, attempt), (outcome, next), settlement.report.as_ref(), time(now)?)
}
