//! Checks whether the mail server would accept our emails: connects, starts TLS and logs in, but sends nothing.

use super::finding::{CheckFinding, Part, Severity};
use crate::app::ReadOnly;
use crate::config::TransportKind;
use crate::mail::Verdict;

/// Reports what prevents sending. A server that is only temporarily unavailable is not a mistake in the settings.
pub(super) async fn look(app: &ReadOnly) -> Part {
    let settings = &app.config.settings;
    let answer = app.transport.probe().await;
    let smtp = &settings.mail.smtp;
    let says = match settings.mail.transport {
        TransportKind::Directory => format!("none: emails are written to {}", app.outbox().display()),
        TransportKind::Smtp if answer.is_err() => format!("{}:{}", smtp.host, smtp.port),
        TransportKind::Smtp => {
            let log_in = if smtp.username.is_some() { " and accepts the log-in" } else { "" };
            format!("{}:{} answers{log_in}", smtp.host, smtp.port)
        }
    };
    let findings = answer.err().map(|error| {
        let next = error.hint().unwrap_or("ask the mail server's administrator about this reply").to_owned();
        let severity = if error.verdict() == Verdict::Ours { Severity::Mistake } else { Severity::Failure };
        CheckFinding::new(severity, format!("{:#}", anyhow::Error::new(error)), next)
    });
    Part::new("mail server", says, findings.into_iter().collect())
}
