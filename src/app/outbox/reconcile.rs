//! Messages of which nobody knows whether they arrived: shown, and decided on by a person. Who decides nothing has
//! them resent, the same bytes under the same Message-ID.

use crate::app::lock::holder;
use crate::app::{App, ReadOnly};
use crate::store::{Decision, UnknownMessage};

/// A number that is not one of theirs.
#[derive(Debug, thiserror::Error)]
#[error("message {0} is not among those whose fate is unknown")]
pub struct NotUnknown(pub i64);

/// Lists them. What a process was sending that has ended since is unknown as well, though that is only noted when the next
/// one takes its place.
///
/// # Errors
/// The database fails.
pub async fn unknown(app: &ReadOnly) -> anyhow::Result<Vec<UnknownMessage>> {
    let is_anybody_sending = holder(&app.config.settings.data).is_some();
    Ok(app.store.unknown(!is_anybody_sending).await?)
}

/// Carries out a decision for those of these numbers; for all, without numbers. How many they were.
///
/// # Errors
/// [`NotUnknown`], and then nothing is changed; or the database fails.
pub async fn decide(app: &App, decision: Decision, ids: Vec<i64>) -> anyhow::Result<usize> {
    Ok(app.store.decide(ids, decision, app.clock.now()).await?.map_err(NotUnknown)?)
}
