//! Attempts: which open message is next, and the one transaction in which attempts that ended are settled and as many new
//! ones begin as may be under way. Unknown messages come first, then those that somebody waits for, then digests, run by
//! run; a held run is skipped. Each is found by a seek (migration 9), however many are open.

use crate::store::database::sql::{Connection, OptionalExtension as _, Row, Transaction, named_params, params};
use crate::store::{Outbox, OutboxChanges};
use chrono::{DateTime, Utc};

use super::{Claimed, Kind, Settlement, is_wanted, pauses, settle, states};
use crate::domain::outbox::transitions::{Event, Turn};
use crate::domain::outbox::{confirmation_deadline, digest_deadline};
use crate::domain::subscribers::subscriber::{Cadence, EmailAddress};
use crate::store::{Error, seconds, time, word};

/// The messages to send now, and what was ended on the way to them.
#[derive(Debug, Clone, Default)]
pub struct Attempts {
    /// Each with an attempt recorded.
    pub messages: Vec<Claimed>,
    /// The next two, as far as is known; nothing is recorded for them.
    pub upcoming: Vec<Claimed>,
    /// Ended because they would arrive too late to be of use.
    pub late: usize,
    /// Ended because their subscribers have left, or are suppressed.
    pub cancelled: usize,
    /// Too many were ended for one transaction; more may be due now.
    pub is_cut_short: bool,
}

/// The order in which messages are sent.
const TURNS: [Turn; 3] = [Turn::Unknown, Turn::Personal, Turn::Digest];

/// How many more are looked up, so that the next email is written while the one before it is being sent.
const AHEAD: usize = 2;

/// At most this many messages are ended in one transaction, so that nothing else waits long for the database.
const MOST_GIVEN_UP: usize = 1000;

impl OutboxChanges<'_> {
    /// Settles attempts that ended, and takes up to `limit` messages that are due, with an attempt recorded for each:
    /// all in one transaction, so that at no time more are recorded as under way than there are. What is no longer
    /// wanted or comes too late is ended on the way; `hash` keys an address. With nothing to settle and nothing due, nothing
    /// is written.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn settle_and_claim(
        self,
        settlements: Vec<Settlement>,
        now: DateTime<Utc>,
        limit: usize,
        hash: impl Fn(&EmailAddress) -> String + Send + 'static,
    ) -> Result<Attempts, Error> {
        if settlements.is_empty() && !self.reader.read(move |connection| is_any_due(connection, now)).await? {
            return Ok(Attempts::default());
        }
        self.store
            .write(move |tx| {
                settlements.iter().try_for_each(|settlement| settle(tx, settlement, now))?;
                let is_restored = pauses::is_restored(tx)?;
                Round { tx, now, limit, hash: &hash, is_restored, attempts: Attempts::default() }.claim()
            })
            .await
    }

    /// The same without anything to settle.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn claim_due(
        self,
        now: DateTime<Utc>,
        limit: usize,
        hash: impl Fn(&EmailAddress) -> String + Send + 'static,
    ) -> Result<Vec<Claimed>, Error> {
        Ok(self.settle_and_claim(Vec::new(), now, limit, hash).await?.messages)
    }
}

impl Outbox<'_> {
    /// How many messages are due and not held.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn due_count(self, now: DateTime<Utc>) -> Result<usize, Error> {
        self.reader
            .read(move |connection| {
                let mut statement = connection.prepare(DUE_COUNT)?;
                let mut due = 0;
                for (turn, lane) in lanes(connection, &TURNS)? {
                    if !lane.is_held {
                        due += statement.query_row(params![turn.as_str(), lane.number, seconds(now)], |row| {
                            row.get::<_, usize>("due")
                        })?;
                    }
                }
                Ok(due)
            })
            .await
    }

    /// When the next message is due that no held run keeps; `None` when none is open.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn next_unheld(self) -> Result<Option<DateTime<Utc>>, Error> {
        self.reader.read(|connection| first_attempt(connection, |lane| !lane.is_held)).await
    }

    /// When the next open message is due; `None` when none is open.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn next_attempt(self) -> Result<Option<DateTime<Utc>>, Error> {
        self.reader.read(|connection| first_attempt(connection, |_| true)).await
    }
}

fn first_attempt(connection: &Connection, which: impl Fn(&Lane) -> bool) -> Result<Option<DateTime<Utc>>, Error> {
    let mut statement = connection.prepare(FIRST_OF_LANE)?;
    let mut next: Option<i64> = None;
    for (turn, lane) in lanes(connection, &TURNS)?.into_iter().filter(|(_, lane)| which(lane)) {
        let first: Option<i64> = statement.query_row(params![turn.as_str(), lane.number], |row| row.get("first"))?;
        next = next.into_iter().chain(first).min();
    }
    next.map(time).transpose()
}

/// What the messages of one run have in common; those of no run are a lane of their own.
struct Lane {
    number: i64,
    is_held: bool,
    /// The slot; `None` without a run.
    slot: Option<DateTime<Utc>>,
    /// Its word in the table; a run of `once` has none of its own.
    cadence: Option<Cadence>,
}

/// One round of beginning attempts.
struct Round<'a, H> {
    tx: &'a Transaction<'a>,
    now: DateTime<Utc>,
    limit: usize,
    hash: &'a H,
    /// The database is a copy: what was sent since is not known, so nothing leaves but what tells of that.
    is_restored: bool,
    attempts: Attempts,
}

impl<H: Fn(&EmailAddress) -> String> Round<'_, H> {
    fn is_full(&self) -> bool {
        self.attempts.messages.len() >= self.limit
    }

    fn claim(mut self) -> Result<Attempts, Error> {
        for turn in TURNS {
            if turn == Turn::Digest && is_proof_under_way(self.tx)? {
                break;
            }
            let mut after = -1;
            while !self.is_full()
                && !self.attempts.is_cut_short
                && let Some(lane) = next_lane(self.tx, turn, after)?
            {
                after = lane.number;
                if !lane.is_held {
                    self.claim_in(turn, &lane)?;
                }
            }
        }
        Ok(self.attempts)
    }

    fn claim_in(&mut self, turn: Turn, lane: &Lane) -> Result<(), Error> {
        while !self.is_full() && !self.attempts.is_cut_short {
            let room = self.limit - self.attempts.messages.len() + AHEAD;
            let due = due(self.tx, turn, lane, (self.now, self.is_restored), room)?;
            if due.is_empty() {
                return Ok(());
            }
            due.into_iter().try_for_each(|found| self.take(found))?;
            self.attempts.is_cut_short = self.attempts.late + self.attempts.cancelled >= MOST_GIVEN_UP;
        }
        Ok(())
    }

    fn take(&mut self, found: Found) -> Result<(), Error> {
        let (tx, now) = (self.tx, self.now);
        match found {
            Found::Message(message) if self.is_full() => self.attempts.upcoming.push(*message),
            Found::Nobody(_) if self.is_full() => {}
            Found::Nobody(id) => {
                states::end(tx, (id, Event::Unwanted), None, now)?;
                self.attempts.cancelled += 1;
            }
            Found::Message(message) if !is_wanted(tx, &message, self.hash)? => {
                states::end(tx, (message.id, Event::Unwanted), None, now)?;
                self.attempts.cancelled += 1;
            }
            Found::Message(message) if message.deadline.is_some_and(|deadline| now > deadline) => {
                states::end(tx, (message.id, Event::Expired), Some("given up: it would come too late"), now)?;
                self.attempts.late += 1;
            }
            Found::Message(message) => {
                record_attempt(tx, &message, now)?;
                self.attempts.messages.push(*message);
            }
        }
        Ok(())
    }
}

/// The digests wait until the proof that shows them has been answered.
fn is_proof_under_way(connection: &Connection) -> Result<bool, Error> {
    let parameters = params![Turn::Sending.as_str(), Kind::Proof.as_str()];
    Ok(connection.prepare(PROOF_UNDER_WAY)?.query_row(parameters, |row| row.get(0))?)
}

/// Whether any message may be sent now.
fn is_any_due(connection: &Connection, now: DateTime<Utc>) -> Result<bool, Error> {
    let is_restored = pauses::is_restored(connection)?;
    let digests_wait = is_proof_under_way(connection)?;
    for (turn, lane) in lanes(connection, &TURNS)? {
        let waits = lane.is_held || (turn == Turn::Digest && digests_wait);
        if !waits && !due(connection, turn, &lane, (now, is_restored), 1)?.is_empty() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether [`Store::recover`] has anything to change: a message in `sending`, or one that is due after `latest`.
pub(crate) fn needs_recovery(connection: &Connection, latest: DateTime<Utc>) -> Result<bool, Error> {
    let mut statement = connection.prepare(LAST_OF_LANE)?;
    for (turn, lane) in lanes(connection, Turn::ALL)? {
        let last: i64 = statement.query_row(params![turn.as_str(), lane.number], |row| row.get("last"))?;
        if turn == Turn::Sending || last > seconds(latest) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Every lane that has messages of these turns.
fn lanes(connection: &Connection, turns: &[Turn]) -> Result<Vec<(Turn, Lane)>, Error> {
    let mut lanes = Vec::new();
    for &turn in turns {
        let mut after = -1;
        while let Some(lane) = next_lane(connection, turn, after)? {
            after = lane.number;
            lanes.push((turn, lane));
        }
    }
    Ok(lanes)
}

const DUE_COUNT: &str = "SELECT count(*) AS due FROM messages WHERE turn = ?1 AND lane = ?2 AND next_attempt <= ?3";
const FIRST_OF_LANE: &str = "SELECT min(next_attempt) AS first FROM messages WHERE turn = ?1 AND lane = ?2";
const LAST_OF_LANE: &str = "SELECT max(next_attempt) AS last FROM messages WHERE turn = ?1 AND lane = ?2";
const PROOF_UNDER_WAY: &str = "SELECT EXISTS (SELECT 1 FROM messages WHERE turn = ?1 AND lane = 0 AND kind = ?2)";

const NEXT_LANE: &str = "SELECT min(lane) AS lane FROM messages WHERE turn = ?1 AND lane > ?2";

const RUN_OF_LANE: &str = "SELECT held IS NOT NULL AS is_held, due, cadence FROM runs WHERE id = ?1";

/// With a LIMIT that is not bound, for which SQLite would plan the statement again; the caller stops reading before it, or
/// asks again. Nothing is sorted.
const DUE: &str = "SELECT m.id, m.kind, m.subscriber, m.address, m.message_id, m.body, m.made, m.attempts,
    coalesce(s.confirmed, s.joined, m.made) AS since, s.cadence
    FROM messages m LEFT JOIN subscribers s ON s.id = m.subscriber
    WHERE m.turn = :turn AND m.lane = :lane AND m.next_attempt <= :now AND (m.kind = :alarm OR :only_alarms = 0)
    ORDER BY m.next_attempt, m.id LIMIT 64";

/// The lane after `after` that has messages whose turn it is.
fn next_lane(connection: &Connection, turn: Turn, after: i64) -> Result<Option<Lane>, Error> {
    let number: Option<i64> =
        connection.prepare(NEXT_LANE)?.query_row(params![turn.as_str(), after], |row| row.get("lane"))?;
    let Some(number) = number else { return Ok(None) };
    let run: Option<(bool, i64, String)> = connection
        .prepare(RUN_OF_LANE)?
        .query_row([number], |row| Ok((row.get("is_held")?, row.get("due")?, row.get("cadence")?)))
        .optional()?;
    let lane = match run {
        None => Lane { number, is_held: false, slot: None, cadence: None },
        Some((is_held, due, cadence)) => {
            Lane { number, is_held, slot: Some(time(due)?), cadence: cadence.parse().ok() }
        }
    };
    Ok(Some(lane))
}

/// An open message whose turn it is.
enum Found {
    Message(Box<Claimed>),
    /// One whose address is gone, since its subscriber was erased.
    Nobody(i64),
}

fn due(
    connection: &Connection,
    turn: Turn,
    lane: &Lane,
    (now, only_alarms): (DateTime<Utc>, bool),
    limit: usize,
) -> Result<Vec<Found>, Error> {
    let mut statement = connection.prepare(DUE)?;
    let mut rows = statement.query(named_params! {
        ":turn": turn.as_str(),
        ":lane": lane.number,
        ":now": seconds(now),
        ":alarm": Kind::Alarm.as_str(),
        ":only_alarms": only_alarms,
    })?;
    let mut due = Vec::new();
    while due.len() < limit
        && let Some(row) = rows.next()?
    {
        due.push(found(row, lane, turn == Turn::Unknown)?);
    }
    Ok(due)
}

fn found(row: Row<'_>, lane: &Lane, is_unknown: bool) -> Result<Found, Error> {
    let id = row.get("id")?;
    let Ok(address) = EmailAddress::parse(&row.get::<_, String>("address")?) else { return Ok(Found::Nobody(id)) };
    let kind = word("a kind of message", row.get("kind")?)?;
    let made = time(row.get("made")?)?;
    let own: Option<String> = row.get("cadence")?;
    let deadline = match (kind, lane.slot) {
        (
            Kind::Confirmation | Kind::Welcome | Kind::Known | Kind::AddressChange | Kind::AddressChanged | Kind::Link,
            _,
        ) => Some(confirmation_deadline(made)),
        (Kind::Digest, Some(slot)) => {
            // A run of `once` is for subscribers of every cadence, and counts as a run of each one's own.
            let own = own.map(|own| word("a cadence", own)).transpose()?;
            lane.cadence.or(own).map(|cadence| digest_deadline(slot, cadence))
        }
        (Kind::Digest, None) | (Kind::Proof | Kind::Alarm | Kind::Draft, _) => None,
    };
    Ok(Found::Message(Box::new(Claimed {
        id,
        kind,
        subscriber: row.get("subscriber")?,
        address,
        message_id: row.get("message_id")?,
        body: row.get("body")?,
        made,
        since: time(row.get("since")?)?,
        attempt: row.get::<_, u32>("attempts")? + 1,
        is_unknown,
        deadline,
    })))
}

const RECORD_ATTEMPT: &str = "INSERT INTO attempts (message, number, started) VALUES (?1, ?2, ?3)";

fn record_attempt(tx: &Transaction<'_>, message: &Claimed, now: DateTime<Utc>) -> Result<(), Error> {
    states::begin_attempt(tx, message.id, message.attempt)?;
    tx.prepare(RECORD_ATTEMPT)?.execute(params![message.id, message.attempt, seconds(now)])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;
    use rusqlite_migration::Migrations;

    use super::{DUE, NEXT_LANE};
    use crate::store::database::schema::STEPS;

    #[test]
    fn the_next_message_is_found_by_a_seek_and_nothing_is_sorted() {
        let mut connection = Connection::open_in_memory().unwrap();
        Migrations::from_slice(STEPS).to_latest(&mut connection).unwrap();
        let plan = |question: &str| {
            let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {question}")).unwrap();
            let parameters = vec![rusqlite::types::Null; statement.parameter_count()];
            let steps = statement.query_map(rusqlite::params_from_iter(parameters), |row| row.get::<_, String>(3));
            steps.unwrap().map(Result::unwrap).collect::<Vec<_>>().join("; ")
        };
        let due = plan(DUE);
        assert!(
            due.starts_with("SEARCH m USING INDEX messages_by_turn (turn=? AND lane=? AND next_attempt<?)"),
            "{due}"
        );
        assert!(!due.contains("TEMP B-TREE"), "{due}");
        assert!(plan(NEXT_LANE).contains("messages_by_turn (turn=? AND lane>?)"), "{}", plan(NEXT_LANE));
    }
}
