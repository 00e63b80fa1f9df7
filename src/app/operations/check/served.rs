//! Checks whether the links in emails work. `once` from cron makes and sends digests but does not serve the pages; the
//! daemon does, and records it in the database.

use chrono::TimeDelta;

use super::{CheckFinding, Severity};
use crate::app::ReadOnly;
use crate::app::operations::status::SERVED;
use crate::config::TransportKind;

/// The daemon records it every hour.
const LATE: TimeDelta = TimeDelta::days(1);

/// Emails are sent, but their links do not work.
pub(super) async fn finding(app: &ReadOnly) -> anyhow::Result<Option<CheckFinding>> {
    let mail = &app.config.settings.mail;
    if mail.transport != TransportKind::Smtp {
        return Ok(None);
    }
    let since = match app.store.operations().marked(SERVED).await? {
        Some(last) if app.clock.now() - last < LATE => return Ok(None),
        Some(last) => format!("since {}", app.day(app.words(), last)),
        None => "so far".to_owned(),
    };
    let by_mail = match &mail.unsubscribe_address {
        Some(_) => "people can unsubscribe by email, and are added with `subscribers add --confirmed-by`",
        None => {
            "set `unsubscribe_address` in `[mail]`, so that people can unsubscribe by email, and add them with \
             `subscribers add --confirmed-by`"
        }
    };
    Ok(Some(CheckFinding {
        message: format!(
            "the links in emails, to confirm and to unsubscribe, do not work: no pages were served {since}"
        ),
        next: format!("run `policy-digest run`, which serves them; without it, {by_mail}"),
        place: None,
        severity: Severity::Advice,
        phrase: None,
    }))
}
