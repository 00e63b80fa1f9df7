//! Messages as an operator looks for them, by state, run and kind; and when they are due. What an operator may do about one
//! is in `unknown` and in `digests::held_runs`.

use crate::store::Outbox;
use crate::store::database::sql::{Connection, Row, Transaction, named_params, params};
use chrono::{DateTime, Utc};

use crate::domain::outbox::State;
use crate::domain::subscribers::subscriber::EmailAddress;
use crate::store::{Error, Kind, optional_time, seconds, time, word};

/// A message as stored.
#[derive(Debug, Clone)]
pub struct MessageRow {
    /// Its number.
    pub id: i64,
    /// What it is.
    pub kind: Kind,
    /// The run that it belongs to.
    pub run: Option<i64>,
    /// Where to; `None` when the subscriber was erased.
    pub address: Option<EmailAddress>,
    /// Its state.
    pub state: State,
    /// Attempts so far.
    pub attempts: u32,
    /// When it was made.
    pub made: DateTime<Utc>,
    /// When it is tried next; says nothing of one that is final.
    pub next_attempt: DateTime<Utc>,
    /// When it became final.
    pub settled: Option<DateTime<Utc>>,
    /// What went wrong at the last attempt.
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

/// All states where none is wanted; `:state_1` to `:state_8` are those that are.
const WANTED: &str =
    "(:state_1 IS NULL OR state IN (:state_1, :state_2, :state_3, :state_4, :state_5, :state_6, :state_7, :state_8))
    AND (:run IS NULL OR run = :run) AND (:kind IS NULL OR kind = :kind)";

impl Outbox<'_> {
    /// The newest `limit` of them, newest first, and how many there are in all.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn messages(self, wanted: Wanted, limit: usize) -> Result<(Vec<MessageRow>, u64), Error> {
        let state = |at: usize| wanted.states.get(at).or(wanted.states.first()).map(|state| state.as_str());
        let states: [Option<&'static str>; State::ALL.len()] = std::array::from_fn(state);
        self.reader
            .read(move |connection| {
                let page = format!(
                    "SELECT id, kind, run, address, state, attempts, made, next_attempt, settled, error, message_id
                 FROM messages WHERE {WANTED} ORDER BY id DESC LIMIT :limit"
                );
                let wanted = named_params! {
                    ":state_1": states[0],
                    ":state_2": states[1],
                    ":state_3": states[2],
                    ":state_4": states[3],
                    ":state_5": states[4],
                    ":state_6": states[5],
                    ":state_7": states[6],
                    ":state_8": states[7],
                    ":run": wanted.run,
                    ":kind": wanted.kind.map(Kind::as_str),
                };
                let count = format!("SELECT count(*) AS count FROM messages WHERE {WANTED}");
                let all = connection.query_row(&count, wanted, |row| row.get("count"))?;
                let mut statement = connection.prepare(&page)?;
                let mut rows = statement.query(&*[wanted, named_params! { ":limit": limit }].concat())?;
                let mut messages = Vec::new();
                while let Some(row) = rows.next()? {
                    messages.push(message(row)?);
                }
                Ok((messages, all))
            })
            .await
    }
}

fn message(row: Row<'_>) -> Result<MessageRow, Error> {
    Ok(MessageRow {
        id: row.get("id")?,
        kind: word("a kind of message", row.get("kind")?)?,
        run: row.get("run")?,
        address: EmailAddress::parse(&row.get::<_, String>("address")?).ok(),
        state: word("a state of a message", row.get("state")?)?,
        attempts: row.get("attempts")?,
        made: time(row.get("made")?)?,
        next_attempt: time(row.get("next_attempt")?)?,
        settled: optional_time(row.get("settled")?)?,
        error: row.get("error")?,
        message_id: row.get("message_id")?,
    })
}

const BRING_FORWARD: &str = "UPDATE messages SET next_attempt = ?1 WHERE turn IS NOT NULL AND next_attempt > ?2";

/// What would be tried after `latest` was put off by a clock that was ahead, and is due now.
pub(super) fn bring_forward(tx: &Transaction<'_>, latest: DateTime<Utc>, now: DateTime<Utc>) -> Result<(), Error> {
    tx.execute(BRING_FORWARD, [seconds(now), seconds(latest)])?;
    Ok(())
}

const RETRY_NOW: &str = "UPDATE messages SET next_attempt = ?2 WHERE run = ?1 AND state = ?3 AND next_attempt > ?2";

/// Whatever of a run waits for its next attempt is due now.
pub(in crate::store) fn retry_now(tx: &Transaction<'_>, run: i64, now: DateTime<Utc>) -> Result<(), Error> {
    tx.execute(RETRY_NOW, params![run, seconds(now), State::Retry.as_str()])?;
    Ok(())
}

/// How many messages of a run are open.
pub(in crate::store) fn open_of(connection: &Connection, run: i64) -> Result<u64, Error> {
    const OPEN: &str = "SELECT count(*) AS open FROM messages WHERE run = ?1 AND turn IS NOT NULL";
    Ok(connection.prepare(OPEN)?.query_row([run], |row| row.get("open"))?)
}

/// How many messages of a run are being sent.
pub(in crate::store) fn sending_of(connection: &Connection, run: i64) -> Result<u64, Error> {
    const SENDING: &str = "SELECT count(*) AS sending FROM messages WHERE run = ?1 AND state = ?2";
    let parameters = params![run, State::Sending.as_str()];
    Ok(connection.prepare(SENDING)?.query_row(parameters, |row| row.get("sending"))?)
}
