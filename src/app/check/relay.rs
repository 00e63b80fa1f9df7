//! Whether the mail server would take our mail: it is dialled, secured and logged in to, and no mail is sent.

use super::finding::{CheckFinding, Part, Severity};
use crate::app::ReadOnly;
use crate::config::TransportKind;
use crate::mail::Verdict;

/// What stands in the way. A server that is only away for now is no mistake of the settings.
pub(super) async fn look(app: &ReadOnly) -> Part {
    let settings = &app.config.settings;
    let says = match settings.mail.transport {
        TransportKind::Smtp => {
            let smtp = &settings.mail.smtp;
            let log_in = if smtp.username.is_some() { ", and the log-in is taken" } else { "" };
            format!("{}:{} answers{log_in}", smtp.host, smtp.port)
        }
        TransportKind::Directory => format!("none: mails are files in {}", app.outbox().display()),
    };
    let findings = app.transport.probe().await.err().map(|error| {
        let next = error.hint().unwrap_or("ask whoever runs the mail server, with this answer").to_owned();
        let severity = if error.verdict() == Verdict::Ours { Severity::Mistake } else { Severity::Failure };
        CheckFinding::new(severity, format!("{:#}", anyhow::Error::new(error)), next)
    });
    Part::new("mail server", says, findings.into_iter().collect())
}
