//! The keys of an installation's tokens: the newest signs, and those before it are accepted until their end, so that the
//! links of emails that went out before a change of keys still work for a while. Where they are kept is the store's.

use chrono::{DateTime, TimeDelta, Utc};
use subtle::Choice;

/// How long a key is accepted after another took its place, unless it is revoked: three issues of a monthly digest.
/// RFC 8058 sets no time for a link to unsubscribe; the longest that a law asks for is 60 days (CASL, section 11).
pub const KEPT_FOR: TimeDelta = TimeDelta::days(90);

/// One key, and the time in which it signed.
#[derive(Clone)]
pub struct Key {
    /// Counted from 1 and never reused; each token carries its key's.
    pub number: i64,
    /// Random bytes.
    pub value: Vec<u8>,
    /// Since when it signs.
    pub made: DateTime<Utc>,
    /// When another took its place; `None`: it signs.
    pub retired: Option<DateTime<Utc>>,
    /// From when on nothing is accepted under it; `None`: it is current.
    pub ends: Option<DateTime<Utc>>,
    /// It signed before tokens carried the number of their key: those without one are tried with it.
    pub is_unnumbered: bool,
}

impl Key {
    /// A key that signs.
    #[must_use]
    pub fn current(number: i64, value: Vec<u8>, made: DateTime<Utc>) -> Self {
        Self { number, value, made, retired: None, ends: None, is_unnumbered: false }
    }

    fn is_accepted(&self, now: DateTime<Utc>) -> bool {
        self.ends.is_none_or(|ends| now < ends)
    }
}

/// All keys. Shows none of them.
#[derive(Clone)]
pub struct KeyRing {
    signing: Key,
    former: Vec<Key>,
}

impl KeyRing {
    /// The key that signs, and those that signed before it.
    #[must_use]
    pub fn new(signing: Key, former: Vec<Key>) -> Self {
        Self { signing, former }
    }

    /// The ring as it signed at `at`, with every other key still accepted: a message that is sent again after a change of
    /// keys is the same message. Where the key of that time is gone, today's signs.
    #[must_use]
    pub fn as_of(&self, at: DateTime<Utc>) -> Self {
        let then = self.keys().filter(|key| key.made <= at).max_by_key(|key| key.number).unwrap_or(&self.signing);
        let former = self.keys().filter(|key| key.number != then.number).cloned().collect();
        Self { signing: then.clone(), former }
    }

    /// The key that signs.
    pub(super) fn signing(&self) -> &Key {
        &self.signing
    }

    /// The key of this number, in hexadecimal, if it is accepted and `check` holds under it.
    pub(super) fn numbered(&self, number: &str, now: DateTime<Utc>, check: impl Fn(&Key) -> Choice) -> Option<&Key> {
        let number = i64::from_str_radix(number, 16).ok()?;
        self.keys().find(|key| key.number == number && key.is_accepted(now) && check(key).into())
    }

    /// The accepted key from before keys were numbered under which `check` holds. Each is tried, so that the time does not
    /// say which one it was.
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
