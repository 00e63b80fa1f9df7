//! What people do for themselves once they are here: rest for a while, come back after leaving, take another address,
//! see what is kept. Who may is told by their link's token, in `app`.

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{Connection, OptionalExtension as _, Transaction, params};

use super::erasure::erase;
use super::{select, start};
use crate::domain::subscribers::subscriber::{EmailAddress, Status};
use crate::store::outbox::suppressions;
use crate::store::{Answer, Error, Reader, Store, Subscriber, optional_time, outbox, seconds, time};

/// Mails about a change of address that one person may cause in an hour, to different addresses.
const ADDRESSES_AN_HOUR: u32 = 3;

/// What came of taking a new address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AddressTaken {
    /// It is theirs, or was already.
    Taken,
    /// Somebody else who receives the digest has it.
    Occupied,
    /// Nobody asked for it any more.
    NotOpen,
}

/// A message as its reader may see it.
#[derive(Debug, Clone)]
pub struct OwnMessage {
    /// digest, confirmation, …
    pub kind: String,
    /// Where it went, or goes.
    pub address: String,
    /// Its subject.
    pub subject: String,
    /// queued, sent, …
    pub state: String,
    /// When it was made.
    pub made: DateTime<Utc>,
    /// When it was sent or given up.
    pub settled: Option<DateTime<Utc>>,
    /// What the mail server last said against it.
    pub error: Option<String>,
}

/// A mail of theirs that came back, or that they complained of.
#[derive(Debug, Clone)]
pub struct OwnReport {
    /// What the mail was: digest, confirmation, …
    pub kind: String,
    /// When it was taken in.
    pub at: DateTime<Utc>,
    /// smtp, dsn, arf.
    pub source: String,
    /// person, soft, ours, complaint.
    pub fault: String,
    /// The answer's code; empty for a complaint.
    pub code: String,
}

/// All that is kept of one person.
#[derive(Debug, Clone)]
pub struct OwnRecord {
    /// Their row.
    pub subscriber: Subscriber,
    /// An address that they asked for and have not confirmed.
    pub new_address: Option<EmailAddress>,
    /// What was mailed, oldest first.
    pub messages: Vec<OwnMessage>,
    /// What came back of it.
    pub reports: Vec<OwnReport>,
}

impl Store {
    /// Brings back somebody who left at `since` or later, as they were. False if they did not, are not here any more, or
    /// are suppressed.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn come_back(
        &self,
        id: String,
        since: DateTime<Utc>,
        now: DateTime<Utc>,
        hash: impl Fn(&EmailAddress) -> String + Send + 'static,
    ) -> Result<bool, Error> {
        self.write(move |tx| {
            let Some(known) = select(tx, "WHERE id = ?1", [&id])?.pop() else { return Ok(false) };
            let may = known.status == Status::Left && known.ended.is_some_and(|ended| ended >= since);
            if !may || suppressions::of(tx, &hash(&known.address))?.is_some() {
                return Ok(false);
            }
            let status = if known.confirmed.is_some() { Status::Active } else { Status::Pending };
            tx.execute(
                "UPDATE subscribers SET status = ?2, ended = NULL, covered = max(covered, ?3) WHERE id = ?1",
                params![id, status.as_str(), start(tx, known.preferences.cadence, now)?],
            )?;
            Ok(true)
        })
        .await
    }

    /// No digest for an active person until then; what waits for them and was surely not delivered is cancelled.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn pause_person(&self, id: String, until: DateTime<Utc>, now: DateTime<Utc>) -> Result<bool, Error> {
        self.write(move |tx| {
            let paused = tx.execute(
                "UPDATE subscribers SET paused_until = ?2 WHERE id = ?1 AND status = 'active'",
                params![id, seconds(until)],
            )?;
            if paused == 1 {
                tx.execute(
                    "UPDATE messages SET state = 'cancelled', settled = ?2
                     WHERE subscriber = ?1 AND kind = 'digest' AND state IN ('queued', 'retry')",
                    params![id, seconds(now)],
                )?;
            }
            Ok(paused == 1)
        })
        .await
    }

    /// Ends a person's pause before its time; they start at the last run of their cadence.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn end_pause(&self, id: String, now: DateTime<Utc>) -> Result<(), Error> {
        self.write(move |tx| resume(tx, select(tx, "WHERE id = ?1 AND paused_until IS NOT NULL", [id])?, now)).await
    }

    /// Ends the pauses whose day has come.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn end_pauses(&self, now: DateTime<Utc>) -> Result<(), Error> {
        // Looked up first: nearly always there is nothing to write.
        let is_any_over = self.read(move |connection| {
            let question = "SELECT EXISTS (SELECT 1 FROM subscribers WHERE paused_until <= ?1)";
            Ok(connection.prepare_cached(question)?.query_row([seconds(now)], |row| row.get::<_, bool>(0))?)
        });
        if !is_any_over.await? {
            return Ok(());
        }
        self.write(move |tx| resume(tx, select(tx, "WHERE paused_until <= ?1", [seconds(now)])?, now)).await
    }

    /// Keeps the address that an active person wants, and queues the mail that asks there, unless it is suppressed, in
    /// use, or was asked too often: of that they are to see nothing, so the address is kept either way. `hash` is its own.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn ask_address(
        &self,
        (id, address, hash): (String, EmailAddress, String),
        question: Answer,
        now: DateTime<Utc>,
    ) -> Result<bool, Error> {
        self.write(move |tx| {
            let is_other: bool = tx.query_row(
                "SELECT EXISTS (SELECT 1 FROM subscribers WHERE id = ?1 AND status = 'active' AND address_key <> ?2)",
                params![id, address.key()],
                |row| row.get(0),
            )?;
            if !is_other {
                return Ok(false);
            }
            tx.execute(
                "INSERT OR REPLACE INTO address_changes (subscriber, address, asked) VALUES (?1, ?2, ?3)",
                params![id, address.reveal(), seconds(now)],
            )?;
            let may: bool = tx.query_row(
                "SELECT NOT EXISTS (SELECT 1 FROM subscribers WHERE address_key = ?2 AND status IN ('active', 'suppressed'))
                 AND NOT EXISTS (SELECT 1 FROM messages WHERE kind = 'address_change' AND made > ?3 AND lower(address) = ?2)
                 AND (SELECT count(*) FROM messages WHERE kind = 'address_change' AND made > ?3 AND subscriber = ?1) < ?4",
                params![id, address.key(), seconds(now - TimeDelta::hours(1)), ADDRESSES_AN_HOUR],
                |row| row.get(0),
            )?;
            if !may || suppressions::of(tx, &hash)?.is_some() {
                return Ok(false);
            }
            outbox::queue(tx, question.kind, (&id, address.reveal()), (&question.part, &question.message_id), now)?;
            Ok(true)
        })
        .await
    }

    /// A person takes the address they asked for; `is_it` says whether it is the one that their link names.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn take_address(
        &self,
        id: String,
        is_it: impl Fn(&EmailAddress) -> bool + Send + 'static,
        now: DateTime<Utc>,
    ) -> Result<AddressTaken, Error> {
        self.write(move |tx| {
            let Some(known) = select(tx, "WHERE id = ?1 AND status = 'active'", [&id])?.pop() else {
                return Ok(AddressTaken::NotOpen);
            };
            if is_it(&known.address) {
                return Ok(AddressTaken::Taken);
            }
            let Some(address) = new_address(tx, &id)?.filter(|address| is_it(address)) else {
                return Ok(AddressTaken::NotOpen);
            };
            match select(tx, "WHERE address_key = ?1", [address.key()])?.pop() {
                Some(other) if matches!(other.status, Status::Active | Status::Suppressed) => {
                    return Ok(AddressTaken::Occupied);
                }
                Some(other) => drop(erase(tx, &other.id, now)?),
                None => {}
            }
            tx.execute(
                "UPDATE subscribers SET address = ?2, address_key = ?3 WHERE id = ?1",
                params![id, address.reveal(), address.key()],
            )?;
            tx.execute("DELETE FROM address_changes WHERE subscriber = ?1", [&id])?;
            tx.execute(
                "UPDATE messages SET address = ?2 WHERE subscriber = ?1 AND kind = 'digest' AND state IN ('queued', 'retry')",
                params![id, address.reveal()],
            )?;
            Ok(AddressTaken::Taken)
        })
        .await
    }
}

impl Reader {
    /// All that is kept of a person; `None` when nobody has this id.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn own_record(&self, id: String) -> Result<Option<OwnRecord>, Error> {
        self.read(move |connection| {
            let Some(subscriber) = select(connection, "WHERE id = ?1", [&id])?.pop() else { return Ok(None) };
            let new_address = new_address(connection, &id)?;
            let (messages, reports) = (own_messages(connection, &id)?, own_reports(connection, &id)?);
            Ok(Some(OwnRecord { subscriber, new_address, messages, reports }))
        })
        .await
    }
}

/// What came while they rested is behind them: they start where a new person of their cadence would.
fn resume(tx: &Transaction<'_>, people: Vec<Subscriber>, now: DateTime<Utc>) -> Result<(), Error> {
    for person in people {
        tx.execute(
            "UPDATE subscribers SET paused_until = NULL, covered = max(covered, ?2) WHERE id = ?1",
            params![person.id, start(tx, person.preferences.cadence, now)?],
        )?;
    }
    Ok(())
}

/// Of mails to an address that they asked for and do not have they see nothing: whether one was sent tells who has it.
const THEIRS: &str = "JOIN subscribers ON subscribers.id = subscriber
    WHERE subscriber = ?1 AND (kind <> 'address_change' OR lower(messages.address) = address_key)";

fn own_messages(connection: &Connection, id: &str) -> Result<Vec<OwnMessage>, Error> {
    let mut statement = connection.prepare(&format!(
        "SELECT kind, messages.address, subject, state, made, settled, error FROM messages JOIN parts ON parts.id = part
         {THEIRS} ORDER BY messages.id"
    ))?;
    let mut rows = statement.query([id])?;
    let mut messages = Vec::new();
    while let Some(row) = rows.next()? {
        messages.push(OwnMessage {
            kind: row.get(0)?,
            address: row.get(1)?,
            subject: row.get(2)?,
            state: row.get(3)?,
            made: time(row.get(4)?)?,
            settled: optional_time(row.get(5)?)?,
            error: row.get(6)?,
        });
    }
    Ok(messages)
}

fn own_reports(connection: &Connection, id: &str) -> Result<Vec<OwnReport>, Error> {
    let mut statement = connection.prepare(&format!(
        "SELECT kind, at, source, fault, code FROM reports JOIN messages ON messages.id = message {THEIRS} ORDER BY reports.id"
    ))?;
    let mut rows = statement.query([id])?;
    let mut reports = Vec::new();
    while let Some(row) = rows.next()? {
        reports.push(OwnReport {
            kind: row.get(0)?,
            at: time(row.get(1)?)?,
            source: row.get(2)?,
            fault: row.get(3)?,
            code: row.get(4)?,
        });
    }
    Ok(reports)
}

fn new_address(connection: &rusqlite::Connection, id: &str) -> Result<Option<EmailAddress>, Error> {
    let address: Option<String> = connection
        .query_row("SELECT address FROM address_changes WHERE subscriber = ?1", [id], |row| row.get(0))
        .optional()?;
    address.map(|address| EmailAddress::parse(&address).map_err(|_| Error::content("an address", "…"))).transpose()
}
