//! Messages of which nobody knows whether they arrived: shown, and decided on by a person. Who decides nothing has
//! them resent, the same bytes under the same Message-ID.

use super::App;
use crate::store::{Decision, UnknownMessage};

/// What was found and done.
#[derive(Debug, Clone, Default)]
pub struct ReconcileReport {
    /// Those that are unknown, as they were before.
    pub unknown: Vec<UnknownMessage>,
    /// How many were decided on.
    pub decided: usize,
}

/// A number that is not one of theirs.
#[derive(Debug, thiserror::Error)]
#[error("message {0} is not among those whose fate is unknown")]
pub struct NotUnknown(pub i64);

/// Lists them, and, with a decision, carries it out for those of these numbers; for all, without numbers.
///
/// # Errors
/// [`NotUnknown`], and then nothing is changed; or the database fails.
pub async fn reconcile(app: &App, decision: Option<(Decision, Vec<i64>)>) -> anyhow::Result<ReconcileReport> {
    let unknown = app.store.unknown().await?;
    let decided = match decision {
        None => 0,
        Some((decision, ids)) => app.store.decide(ids, decision, app.clock.now()).await?.map_err(NotUnknown)?,
    };
    Ok(ReconcileReport { unknown, decided })
}
