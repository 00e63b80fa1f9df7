//! Every word that a mail did not arrive or was not wanted: from the relay's answers and from returned mails. One report
//! a message, source and code; when it counts is its run's (`holds`), whom it suppresses `suppressions`' matter.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension as _, Transaction, params};

use super::suppressions::{self, Weighed};
use crate::domain::outbox::bounce::Fault;
use crate::domain::outbox::{Next, Outcome};
use crate::domain::subscribers::subscriber::EmailAddress;
use crate::store::digests::held_runs;
use crate::store::digests::held_runs::Standing;
use crate::store::{Error, Reader, Store, seconds, time};

/// Who reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The relay, at once.
    Smtp,
    /// A delivery status notification, RFC 3464.
    Dsn,
    /// A feedback report, RFC 5965.
    Arf,
}

impl Source {
    fn as_str(self) -> &'static str {
        match self {
            Self::Smtp => "smtp",
            Self::Dsn => "dsn",
            Self::Arf => "arf",
        }
    }
}

/// A report to be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewReport {
    /// Whose word it is.
    pub source: Source,
    /// Whose fault it is.
    pub fault: Fault,
    /// Codes, as `recipient 550 5.1.1`; empty for a complaint.
    pub code: String,
    /// Keyed hash of the message's address; empty when the person was forgotten.
    pub hash: String,
}

/// What came of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// The person is suppressed.
    Suppressed,
    /// Kept; nobody is suppressed for it.
    Kept,
    /// Kept, and weighed when its run is judged or released.
    Waits,
    /// There is no such message here.
    NoMessage,
}

/// A message as a report needs it.
#[derive(Debug, Clone)]
pub struct Reported {
    /// Its number.
    pub message: i64,
    /// Whose.
    pub subscriber: String,
    /// Where it went; none when the person was forgotten.
    pub address: Option<EmailAddress>,
    /// With its angle brackets.
    pub message_id: String,
    /// When it was made.
    pub made: DateTime<Utc>,
}

/// Returned mails of one sort.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReturnedCount {
    /// How many.
    pub count: u64,
    /// When the last one came.
    pub last: DateTime<Utc>,
}

impl Store {
    /// Keeps a report about a message, judges its run, and suppresses the person if that follows.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn report(&self, message: i64, report: NewReport, now: DateTime<Utc>) -> Result<Taken, Error> {
        self.write(move |tx| {
            let known: Option<Option<i64>> =
                tx.query_row("SELECT run FROM messages WHERE id = ?1", [message], |row| row.get(0)).optional()?;
            match known {
                None => Ok(Taken::NoMessage),
                Some(run) => keep(tx, message, run, &report, now),
            }
        })
        .await
    }
}

impl Reader {
    /// A message, by its number.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn reported(&self, message: i64) -> Result<Option<Reported>, Error> {
        self.read(move |connection| select_reported(connection, "WHERE id = ?1", [message])).await
    }

    /// The message of a person that has this Message-ID, else their newest.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn reported_of(&self, subscriber: String, message_id: Option<String>) -> Result<Option<Reported>, Error> {
        self.read(move |connection| {
            let newest = "WHERE subscriber = ?1 ORDER BY message_id = ?2 DESC, id DESC LIMIT 1";
            select_reported(connection, newest, params![subscriber, message_id.as_deref().unwrap_or_default()])
        })
        .await
    }
}

impl Store {
    /// Counts a returned mail of this sort.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn count_returned(&self, what: &'static str, now: DateTime<Utc>) -> Result<(), Error> {
        self.write(move |tx| {
            tx.execute(
                "INSERT INTO returned (what, count, last) VALUES (?1, 1, ?2)
                 ON CONFLICT (what) DO UPDATE SET count = count + 1, last = excluded.last",
                params![what, seconds(now)],
            )?;
            Ok(())
        })
        .await
    }
}

impl Reader {
    /// Returned mails by sort.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn returned(&self) -> Result<BTreeMap<String, ReturnedCount>, Error> {
        self.read(|connection| {
            let mut statement = connection.prepare("SELECT what, count, last FROM returned")?;
            let mut rows = statement.query([])?;
            let mut counts = BTreeMap::new();
            while let Some(row) = rows.next()? {
                counts.insert(row.get(0)?, ReturnedCount { count: row.get(1)?, last: time(row.get(2)?)? });
            }
            Ok(counts)
        })
        .await
    }
}

fn select_reported(
    connection: &Connection,
    which: &str,
    values: impl rusqlite::Params,
) -> Result<Option<Reported>, Error> {
    let mut statement =
        connection.prepare(&format!("SELECT id, subscriber, address, message_id, made FROM messages {which}"))?;
    let mut rows = statement.query(values)?;
    let Some(row) = rows.next()? else { return Ok(None) };
    Ok(Some(Reported {
        message: row.get("id")?,
        subscriber: row.get("subscriber")?,
        address: EmailAddress::parse(&row.get::<_, String>("address")?).ok(),
        message_id: row.get("message_id")?,
        made: time(row.get("made")?)?,
    }))
}

/// What an attempt's end has taught: its code beside the attempt, a report if it failed for good, and the place of the
/// message in its run's sample. A soft refusal is no report while the message may still arrive (greylisting refuses
/// every first attempt).
pub(crate) fn settled(
    tx: &Transaction<'_>,
    (message, attempt): (i64, u32),
    (outcome, next): (Outcome, Next),
    report: Option<&NewReport>,
    now: DateTime<Utc>,
) -> Result<(), Error> {
    if let Some(report) = report {
        tx.prepare_cached("UPDATE attempts SET code = ?3 WHERE message = ?1 AND number = ?2")?.execute(params![
            message,
            attempt,
            report.code
        ])?;
    }
    if outcome != Outcome::Accepted && report.is_none() {
        // The way failed, not this message.
        return Ok(());
    }
    let run = run_of(tx, message)?.unwrap_or_default();
    let is_new = match run {
        Some(run) => held_runs::sample(tx, run, message)?,
        None => false,
    };
    let is_final = !matches!(next, Next::Sent | Next::RetryAt(_));
    match (report, run) {
        (Some(report), _) if report.fault != Fault::Soft || is_final => {
            keep(tx, message, run, report, now)?;
        }
        (_, Some(run)) if is_new => {
            held_runs::judge(tx, run, now)?;
        }
        _ => {}
    }
    Ok(())
}

/// The run by whose mails a message's fate is judged: a digest's own. The outer `None` is for no message at all.
fn run_of(tx: &Transaction<'_>, message: i64) -> Result<Option<Option<i64>>, Error> {
    let run = tx
        .prepare_cached("SELECT CASE kind WHEN 'digest' THEN run END FROM messages WHERE id = ?1")?
        .query_row([message], |row| row.get(0));
    Ok(run.optional()?)
}

fn keep(
    tx: &Transaction<'_>,
    message: i64,
    run: Option<i64>,
    report: &NewReport,
    now: DateTime<Utc>,
) -> Result<Taken, Error> {
    let known: Option<i64> = tx
        .prepare_cached("SELECT id FROM reports WHERE message = ?1 AND source = ?2 AND fault = ?3 AND code = ?4")?
        .query_row(params![message, report.source.as_str(), report.fault.as_str(), report.code], |row| row.get(0))
        .optional()?;
    let id = match known {
        Some(id) => id,
        None => {
            tx.prepare_cached(
                "INSERT INTO reports (message, at, source, fault, code, hash) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?
            .execute(params![
                message,
                seconds(now),
                report.source.as_str(),
                report.fault.as_str(),
                report.code,
                report.hash
            ])?;
            tx.last_insert_rowid()
        }
    };
    if report.fault == Fault::Complaint {
        // A person's own word, not a failure: it holds no run and waits for none.
        return weigh(tx, id, message, report, now);
    }
    let standing = match run {
        Some(run) => {
            held_runs::fail(tx, run, message)?;
            held_runs::judge(tx, run, now)?
        }
        None => Standing::Judged,
    };
    match standing {
        Standing::Judged => weigh(tx, id, message, report, now),
        Standing::Open | Standing::Held => Ok(Taken::Waits),
    }
}

fn weigh(tx: &Transaction<'_>, id: i64, message: i64, report: &NewReport, now: DateTime<Utc>) -> Result<Taken, Error> {
    let weighed = Weighed { id, message, fault: report.fault, hash: &report.hash };
    Ok(if suppressions::weigh(tx, &weighed, now)? { Taken::Suppressed } else { Taken::Kept })
}
