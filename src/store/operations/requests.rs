//! What a person asks of the running daemon, as rows that it looks at: placed, taken, answered, or withdrawn while nobody
//! has taken it. What is asked, and what an answer says, is `app::digests::send_now`'s.

use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension as _, params};

use crate::store::{Error, Reader, Store, seconds};

/// How a request stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// The daemon has not looked yet.
    Waiting,
    /// The daemon is at work on it.
    Begun,
    /// What it answered.
    Answered(String),
}

impl Store {
    /// Places a request that is of use until then, and gives its number.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn place_request(&self, until: DateTime<Utc>, now: DateTime<Utc>) -> Result<i64, Error> {
        self.write(move |tx| {
            tx.execute("DELETE FROM requests WHERE until < ?1", [seconds(now)])?;
            tx.execute("INSERT INTO requests (made, until) VALUES (?1, ?2)", [seconds(now), seconds(until)])?;
            Ok(tx.last_insert_rowid())
        })
        .await
    }
}

impl Reader {
    /// How a request stands; `None` when it is there no more.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn request(&self, id: i64) -> Result<Option<Request>, Error> {
        self.read(move |connection| {
            let row: Option<(bool, Option<String>)> = connection
                .query_row("SELECT begun IS NOT NULL, answer FROM requests WHERE id = ?1", [id], |row| {
                    Ok((row.get(0)?, row.get(1)?))
                })
                .optional()?;
            Ok(row.map(|row| match row {
                (_, Some(answer)) => Request::Answered(answer),
                (true, None) => Request::Begun,
                (false, None) => Request::Waiting,
            }))
        })
        .await
    }
}

impl Store {
    /// Takes back a request that nobody has taken. False if it is too late.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn withdraw_request(&self, id: i64) -> Result<bool, Error> {
        self.write(move |tx| Ok(tx.execute("DELETE FROM requests WHERE id = ?1 AND begun IS NULL", [id])? == 1)).await
    }

    /// Takes all requests that somebody still waits for. Writes nothing when there is none.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn take_requests(&self, now: DateTime<Utc>) -> Result<Vec<i64>, Error> {
        const WAITING: &str = "SELECT EXISTS (SELECT 1 FROM requests WHERE begun IS NULL AND until >= ?1)";
        let now = seconds(now);
        if !self
            .read(move |connection| Ok(connection.prepare_cached(WAITING)?.query_row([now], |row| row.get(0))?))
            .await?
        {
            return Ok(Vec::new());
        }
        self.write(move |tx| {
            let mut statement =
                tx.prepare("UPDATE requests SET begun = ?1 WHERE begun IS NULL AND until >= ?1 RETURNING id")?;
            let ids = statement.query_map([now], |row| row.get(0))?;
            Ok(ids.collect::<Result<_, _>>()?)
        })
        .await
    }

    /// Answers requests that were taken.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn answer_requests(&self, ids: Vec<i64>, answer: String, now: DateTime<Utc>) -> Result<(), Error> {
        self.write(move |tx| {
            for id in ids {
                tx.prepare_cached("UPDATE requests SET answered = ?2, answer = ?3 WHERE id = ?1")?.execute(params![
                    id,
                    seconds(now),
                    answer
                ])?;
            }
            Ok(())
        })
        .await
    }
}
