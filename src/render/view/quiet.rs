//! The view of the note that goes out when there was nothing to report.

use serde::Serialize;

use super::{LinksView, SenderView};

/// The mail to those for whom a slot holds nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct QuietView {
    /// BCP 47.
    pub lang: String,
    /// "ltr" or "rtl".
    pub dir: String,
    /// The digest's name.
    pub name: String,
    /// What it is about, after "nothing new on": "public service reform".
    pub topic: String,
    /// The slot's day: "Monday, 23 November 2026".
    pub date: String,
    /// How much was looked at, before "could be read": "58 of 60 sources".
    pub read: String,
    /// As in a digest: slots before this one that came to no digest; may be empty.
    pub missed: String,
    /// The day of the next one: "Monday, 30 November 2026"; may be empty.
    pub next: String,
    /// Why the reader gets this; may be empty.
    pub why: String,
    /// Since when the reader has had the digest, or what stands for it; may be empty.
    pub since: String,
    /// The reader's own pages, and the digests on the web.
    pub links: LinksView,
    /// Who sends it.
    pub sender: SenderView,
}
