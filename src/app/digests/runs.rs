//! Runs, as an operator sees and controls them. A held run sends nothing and suppresses no subscriber. Releasing it
//! retries the refused messages, because those refusals are in doubt, unless the operator trusts them.

use crate::app::{App, ReadOnly};
use crate::domain::digests::correction::{self, Kind, WORDS_CHARS};
use crate::domain::outbox::State;
use crate::store::{Cancelled, NewCorrection, Released, ReportCount, RunPage};
pub use crate::store::{MessageRow, RunStatus, Wanted};

/// Why an action on a run is not possible.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotDone {
    /// No run has this number.
    #[error("there is no run {0}")]
    NoRun(i64),
    /// It is already held.
    #[error("run {0} is held already")]
    IsHeld(i64),
    /// It is not held.
    #[error("run {0} is not held")]
    IsNotHeld(i64),
    /// It is already cancelled.
    #[error("run {0} is cancelled already")]
    IsCancelled(i64),
    /// No story on its page has this number.
    #[error("run {0} has no story {1}")]
    NoStory(i64, i64),
    /// A correction must say what is wrong.
    #[error("say what is wrong, in at most {WORDS_CHARS} characters")]
    NoWords,
    /// None of its messages waits to be sent.
    #[error("run {0} cannot be cancelled: nothing of it is waiting to be sent")]
    IsOver(i64),
}

/// The newest runs and all held ones, newest first.
///
/// # Errors
/// The database fails.
pub async fn list(app: &ReadOnly, limit: usize) -> anyhow::Result<Vec<RunStatus>> {
    Ok(app.store.digests().runs(limit).await?)
}

/// One run, and the delivery reports of its messages.
///
/// # Errors
/// [`NotDone::NoRun`], or the database fails.
pub async fn show(app: &ReadOnly, run: i64) -> anyhow::Result<(RunStatus, Vec<ReportCount>)> {
    Ok(app.store.digests().run(run).await?.ok_or(NotDone::NoRun(run))?)
}

/// The page of a run and the stories on it.
///
/// # Errors
/// The database fails.
pub async fn page(app: &ReadOnly, run: i64) -> anyhow::Result<RunPage> {
    Ok(app.store.archive().page_of_run(run).await?)
}

/// Holds a run by hand; its unsent messages wait.
///
/// # Errors
/// [`NotDone`], or the database fails.
pub async fn hold(app: &App, run: i64) -> anyhow::Result<()> {
    if app.store.digests().hold(run, "held by hand".to_owned(), app.clock.now()).await? {
        return crate::app::outbox::bounces::tell_held(app).await;
    }
    show(app, run).await?;
    Err(NotDone::IsHeld(run).into())
}

/// Releases a held run. With `believe`, the reported addresses are suppressed now. Otherwise the reports are discarded
/// and those messages are retried: an address that really does not exist will be refused again, and that refusal
/// counts.
///
/// # Errors
/// [`NotDone`], or the database fails.
pub async fn release(app: &App, run: i64, believe: bool) -> anyhow::Result<Released> {
    if let Some(released) = app.store.digests().release(run, believe, app.clock.now()).await? {
        tracing::info!(run, retried = released.retried, open = released.open, "the run is released");
        return Ok(released);
    }
    show(app, run).await?;
    Err(NotDone::IsNotHeld(run).into())
}

/// Cancels a run: its unsent messages will not be sent, and their subscribers will get its stories in their next
/// digest.
///
/// # Errors
/// [`NotDone`], or the database fails.
pub async fn cancel(app: &App, run: i64) -> anyhow::Result<Cancelled> {
    if let Some(cancelled) = app.store.digests().cancel(run, app.clock.now()).await? {
        tracing::info!(run, messages = cancelled.messages, "the run is cancelled");
        return Ok(cancelled);
    }
    cancellable(app, run).await?;
    // It was cancellable, but its last message has just been sent.
    Err(NotDone::IsOver(run).into())
}

/// A run that can be cancelled: it is held, or some of its messages wait to be sent.
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

/// Says that a story of a run is withdrawn or corrected: on the page of its digest, in the feeds, and in the next digest.
/// Its title.
///
/// # Errors
/// [`NotDone`], or the database fails.
pub async fn correct(app: &App, run: i64, seq: i64, kind: Kind, words: &str) -> anyhow::Result<String> {
    let words = correction::words_of(words).ok_or(NotDone::NoWords)?;
    let new = NewCorrection { run, seq, kind, words };
    if let Some(title) = app.store.digests().correct(new, app.clock.now()).await? {
        tracing::info!(run, story = seq, kind = kind.as_str(), "a story is corrected");
        return Ok(title);
    }
    show(app, run).await?;
    Err(NotDone::NoStory(run, seq).into())
}

/// Messages, newest first, and their total number.
///
/// # Errors
/// [`NotDone::NoRun`], or the database fails.
pub async fn messages(app: &ReadOnly, wanted: Wanted, limit: usize) -> anyhow::Result<(Vec<MessageRow>, u64)> {
    if let Some(run) = wanted.run {
        show(app, run).await?;
    }
    Ok(app.store.outbox().messages(wanted, limit).await?)
}
