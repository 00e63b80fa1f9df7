//! Runs as an operator sees and stops them. A held run sends nothing and suppresses nobody; a release tries again what
//! was refused, since its refusals are what is in doubt, unless they are said to be believed.

use crate::app::{App, ReadOnly};
use crate::domain::outbox::State;
use crate::store::{Cancelled, MessageRow, Released, ReportCount, RunStatus, Wanted};

/// What was asked of a run that cannot be done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotDone {
    /// No run has this number.
    #[error("there is no run {0}")]
    NoRun(i64),
    /// It is held already.
    #[error("run {0} is held already")]
    IsHeld(i64),
    /// It is not held.
    #[error("run {0} is not held")]
    IsNotHeld(i64),
    /// It is cancelled already.
    #[error("run {0} is cancelled already")]
    IsCancelled(i64),
    /// Nothing of it waits to be sent.
    #[error("run {0} cannot be cancelled: nothing of it is waiting to be sent")]
    IsOver(i64),
}

/// The newest runs, and all that are held; newest first.
///
/// # Errors
/// The database fails.
pub async fn list(app: &ReadOnly, limit: usize) -> anyhow::Result<Vec<RunStatus>> {
    Ok(app.store.runs(limit).await?)
}

/// One run, and what was reported of its messages.
///
/// # Errors
/// [`NotDone::NoRun`], or the database fails.
pub async fn show(app: &ReadOnly, run: i64) -> anyhow::Result<(RunStatus, Vec<ReportCount>)> {
    Ok(app.store.run(run).await?.ok_or(NotDone::NoRun(run))?)
}

/// Holds a run by hand: what of it is not sent stays.
///
/// # Errors
/// [`NotDone`], or the database fails.
pub async fn hold(app: &App, run: i64) -> anyhow::Result<()> {
    if app.store.hold(run, "held by hand".to_owned(), app.clock.now()).await? {
        return crate::app::outbox::bounces::tell_held(app).await;
    }
    show(app, run).await?;
    Err(NotDone::IsHeld(run).into())
}

/// Lets a held run go on. With `believe`, whoever was reported is suppressed now; without it what was reported is
/// forgotten and those messages are tried again: an address that is really dead is refused again, and that counts.
///
/// # Errors
/// [`NotDone`], or the database fails.
pub async fn release(app: &App, run: i64, believe: bool) -> anyhow::Result<Released> {
    if let Some(released) = app.store.release(run, believe, app.clock.now()).await? {
        tracing::info!(run, retried = released.retried, open = released.open, "the run is released");
        return Ok(released);
    }
    show(app, run).await?;
    Err(NotDone::IsNotHeld(run).into())
}

/// Ends a run: nothing more of it is sent, and those who have not got it find its stories in their next digest.
///
/// # Errors
/// [`NotDone`], or the database fails.
pub async fn cancel(app: &App, run: i64) -> anyhow::Result<Cancelled> {
    if let Some(cancelled) = app.store.cancel(run, app.clock.now()).await? {
        tracing::info!(run, messages = cancelled.messages, "the run is cancelled");
        return Ok(cancelled);
    }
    cancellable(app, run).await?;
    // It was, and the last of it went out just now.
    Err(NotDone::IsOver(run).into())
}

/// A run that can be cancelled: it is held, or something of it waits to be sent.
///
/// # Errors
/// [`NotDone`], or the database fails.
pub async fn cancellable(app: &ReadOnly, run: i64) -> anyhow::Result<RunStatus> {
    let (known, _) = show(app, run).await?;
    let is_open = |state: &String| state.parse().is_ok_and(State::is_open);
    if known.cancelled.is_some() {
        return Err(NotDone::IsCancelled(run).into());
    }
    if known.held.is_none() && !known.messages.keys().any(is_open) {
        return Err(NotDone::IsOver(run).into());
    }
    Ok(known)
}

/// Messages, the newest first, and how many there are in all.
///
/// # Errors
/// [`NotDone::NoRun`], or the database fails.
pub async fn messages(app: &ReadOnly, wanted: Wanted, limit: usize) -> anyhow::Result<(Vec<MessageRow>, u64)> {
    if let Some(run) = wanted.run {
        show(app, run).await?;
    }
    Ok(app.store.messages(wanted, limit).await?)
}
