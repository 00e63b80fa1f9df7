//! The view of the email that says that nothing is new.

use serde::Serialize;

use super::{EmailView, LinksView, SenderView};

/// The email to subscribers for whom a slot has no stories.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct QuietView {
    /// The digest's name.
    pub name: String,
    /// What it is about, after "nothing new on": "public service reform".
    pub topic: String,
    /// The slot's day: "Monday, 23 November 2026".
    pub date: String,
    /// How many sources were read: "58 of 60 sources".
    pub read: String,
    /// How many sources were read.
    pub feeds_read: usize,
    /// How many there are.
    pub feeds: usize,
    /// As in a digest: earlier slots without a digest; may be empty.
    pub missed: String,
    /// The day of the next digest: "Monday, 30 November 2026"; may be empty.
    pub next: String,
    /// Why the subscriber gets this; may be empty.
    pub why: String,
    /// The day on which they subscribed, or its placeholder; may be empty.
    pub since: String,
    /// The subscriber's own pages, and the archive.
    pub links: LinksView,
    /// Who sends it.
    pub sender: SenderView,
}

impl EmailView for QuietView {
    fn folder(&self) -> &'static str {
        "quiet"
    }
}
