//! The domains whose addresses may sign up: `gov.scot` is that domain alone, `*.gov.uk` every domain below `gov.uk`, at any
//! depth. International domains are compared in their ASCII form (RFC 5890).

use std::fmt;

use super::subscriber::{EmailAddress, ascii_domain};

/// One domain, or all domains below one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DomainPattern {
    /// In ASCII and lower case, without `*.`.
    domain: String,
    /// Whether it means the domains below.
    is_below: bool,
}

/// Why a text is not a pattern. Its message follows what was written, as in "`@gov.uk` has an `@`".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// `*` alone.
    #[error("would let every address in")]
    Everything,
    /// An address, or the end of one.
    #[error("has an `@`")]
    Address,
    /// `https://…`.
    #[error("is a web address")]
    WebAddress,
    /// `*gov.uk`, `gov.*`.
    #[error("has a `*` that is not at its beginning with a dot behind it")]
    Star,
    /// `localhost`, `gov uk`.
    #[error("is not a domain name")]
    NotADomain,
}

impl PatternError {
    /// What to write instead.
    #[must_use]
    pub fn hint(self) -> &'static str {
        match self {
            Self::Everything => "leave the list empty to let everyone sign up",
            Self::Address => "write only what follows the `@`, such as `gov.scot`",
            Self::WebAddress => "write the domain of the email addresses alone, such as `gov.scot`",
            Self::Star => "write `*.gov.uk` for all domains that end in `.gov.uk`",
            Self::NotADomain => {
                "write a domain such as `gov.scot`, or `*.gov.uk` for all domains that end in `.gov.uk`"
            }
        }
    }
}

impl DomainPattern {
    /// Reads `gov.scot` or `*.gov.uk`.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        let text = text.trim();
        if matches!(text, "*" | "*.") {
            return Err(PatternError::Everything);
        }
        if text.contains("//") {
            return Err(PatternError::WebAddress);
        }
        if text.contains('@') {
            return Err(PatternError::Address);
        }
        let (domain, is_below) = text.strip_prefix("*.").map_or((text, false), |domain| (domain, true));
        if domain.contains('*') {
            return Err(PatternError::Star);
        }
        let domain = ascii_domain(domain.trim_end_matches('.'));
        // All domains of a country may be meant, but no address is at a name without a dot.
        let probe = if is_below { format!("a@b.{domain}") } else { format!("a@{domain}") };
        if EmailAddress::parse(&probe).is_err() {
            return Err(PatternError::NotADomain);
        }
        Ok(Self { domain, is_below })
    }

    /// Whether an address is at this domain, or at one below it.
    #[must_use]
    pub fn admits(&self, address: &EmailAddress) -> bool {
        let domain = address.domain();
        match domain.strip_suffix(self.domain.as_str()) {
            Some(rest) if self.is_below => rest.len() > 1 && rest.ends_with('.'),
            Some(rest) => rest.is_empty(),
            None => false,
        }
    }

    /// The domain in its own letters, without `*.`.
    #[must_use]
    pub fn shown(&self) -> String {
        idna::domain_to_unicode(&self.domain).0
    }

    /// Whether it means the domains below, and not the domain itself.
    #[must_use]
    pub fn is_below(&self) -> bool {
        self.is_below
    }
}

/// As it is written.
impl fmt::Display for DomainPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", if self.is_below { "*." } else { "" }, self.domain)
    }
}

/// Whether an address may sign up; without patterns, every address may.
#[must_use]
pub fn are_open_to(patterns: &[DomainPattern], address: &EmailAddress) -> bool {
    patterns.is_empty() || patterns.iter().any(|pattern| pattern.admits(address))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admits(pattern: &str, address: &str) -> bool {
        DomainPattern::parse(pattern).unwrap().admits(&EmailAddress::parse(address).unwrap())
    }

    #[test]
    fn a_domain_means_itself_and_a_star_the_domains_below_it() {
        for (pattern, address, expected) in [
            ("gov.scot", "ada@gov.scot", true),
            ("Gov.Scot.", "ada@GOV.scot", true),
            ("gov.scot", "ada@fife.gov.scot", false),
            ("gov.scot", "ada@notgov.scot", false),
            ("*.gov.uk", "ada@fife.gov.uk", true),
            ("*.gov.uk", "ada@a.b.gov.uk", true),
            ("*.gov.uk", "ada@gov.uk", false),
            ("*.gov.uk", "ada@mygov.uk", false),
            ("*.gov.uk", "ada@fife.gov.uk.example.org", false),
            ("*.uk", "ada@fife.gov.uk", true),
            ("bücher.example", "ada@xn--bcher-kva.example", true),
            ("xn--bcher-kva.example", "ada@BÜCHER.example", true),
            ("*.bücher.example", "ada@läden.bücher.example", true),
        ] {
            assert_eq!(admits(pattern, address), expected, "{pattern} {address}");
        }
        assert_eq!(DomainPattern::parse("*.xn--bcher-kva.example").unwrap().shown(), "bücher.example");
    }

    #[test]
    fn what_is_not_a_pattern_is_refused_with_its_reason() {
        for (text, error) in [
            ("*", PatternError::Everything),
            ("@gov.uk", PatternError::Address),
            ("ada@gov.uk", PatternError::Address),
            ("https://gov.uk", PatternError::WebAddress),
            ("*gov.uk", PatternError::Star),
            ("gov.*", PatternError::Star),
            ("a.*.uk", PatternError::Star),
            ("gov", PatternError::NotADomain),
            ("", PatternError::NotADomain),
            ("gov uk", PatternError::NotADomain),
            (".gov.uk", PatternError::NotADomain),
            ("gov..uk", PatternError::NotADomain),
        ] {
            assert_eq!(DomainPattern::parse(text), Err(error), "{text}");
        }
    }

    #[test]
    fn without_patterns_everyone_may_sign_up() {
        let ada = EmailAddress::parse("ada@example.org").unwrap();
        let patterns = ["gov.scot", "*.gov.uk"].map(|text| DomainPattern::parse(text).unwrap());
        assert!(are_open_to(&[], &ada) && !are_open_to(&patterns, &ada));
    }
}
