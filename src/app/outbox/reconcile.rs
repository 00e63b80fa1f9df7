//! Messages whose outcome is unknown: lists them, and lets a person decide. Without a decision, they are resent with
//! the same bytes under the same Message-ID.

use crate::app::{App, ReadOnly};
use crate::store::{Decision, UnknownMessage};

/// A number that is not that of a message with an unknown outcome.
#[derive(Debug, thiserror::Error)]
#[error("message {0} is not among those whose fate is unknown")]
pub struct NotUnknown(pub i64);

/// Lists these messages. They include those that a process was sending when it died, although the database records that
/// only when the next process takes the lock.
///
/// # Errors
/// The database fails.
pub async fn unknown(app: &ReadOnly) -> anyhow::Result<Vec<UnknownMessage>> {
    let is_anybody_sending = app.holder().await?.is_some();
    Ok(app.store.outbox().unknown(!is_anybody_sending).await?)
}

/// Applies a decision to the messages with these numbers, or to all if `ids` is empty. Returns how many there were.
///
/// # Errors
/// [`NotUnknown`], in which case nothing has changed; or the database fails.
pub async fn decide(app: &App, decision: Decision, ids: Vec<i64>) -> anyhow::Result<usize> {
    Ok(app.store.outbox().decide(ids, decision, app.clock.now()).await?.map_err(NotUnknown)?)
}
