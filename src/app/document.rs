//! What everybody may see, as a door hands it out: a page, a feed, a list of feeds.

use chrono::{DateTime, SubsecRound as _, Utc};

use super::App;

/// A document for everybody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// The whole of it.
    pub body: String,
    /// Since when it may be what it is, in whole seconds. Not in the future.
    pub modified: DateTime<Utc>,
    /// Whether search engines may list it.
    pub is_listed: bool,
}

impl Document {
    /// What it says has been so since `changed`; but templates and configuration may be others since the program started.
    pub(super) fn new(app: &App, body: String, changed: Option<DateTime<Utc>>) -> Self {
        let modified = changed.map_or(app.opened, |changed| changed.max(app.opened));
        Self {
            body,
            modified: modified.min(app.clock.now()).trunc_subsecs(0),
            is_listed: app.config.settings.web.robots,
        }
    }
}
