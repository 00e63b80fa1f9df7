//! Checks that somebody is notified when something needs a person.

use super::{CheckFinding, Part};
use crate::config::{Config, TransportKind};

/// Emails are sent, but no administrator would hear of a problem.
pub(super) fn look(config: &Config) -> Part {
    let settings = &config.settings;
    let (is_mailing, recipients) = (settings.mail.transport == TransportKind::Smtp, settings.admin_to.len());
    let finding = (is_mailing && recipients == 0).then(|| CheckFinding {
        place: Some(config.folder.join("digest.toml").display().to_string()),
        ..CheckFinding::advice(
            "`admin_to` is empty: nobody gets an email when something needs attention",
            "write your address there: `admin_to = [\"you@example.org\"]`; until then, look at `policy-digest status`",
        )
    });
    let says = match recipients {
        0 if is_mailing => "to nobody".to_owned(),
        0 => "to nobody, since emails are written to files".to_owned(),
        1 => "to one address".to_owned(),
        several => format!("to {several} addresses"),
    };
    Part::new("alarms", says, finding.into_iter().collect())
}
