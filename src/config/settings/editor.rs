//! `[editor]`: who looks over each digest before it goes out.

use std::time::Duration;

use schemars::JsonSchema;

use super::Time;
use crate::domain::digests::draft::WhenSilent;
use crate::domain::subscribers::subscriber::EmailAddress;

/// `[editor]`: drafts of digests. Without an address in `to`, digests go out without a draft.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema)]
pub struct Editor {
    /// The editors' addresses: each gets every draft, with a link of their own to its page.
    #[schemars(with = "Vec<String>")]
    pub to: Vec<EmailAddress>,
    /// How long before its slot a draft is made.
    #[schemars(with = "Time")]
    pub lead: Duration,
    /// What happens at the slot if no editor has approved the draft.
    #[schemars(with = "String", extend("enum" = ["send", "hold"]))]
    pub when_silent: WhenSilent,
}

impl Editor {
    /// Whether digests have drafts.
    #[must_use]
    pub fn has_drafts(&self) -> bool {
        !self.to.is_empty()
    }
}
