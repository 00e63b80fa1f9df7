//! Signed, purpose-bound tokens for the personal links of an email and for its return path. The holder of a token may
//! do one thing for one subscriber. HMAC-SHA-256 (RFC 2104), compared in constant time.
//!
//! A token carries the number of its key. A retired key opens only what it may have signed while it was current. An
//! attacker who has the key can write any date into a token, so its use is bounded by the life of tokens of that
//! purpose, and by the creation time of the subject ([`Verified::opens`]).

mod ring;

use std::fmt::Write as _;

use chrono::{DateTime, TimeDelta, Utc};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;

pub use ring::{KEPT_FOR, Key, KeyRing};

/// How long a confirmation link is valid.
pub const CONFIRM_FOR: TimeDelta = TimeDelta::days(7);

/// How long a page with a form is valid.
pub const FORM_FOR: TimeDelta = TimeDelta::days(1);

/// The longest time that a link to a draft is valid: the draft is made three days before its slot at most, and the link
/// works until a day after it.
pub const EDIT_FOR: TimeDelta = TimeDelta::days(4);

/// The one thing that a token allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// Confirm a subscription.
    Confirm,
    /// Unsubscribe.
    Unsubscribe,
    /// See and change preferences.
    Preferences,
    /// Change the email address; the token names the subscriber and the new address.
    Address,
    /// Say that a story of a digest is not on topic.
    Vote,
    /// Edit a draft; instead of a subscriber, the token names the draft and the editor.
    Edit,
    /// Submit a form of a page; instead of a subscriber, the token names the time when the page was made.
    Form,
}

impl Purpose {
    /// All purposes.
    pub const ALL: [Self; 7] =
        [Self::Confirm, Self::Unsubscribe, Self::Preferences, Self::Address, Self::Vote, Self::Edit, Self::Form];

    fn letter(self) -> &'static str {
        match self {
            Self::Confirm => "c",
            Self::Unsubscribe => "u",
            Self::Preferences => "p",
            Self::Address => "a",
            Self::Vote => "v",
            Self::Edit => "e",
            Self::Form => "f",
        }
    }

    /// How long a token with this purpose is valid; `None` means as long as its key is accepted.
    fn life(self) -> Option<TimeDelta> {
        match self {
            Self::Confirm | Self::Address => Some(CONFIRM_FOR),
            Self::Edit => Some(EDIT_FOR),
            Self::Form => Some(FORM_FOR),
            Self::Unsubscribe | Self::Preferences | Self::Vote => None,
        }
    }
}

/// Why a token was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Not ours, modified, made for another purpose, or signed with a key that is no longer accepted.
    #[error("this link is not valid")]
    Invalid,
    /// Valid except that it is too old.
    #[error("this link has expired")]
    Expired,
}

/// A verified token: its subject, and when its key was retired.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// The subscriber's id, or the other subject of the purpose.
    pub subject: String,
    retired: Option<DateTime<Utc>>,
}

impl Verified {
    /// Whether its key is retired, so that the caller must check [`Verified::opens`].
    #[must_use]
    pub fn is_by_a_retired_key(&self) -> bool {
        self.retired.is_some()
    }

    /// Whether it gives access to something made at this time: a retired key opens nothing that is newer than its
    /// retirement.
    #[must_use]
    pub fn opens(&self, made: DateTime<Utc>) -> bool {
        self.retired.is_none_or(|retired| made <= retired)
    }
}

/// Signs `purpose` for a subscriber. The same input gives the same token, so a message that is sent again is identical.
/// `expires: None` is for links that must work as long as people keep the email.
#[must_use]
pub fn sign(keys: &KeyRing, purpose: Purpose, subscriber: &str, expires: Option<DateTime<Utc>>) -> String {
    let key = keys.signing();
    let expires = expires.map_or(0, |at| at.timestamp().max(1));
    let body = format!("{}.{:x}.{subscriber}.{expires:x}", purpose.letter(), key.number);
    let tag = tag(&key.value, &body);
    format!("{body}.{tag}")
}

/// Verifies that a token was signed for `purpose` with an accepted key and has not expired at `now`; returns its
/// subject.
///
/// # Errors
/// [`TokenError::Invalid`] or [`TokenError::Expired`].
pub fn verify(keys: &KeyRing, purpose: Purpose, token: &str, now: DateTime<Utc>) -> Result<Verified, TokenError> {
    let (verified, expires) = read(keys, purpose, token, now)?;
    if expires != 0 && now.timestamp() >= expires {
        return Err(TokenError::Expired);
    }
    Ok(verified)
}

/// Verifies a token as [`verify`] does, but accepts an expired one.
///
/// # Errors
/// [`TokenError::Invalid`].
pub fn verify_expired(
    keys: &KeyRing,
    purpose: Purpose,
    token: &str,
    now: DateTime<Utc>,
) -> Result<Verified, TokenError> {
    Ok(read(keys, purpose, token, now)?.0)
}

/// The second value is the expiry time in seconds, where 0 means never.
fn read(keys: &KeyRing, purpose: Purpose, token: &str, now: DateTime<Utc>) -> Result<(Verified, i64), TokenError> {
    let (body, given) = token.rsplit_once('.').ok_or(TokenError::Invalid)?;
    let parts: Vec<&str> = body.split('.').collect();
    let is_signed = |key: &Key| tag(&key.value, body).as_bytes().ct_eq(given.as_bytes());
    let (key, letter, subject, expires) = match parts[..] {
        [letter, number, subject, expires] => (keys.numbered(number, now, is_signed), letter, subject, expires),
        [letter, subject, expires] => (keys.unnumbered(now, is_signed), letter, subject, expires),
        _ => return Err(TokenError::Invalid),
    };
    let key = key.filter(|_| letter == purpose.letter()).ok_or(TokenError::Invalid)?;
    let expires = i64::from_str_radix(expires, 16).map_err(|_| TokenError::Invalid)?;
    if let (Some(retired), Some(life)) = (key.retired, purpose.life()) {
        let is_begun_before = (1..=(retired + life).timestamp()).contains(&expires);
        if !is_begun_before {
            return Err(TokenError::Invalid);
        }
    }
    Ok((Verified { subject: subject.to_owned(), retired: key.retired }, expires))
}

/// A message whose return path is signed or verified.
#[derive(Debug, Clone, Copy)]
pub struct Returning<'m> {
    /// Its number.
    pub number: i64,
    /// Its Message-ID, which contains a random part: a number alone can be guessed by counting.
    pub message_id: &'m str,
    /// When it was made.
    pub made: DateTime<Utc>,
}

/// The token of a message's return path, as in `bounces+TOKEN@…` (VERP): the numbers of the message and of the key, and
/// a tag that only this installation can compute. It is all lower case, because mail servers may change the case of the
/// part before the `@`.
#[must_use]
pub fn return_path(keys: &KeyRing, message: &Returning<'_>) -> String {
    return_path_by(keys.signing(), message)
}

fn return_path_by(key: &Key, message: &Returning<'_>) -> String {
    let body = format!("{:x}-{:x}", message.number, key.number);
    let tag = tag(&key.value, &format!("b.{body}.{}", message.message_id));
    format!("{body}-{}", &tag[..RETURN_TAG])
}

/// The return path from before tokens carried the number of their key.
fn unnumbered_return_path(key: &Key, message: &Returning<'_>) -> String {
    let body = format!("{:x}", message.number);
    let tag = tag(&key.value, &format!("b.{body}"));
    format!("{body}-{}", &tag[..RETURN_TAG])
}

/// The message number that a return path claims. Check it with [`verify_return_path`] before trusting it.
#[must_use]
pub fn claimed_message(token: &str) -> Option<i64> {
    let (number, _) = token.split_once('-')?;
    i64::from_str_radix(number, 16).ok().filter(|number| *number >= 0)
}

/// Whether a return path is that of this message, signed with a key that was current when the message was made and is
/// still accepted.
#[must_use]
pub fn verify_return_path(keys: &KeyRing, token: &str, message: &Returning<'_>, now: DateTime<Utc>) -> bool {
    let token = token.to_ascii_lowercase();
    let is_signed = |expected: String| expected.as_bytes().ct_eq(token.as_bytes());
    let parts: Vec<&str> = token.split('-').collect();
    let key = match parts[..] {
        [_, number, _] => keys.numbered(number, now, |key| is_signed(return_path_by(key, message))),
        [_, _] => keys.unnumbered(now, |key| is_signed(unnumbered_return_path(key, message))),
        _ => None,
    };
    key.is_some_and(|key| key.retired.is_none_or(|retired| message.made <= retired))
}

/// Whether a return path may belong to a message that is no longer stored: nothing proves that it does not.
#[must_use]
pub fn may_be_return_path(keys: &KeyRing, token: &str, now: DateTime<Utc>) -> bool {
    let parts: Vec<&str> = token.split('-').collect();
    match parts[..] {
        [_, number, tag] => tag.len() == RETURN_TAG && keys.numbered(number, now, |_| 1.into()).is_some(),
        [number, _] => i64::from_str_radix(number, 16).is_ok_and(|number| {
            let message = Returning { number, message_id: "", made: DateTime::UNIX_EPOCH };
            verify_return_path(keys, token, &message, now)
        }),
        _ => false,
    }
}

/// The number of hex digits of a return path's tag (80 bits): with them, `bounces+TOKEN` stays below the 64 bytes that
/// RFC 5321 §4.5.3.1.1 allows for a local part.
const RETURN_TAG: usize = 20;

/// A keyed hash that identifies a suppressed address without storing it.
#[must_use]
pub fn address_hash(key: &[u8], address_key: &str) -> String {
    tag(key, address_key)
}

/// The first 160 bits of the HMAC in hex: far beyond guessing, and short enough for a link.
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
