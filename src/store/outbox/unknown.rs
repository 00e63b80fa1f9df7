//! Messages that may have arrived, for a person to decide about. Without a decision they are resent.

use crate::store::database::sql::{Row, Transaction, params};
use crate::store::{Outbox, OutboxChanges};
use chrono::{DateTime, Utc};

use super::states;
use crate::domain::outbox::transitions::{Event, Turn};
use crate::domain::subscribers::subscriber::EmailAddress;
use crate::store::{Error, Kind, seconds, time, word};

/// One of them.
#[derive(Debug, Clone)]
pub struct UnknownMessage {
    /// Its number.
    pub id: i64,
    /// What it is.
    pub kind: Kind,
    /// The run that it belongs to.
    pub run: Option<i64>,
    /// Where to; `None` when the subscriber was erased.
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
    /// Do not send it again. The subscriber's cursor stays: their next digest has its stories.
    Drop,
}

const UNKNOWN: &str = "SELECT id, kind, run, address, attempts, message_id, next_attempt,
    coalesce((SELECT max(started) FROM attempts WHERE message = messages.id), made) AS since
    FROM messages WHERE turn IN (?1, ?2) ORDER BY since, id";

fn unknown_message(row: Row<'_>) -> Result<UnknownMessage, Error> {
    Ok(UnknownMessage {
        id: row.get("id")?,
        kind: word("a kind of message", row.get("kind")?)?,
        run: row.get("run")?,
        address: EmailAddress::parse(&row.get::<_, String>("address")?).ok(),
        since: time(row.get("since")?)?,
        attempts: row.get("attempts")?,
        message_id: row.get("message_id")?,
        next: time(row.get("next_attempt")?)?,
    })
}

impl Outbox<'_> {
    /// All of them, oldest first; `with_sending` says that no process is sending, so that a message in `sending` may have
    /// arrived as well.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn unknown(self, with_sending: bool) -> Result<Vec<UnknownMessage>, Error> {
        let other = if with_sending { Turn::Sending } else { Turn::Unknown };
        self.reader
            .read(move |connection| {
                let mut statement = connection.prepare(UNKNOWN)?;
                let mut rows = statement.query([Turn::Unknown.as_str(), other.as_str()])?;
                let mut unknown = Vec::new();
                while let Some(row) = rows.next()? {
                    unknown.push(unknown_message(row)?);
                }
                Ok(unknown)
            })
            .await
    }
}

impl OutboxChanges<'_> {
    /// Decides about these messages, or about all where none is given. All or nothing: the first of `ids` that is not unknown
    /// is returned, and nothing is changed.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn decide(
        self,
        ids: Vec<i64>,
        decision: Decision,
        now: DateTime<Utc>,
    ) -> Result<Result<usize, i64>, Error> {
        self.store
            .write(move |tx| {
                let known = all(tx)?;
                if let Some(other) = ids.iter().find(|id| !known.contains(id)) {
                    return Ok(Err(*other));
                }
                let ids = if ids.is_empty() { known } else { ids };
                let mut decided = 0;
                for id in ids {
                    decided += match decision {
                        Decision::Resend => tx.execute(RESEND_NOW, params![id, seconds(now)])?,
                        Decision::Drop => {
                            usize::from(states::end(tx, (id, Event::Dropped), Some("dropped by hand"), now)?)
                        }
                    };
                }
                Ok(Ok(decided))
            })
            .await
    }
}

const RESEND_NOW: &str = "UPDATE messages SET next_attempt = ?2 WHERE id = ?1";

const ALL: &str = "SELECT id FROM messages WHERE turn = ?1";

fn all(tx: &Transaction<'_>) -> Result<Vec<i64>, Error> {
    let mut statement = tx.prepare(ALL)?;
    Ok(statement.query_map([Turn::Unknown.as_str()], |row| row.get("id"))?.collect::<Result<_, _>>()?)
}
