//! Why the list of feeds was not changed, and what the person can do about it.

use url::Url;

use super::Proposal;
use crate::config::ListError;
use crate::domain::feeds::{Feed, FeedId, without_login};
use crate::domain::operations::os_error;
use crate::domain::operations::shell;
use crate::fetch::{self, Verdict};

/// The list was not changed.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// It is not a valid address.
    #[error("`{0}` is not an address that can be read")]
    NotAnAddress(String),
    /// It is not a valid id.
    #[error("`{0}` cannot be a feed's id")]
    NotAnId(String),
    /// Another feed has this id.
    #[error("another feed is called `{0}`")]
    IdTaken(FeedId),
    /// The feed is already in the list.
    #[error("{}", known(.feed, .leads_to.as_ref()))]
    Known {
        /// The listed feed.
        feed: Box<Feed>,
        /// The address after redirects, if only that one matches.
        leads_to: Option<Url>,
    },
    /// The address could not be fetched.
    #[error("{}", unfetched(.address, .error))]
    Unfetched {
        /// The address.
        address: Url,
        /// The error. Its causes in the network libraries are not shown, because they do not help here.
        error: Box<fetch::Error>,
    },
    /// The address does not answer with a feed.
    #[error("`{address}` is not a feed: {why}")]
    NoFeed {
        /// The address.
        address: Url,
        /// What it answers with.
        why: String,
    },
    /// A web page without a feed.
    #[error("`{0}` is a page that names no feed, and there is none at the usual addresses")]
    Feedless(Url),
    /// A web page with more than one feed.
    #[error("`{page}` has {} feeds", .feeds.len())]
    Several {
        /// The page.
        page: Url,
        /// Its feeds.
        feeds: Vec<Proposal>,
    },
    /// No feed has this id.
    #[error("there is no feed `{id}` in feeds.toml")]
    Unknown {
        /// The id as typed.
        id: String,
        /// A similar id.
        near: Option<String>,
    },
    /// A file that contains no feed.
    #[error("`{0}` names no feed")]
    EmptyList(String),
    /// The list's file cannot be read or written.
    #[error(transparent)]
    List(#[from] ListError),
}

fn known(feed: &Feed, leads_to: Option<&Url>) -> String {
    let state = if feed.enabled { "" } else { ", disabled" };
    match leads_to {
        Some(url) => format!("it redirects to {url}, which is already in the list, as `{}`{state}", feed.id),
        None => format!("{} is already in the list, as `{}`{state}", without_login(&feed.url), feed.id),
    }
}

fn unfetched(address: &Url, error: &fetch::Error) -> String {
    match error {
        fetch::Error::Address { source, .. } => format!("`{address}` is not fetched: {source}"),
        error => format!("`{address}` cannot be read: {error}"),
    }
}

impl Refusal {
    /// The next step.
    #[must_use]
    pub fn next(&self) -> String {
        match self {
            Self::NotAnAddress(text) if text.starts_with("file:") => {
                "a feed from a file is written into feeds.toml by hand".to_owned()
            }
            Self::NotAnAddress(_) => "write the full address, such as `https://blog.example.org/feed/`".to_owned(),
            Self::NotAnId(_) => "an id has up to 64 lower-case letters, digits and hyphens".to_owned(),
            Self::IdTaken(_) => "give it one of its own with `--id`".to_owned(),
            Self::Known { feed, .. } if feed.enabled => {
                format!("`policy-digest feeds check {}` shows its state", feed.id)
            }
            Self::Known { feed, .. } => format!("`policy-digest feeds enable {}` polls it again", feed.id),
            Self::Unfetched { error, .. } => advice(error).to_owned(),
            Self::NoFeed { .. } | Self::Feedless(_) => {
                "look on the site for a link named RSS, Atom or Feed, and give its address".to_owned()
            }
            Self::Several { feeds, .. } => {
                let line = |feed: &Proposal| {
                    let title = feed.title.as_deref().unwrap_or("no title");
                    let address = shell::quoted(&feed.url);
                    // The title comes from a stranger, and in some shells a `#` does not start a comment.
                    format!("\n  {title}, {} posts:\n    policy-digest feeds add {address}", feed.items)
                };
                format!("say which one:{}", feeds.iter().map(line).collect::<String>())
            }
            Self::Unknown { near: Some(near), .. } => format!("did you mean `{near}`?"),
            Self::Unknown { near: None, .. } => "`policy-digest feeds list` names them all".to_owned(),
            Self::EmptyList(_) => "it must be OPML, or have one address a line".to_owned(),
            Self::List(ListError::Inline(_)) => "each begins with a line `[[feed]]`".to_owned(),
            Self::List(ListError::Invalid { .. }) => "fix the file, then try again".to_owned(),
            Self::List(ListError::Read { source, .. } | ListError::Write { source, .. }) => {
                os_error::next(source).unwrap_or("see who may write the file and its folder").to_owned()
            }
        }
    }

    /// Whether the person should correct the request or the configuration; otherwise the feed's server is to blame.
    #[must_use]
    pub fn is_usage(&self) -> bool {
        match self {
            Self::Unfetched { error, .. } => error.verdict() == Verdict::Ours,
            Self::NoFeed { .. } | Self::Feedless(_) | Self::List(ListError::Read { .. } | ListError::Write { .. }) => {
                false
            }
            _ => true,
        }
    }
}

/// The advice for an address that is not in feeds.toml yet.
fn advice(error: &fetch::Error) -> &'static str {
    use fetch::Error;
    match error {
        Error::Dns { .. } => "check its spelling",
        Error::Connect { .. } | Error::NoAnswer { .. } | Error::BrokenOff { .. } | Error::Timeout { .. } => {
            "open it in a browser; if it is there, try again later"
        }
        Error::Status { code: 404 | 410, .. } | Error::Gone => {
            "check its spelling, or give the address of the blog itself"
        }
        Error::Status { .. } => "open it in a browser; if it is there, try again later",
        Error::Tls { .. } => "open it in a browser to see the certificate",
        Error::TooManyRedirects(_) | Error::Redirect(_) => "open it in a browser, and give the address where it ends",
        other => other.advice(),
    }
}
