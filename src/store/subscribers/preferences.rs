//! What subscribers do for themselves: pause, come back after leaving, change their address, download their data. `app`
//! checks the token of their link.

use crate::store::database::sql::{Connection, OptionalExtension as _, Row, Transaction, named_params, params};
use crate::store::{SubscriberChanges, Subscribers};
use chrono::{DateTime, TimeDelta, Utc};

use super::erasure::erase;
use super::rows::{AT_ADDRESS, PAUSE_IS_OVER, PAUSED, WITH_ID, email_address, select};
use super::start;
use crate::domain::subscribers::subscriber::{EmailAddress, Status};
use crate::store::outbox::{erasure, states, suppressions};
use crate::store::{Answer, Error, Subscriber, optional_time, outbox, seconds, time};

/// Emails about a change of address that one subscriber may cause in an hour, to different addresses.
const ADDRESSES_AN_HOUR: u32 = 3;

/// What came of taking a new address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AddressTaken {
    /// It is theirs, or was already.
    Taken,
    /// Another subscriber has it.
    Occupied,
    /// No such request is open.
    NotOpen,
}

/// A message as its subscriber may see it.
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
    /// The mail server's last refusal.
    pub error: Option<String>,
}

/// An email to them that bounced, or that they complained about.
#[derive(Debug, Clone)]
pub struct OwnReport {
    /// What the email was: digest, confirmation, …
    pub kind: String,
    /// When the report arrived.
    pub at: DateTime<Utc>,
    /// smtp, dsn, arf.
    pub source: String,
    /// person, soft, ours, complaint.
    pub fault: String,
    /// The answer's code; empty for a complaint.
    pub code: String,
}

/// All that is stored about a subscriber.
#[derive(Debug, Clone)]
pub struct OwnRecord {
    /// Their row.
    pub subscriber: Subscriber,
    /// An address that they asked for and have not confirmed.
    pub new_address: Option<EmailAddress>,
    /// What was sent, oldest first.
    pub messages: Vec<OwnMessage>,
    /// Bounces and complaints.
    pub reports: Vec<OwnReport>,
}

const COME_BACK: &str = "UPDATE subscribers SET status = ?2, ended = NULL, cursor = ?3 WHERE id = ?1";

const PAUSE: &str = "UPDATE subscribers SET paused_until = ?2 WHERE id = ?1 AND status = ?3";

const IS_ANY_PAUSE_OVER: &str = "SELECT EXISTS (SELECT 1 FROM subscribers WHERE paused_until <= ?1)";

const IS_ANOTHER: &str =
    "SELECT EXISTS (SELECT 1 FROM subscribers WHERE id = ?1 AND status = ?3 AND address_key <> ?2)";

const KEEP_ADDRESS: &str = "INSERT INTO address_changes (subscriber, address, asked) VALUES (?1, ?2, ?3)
    ON CONFLICT (subscriber) DO UPDATE SET address = excluded.address, asked = excluded.asked";

/// Not in use, not asked in the last hour, and not too many others asked by the same subscriber.
const MAY_ASK: &str = "SELECT NOT EXISTS (SELECT 1 FROM subscribers WHERE address_key = :address_key
        AND status IN (:active, :suppressed))
    AND NOT EXISTS (SELECT 1 FROM messages WHERE kind = 'address_change' AND made > :hour_ago
        AND lower(address) = :address_key)
    AND (SELECT count(*) FROM messages WHERE kind = 'address_change' AND made > :hour_ago AND subscriber = :id) < :most";

const TAKE_ADDRESS: &str = "UPDATE subscribers SET address = ?2, address_key = ?3 WHERE id = ?1";

const RESUME: &str = "UPDATE subscribers SET paused_until = NULL, cursor = ?2 WHERE id = ?1";

impl SubscriberChanges<'_> {
    /// Brings back a subscriber who left at `since` or later, as they were. False if they did not, were erased, or
    /// are suppressed.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn come_back(
        self,
        id: String,
        since: DateTime<Utc>,
        now: DateTime<Utc>,
        hash: impl Fn(&EmailAddress) -> String + Send + 'static,
    ) -> Result<bool, Error> {
        self.store
            .write(move |tx| {
                let Some(known) = select(tx, WITH_ID, [&id])?.pop() else { return Ok(false) };
                let may = known.status == Status::Left && known.ended.is_some_and(|ended| ended >= since);
                if !may || suppressions::of(tx, &hash(&known.address))?.is_some() {
                    return Ok(false);
                }
                let status = if known.confirmed.is_some() { Status::Active } else { Status::Pending };
                let cursor = known.cursor.max(start(tx, known.preferences.cadence, now)?);
                tx.execute(COME_BACK, params![id, status.as_str(), cursor])?;
                Ok(true)
            })
            .await
    }

    /// No digest for an active subscriber until then; their digests that were surely not delivered are cancelled.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn pause_person(self, id: String, until: DateTime<Utc>, now: DateTime<Utc>) -> Result<bool, Error> {
        self.store
            .write(move |tx| {
                let paused = tx.execute(PAUSE, params![id, seconds(until), Status::Active.as_str()])?;
                if paused == 1 {
                    states::pause(tx, &id, now)?;
                }
                Ok(paused == 1)
            })
            .await
    }

    /// Ends a subscriber's pause early; they start at the last run of their cadence.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn end_pause(self, id: String, now: DateTime<Utc>) -> Result<(), Error> {
        self.store.write(move |tx| resume(tx, select(tx, PAUSED, [id])?, now)).await
    }

    /// Ends the pauses whose day has come.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn end_pauses(self, now: DateTime<Utc>) -> Result<(), Error> {
        // Looked up first: nearly always there is nothing to write.
        let is_any_over = self.reader.read(move |connection| {
            Ok(connection.prepare(IS_ANY_PAUSE_OVER)?.query_row([seconds(now)], |row| row.get::<_, bool>(0))?)
        });
        if !is_any_over.await? {
            return Ok(());
        }
        self.store.write(move |tx| resume(tx, select(tx, PAUSE_IS_OVER, [seconds(now)])?, now)).await
    }

    /// Keeps the address that an active subscriber wants, and queues the email that asks there, unless it is suppressed, in
    /// use, or was asked too often. They must not notice, so the address is kept either way. `hash` is that address's.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn ask_address(
        self,
        (id, address, hash): (String, EmailAddress, String),
        question: Answer,
        now: DateTime<Utc>,
    ) -> Result<bool, Error> {
        self.store
            .write(move |tx| {
                let parameters = params![id, address.key(), Status::Active.as_str()];
                if !tx.query_row(IS_ANOTHER, parameters, |row| row.get::<_, bool>(0))? {
                    return Ok(false);
                }
                tx.execute(KEEP_ADDRESS, params![id, address.reveal(), seconds(now)])?;
                let parameters = named_params! {
                    ":id": id,
                    ":address_key": address.key(),
                    ":active": Status::Active.as_str(),
                    ":suppressed": Status::Suppressed.as_str(),
                    ":hour_ago": seconds(now - TimeDelta::hours(1)),
                    ":most": ADDRESSES_AN_HOUR,
                };
                let may: bool = tx.query_row(MAY_ASK, parameters, |row| row.get(0))?;
                if !may || suppressions::of(tx, &hash)?.is_some() {
                    return Ok(false);
                }
                outbox::queue(tx, question.kind, (&id, address.reveal()), (&question.body, &question.message_id), now)?;
                Ok(true)
            })
            .await
    }

    /// A subscriber confirms the address they asked for; `is_it` says whether it is the one in their link. `notice` is
    /// queued for the old address, in the same transaction.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn take_address(
        self,
        id: String,
        is_it: impl Fn(&EmailAddress) -> bool + Send + 'static,
        notice: Answer,
        now: DateTime<Utc>,
    ) -> Result<AddressTaken, Error> {
        self.store
            .write(move |tx| {
                let known = select(tx, WITH_ID, [&id])?.pop();
                let Some(known) = known.filter(|known| known.status == Status::Active) else {
                    return Ok(AddressTaken::NotOpen);
                };
                if is_it(&known.address) {
                    return Ok(AddressTaken::Taken);
                }
                let Some(address) = new_address(tx, &id)?.filter(|address| is_it(address)) else {
                    return Ok(AddressTaken::NotOpen);
                };
                match select(tx, AT_ADDRESS, [address.key()])?.pop() {
                    Some(other) if matches!(other.status, Status::Active | Status::Suppressed) => {
                        return Ok(AddressTaken::Occupied);
                    }
                    Some(other) => drop(erase(tx, &other.id, now)?),
                    None => {}
                }
                tx.execute(TAKE_ADDRESS, params![id, address.reveal(), address.key()])?;
                tx.execute("DELETE FROM address_changes WHERE subscriber = ?1", [&id])?;
                erasure::readdress(tx, &id, address.reveal())?;
                let old = (id.as_str(), known.address.reveal());
                outbox::queue(tx, notice.kind, old, (&notice.body, &notice.message_id), now)?;
                Ok(AddressTaken::Taken)
            })
            .await
    }
}

impl Subscribers<'_> {
    /// All that is stored about a subscriber; `None` when no one has this id.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn own_record(self, id: String) -> Result<Option<OwnRecord>, Error> {
        self.reader
            .read(move |connection| {
                let Some(subscriber) = select(connection, WITH_ID, [&id])?.pop() else { return Ok(None) };
                let new_address = new_address(connection, &id)?;
                let (messages, reports) = (own_messages(connection, &id)?, own_reports(connection, &id)?);
                Ok(Some(OwnRecord { subscriber, new_address, messages, reports }))
            })
            .await
    }
}

/// What came during the pause is behind them: they start where a new subscriber of their cadence would.
fn resume(tx: &Transaction<'_>, people: Vec<Subscriber>, now: DateTime<Utc>) -> Result<(), Error> {
    for person in people {
        let cursor = person.cursor.max(start(tx, person.preferences.cadence, now)?);
        tx.execute(RESUME, params![person.id, cursor])?;
    }
    Ok(())
}

/// Emails to an address that they asked for and do not have are left out: whether one was sent tells who has it.
const OWN_MESSAGES: &str = "SELECT m.kind, m.address, p.subject, m.state, m.made, m.settled, m.error
    FROM messages m JOIN bodies p ON p.id = m.body JOIN subscribers s ON s.id = m.subscriber
    WHERE m.subscriber = ?1 AND (m.kind <> 'address_change' OR lower(m.address) = s.address_key) ORDER BY m.id";

fn own_messages(connection: &Connection, id: &str) -> Result<Vec<OwnMessage>, Error> {
    let mut statement = connection.prepare(OWN_MESSAGES)?;
    let mut rows = statement.query([id])?;
    let mut messages = Vec::new();
    while let Some(row) = rows.next()? {
        messages.push(own_message(row)?);
    }
    Ok(messages)
}

fn own_message(row: Row<'_>) -> Result<OwnMessage, Error> {
    Ok(OwnMessage {
        kind: row.get("kind")?,
        address: row.get("address")?,
        subject: row.get("subject")?,
        state: row.get("state")?,
        made: time(row.get("made")?)?,
        settled: optional_time(row.get("settled")?)?,
        error: row.get("error")?,
    })
}

const OWN_REPORTS: &str = "SELECT m.kind, r.at, r.source, r.fault, r.code
    FROM messages m JOIN reports r ON r.message = m.id JOIN subscribers s ON s.id = m.subscriber
    WHERE m.subscriber = ?1 AND (m.kind <> 'address_change' OR lower(m.address) = s.address_key) ORDER BY r.id";

fn own_reports(connection: &Connection, id: &str) -> Result<Vec<OwnReport>, Error> {
    let mut statement = connection.prepare(OWN_REPORTS)?;
    let mut rows = statement.query([id])?;
    let mut reports = Vec::new();
    while let Some(row) = rows.next()? {
        reports.push(own_report(row)?);
    }
    Ok(reports)
}

fn own_report(row: Row<'_>) -> Result<OwnReport, Error> {
    Ok(OwnReport {
        kind: row.get("kind")?,
        at: time(row.get("at")?)?,
        source: row.get("source")?,
        fault: row.get("fault")?,
        code: row.get("code")?,
    })
}

const NEW_ADDRESS: &str = "SELECT address FROM address_changes WHERE subscriber = ?1";

fn new_address(connection: &Connection, id: &str) -> Result<Option<EmailAddress>, Error> {
    let address: Option<String> =
        connection.prepare(NEW_ADDRESS)?.query_row([id], |row| row.get("address")).optional()?;
    address.as_deref().map(email_address).transpose()
}
