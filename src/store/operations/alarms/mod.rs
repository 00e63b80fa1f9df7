//! Alarms, one row for each incident. The changes of one round are one transaction; the email about them, with the mark that
//! they were reported, is another. A process that dies between the two leaves alarms that are unreported, and the next
//! round reports them: none is lost, and none is reported twice. `facts` reads what the rules of
//! `domain::operations::alarm` need.

mod facts;

use crate::store::database::sql::{Connection, Params, Row, Transaction, named_params, params};
use crate::store::{OperationChanges, Operations};
use chrono::{DateTime, Utc};

pub use facts::Facts;

use crate::domain::operations::alarm::{Alarm, Change, Kind};
use crate::domain::subscribers::subscriber::EmailAddress;
use crate::store::{Body, Error, Kind as MessageKind, optional_time, outbox, seconds, time, word};

/// In place of a subscriber's id in an alarm's message.
const ALARM: &str = "alarm";

/// How long an incident is kept that is over and reported.
const KEPT_FOR: chrono::TimeDelta = chrono::TimeDelta::days(365);

/// An email about alarms, to be queued.
#[derive(Debug, Clone)]
pub struct AlarmMail {
    /// The recipients' addresses, each with the Message-ID of its own message.
    pub to: Vec<(EmailAddress, String)>,
    /// What it says.
    pub body: Body,
}

/// What is not reported yet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Untold {
    /// Incidents whose beginning or end is not reported.
    pub alarms: Vec<Alarm>,
    /// When an email about a feed was last queued.
    pub feeds_told: Option<DateTime<Utc>>,
}

impl Operations<'_> {
    /// The incidents that are open, oldest first.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn open_alarms(self) -> Result<Vec<Alarm>, Error> {
        self.reader.read(|connection| select(connection, OPEN, [])).await
    }

    /// The newest incidents, open or over, newest first.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn alarms(self, limit: usize) -> Result<Vec<Alarm>, Error> {
        self.reader.read(move |connection| select(connection, NEWEST, [limit])).await
    }
}

impl OperationChanges<'_> {
    /// Records what has changed.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn change_alarms(self, changes: Vec<Change>, now: DateTime<Utc>) -> Result<(), Error> {
        self.store.write(move |tx| changes.iter().try_for_each(|change| keep(tx, change, now))).await
    }
}

impl Operations<'_> {
    /// What an email has to report.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn untold_alarms(self) -> Result<Untold, Error> {
        self.reader
            .read(|connection| {
                let alarms = select(connection, UNTOLD, [])?;
                if alarms.is_empty() {
                    return Ok(Untold::default());
                }
                let mut statement = connection.prepare(TOLD_LAST)?;
                let mut feeds_told = None;
                for kind in Kind::ALL.iter().filter(|kind| kind.is_of_a_feed()) {
                    feeds_told = feeds_told.max(statement.query_row([kind.as_str()], |row| row.get("told"))?);
                }
                Ok(Untold { alarms, feeds_told: optional_time(feeds_told)? })
            })
            .await
    }
}

impl OperationChanges<'_> {
    /// Queues an email that reports incidents, and marks them as reported: their beginning, and their end if they are over.
    /// Without an email, they count as reported.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn tell_alarms(self, told: Vec<i64>, mail: Option<AlarmMail>, now: DateTime<Utc>) -> Result<(), Error> {
        self.store
            .write(move |tx| {
                for id in told {
                    tx.prepare(TELL)?.execute(params![id, seconds(now)])?;
                }
                if let Some(AlarmMail { to, body }) = &mail {
                    for (address, message_id) in to {
                        let whom = (ALARM, address.reveal());
                        outbox::queue(tx, MessageKind::Alarm, whom, (body, message_id), now)?;
                    }
                }
                Ok(())
            })
            .await
    }
}

const RAISE: &str = "INSERT INTO alarms (kind, subject, what, since, raised)
    VALUES (:kind, :subject, :what, :since, :raised)";

const WELL: &str = "UPDATE alarms SET well = ?2 WHERE id = ?1";

const REMOVE_OLD: &str = "DELETE FROM alarms WHERE told_end < ?1";

const END: &str = "UPDATE alarms SET well = :well, ended = :now,
    told = CASE WHEN :is_quiet = 1 THEN coalesce(told, :now) ELSE told END,
    told_end = CASE WHEN :is_quiet = 1 THEN :now END WHERE id = :id";

fn keep(tx: &Transaction<'_>, change: &Change, now: DateTime<Utc>) -> Result<(), Error> {
    match change {
        Change::Raise(trouble) => tx.prepare(RAISE)?.execute(named_params! {
            ":kind": trouble.kind.as_str(),
            ":subject": trouble.subject,
            ":what": trouble.what,
            ":since": seconds(trouble.since.min(now)),
            ":raised": seconds(now),
        })?,
        Change::Calm(id, since) => tx.prepare(WELL)?.execute(params![id, seconds(*since)])?,
        Change::Recurred(id) => tx.prepare(WELL)?.execute(params![id, None::<i64>])?,
        Change::End { id, well, is_quiet } => {
            tx.execute(REMOVE_OLD, [seconds(now - KEPT_FOR)])?;
            tx.prepare(END)?.execute(named_params! {
                ":id": id,
                ":well": seconds(*well),
                ":now": seconds(now),
                ":is_quiet": is_quiet,
            })?
        }
    };
    Ok(())
}

const OPEN: &str = "SELECT id, kind, subject, what, since, raised, well, ended, told, told_end FROM alarms
    WHERE ended IS NULL ORDER BY id";

const NEWEST: &str = "SELECT id, kind, subject, what, since, raised, well, ended, told, told_end FROM alarms
    ORDER BY id DESC LIMIT ?1";

const UNTOLD: &str = "SELECT id, kind, subject, what, since, raised, well, ended, told, told_end FROM alarms
    WHERE told_end IS NULL AND (told IS NULL OR ended IS NOT NULL) ORDER BY id";

/// When an email about an alarm of this kind was last queued.
const TOLD_LAST: &str = "SELECT max(at) AS told FROM (SELECT told AS at FROM alarms WHERE kind = ?1
    UNION ALL SELECT told_end FROM alarms WHERE kind = ?1) told";

const TELL: &str = "UPDATE alarms SET told = coalesce(told, ?2), told_end = CASE WHEN ended IS NOT NULL THEN ?2 END
    WHERE id = ?1";

fn select(connection: &Connection, question: &str, values: impl Params) -> Result<Vec<Alarm>, Error> {
    let mut statement = connection.prepare(question)?;
    let mut rows = statement.query(values)?;
    let mut alarms = Vec::new();
    while let Some(row) = rows.next()? {
        alarms.push(alarm(row)?);
    }
    Ok(alarms)
}

fn alarm(row: Row<'_>) -> Result<Alarm, Error> {
    Ok(Alarm {
        id: row.get("id")?,
        kind: word("a kind of alarm", row.get("kind")?)?,
        subject: row.get("subject")?,
        what: row.get("what")?,
        since: time(row.get("since")?)?,
        raised: time(row.get("raised")?)?,
        well: optional_time(row.get("well")?)?,
        ended: optional_time(row.get("ended")?)?,
        announced: optional_time(row.get("told")?)?,
        end_announced: optional_time(row.get("told_end")?)?,
    })
}
