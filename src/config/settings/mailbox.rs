//! A display name and an email address, as in a From header.

use std::borrow::Cow;
use std::fmt;

/// `Name <address>`, or an address alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mailbox {
    /// The display name; may be empty.
    pub name: String,
    /// The address, `local@domain`.
    pub address: String,
}

impl Mailbox {
    /// A mailbox of these; neither is checked.
    #[must_use]
    pub fn new(name: &str, address: &str) -> Self {
        Self { name: name.to_owned(), address: address.to_owned() }
    }

    /// Splits a text that has been checked to be a mailbox. Quotation marks around the name are removed.
    pub(in crate::config) fn split(text: &str) -> Self {
        match text.trim().strip_suffix('>').and_then(|text| text.rsplit_once('<')) {
            Some((name, address)) => Self::new(&unquoted(name.trim()), address.trim()),
            None => Self::new("", text.trim()),
        }
    }

    /// The address's domain in lower case.
    #[must_use]
    pub fn domain(&self) -> String {
        self.address.rsplit_once('@').map_or("", |(_, domain)| domain).to_ascii_lowercase()
    }
}

/// The text of a quoted string (RFC 5322 §3.2.4); a name that is not one whole quoted string stays as it is.
fn unquoted(name: &str) -> Cow<'_, str> {
    let Some(inner) = name.strip_prefix('"').and_then(|name| name.strip_suffix('"')) else { return name.into() };
    let (mut plain, mut letters) = (String::new(), inner.chars());
    while let Some(letter) = letters.next() {
        match letter {
            '"' => return name.into(),
            '\\' => match letters.next() {
                Some(escaped) => plain.push(escaped),
                None => return name.into(),
            },
            letter => plain.push(letter),
        }
    }
    plain.into()
}

impl fmt::Display for Mailbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, address } = self;
        if name.is_empty() { f.write_str(address) } else { write!(f, "{name} <{address}>") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_and_an_address_are_told_apart() {
        for (text, name, address, domain) in [
            ("a@example.org", "", "a@example.org", "example.org"),
            ("A Digest, Weekly <a@Example.org>", "A Digest, Weekly", "a@Example.org", "example.org"),
            ("\"A\" <a@example.org>", "A", "a@example.org", "example.org"),
            ("<a@example.org>", "", "a@example.org", "example.org"),
            ("Notes on \"Reform\" <a@example.org>", "Notes on \"Reform\"", "a@example.org", "example.org"),
            (r#""\"Reform\", weekly" <a@example.org>"#, r#""Reform", weekly"#, "a@example.org", "example.org"),
            ("\"one\" and \"two\" <a@example.org>", "\"one\" and \"two\"", "a@example.org", "example.org"),
        ] {
            let mailbox = Mailbox::split(text);
            assert_eq!(
                (mailbox.name.as_str(), mailbox.address.as_str(), mailbox.domain().as_str()),
                (name, address, domain)
            );
        }
        assert_eq!(Mailbox::new("A", "a@example.org").to_string(), "A <a@example.org>");
    }
}
