//! The kinds of value that are addresses of mail, or names in the DNS.

use toml::de::DeValue;

use super::{Read, Wrong, parsed};
use crate::domain::subscribers::domains::{DomainPattern, PatternError};
use crate::domain::subscribers::subscriber::{EmailAddress, ascii_domain};

/// `someone@example.org`, by its shape only: the mail server has the last word. An international domain is read into its
/// ASCII form.
pub(in crate::config) fn address(value: &DeValue<'_>) -> Read<String> {
    parsed("an email address such as `someone@example.org`", in_ascii)(value)
}

/// The same, as strictly as those of subscribers are read: mail is sent to it.
pub(in crate::config) fn recipient(value: &DeValue<'_>) -> Read<EmailAddress> {
    parsed("an email address such as `someone@example.org`", |text| EmailAddress::parse(text).ok())(value)
}

/// An address that takes a token behind a `+`, as `bounces+TOKEN@example.org`.
pub(in crate::config) fn tagged_address(value: &DeValue<'_>) -> Read<String> {
    let address = address(value)?;
    let local = address.rsplit_once('@').map_or("", |(local, _)| local);
    match local {
        local if local.contains('+') => {
            Err(Wrong::new("must have no `+`", "the program adds a `+` and the token of each email"))
        }
        // RFC 5321 §4.5.3.1.1 gives 64 bytes to what is before the `@`; a `+` and a token need 38 of them.
        local if local.len() > 26 => Err(Wrong::new(
            "is too long before the `@`",
            "use at most 26 letters, to leave room for the token of each email",
        )),
        _ => Ok(address),
    }
}

/// A name in the DNS, or a part of one: letters, digits and hyphens, with dots between.
pub(in crate::config) fn dns_name(value: &DeValue<'_>) -> Read<String> {
    parsed("a name of letters, digits, hyphens and dots such as `example.org`", domain_name)(value)
}

/// `gov.scot`, or `*.gov.uk` for the domains below it.
pub(in crate::config) fn domain_pattern(value: &DeValue<'_>) -> Read<DomainPattern> {
    let DeValue::String(text) = value else {
        return Err(Wrong::mistyped("a domain such as `gov.scot` or `*.gov.uk`", value));
    };
    let wrong = |error: PatternError| Wrong::new(error.to_string(), error.hint());
    DomainPattern::parse(text).map_err(wrong)
}

/// The text in lower case, if it is a name in the DNS, or a part of one.
#[must_use]
pub fn domain_name(text: &str) -> Option<String> {
    let label = |label: &str| {
        let plain = label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
        plain && (1..=63).contains(&label.len()) && !label.starts_with('-') && !label.ends_with('-')
    };
    let text = ascii_domain(text.trim());
    (text.len() <= 200 && text.split('.').all(label)).then_some(text)
}

/// `someone@example.org` or `A Name <someone@example.org>`.
pub(in crate::config) fn mailbox(value: &DeValue<'_>) -> Read<String> {
    parsed("a sender such as `Policy Digest <digest@example.org>`", |text| match text.rsplit_once('<') {
        Some((name, address)) => Some(format!("{name}<{}>", in_ascii(address.strip_suffix('>')?)?)),
        None => in_ascii(text),
    })(value)
}

/// The address with its domain in ASCII, if it is one.
fn in_ascii(text: &str) -> Option<String> {
    let (local, domain) = text.rsplit_once('@')?;
    let address = format!("{local}@{}", if domain.is_ascii() { domain.to_owned() } else { ascii_domain(domain) });
    (is_address(&address) && address[local.len()..].is_ascii()).then_some(address)
}

fn is_address(text: &str) -> bool {
    let plain = |c: char| !c.is_whitespace() && !c.is_control() && !"<>@,;:\"()[]\\".contains(c);
    text.rsplit_once('@').is_some_and(|(local, domain)| {
        let labels = domain.split('.').all(|label| !label.is_empty());
        !local.is_empty() && local.chars().all(plain) && labels && domain.chars().all(plain) && text.len() <= 254
    })
}
