//! How an error ends a command: its message, its causes and a hint on standard error, and the exit code.

use std::process::ExitCode;

use crate::app::digests::send_now::Unanswered;
use crate::app::feeds::Refusal;
use crate::app::feeds::poll::UnknownFeed;
use crate::app::feeds::reopen::NeverRead;
use crate::app::subscribers::subscribe;
use crate::app::subscribers::subscribe::UnknownTheme;
use crate::app::{Advised, OldPlace, lock::Busy};
use crate::config::{Findings, NoteError};
use crate::domain::operations::os_error;
use crate::store;

/// Prints `error: …`, its causes and a hint. Exit code 2 if the configuration or the arguments are wrong, else 1.
#[expect(clippy::print_stderr, reason = "the one place that prints errors")]
pub(super) fn fail(error: &anyhow::Error) -> ExitCode {
    if let Some(findings) = error.downcast_ref::<Findings>() {
        eprintln!("{findings}");
        return ExitCode::from(2);
    }
    eprintln!("error: {error}");
    for cause in error.chain().skip(1) {
        eprintln!("  caused by: {cause}");
    }
    if let Some(hint) = hint(error) {
        eprintln!("\nhint: {hint}");
    }
    if is_usage(error) { ExitCode::from(2) } else { ExitCode::from(1) }
}

/// The error's own hint, else the one for the operating system's error that caused it.
fn hint(error: &anyhow::Error) -> Option<String> {
    fn of<E: std::error::Error + Send + Sync + 'static>(
        error: &anyhow::Error,
        next: impl FnOnce(&E) -> Option<String>,
    ) -> Option<String> {
        error.downcast_ref().and_then(next)
    }
    of(error, |it: &Advised| Some(it.hint.clone()))
        .or_else(|| of(error, |it: &Busy| Some(it.next().to_owned())))
        .or_else(|| of(error, |it: &Unanswered| Some(it.next().to_owned())))
        .or_else(|| of(error, |it: &OldPlace| Some(it.next())))
        .or_else(|| of(error, |it: &store::Error| it.hint().map(str::to_owned)))
        .or_else(|| of(error, |it: &NoteError| Some(it.next().to_owned())))
        .or_else(|| of(error, |it: &Refusal| Some(it.next())))
        .or_else(|| of(error, |it: &subscribe::Refusal| Some(it.next())))
        .or_else(|| of(error, |it: &NeverRead| Some(it.next())))
        .or_else(|| os_error::root(error.as_ref()).and_then(os_error::next).map(str::to_owned))
}

fn is_usage(error: &anyhow::Error) -> bool {
    error.is::<Usage>()
        || error.is::<NoteError>()
        || error.is::<UnknownFeed>()
        || error.is::<UnknownTheme>()
        || error.is::<subscribe::Refusal>()
        || error.downcast_ref::<Refusal>().is_some_and(Refusal::is_usage)
        || error.downcast_ref::<Advised>().is_some_and(|advised| advised.is_usage)
}

/// An argument that parses but makes no sense.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Usage(pub(crate) String);
