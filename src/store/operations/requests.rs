//! Requests to the running daemon, as rows that it checks for: placed, taken and answered, or withdrawn before the daemon has
//! taken them. `app::digests::send_now` decides what is asked and what an answer says.

use crate::store::database::sql::{OptionalExtension as _, params};
use crate::store::{OperationChanges, Operations};
use chrono::{DateTime, Utc};

use crate::store::{Error, seconds};

/// The status of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// The daemon has not taken it yet.
    Waiting,
    /// The daemon is at work on it.
    Begun,
    /// What it answered.
    Answered(String),
}

const REMOVE_EXPIRED: &str = "DELETE FROM requests WHERE until < ?1";

const PLACE: &str = "INSERT INTO requests (made, until) VALUES (?1, ?2) RETURNING id";

const REQUEST: &str = "SELECT begun IS NOT NULL AS is_begun, answer FROM requests WHERE id = ?1";

const WITHDRAW: &str = "DELETE FROM requests WHERE id = ?1 AND begun IS NULL";

const WAITING: &str = "SELECT EXISTS (SELECT 1 FROM requests WHERE begun IS NULL AND until >= ?1)";

const TAKE: &str = "UPDATE requests SET begun = ?1 WHERE begun IS NULL AND until >= ?1 RETURNING id";

const ANSWER: &str = "UPDATE requests SET answered = ?2, answer = ?3 WHERE id = ?1";

impl OperationChanges<'_> {
    /// Places a request that expires at `until`, and returns its number.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn place_request(self, until: DateTime<Utc>, now: DateTime<Utc>) -> Result<i64, Error> {
        self.store
            .write(move |tx| {
                tx.execute(REMOVE_EXPIRED, [seconds(now)])?;
                Ok(tx.query_row(PLACE, [seconds(now), seconds(until)], |row| row.get("id"))?)
            })
            .await
    }
}

impl Operations<'_> {
    /// The status of a request; `None` when it is gone.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn request(self, id: i64) -> Result<Option<Request>, Error> {
        self.reader
            .read(move |connection| {
                let row: Option<(bool, Option<String>)> = connection
                    .prepare(REQUEST)?
                    .query_row([id], |row| Ok((row.get("is_begun")?, row.get("answer")?)))
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

impl OperationChanges<'_> {
    /// Withdraws a request that the daemon has not taken. False if it is too late.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn withdraw_request(self, id: i64) -> Result<bool, Error> {
        self.store.write(move |tx| Ok(tx.execute(WITHDRAW, [id])? == 1)).await
    }

    /// Takes all requests that have not expired. Writes nothing when there is none.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn take_requests(self, now: DateTime<Utc>) -> Result<Vec<i64>, Error> {
        let now = seconds(now);
        if !self
            .reader
            .read(move |connection| Ok(connection.prepare(WAITING)?.query_row([now], |row| row.get(0))?))
            .await?
        {
            return Ok(Vec::new());
        }
        self.store
            .write(move |tx| {
                let mut statement = tx.prepare(TAKE)?;
                let ids = statement.query_map([now], |row| row.get("id"))?;
                Ok(ids.collect::<Result<_, _>>()?)
            })
            .await
    }

    /// Answers requests that were taken.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn answer_requests(self, ids: Vec<i64>, answer: String, now: DateTime<Utc>) -> Result<(), Error> {
        self.store
            .write(move |tx| {
                for id in ids {
                    tx.prepare(ANSWER)?.execute(params![id, seconds(now), answer])?;
                }
                Ok(())
            })
            .await
    }
}
