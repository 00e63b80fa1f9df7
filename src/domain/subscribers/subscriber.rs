//! A subscriber: address, status, and choices.

use std::fmt;

use crate::domain::word::words;
use unicode_normalization::UnicodeNormalization as _;

/// An email address with a local part and a domain; an international domain in its ASCII form (RFC 5890), a local part as
/// it is written (RFC 6531). Masks itself in `Debug` and `Display`.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct EmailAddress(String);

/// Why a text is not an address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an email address: {0}")]
pub struct AddressError(&'static str);

impl EmailAddress {
    /// Takes `local@domain` as people write it (RFC 5321 §4.1.2 and RFC 6531 §3.3, dot-string form only, 254 bytes at
    /// most), with signs around it that nobody sees.
    ///
    /// # Errors
    /// Says what is missing or not allowed.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let text = text.trim_matches(is_unseen);
        let (local, domain) = text.rsplit_once('@').ok_or(AddressError("there is no `@`"))?;
        let local: String = local.nfc().collect();
        let domain = ascii_domain(domain);
        if local.len() + domain.len() > 253 || local.len() > 64 {
            return Err(AddressError("it is too long"));
        }
        let is_letter = |c: char| c.is_ascii_alphanumeric() || (!c.is_ascii() && (c.is_alphanumeric() || is_mark(c)));
        let atom = |c: char| is_letter(c) || "!#$%&'*+-/=?^_`{|}~".contains(c);
        if local.is_empty() || !local.split('.').all(|part| !part.is_empty() && part.chars().all(atom)) {
            return Err(AddressError("the part before the `@` has a character or a dot out of place"));
        }
        let label = |part: &str| {
            !part.is_empty()
                && part.len() <= 63
                && !part.starts_with('-')
                && !part.ends_with('-')
                && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
        };
        if !domain.contains('.') || !domain.split('.').all(label) {
            return Err(AddressError("the part after the `@` is not a domain name"));
        }
        Ok(Self(format!("{local}@{domain}")))
    }

    /// An address that joins the list. It may not begin like a formula: lists are opened in spreadsheets, and not every
    /// program that hands one on guards its cells. Addresses that are in a list already are read with [`Self::parse`].
    ///
    /// # Errors
    /// As [`Self::parse`]; it begins with `=`, `+` or `-`.
    pub fn parse_new(text: &str) -> Result<Self, AddressError> {
        let address = Self::parse(text)?;
        if address.0.starts_with(['=', '+', '-']) {
            return Err(AddressError("it begins with `=`, `+` or `-`, as a formula in a spreadsheet does"));
        }
        Ok(address)
    }

    /// The whole address, for the envelope and for the person's own data.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// The whole address as people write it, an international domain in its own letters; for people's eyes only.
    #[must_use]
    pub fn shown(&self) -> String {
        match self.0.rsplit_once('@') {
            Some((local, domain)) if domain.contains("xn--") => {
                format!("{local}@{}", idna::domain_to_unicode(domain).0)
            }
            _ => self.0.clone(),
        }
    }

    /// The domain, in ASCII and lower case.
    #[must_use]
    pub fn domain(&self) -> String {
        self.0.rsplit_once('@').map_or("", |(_, domain)| domain).to_ascii_lowercase()
    }

    /// What two spellings of one mailbox share: the lower-cased address.
    #[must_use]
    pub fn key(&self) -> String {
        self.0.to_ascii_lowercase()
    }
}

/// A domain in lower case and in ASCII (RFC 5890, by the mapping of UTS 46); one that has no such form as it is.
#[must_use]
pub fn ascii_domain(domain: &str) -> String {
    match domain.is_ascii() {
        true => domain.to_ascii_lowercase(),
        false => idna::domain_to_ascii(domain).unwrap_or_else(|_| domain.to_owned()),
    }
}

/// White space, and what is pasted along with an address unseen: zero-width characters, byte order marks, soft hyphens,
/// marks of direction.
#[must_use]
pub fn is_unseen(c: char) -> bool {
    c.is_whitespace()
        || matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// A mark that goes with a letter, as many scripts write their vowels.
fn is_mark(c: char) -> bool {
    unicode_normalization::char::is_combining_mark(c)
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (local, domain) = self.0.rsplit_once('@').unwrap_or_default();
        write!(f, "{}…@{domain}", local.chars().take(1).collect::<String>())
    }
}

impl fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EmailAddress({self})")
    }
}

/// The status of a subscriber. Only `Active` subscribers receive digests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Status {
    /// Signed up, but not confirmed yet.
    Pending,
    /// Confirmed.
    Active,
    /// Unsubscribed.
    Left,
    /// Mail to them fails, or they complained: they get nothing until they sign up again; after a complaint they never do.
    Suppressed,
}

/// How a subscriber's consent was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ConsentBy {
    /// By signing up on the page.
    Page,
    /// In a file that was imported.
    Import,
    /// A command of an administrator.
    Admin,
}

/// How often a subscriber gets a digest; a run is made for one cadence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Cadence {
    /// Every day.
    Daily,
    /// Every week, the default.
    Weekly,
    /// Every month.
    Monthly,
}

words!(Status { Pending = "pending", Active = "active", Left = "left", Suppressed = "suppressed" });
words!(ConsentBy { Page = "page", Import = "import", Admin = "admin" });
words!(Cadence { Daily = "daily", Weekly = "weekly", Monthly = "monthly" });

impl Cadence {
    /// One period, for windows and lateness: a day, a week, thirty days.
    #[must_use]
    pub fn period(self) -> chrono::TimeDelta {
        chrono::TimeDelta::days(match self {
            Self::Daily => 1,
            Self::Weekly => 7,
            Self::Monthly => 30,
        })
    }
}

impl Default for Preferences {
    /// Weekly, all themes, in the default language.
    fn default() -> Self {
        Self { cadence: Cadence::Weekly, themes: None, language: String::new() }
    }
}

/// The choices of a subscriber.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Preferences {
    /// How often.
    pub cadence: Cadence,
    /// Names of the themes wanted, sorted; `None` for all.
    pub themes: Option<Vec<String>>,
    /// The language of emails: a code such as `cy`; empty for the default language.
    pub language: String,
}

/// Changes to a subscriber; fields that are `None` stay as they are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    /// Their name.
    pub name: Option<String>,
    /// How often.
    pub cadence: Option<Cadence>,
    /// Names of the themes wanted; an empty list for all.
    pub themes: Option<Vec<String>>,
    /// The language of emails.
    pub language: Option<String>,
}

impl Changes {
    /// The choices after these changes to `before`.
    #[must_use]
    pub fn of(&self, before: Preferences) -> Preferences {
        let themes = self.themes.clone().map(|mut themes| {
            themes.sort();
            themes.dedup();
            (!themes.is_empty()).then_some(themes)
        });
        Preferences {
            cadence: self.cadence.unwrap_or(before.cadence),
            themes: themes.unwrap_or(before.themes),
            language: self.language.clone().unwrap_or(before.language),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_masks_itself_and_reveals_itself_only_when_asked() {
        let address = EmailAddress::parse(" Ada.Byron@Example.ORG ").unwrap();
        assert_eq!(address.to_string(), "A…@example.org");
        assert_eq!(format!("{address:?}"), "EmailAddress(A…@example.org)");
        assert_eq!(address.reveal(), "Ada.Byron@example.org");
        assert_eq!(address.key(), "ada.byron@example.org");
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in ["", "ada", "@example.org", "ada@", "ada@localhost", "a b@example.org", "a..b@example.org"] {
            assert!(EmailAddress::parse(text).is_err(), "{text}");
        }
        assert!(EmailAddress::parse("ada@example.org\r\nBcc: eve@example.org").is_err());
        assert!(EmailAddress::parse("ada@-example.org").is_err());
    }

    #[test]
    fn an_international_domain_is_kept_in_ascii_and_shown_in_its_own_letters() {
        let address = EmailAddress::parse("ben@B\u{fc}cher.example").unwrap();
        assert_eq!((address.reveal(), address.shown().as_str()), ("ben@xn--bcher-kva.example", "ben@bücher.example"));
        assert_eq!(EmailAddress::parse(address.reveal()).unwrap(), address);
        let composed = EmailAddress::parse("zoe\u{308}@example.org").unwrap();
        assert_eq!(composed.reveal(), "zoë@example.org", "one spelling of one mailbox");
        assert_eq!(EmailAddress::parse("二宮@example.org").unwrap().to_string(), "二…@example.org");
        assert_eq!(EmailAddress::parse("\u{200b}a@example.org\u{feff}").unwrap().reveal(), "a@example.org");
        for text in ["a@b..ü.example", "a@ü", "a\u{200b}b@example.org", "a@x\u{2024}\u{2024}ü.example"] {
            assert!(EmailAddress::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn an_address_like_a_formula_is_read_and_does_not_join() {
        for text in ["=cmd|calc@example.org", "+1+1@example.org", " -2@example.org"] {
            assert!(EmailAddress::parse(text).is_ok() && EmailAddress::parse_new(text).is_err(), "{text}");
        }
        assert!(EmailAddress::parse_new("ada=byron+digest-x@example.org").is_ok());
    }

    #[test]
    fn words_are_read_back_as_they_are_written() {
        for cadence in Cadence::ALL {
            assert_eq!(cadence.as_str().parse(), Ok(*cadence));
        }
        assert!("fortnightly".parse::<Cadence>().is_err());
    }
}
