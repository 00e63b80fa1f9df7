//! The view of a mail to those who run this: what needs them, and what needs them no more.

use serde::Serialize;

use super::SenderView;

/// A mail of alarms. At least one of `raised` and `over` is not empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct AlarmsView {
    /// BCP 47.
    pub lang: String,
    /// "ltr" or "rtl".
    pub dir: String,
    /// The digest's name.
    pub name: String,
    /// The subject as composed, without the digest's name.
    pub subject: String,
    /// What began; may be empty.
    pub raised: Vec<NoticeView>,
    /// What is over; may be empty.
    pub over: Vec<NoticeView>,
    /// "2 alarms": those that were told of before and are not over; may be empty.
    pub standing: String,
    /// Who sends it.
    pub sender: SenderView,
}

/// One alarm, or many of a kind.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct NoticeView {
    /// "feed `blog` cannot be read".
    pub title: String,
    /// What happened, in whole sentences.
    pub what: String,
    /// "Mon 23 Nov 2026 09:00 GMT".
    pub since: String,
    /// The same for its end; empty while it lasts.
    pub until: String,
    /// What the program does by itself, in whole sentences.
    pub does: String,
    /// What the reader can do, with a command between backticks.
    pub next: String,
}
