//! Whether the mail server would take our mail: it is dialled, secured and logged in to, and no mail is sent.

use super::CheckFinding;
use crate::app::App;
use crate::mail::Verdict;

/// What stands in the way. A server that is only away for now is no mistake of the settings.
pub(super) async fn finding(app: &App) -> Option<CheckFinding> {
    let error = app.transport.probe().await.err()?;
    let next = error.hint().unwrap_or("ask whoever runs the mail server, with this answer");
    let is_mistake = error.verdict() == Verdict::Ours;
    let message = format!("{:#}", anyhow::Error::new(error));
    Some(CheckFinding { message, next: next.to_owned(), place: None, is_mistake, phrase: None })
}
