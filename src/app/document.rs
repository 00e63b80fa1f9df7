//! A public document for the web: a page, a feed, or a list of feeds.

use chrono::{DateTime, SubsecRound as _, Utc};

use super::App;

/// A public document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// Its whole content.
    pub body: String,
    /// The earliest time since which it has been unchanged, in whole seconds. Never in the future.
    pub modified: DateTime<Utc>,
    /// Whether search engines may list it.
    pub is_listed: bool,
}

impl Document {
    /// A document whose data has not changed since `changed`. Templates and configuration may have changed with the
    /// start of the program, so `modified` is not earlier than that.
    pub(super) fn new(app: &App, body: String, changed: Option<DateTime<Utc>>) -> Self {
        let modified = changed.map_or(app.opened, |changed| changed.max(app.opened));
        Self {
            body,
            modified: modified.min(app.clock.now()).trunc_subsecs(0),
            is_listed: app.config.settings.web.robots,
        }
    }
}
