//! The keys of an installation's tokens: the newest signs, every one is accepted, so that the links of mails that went
//! out before a change of keys still work. Where they are kept is the store's.

use chrono::{DateTime, Utc};
use subtle::Choice;

/// One key, and since when it signs.
#[derive(Clone)]
pub struct Key {
    /// Random bytes.
    pub value: Vec<u8>,
    /// When it was made.
    pub made: DateTime<Utc>,
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

    /// The ring as it signed at `at`, with every key still accepted: a message that is sent again after a change of
    /// keys is the same message.
    #[must_use]
    pub fn as_of(&self, at: DateTime<Utc>) -> Self {
        let mut former: Vec<Key> = self.keys().cloned().collect();
        let then = (0..former.len()).filter(|&i| former[i].made <= at).max_by_key(|&i| former[i].made);
        let signing = former.swap_remove(then.unwrap_or(0));
        Self { signing, former }
    }

    /// The key that signs.
    pub(super) fn signing(&self) -> &[u8] {
        &self.signing.value
    }

    /// Whether `check` holds under any key. Every key is tried, so that the time tells nothing of which one it was.
    pub(super) fn any(&self, check: impl Fn(&[u8]) -> Choice) -> bool {
        self.keys().fold(Choice::from(0), |held, key| held | check(&key.value)).into()
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
