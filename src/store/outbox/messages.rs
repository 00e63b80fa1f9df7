//! Messages as an operator looks for them: by state, by run, by kind. What may be done about one is `unknown`'s and
//! `holds`'.

use chrono::{DateTime, Utc};
use rusqlite::{Row, params};

use crate::domain::outbox::State;
use crate::domain::subscribers::subscriber::EmailAddress;
use crate::store::{Error, Kind, Reader, optional_time, time, word};

/// A message as kept.
#[derive(Debug, Clone)]
pub struct MessageRow {
    /// Its number.
    pub id: i64,
    /// What it is.
    pub kind: Kind,
    /// The run that it belongs to.
    pub run: Option<i64>,
    /// Where to; `None` when the person is forgotten.
    pub address: Option<EmailAddress>,
    /// Where it stands.
    pub state: State,
    /// Attempts so far.
    pub attempts: u32,
    /// When it was made.
    pub made: DateTime<Utc>,
    /// When it is tried next; says nothing of one that is final.
    pub next_attempt: DateTime<Utc>,
    /// When it became final.
    pub settled: Option<DateTime<Utc>>,
    /// What the last attempt met with.
    pub error: Option<String>,
    /// With its angle brackets.
    pub message_id: String,
}

/// Which messages are looked for; what is not named does not matter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// In one of these states; in any, without one.
    pub states: Vec<State>,
    /// Of this run.
    pub run: Option<i64>,
    /// Of this kind.
    pub kind: Option<Kind>,
}

/// `?1` is a JSON list of states, empty for all.
const WANTED: &str = "FROM messages WHERE (?1 = '[]' OR state IN (SELECT value FROM json_each(?1)))
    AND (?2 IS NULL OR run = ?2) AND (?3 IS NULL OR kind = ?3)";

impl Reader {
    /// The newest `limit` of them, newest first, and how many there are in all.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn messages(&self, wanted: Wanted, limit: usize) -> Result<(Vec<MessageRow>, u64), Error> {
        let states: Vec<String> = wanted.states.iter().map(|state| state.as_str().to_owned()).collect();
        let (states, kind) = (crate::store::to_json(&states), wanted.kind.map(Kind::as_str));
        self.read(move |connection| {
            let all = connection.query_row(
                &format!("SELECT count(*) {WANTED}"),
                params![states, wanted.run, kind],
                |row| row.get(0),
            )?;
            let mut statement = connection.prepare(&format!(
                "SELECT id, kind, run, address, state, attempts, made, next_attempt, settled, error, message_id {WANTED}
                 ORDER BY id DESC LIMIT ?4"
            ))?;
            let mut rows = statement.query(params![states, wanted.run, kind, limit])?;
            let mut messages = Vec::new();
            while let Some(row) = rows.next()? {
                messages.push(message(row)?);
            }
            Ok((messages, all))
        })
        .await
    }
}

fn message(row: &Row<'_>) -> Result<MessageRow, Error> {
    Ok(MessageRow {
        id: row.get(0)?,
        kind: word("a kind of message", row.get(1)?)?,
        run: row.get(2)?,
        address: EmailAddress::parse(&row.get::<_, String>(3)?).ok(),
        state: word("a state of a message", row.get(4)?)?,
        attempts: row.get(5)?,
        made: time(row.get(6)?)?,
        next_attempt: time(row.get(7)?)?,
        settled: optional_time(row.get(8)?)?,
        error: row.get(9)?,
        message_id: row.get(10)?,
    })
}
