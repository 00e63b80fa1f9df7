//! Incidents as they are kept. A look's changes are one transaction; the mail that tells of them, with the note that
//! they are told, is another. So a process that dies between the two leaves news that are untold, and the next look tells
//! them: neither lost nor told twice. What is looked at is read by `facts`; the rules are `domain::operations::alarm`'s.

mod facts;

use chrono::{DateTime, Utc};
use rusqlite::{Connection, Row, Transaction, params};

pub use facts::Facts;

use crate::domain::operations::alarm::{Alarm, Change, Kind};
use crate::domain::subscribers::subscriber::EmailAddress;
use crate::store::{Error, Kind as MessageKind, Part, Reader, Store, optional_time, outbox, seconds, time, word};

/// What stands for a subscriber's id in an alarm's message.
const ALARM: &str = "alarm";

/// An incident that is over, and of which all is told, is kept for so long, for whoever looks back.
const KEPT_FOR: chrono::TimeDelta = chrono::TimeDelta::days(365);

/// A mail of alarms to be queued.
#[derive(Debug, Clone)]
pub struct AlarmMail {
    /// Whom it goes to, each by a message of its own: the address and the Message-ID.
    pub to: Vec<(EmailAddress, String)>,
    /// What it says.
    pub part: Part,
}

/// What is untold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Untold {
    /// Incidents whose beginning or end is untold.
    pub alarms: Vec<Alarm>,
    /// When a mail was last queued that told of a feed.
    pub feeds_told: Option<DateTime<Utc>>,
}

impl Reader {
    /// The incidents that are open, oldest first.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn open_alarms(&self) -> Result<Vec<Alarm>, Error> {
        self.read(|connection| select(connection, "WHERE ended IS NULL ORDER BY id")).await
    }

    /// The newest incidents, open or over, newest first.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn alarms(&self, limit: usize) -> Result<Vec<Alarm>, Error> {
        self.read(move |connection| select(connection, &format!("ORDER BY id DESC LIMIT {limit}"))).await
    }
}

impl Store {
    /// Keeps what has changed.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn change_alarms(&self, changes: Vec<Change>, now: DateTime<Utc>) -> Result<(), Error> {
        self.write(move |tx| changes.iter().try_for_each(|change| keep(tx, change, now))).await
    }
}

impl Reader {
    /// What is to be told by mail, if it is time.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn untold_alarms(&self) -> Result<Untold, Error> {
        self.read(|connection| {
            let alarms =
                select(connection, "WHERE told_end IS NULL AND (told IS NULL OR ended IS NOT NULL) ORDER BY id")?;
            if alarms.is_empty() {
                return Ok(Untold::default());
            }
            let of_feeds: Vec<_> =
                Kind::ALL.iter().filter(|kind| kind.is_of_a_feed()).map(|kind| kind.as_str()).collect();
            let question = format!(
                "SELECT max(max(coalesce(told, 0), coalesce(told_end, 0))) FROM alarms WHERE kind IN ('{}')",
                of_feeds.join("', '")
            );
            let told: Option<i64> = connection.query_row(&question, [], |row| row.get(0))?;
            Ok(Untold { alarms, feeds_told: optional_time(told.filter(|told| *told > 0))? })
        })
        .await
    }
}

impl Store {
    /// Queues a mail that tells of incidents, and notes that they are told: their beginning, and of those that are over
    /// their end. Without a mail, they count as told.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn tell_alarms(&self, told: Vec<i64>, mail: Option<AlarmMail>, now: DateTime<Utc>) -> Result<(), Error> {
        self.write(move |tx| {
            for id in told {
                tx.execute(
                    "UPDATE alarms SET told = coalesce(told, ?2), told_end = CASE WHEN ended IS NOT NULL THEN ?2 END
                     WHERE id = ?1",
                    params![id, seconds(now)],
                )?;
            }
            if let Some(AlarmMail { to, part }) = &mail {
                for (address, message_id) in to {
                    let whom = (ALARM, address.reveal());
                    outbox::queue(tx, MessageKind::Alarm, whom, (part, message_id), now)?;
                }
            }
            Ok(())
        })
        .await
    }
}

fn keep(tx: &Transaction<'_>, change: &Change, now: DateTime<Utc>) -> Result<(), Error> {
    match change {
        Change::Raise(trouble) => tx.execute(
            "INSERT INTO alarms (kind, subject, what, since, raised) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![
                trouble.kind.as_str(),
                trouble.subject,
                trouble.what,
                seconds(trouble.since.min(now)),
                seconds(now)
            ],
        )?,
        Change::Calm(id, since) => {
            tx.execute("UPDATE alarms SET well = ?2 WHERE id = ?1", params![id, seconds(*since)])?
        }
        Change::Recurred(id) => tx.execute("UPDATE alarms SET well = NULL WHERE id = ?1", [id])?,
        Change::End { id, well, is_quiet } => {
            tx.execute("DELETE FROM alarms WHERE told_end < ?1", [seconds(now - KEPT_FOR)])?;
            tx.execute(
                "UPDATE alarms SET well = ?2, ended = ?3, told = CASE WHEN ?4 THEN coalesce(told, ?3) ELSE told END,
                 told_end = CASE WHEN ?4 THEN ?3 END WHERE id = ?1",
                params![id, seconds(*well), seconds(now), is_quiet],
            )?
        }
    };
    Ok(())
}

fn select(connection: &Connection, which: &str) -> Result<Vec<Alarm>, Error> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT id, kind, subject, what, since, raised, well, ended, told, told_end FROM alarms {which}"
    ))?;
    let mut rows = statement.query([])?;
    let mut alarms = Vec::new();
    while let Some(row) = rows.next()? {
        alarms.push(alarm(row)?);
    }
    Ok(alarms)
}

fn alarm(row: &Row<'_>) -> Result<Alarm, Error> {
    Ok(Alarm {
        id: row.get(0)?,
        kind: word("a kind of alarm", row.get(1)?)?,
        subject: row.get(2)?,
        what: row.get(3)?,
        since: time(row.get(4)?)?,
        raised: time(row.get(5)?)?,
        well: optional_time(row.get(6)?)?,
        ended: optional_time(row.get(7)?)?,
        announced: optional_time(row.get(8)?)?,
        end_announced: optional_time(row.get(9)?)?,
    })
}
