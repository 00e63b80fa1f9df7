//! The views of signing up and of a subscriber's own page, with the emails that belong to them.

use serde::Serialize;

use super::{EmailView, LinksView, PageView, SenderView};

/// The sign-up page.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct SignUpView {
    /// For `<title>` and the heading: the digest's name.
    pub title: String,
    /// The page's absolute address.
    pub canonical: String,
    /// What it is about, after "posts about": "public-service reform".
    pub topic: String,
    /// How many sources there are: "83 sources".
    pub sources: String,
    /// The number of sources.
    pub source_count: usize,
    /// The latest digest's page, from this one; may be empty.
    pub latest: String,
    /// The address that was entered; may be empty.
    pub address: String,
    /// The domains whose addresses may sign up, in words; empty if everyone may.
    pub domains: String,
    /// The cadences to choose from; never empty on the page.
    pub cadences: Vec<ChoiceView>,
    /// The themes to choose from; may be empty.
    pub themes: Vec<ChoiceView>,
    /// The languages to choose from; empty if there is only one.
    pub languages: Vec<ChoiceView>,
    /// The consent text.
    pub consent: String,
    /// When the page was served, signed.
    pub stamp: String,
    /// What is wrong with the form that was sent.
    pub errors: ErrorsView,
    /// Who sends the digest.
    pub sender: SenderView,
}

/// Error messages by field; each may be empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ErrorsView {
    /// Whether there is any message.
    pub any: bool,
    /// For the address.
    pub address: String,
    /// For the cadence.
    pub cadence: String,
    /// For the themes.
    pub themes: String,
    /// For the hidden field that only programs fill in.
    pub trap: String,
    /// For the form as a whole.
    pub other: String,
}

/// The first email after a confirmation.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct WelcomeView {
    /// The digest's name.
    pub name: String,
    /// What they subscribed to, after "you are subscribed to": "the weekly digest".
    pub what: String,
    /// The day of the next one: "Monday, 30 November 2026"; may be empty.
    pub next: String,
    /// The latest digest's page; may be empty.
    pub latest: String,
    /// The subscriber's own pages.
    pub links: LinksView,
    /// Who sends it.
    pub sender: SenderView,
}

/// The email to a subscriber who signs up again.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct KnownView {
    /// The digest's name.
    pub name: String,
    /// The subscriber's own pages.
    pub links: LinksView,
    /// Who sends it.
    pub sender: SenderView,
}

/// The email to an old address after a change.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ChangedView {
    /// The digest's name.
    pub name: String,
    /// The day of the change: "23 November 2026".
    pub date: String,
    /// The sign-up page; empty where the address may not sign up by itself.
    pub sign_up_url: String,
    /// Who sends it.
    pub sender: SenderView,
}

/// The email that asks to confirm a sign-up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ConfirmView {
    /// The digest's name.
    pub name: String,
    /// What was asked for, after "You asked for": "the weekly digest".
    pub what: String,
    /// The page with the button.
    pub confirm_url: String,
    /// How long the link works: "7 days".
    pub valid_for: String,
    /// Who sends it.
    pub sender: SenderView,
}

/// An email with a link that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LinkView {
    /// The digest's name.
    pub name: String,
    /// The page that the link opens.
    pub url: String,
    /// How long the link works: "7 days"; empty if it does not expire.
    pub valid_for: String,
    /// Who sends it.
    pub sender: SenderView,
    /// What the link is for.
    #[serde(skip)]
    pub purpose: LinkPurpose,
}

/// What the link in an email is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkPurpose {
    /// To open the subscriber's own page.
    OwnPage,
    /// To confirm a new address.
    NewAddress,
}

/// A subscriber's own page.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct PreferencesView {
    /// The digest's name.
    pub name: String,
    /// The prefix of links to the pages below this one; may be empty.
    pub base: String,
    /// Their email address.
    pub address: String,
    /// A new address that they have not confirmed yet; may be empty.
    pub new_address: String,
    /// active, pending, left, suppressed.
    pub status: String,
    /// daily, weekly, monthly.
    pub cadence: String,
    /// The day on which emails start again; empty if there is no pause.
    pub paused_until: String,
    /// What has just been changed: choices, pause, resume, address; or empty.
    pub done: String,
    /// The field to correct: cadence, themes, pause, address; or empty.
    pub problem: String,
    /// What was entered in that field.
    pub typed: String,
    /// The domains at which a new address may be, in words; empty if it may be anywhere.
    pub domains: String,
    /// Whether the new address that was entered is at another one.
    pub is_outside: bool,
    /// The cadences to choose one from.
    pub cadences: Vec<ChoiceView>,
    /// The themes to choose from.
    pub themes: Vec<ChoiceView>,
    /// The languages to choose from; empty if there is only one.
    pub languages: Vec<ChoiceView>,
    /// Usual pauses: the day on which each ends, and its name.
    pub pauses: Vec<ChoiceView>,
    /// The first day on which a pause may end, 2026-11-24.
    pub first_day: String,
    /// The last such day.
    pub last_day: String,
    /// Both in words: "from 24 November 2026 to 24 November 2027".
    pub pause_days: String,
    /// The first day in words.
    pub first_day_long: String,
    /// The last one.
    pub last_day_long: String,
    /// The unsubscribe page.
    pub unsubscribe: String,
}

/// The page that asks for an address, to email a link to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct AskLinkView {
    /// Whether what was entered is not an address.
    pub is_wrong: bool,
    /// What was entered.
    pub typed: String,
}

/// One of several choices.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ChoiceView {
    /// The value that the form sends: "weekly", "integration".
    pub value: String,
    /// "Every week", "Integration".
    pub title: String,
    /// One line; may be empty.
    pub description: String,
    /// The language of both, BCP 47, if it is not the page's; else empty.
    pub lang: String,
    /// Whether it is chosen.
    pub is_chosen: bool,
}

impl EmailView for ConfirmView {
    fn folder(&self) -> &'static str {
        "confirm"
    }
}

impl EmailView for WelcomeView {
    fn folder(&self) -> &'static str {
        "welcome"
    }
}

impl EmailView for ChangedView {
    fn folder(&self) -> &'static str {
        "changed"
    }
}

impl EmailView for KnownView {
    fn folder(&self) -> &'static str {
        "known"
    }
}

impl EmailView for LinkView {
    fn folder(&self) -> &'static str {
        match self.purpose {
            LinkPurpose::OwnPage => "link",
            LinkPurpose::NewAddress => "address",
        }
    }
}

impl PageView for SignUpView {
    fn template(&self) -> &'static str {
        "page/sign_up.html.j2"
    }
}

impl PageView for PreferencesView {
    fn template(&self) -> &'static str {
        "page/preferences.html.j2"
    }
}

impl PageView for AskLinkView {
    fn template(&self) -> &'static str {
        "page/ask_link.html.j2"
    }
}

/// The page on which a subscriber says that a story is not on topic.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct VoteView {
    /// What the digest is about: "public service reform".
    pub topic: String,
    /// The stories to choose from; never empty.
    pub stories: Vec<ChoiceView>,
}

impl PageView for VoteView {
    fn template(&self) -> &'static str {
        "page/vote.html.j2"
    }
}
