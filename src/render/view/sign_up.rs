//! The views of joining: the page to sign up on, and the mails that answer to it beside the confirmation.

use serde::Serialize;

use super::{ChoiceView, LinksView, SenderView};

/// The page to sign up on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct SignUpView {
    /// BCP 47.
    pub lang: String,
    /// "ltr" or "rtl".
    pub dir: String,
    /// For `<title>` and the heading: the digest's name.
    pub title: String,
    /// The page's own address, whole.
    pub canonical: String,
    /// What it is about, after "posts about": "public-service reform".
    pub topic: String,
    /// From how many sources: "83 sources".
    pub sources: String,
    /// The latest digest's page, from this one; may be empty.
    pub latest: String,
    /// What was typed; may be empty.
    pub address: String,
    /// How often; never empty on the page.
    pub cadences: Vec<ChoiceView>,
    /// On what; may be empty.
    pub themes: Vec<ChoiceView>,
    /// What a person agrees to.
    pub consent: String,
    /// When the page was made, signed.
    pub stamp: String,
    /// What is wrong with what was sent.
    pub errors: ErrorsView,
    /// Who sends the digest.
    pub sender: SenderView,
}

/// What is wrong, in words, by field; each may be empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ErrorsView {
    /// Whether anything is.
    pub any: bool,
    /// With the address.
    pub address: String,
    /// With how often.
    pub cadence: String,
    /// With the themes.
    pub themes: String,
    /// The field that only programs fill in was filled in.
    pub trap: String,
    /// With the form as a whole.
    pub other: String,
}

/// The first mail after a confirmation.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct WelcomeView {
    /// BCP 47.
    pub lang: String,
    /// "ltr" or "rtl".
    pub dir: String,
    /// The digest's name.
    pub name: String,
    /// What they get, after "you are subscribed to": "the weekly digest".
    pub what: String,
    /// The day of the next one: "Monday, 30 November 2026"; may be empty.
    pub next: String,
    /// The latest digest's page; may be empty.
    pub latest: String,
    /// The reader's own pages.
    pub links: LinksView,
    /// Who sends it.
    pub sender: SenderView,
}

/// The mail to a subscriber who signs up once more.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct KnownView {
    /// BCP 47.
    pub lang: String,
    /// "ltr" or "rtl".
    pub dir: String,
    /// The digest's name.
    pub name: String,
    /// The reader's own pages.
    pub links: LinksView,
    /// Who sends it.
    pub sender: SenderView,
}
