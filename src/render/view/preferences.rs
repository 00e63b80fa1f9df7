//! The views of what people do for themselves: their own page, the page that asks for an address, and the mails with a
//! link to either.

use serde::Serialize;

use super::SenderView;

/// A mail with one link that its reader asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LinkView {
    /// BCP 47.
    pub lang: String,
    /// "ltr" or "rtl".
    pub dir: String,
    /// The digest's name.
    pub name: String,
    /// The page that it is about.
    pub url: String,
    /// How long the link works: "7 days"; empty when it does not expire.
    pub valid_for: String,
    /// Who sends it.
    pub sender: SenderView,
}

/// A person's own page.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct PreferencesView {
    /// BCP 47.
    pub lang: String,
    /// "ltr" or "rtl".
    pub dir: String,
    /// The digest's name.
    pub name: String,
    /// What links to the pages below this one begin with; may be empty.
    pub base: String,
    /// Where their mail goes.
    pub address: String,
    /// The address that they asked for and have not confirmed; may be empty.
    pub new_address: String,
    /// active, pending, left, suppressed.
    pub status: String,
    /// daily, weekly, monthly.
    pub cadence: String,
    /// The day before which nothing is sent; empty when they are not paused.
    pub paused_until: String,
    /// What was just done: choices, pause, resume, address; or empty.
    pub done: String,
    /// The field to be mended: cadence, themes, pause, address; or empty.
    pub problem: String,
    /// What was typed in that field.
    pub typed: String,
    /// How often, to choose one from.
    pub cadences: Vec<ChoiceView>,
    /// The themes, to choose some from.
    pub themes: Vec<ChoiceView>,
    /// The first day to which a pause may be set, 2026-11-24.
    pub first_day: String,
    /// The last one.
    pub last_day: String,
    /// Both as they are read: "from 24 November 2026 to 24 November 2027".
    pub pause_days: String,
    /// The page to leave.
    pub unsubscribe: String,
}

/// One of several to choose from, here and on the page to sign up on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ChoiceView {
    /// What is sent: "weekly", "integration".
    pub value: String,
    /// "Every week", "Integration".
    pub title: String,
    /// One line; may be empty.
    pub description: String,
    /// Whether it is chosen.
    pub is_chosen: bool,
}

/// The page that asks for an address, to mail a link to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct AskLinkView {
    /// BCP 47.
    pub lang: String,
    /// "ltr" or "rtl".
    pub dir: String,
    /// What was typed was no address.
    pub is_wrong: bool,
    /// What was typed.
    pub typed: String,
}
