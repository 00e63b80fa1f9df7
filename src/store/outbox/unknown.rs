//! Messages of which nobody knows whether they arrived, for a person to decide. Without one they are resent.

use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension as _, Transaction, params};

use crate::domain::subscribers::subscriber::EmailAddress;
use crate::store::{Error, Kind, Reader, Store, seconds, time, word};

/// One of them.
#[derive(Debug, Clone)]
pub struct UnknownMessage {
    /// Its number.
    pub id: i64,
    /// What it is.
    pub kind: Kind,
    /// The run that it belongs to.
    pub run: Option<i64>,
    /// Where to; `None` when the person is forgotten.
    pub address: Option<EmailAddress>,
    /// When its last attempt began.
    pub since: DateTime<Utc>,
    /// Attempts so far.
    pub attempts: u32,
    /// With its angle brackets.
    pub message_id: String,
    /// When it is resent.
    pub next: DateTime<Utc>,
}

/// What a person decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Send it again, the same bytes, with the next delivery.
    Resend,
    /// Do not send it again. Its person is not covered by it: the next digest has its stories.
    Drop,
}

impl Reader {
    /// All of them, oldest first; `with_sending` says that nobody sends, so that what is being sent is as unknown.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn unknown(&self, with_sending: bool) -> Result<Vec<UnknownMessage>, Error> {
        self.read(move |connection| {
            let mut statement = connection.prepare(
                "SELECT id, kind, run, address, attempts, message_id, next_attempt,
                 coalesce((SELECT max(started) FROM attempts WHERE message = messages.id), made) AS since
                 FROM messages WHERE turn IN ('unknown', iif(?1, 'sending', 'unknown')) ORDER BY since, id",
            )?;
            let mut rows = statement.query([with_sending])?;
            let mut unknown = Vec::new();
            while let Some(row) = rows.next()? {
                unknown.push(UnknownMessage {
                    id: row.get(0)?,
                    kind: word("a kind of message", row.get(1)?)?,
                    run: row.get(2)?,
                    address: EmailAddress::parse(&row.get::<_, String>(3)?).ok(),
                    since: time(row.get(7)?)?,
                    attempts: row.get(4)?,
                    message_id: row.get(5)?,
                    next: time(row.get(6)?)?,
                });
            }
            Ok(unknown)
        })
        .await
    }
}

impl Store {
    /// Decides on these; on all of them, without any. All or nothing: the first of `ids` that is not unknown ends it,
    /// and is the result.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn decide(
        &self,
        ids: Vec<i64>,
        decision: Decision,
        now: DateTime<Utc>,
    ) -> Result<Result<usize, i64>, Error> {
        self.write(move |tx| {
            for id in &ids {
                let is_unknown = tx
                    .query_row("SELECT 1 FROM messages WHERE id = ?1 AND turn = 'unknown'", [id], |_| Ok(()))
                    .optional()?;
                if is_unknown.is_none() {
                    return Ok(Err(*id));
                }
            }
            let ids = if ids.is_empty() { all(tx)? } else { ids };
            let change = match decision {
                Decision::Resend => "UPDATE messages SET next_attempt = ?2 WHERE id = ?1",
                Decision::Drop => {
                    "UPDATE messages SET state = 'cancelled', settled = ?2, error = 'dropped by hand' WHERE id = ?1"
                }
            };
            let mut decided = 0;
            for id in ids {
                decided += tx.execute(change, params![id, seconds(now)])?;
            }
            Ok(Ok(decided))
        })
        .await
    }
}

fn all(tx: &Transaction<'_>) -> Result<Vec<i64>, Error> {
    let mut statement = tx.prepare("SELECT id FROM messages WHERE turn = 'unknown'")?;
    Ok(statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?)
}
