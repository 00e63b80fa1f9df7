//! Signed, purpose-bound tokens for the personal links of a mail. Who holds one may do one thing for one
//! subscriber; nothing is looked up to check it. HMAC-SHA-256 (RFC 2104), compared in constant time.

mod ring;

use std::fmt::Write as _;

use chrono::{DateTime, TimeDelta, Utc};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;

pub use ring::{Key, KeyRing};

/// A confirmation link's life.
pub const CONFIRM_FOR: TimeDelta = TimeDelta::days(7);

/// The one thing that a token allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// Confirm a subscription.
    Confirm,
    /// Leave.
    Unsubscribe,
    /// See and change preferences.
    Preferences,
    /// Take a new address; what is signed names the person and the address.
    Address,
    /// Send a form of a page; in the place of a subscriber it names when the page was made.
    Form,
}

impl Purpose {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Confirm, Self::Unsubscribe, Self::Preferences, Self::Address, Self::Form];

    fn letter(self) -> char {
        match self {
            Self::Confirm => 'c',
            Self::Unsubscribe => 'u',
            Self::Preferences => 'p',
            Self::Address => 'a',
            Self::Form => 'f',
        }
    }
}

/// Why a token was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Not ours, changed on the way, or made for another purpose.
    #[error("this link is not valid")]
    Invalid,
    /// Ours, and too old.
    #[error("this link has expired")]
    Expired,
}

/// Signs `purpose` for a subscriber. The same input gives the same token, so a message that is sent again
/// is the same message. `expires: None` is for links that must work as long as the mail is kept.
#[must_use]
pub fn sign(keys: &KeyRing, purpose: Purpose, subscriber: &str, expires: Option<DateTime<Utc>>) -> String {
    let body = format!("{}.{subscriber}.{:x}", purpose.letter(), expires.map_or(0, |at| at.timestamp().max(1)));
    let tag = tag(keys.signing(), &body);
    format!("{body}.{tag}")
}

/// Gives the subscriber's id back if the token is ours under any of the keys, for `purpose`, and not expired at `now`.
///
/// # Errors
/// [`TokenError::Invalid`] or [`TokenError::Expired`].
pub fn verify(keys: &KeyRing, purpose: Purpose, token: &str, now: DateTime<Utc>) -> Result<String, TokenError> {
    let (body, given) = token.rsplit_once('.').ok_or(TokenError::Invalid)?;
    if !keys.any(|key| tag(key, body).as_bytes().ct_eq(given.as_bytes())) {
        return Err(TokenError::Invalid);
    }
    let mut parts = body.split('.');
    let (Some(letter), Some(subscriber), Some(expires), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(TokenError::Invalid);
    };
    if letter.chars().ne([purpose.letter()]) {
        return Err(TokenError::Invalid);
    }
    let expires = i64::from_str_radix(expires, 16).map_err(|_| TokenError::Invalid)?;
    if expires != 0 && now.timestamp() >= expires {
        return Err(TokenError::Expired);
    }
    Ok(subscriber.to_owned())
}

/// The token of a message's return path, as it stands in `bounces+TOKEN@…` (VERP): the message's number and a tag
/// that only this installation can make. Lower case throughout, since mail servers may fold what is before the `@`.
#[must_use]
pub fn return_path(keys: &KeyRing, message: i64) -> String {
    return_path_by(keys.signing(), message)
}

fn return_path_by(key: &[u8], message: i64) -> String {
    let body = format!("{message:x}");
    let tag = tag(key, &format!("b.{body}"));
    format!("{body}-{}", &tag[..RETURN_TAG])
}

/// The number of the message whose return path carries this token; `None` for one that is not ours.
#[must_use]
pub fn verify_return_path(keys: &KeyRing, token: &str) -> Option<i64> {
    let token = token.to_ascii_lowercase();
    let (body, _) = token.split_once('-')?;
    let message = i64::from_str_radix(body, 16).ok()?;
    keys.any(|key| return_path_by(key, message).as_bytes().ct_eq(token.as_bytes())).then_some(message)
}

/// Hex digits of a return path's tag, 80 bits: with them `bounces+TOKEN` stays far below the 64 bytes that RFC 5321
/// §4.5.3.1.1 gives a local part.
const RETURN_TAG: usize = 20;

/// The keyed hash under which a suppressed address is remembered without being kept.
#[must_use]
pub fn address_hash(key: &[u8], address_key: &str) -> String {
    tag(key, address_key)
}

/// The first 160 bits of the HMAC, in hex: far beyond guessing, and short enough for a link.
fn tag(key: &[u8], body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.update(body.as_bytes());
    mac.finalize().into_bytes().iter().take(20).fold(String::with_capacity(40), |mut hex, byte| {
        write!(hex, "{byte:02x}").expect("writing to a String cannot fail");
        hex
    })
}

#[cfg(test)]
mod tests;
