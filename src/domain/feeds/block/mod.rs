//! Who keeps us out. Firewalls, consent walls and log-in pages answer in a feed's place, often with a status that says
//! something else; each has its own marks in status, headers and body. What is named here is reported to the administrator,
//! with what helps; nothing is done about it. We never pretend to be a browser.

use url::Url;

mod letter;
mod marks;

pub use letter::{Visitor, letter};

/// Who answers in the feed's place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blocker {
    /// A firewall or a service that keeps robots out, by its name.
    Firewall(&'static str),
    /// A network that wants a log-in before it lets anybody out.
    CaptivePortal,
    /// A page that asks for consent to cookies.
    ConsentWall,
    /// A page that asks for a log-in.
    LogIn,
    /// A page that says that there is none.
    NotFound,
}

/// What was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// Who it is.
    pub by: Blocker,
    /// The status of the answer.
    pub status: u16,
    /// The mark by which it was recognised.
    pub seen: String,
    /// What the site's webmaster finds this request by: its name and its value.
    pub request_id: Option<(&'static str, String)>,
}

/// An answer that is no feed.
#[derive(Debug, Clone, Copy)]
pub struct Answer<'a> {
    /// Its status.
    pub status: u16,
    /// Its headers, the names in lower case.
    pub headers: &'a [(String, String)],
    /// The beginning of its body.
    pub body: &'a str,
    /// The address that was asked for.
    pub asked: &'a Url,
    /// The address that answered.
    pub url: &'a Url,
}

impl Block {
    /// Who keeps us out, if the answer bears anybody's marks.
    #[must_use]
    pub fn of(answer: &Answer<'_>) -> Option<Self> {
        marks::firewall(answer).or_else(|| marks::page(answer))
    }

    /// What helps.
    #[must_use]
    pub fn advice(&self) -> &'static str {
        match self.by {
            Blocker::Firewall(_) => {
                "the address is right, and so is the feed, as far as we know: the site turns programs away. Only its webmaster \
                 can admit us; `policy-digest feeds letter ID` writes the email to send"
            }
            Blocker::CaptivePortal => {
                "the address is right: the network of this machine wants a log-in first. Log in to it, or let the machine out"
            }
            Blocker::ConsentWall => {
                "the address may be right: the site shows a consent page to visitors from here. Ask its webmaster to leave \
                 feeds out of it; `policy-digest feeds letter ID` writes the email to send"
            }
            Blocker::LogIn => {
                "the feed is behind a log-in: look for an open address on the site, or write \
                 `https://name:password@…` as its `url` if the site takes a log-in that way"
            }
            Blocker::NotFound => {
                "the server says that all is well (200), and its page says that nothing is there: look on the site for the \
                 feed's new address, and change its `url` in feeds.toml"
            }
        }
    }
}

impl std::fmt::Display for Block {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { status, seen, .. } = self;
        match self.by {
            Blocker::Firewall(name) => write!(f, "{name} keeps us out ({status}, {seen}")?,
            Blocker::CaptivePortal => {
                write!(f, "a network's log-in page answers in the feed's place ({status}, {seen}")?
            }
            Blocker::ConsentWall => write!(f, "a consent page answers in the feed's place ({status}, {seen}")?,
            Blocker::LogIn => write!(f, "a log-in page answers in the feed's place ({status}, {seen}")?,
            Blocker::NotFound => write!(f, "a “page not found” answers in the feed's place ({status}, {seen}")?,
        }
        if let Some((name, value)) = &self.request_id {
            write!(f, ", {name} {value}")?;
        }
        f.write_str(")")
    }
}

#[cfg(test)]
mod tests;
