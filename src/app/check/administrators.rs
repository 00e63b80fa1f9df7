//! Whether anybody is told when something needs a person.

use super::CheckFinding;
use crate::config::{Config, TransportKind};

/// Mail goes out, and nobody would hear that it does not any more.
pub(super) fn finding(config: &Config) -> Option<CheckFinding> {
    let settings = &config.settings;
    if settings.mail.transport != TransportKind::Smtp || !settings.admin_to.is_empty() {
        return None;
    }
    Some(CheckFinding {
        message: "`admin_to` is empty: nobody is told by mail when something needs a person".to_owned(),
        next:
            "write your address there: `admin_to = [\"you@example.org\"]`; until then, look at `policy-digest status`"
                .to_owned(),
        place: Some(config.folder.join("digest.toml").display().to_string()),
        is_mistake: false,
        phrase: None,
    })
}
