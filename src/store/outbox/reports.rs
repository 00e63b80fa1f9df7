//! Bounces and complaints: every report that an email did not arrive or was not wanted, from the relay's answers and from
//! returned emails. There is one for each message, source and code. When it counts depends on its run
//! (`digests::held_runs`); whom it suppresses is up to `suppressions`.

use crate::store::{Outbox, OutboxChanges};
use std::collections::BTreeMap;

use crate::store::database::sql::{self, Connection, OptionalExtension as _, Row, Transaction, named_params, params};
use chrono::{DateTime, Utc};

use super::suppressions::{self, Weighed};
use crate::domain::outbox::bounce::Fault;
use crate::domain::outbox::{Next, Outcome};
use crate::domain::subscribers::subscriber::EmailAddress;
use crate::domain::word::words;
use crate::store::digests::held_runs::{self, Standing};
use crate::store::{Error, Kind, seconds, time};

/// Where a report comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The relay's answer, at once.
    Smtp,
    /// A delivery status notification, RFC 3464.
    Dsn,
    /// A feedback report, RFC 5965.
    Arf,
}

words!(Source { Smtp = "smtp", Dsn = "dsn", Arf = "arf" });

/// A report to be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewReport {
    /// Where it comes from.
    pub source: Source,
    /// Whose fault it is that the email did not arrive, or was not wanted.
    pub fault: Fault,
    /// Codes, as `recipient 550 5.1.1`; empty for a complaint.
    pub code: String,
    /// Keyed hash of the message's address; empty when the subscriber was erased.
    pub hash: String,
}

/// What came of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// The subscriber is suppressed.
    Suppressed,
    /// Recorded; no one is suppressed for it.
    Kept,
    /// Recorded, and applied when its run is judged or released.
    Waits,
    /// There is no such message.
    NoMessage,
}

/// What a report needs to know of a message.
#[derive(Debug, Clone)]
pub struct Reported {
    /// Its number.
    pub message: i64,
    /// Whose.
    pub subscriber: String,
    /// Where it went; none when the subscriber was erased.
    pub address: Option<EmailAddress>,
    /// With its angle brackets.
    pub message_id: String,
    /// When it was made.
    pub made: DateTime<Utc>,
}

/// Returned emails of one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReturnedCount {
    /// How many.
    pub count: u64,
    /// When the last one came.
    pub last: DateTime<Utc>,
}

const RUN: &str = "SELECT run FROM messages WHERE id = ?1";

impl OutboxChanges<'_> {
    /// Records a report about a message, judges its run, and suppresses the subscriber if that follows.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn report(self, message: i64, report: NewReport, now: DateTime<Utc>) -> Result<Taken, Error> {
        self.store
            .write(move |tx| {
                let known: Option<Option<i64>> =
                    tx.prepare(RUN)?.query_row([message], |row| row.get("run")).optional()?;
                match known {
                    None => Ok(Taken::NoMessage),
                    Some(run) => keep(tx, message, run, &report, now),
                }
            })
            .await
    }
}

impl Outbox<'_> {
    /// A message, by its number.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn reported(self, message: i64) -> Result<Option<Reported>, Error> {
        self.reader.read(move |connection| select_reported(connection, REPORTED, [message])).await
    }

    /// The message of a subscriber that has this Message-ID, else their newest at the address that they have.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn reported_of(self, subscriber: String, message_id: Option<String>) -> Result<Option<Reported>, Error> {
        self.reader
            .read(move |connection| {
                select_reported(connection, REPORTED_OF, params![subscriber, message_id.as_deref().unwrap_or_default()])
            })
            .await
    }
}

impl OutboxChanges<'_> {
    /// Counts a returned email of this kind.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn count_returned(self, what: &'static str, now: DateTime<Utc>) -> Result<(), Error> {
        self.store
            .write(move |tx| {
                tx.execute(COUNT_RETURNED, params![what, seconds(now)])?;
                Ok(())
            })
            .await
    }
}

impl Outbox<'_> {
    /// Returned emails by kind.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn returned(self) -> Result<BTreeMap<String, ReturnedCount>, Error> {
        self.reader
            .read(|connection| {
                let mut statement = connection.prepare(RETURNED)?;
                let mut rows = statement.query([])?;
                let mut counts = BTreeMap::new();
                while let Some(row) = rows.next()? {
                    counts.insert(
                        row.get("what")?,
                        ReturnedCount { count: row.get("count")?, last: time(row.get("last")?)? },
                    );
                }
                Ok(counts)
            })
            .await
    }
}

const COUNT_RETURNED: &str = "INSERT INTO returned (what, count, last) VALUES (?1, 1, ?2)
    ON CONFLICT (what) DO UPDATE SET count = returned.count + 1, last = excluded.last";

const RETURNED: &str = "SELECT what, count, last FROM returned";

const REPORTED: &str = "SELECT id, subscriber, address, message_id, made FROM messages WHERE id = ?1";

const REPORTED_OF: &str = "SELECT id, subscriber, address, message_id, made FROM messages WHERE subscriber = ?1
    ORDER BY message_id = ?2 DESC, kind IN ('address_change', 'address_changed'), id DESC LIMIT 1";

fn select_reported(
    connection: &Connection,
    question: &str,
    values: impl sql::Params,
) -> Result<Option<Reported>, Error> {
    let mut statement = connection.prepare(question)?;
    let mut rows = statement.query(values)?;
    rows.next()?.map(reported).transpose()
}

fn reported(row: Row<'_>) -> Result<Reported, Error> {
    Ok(Reported {
        message: row.get("id")?,
        subscriber: row.get("subscriber")?,
        address: EmailAddress::parse(&row.get::<_, String>("address")?).ok(),
        message_id: row.get("message_id")?,
        made: time(row.get("made")?)?,
    })
}

const CODE: &str = "UPDATE attempts SET code = ?3 WHERE message = ?1 AND number = ?2";

/// Records what the end of an attempt says: the code beside the attempt, a report if it failed for good, and the message
/// in its run's sample. A soft refusal is no report while the message may still arrive (greylisting refuses
/// every first attempt).
pub(crate) fn settled(
    tx: &Transaction<'_>,
    (message, attempt): (i64, u32),
    (outcome, next): (Outcome, Next),
    report: Option<&NewReport>,
    now: DateTime<Utc>,
) -> Result<(), Error> {
    if let Some(report) = report {
        tx.prepare(CODE)?.execute(params![message, attempt, report.code])?;
    }
    if outcome != Outcome::Accepted && report.is_none() {
        // The connection failed, not this message.
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

const RUN_OF_DIGEST: &str = "SELECT CASE WHEN kind = ?2 THEN run END AS run FROM messages WHERE id = ?1";

/// The run by which a message's failure is judged: a digest's own. The outer `None` is for no message at all.
fn run_of(tx: &Transaction<'_>, message: i64) -> Result<Option<Option<i64>>, Error> {
    let parameters = params![message, Kind::Digest.as_str()];
    Ok(tx.prepare(RUN_OF_DIGEST)?.query_row(parameters, |row| row.get("run")).optional()?)
}

const KNOWN: &str =
    "SELECT id FROM reports WHERE message = :message AND source = :source AND fault = :fault AND code = :code";

const INSERT: &str = "INSERT INTO reports (message, at, source, fault, code, hash)
    VALUES (:message, :now, :source, :fault, :code, :hash) RETURNING id";

fn keep(
    tx: &Transaction<'_>,
    message: i64,
    run: Option<i64>,
    report: &NewReport,
    now: DateTime<Utc>,
) -> Result<Taken, Error> {
    let known = tx.prepare(KNOWN)?.query_row(
        named_params! {
            ":message": message,
            ":source": report.source.as_str(),
            ":fault": report.fault.as_str(),
            ":code": report.code,
        },
        |row| row.get("id"),
    );
    let id: i64 = match known.optional()? {
        Some(id) => id,
        None => tx.prepare(INSERT)?.query_row(
            named_params! {
                ":message": message,
                ":now": seconds(now),
                ":source": report.source.as_str(),
                ":fault": report.fault.as_str(),
                ":code": report.code,
                ":hash": report.hash,
            },
            |row| row.get("id"),
        )?,
    };
    if report.fault == Fault::Complaint {
        // A person's own decision, not a failure: it holds no run and waits for none.
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
