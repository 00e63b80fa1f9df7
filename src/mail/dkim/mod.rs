//! DKIM signatures (RFC 6376; Ed25519 by RFC 8463): relaxed/relaxed, SHA-256, over the message as it leaves. The
//! same message and date give the same signature, so a resent message is the same message. Keys, and the record that
//! is published for one, are in `key`; what two ways of writing one message have in common is in `canonical`.

mod canonical;
mod key;

use std::fmt::Write as _;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};

use super::Error;
pub use key::{Key, KeyError, Kind, Record};

/// What may be signed, if the message has it: all that a reader or a mail program goes by. Left out are the fields
/// that the way adds (RFC 6376 §5.4.1).
const SIGNED: &[&str] = &[
    "from",
    "to",
    "cc",
    "subject",
    "date",
    "reply-to",
    "message-id",
    "mime-version",
    "content-type",
    "list-id",
    "list-unsubscribe",
    "list-unsubscribe-post",
    "list-archive",
    "feedback-id",
    "auto-submitted",
    "precedence",
];

/// Named once more than they stand in the message, so that one added on the way breaks the signature (RFC 6376
/// §8.15): mail programs may show the added one.
const OVERSIGNED: &[&str] =
    &["from", "to", "cc", "subject", "date", "reply-to", "message-id", "mime-version", "content-type"];

/// The width of the signature's lines.
const LINE: usize = 76;

/// Signs for a domain.
#[derive(Debug)]
pub struct Signer {
    domain: String,
    selector: String,
    key: Key,
}

impl Signer {
    /// A signer for `domain`, whose public key is published under `selector`. Both are domain names.
    #[must_use]
    pub fn new(domain: String, selector: String, key: Key) -> Self {
        Self { domain, selector, key }
    }

    /// The record that others check the signatures with.
    #[must_use]
    pub fn record(&self) -> Record {
        Record::new(&self.domain, &self.selector, &self.key)
    }

    /// The message with its signature in front. `at` is when it was made, and becomes `t=`. Every line of `message`
    /// ends in CRLF.
    ///
    /// # Errors
    /// [`Error::Sign`]: the library does not sign, though it has taken the key.
    pub fn signed(&self, message: &[u8], at: DateTime<Utc>) -> Result<Vec<u8>, Error> {
        let (head, body) = canonical::split(message);
        let fields = canonical::fields(head);
        let mut data = Vec::with_capacity(2048);
        let names = chosen(&fields, &mut data);
        let unsigned = self.unsigned(&names, &digest(&SHA256, &canonical::body(body)), at);
        canonical::field("dkim-signature", unsigned.as_bytes(), &mut data);
        let signature = self.key.sign(&data).ok_or(Error::Sign)?;
        let mut signed = Vec::with_capacity(message.len() + 1024);
        signed.extend_from_slice(format!("DKIM-Signature: {unsigned}").as_bytes());
        // White space in `b=` is not part of it (RFC 6376 §3.5), and the first line of it is begun already.
        for (number, part) in STANDARD.encode(signature).as_bytes().chunks(LINE - 4).enumerate() {
            signed.extend_from_slice(if number > 0 { b"\r\n " } else { b"" });
            signed.extend_from_slice(part);
        }
        signed.extend_from_slice(b"\r\n");
        signed.extend_from_slice(message);
        Ok(signed)
    }

    /// The field's value with nothing after `b=`, which is how it is signed itself (RFC 6376 §3.7).
    fn unsigned(&self, names: &[&str], body_hash: &impl AsRef<[u8]>, at: DateTime<Utc>) -> String {
        let Self { domain, selector, key } = self;
        let (algorithm, t) = (key.kind().algorithm(), at.timestamp());
        let mut value = format!("v=1; a={algorithm}; c=relaxed/relaxed; d={domain};\r\n s={selector}; t={t};\r\n h=");
        let mut width = 3;
        for (place, name) in names.iter().enumerate() {
            if place > 0 {
                value.push(':');
            }
            if width + name.len() > LINE {
                value.push_str("\r\n ");
                width = 1;
            }
            value.push_str(name);
            width += name.len() + 1;
        }
        let body_hash = STANDARD.encode(body_hash.as_ref());
        write!(value, ";\r\n bh={body_hash};\r\n b=").expect("writing to a String cannot fail");
        value
    }
}

/// The names for `h=`; the fields go into `data` in their order. Of several fields with one name the last comes
/// first (RFC 6376 §5.4.2).
fn chosen(fields: &[(String, &[u8])], data: &mut Vec<u8>) -> Vec<&'static str> {
    let mut names = Vec::new();
    for name in SIGNED {
        for (_, value) in fields.iter().rev().filter(|(field, _)| field == name) {
            canonical::field(name, value, data);
            data.extend_from_slice(b"\r\n");
            names.push(*name);
        }
        if OVERSIGNED.contains(name) {
            names.push(*name);
        }
    }
    names
}

#[cfg(test)]
mod tests;
