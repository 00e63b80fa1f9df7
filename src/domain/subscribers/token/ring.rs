//! The signing keys of an installation. The newest key signs; earlier ones are accepted until they expire, so that
//! links in emails from before a key rotation keep working for a while. The store keeps them.

use chrono::{DateTime, TimeDelta, Utc};
use subtle::Choice;

/// How long a key is accepted after its replacement, unless it is revoked: three issues of a monthly digest. RFC 8058
/// sets no validity for unsubscribe links; the longest that a law requires is 60 days (CASL, section 11).
pub const KEPT_FOR: TimeDelta = TimeDelta::days(90);

/// A key, and the period in which it signs.
#[derive(Clone)]
pub struct Key {
    /// Counted from 1 and never reused; each token carries its key's number.
    pub number: i64,
    /// Random bytes.
    pub value: Vec<u8>,
    /// When it started signing.
    pub made: DateTime<Utc>,
    /// When another key replaced it; `None` while it signs.
    pub retired: Option<DateTime<Utc>>,
    /// When it stops being accepted; `None` while it is current.
    pub ends: Option<DateTime<Utc>>,
    /// Whether it signed before tokens carried the number of their key: tokens without a number are checked with it.
    pub is_unnumbered: bool,
}

impl Key {
    /// A key that signs now.
    #[must_use]
    pub fn current(number: i64, value: Vec<u8>, made: DateTime<Utc>) -> Self {
        Self { number, value, made, retired: None, ends: None, is_unnumbered: false }
    }

    fn is_accepted(&self, now: DateTime<Utc>) -> bool {
        self.ends.is_none_or(|ends| now < ends)
    }
}

/// All keys; `Debug` shows none of them.
#[derive(Clone)]
pub struct KeyRing {
    signing: Key,
    former: Vec<Key>,
}

impl KeyRing {
    /// A ring with the key that signs and the former keys.
    #[must_use]
    pub fn new(signing: Key, former: Vec<Key>) -> Self {
        Self { signing, former }
    }

    /// The ring with the key that signed at `at` as the signing key; all other keys are still accepted. A message that
    /// is sent again after a key rotation is thus identical. If that key is gone, the current one signs.
    #[must_use]
    pub fn as_of(&self, at: DateTime<Utc>) -> Self {
        let then = self.keys().filter(|key| key.made <= at).max_by_key(|key| key.number).unwrap_or(&self.signing);
        let former = self.keys().filter(|key| key.number != then.number).cloned().collect();
        Self { signing: then.clone(), former }
    }

    /// Whether the other ring holds the same keys, by their numbers.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        self.keys().map(|key| key.number).eq(other.keys().map(|key| key.number))
    }

    /// The key that signs.
    pub(super) fn signing(&self) -> &Key {
        &self.signing
    }

    /// The key with this number, in hexadecimal, if it is accepted and `check` succeeds with it.
    pub(super) fn numbered(&self, number: &str, now: DateTime<Utc>, check: impl Fn(&Key) -> Choice) -> Option<&Key> {
        let number = i64::from_str_radix(number, 16).ok()?;
        self.keys().find(|key| key.number == number && key.is_accepted(now) && check(key).into())
    }

    /// The accepted key from before keys were numbered with which `check` succeeds. All are tried, so that the time
    /// does not reveal which one it was.
    pub(super) fn unnumbered(&self, now: DateTime<Utc>, check: impl Fn(&Key) -> Choice) -> Option<&Key> {
        let tried = self.keys().filter(|key| key.is_unnumbered && key.is_accepted(now)).map(|key| (key, check(key)));
        tried.fold(None, |found, (key, holds)| if bool::from(holds) { Some(key) } else { found })
    }

    fn keys(&self) -> impl Iterator<Item = &Key> {
        std::iter::once(&self.signing).chain(&self.former)
    }
}

impl std::fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "KeyRing(1 + {})", self.former.len())
    }
}
