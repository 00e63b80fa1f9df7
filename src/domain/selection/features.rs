//! The features of a classifier, identified by hashes of stems. A word's hash is computed once; those of pairs and
//! title words are derived from the hashes of their words.

use super::phrases::folded::place;

const PRIME: u64 = 0x0000_0100_0000_01b3;

/// The FNV-1a hash of a stem.
pub(crate) fn hash(stem: &str) -> u64 {
    hash_bytes(stem.as_bytes())
}

/// The FNV-1a hash of bytes.
pub(crate) fn hash_bytes(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(PRIME))
}

/// The hash of two consecutive stems.
#[inline]
pub(crate) fn pair(first: u64, second: u64) -> u64 {
    (first.rotate_left(23) ^ second).wrapping_mul(PRIME)
}

/// The hash of a stem in the title.
pub(crate) fn in_title(stem: u64) -> u64 {
    pair(u64::MAX, stem)
}

/// The part of a hash that a file keeps: its upper half, which the multiplication mixes best. One in thirty thousand
/// words and pairs of a text is mistaken for a feature.
#[inline]
pub(crate) fn key(hash: u64) -> u32 {
    (hash >> 32) as u32
}

/// This many keys are compared at once.
const WINDOW: usize = 32;

/// The keys of features, sorted. The leading bits of a key say where it would be, give or take a few keys, which are all
/// compared without a branch, so that look-ups do not wait for one another. A look-up takes two lines of a core's cache.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Features {
    /// Followed by a window of the highest key, so that there is one from every position on.
    keys: Vec<u32>,
    /// For each prefix, the position of the first key with that prefix or a later one.
    starts: Vec<u32>,
    /// The shift that reduces a key to its prefix.
    shift: u32,
}

impl Features {
    /// Sorts keys, and says for each position which of those given is there.
    pub(crate) fn new(keys: &[u32]) -> (Self, Vec<u32>) {
        let mut sorted: Vec<(u32, u32)> = keys.iter().copied().zip(0..).collect();
        sorted.sort_unstable();
        let (mut keys, order): (Vec<u32>, Vec<u32>) = sorted.into_iter().unzip();
        // Eight to sixteen keys for each prefix.
        let bits = (keys.len() / 8).max(2).ilog2();
        let shift = u32::BITS - bits;
        let starts = (0..1 << bits).map(|prefix| place(keys.partition_point(|key| key >> shift < prefix))).collect();
        keys.extend([u32::MAX; WINDOW]);
        (Self { keys, starts, shift }, order)
    }

    /// The number of features.
    pub(crate) fn len(&self) -> usize {
        self.keys.len() - WINDOW
    }

    /// The key at a position.
    pub(crate) fn key(&self, position: u32) -> u32 {
        self.keys[position as usize]
    }

    /// The position of the feature with this hash.
    #[inline]
    pub(crate) fn get(&self, hash: u64) -> Option<u32> {
        self.with_key(key(hash))
    }

    /// The position of the feature with this key; the first, if two features have the same.
    #[inline]
    pub(crate) fn with_key(&self, key: u32) -> Option<u32> {
        let mut at = self.starts[(key >> self.shift) as usize] as usize;
        while let Some(window) = self.keys[at..].first_chunk::<WINDOW>() {
            let lower = window.iter().map(|it| u32::from(*it < key)).sum::<u32>() as usize;
            at += lower;
            if lower < WINDOW {
                break;
            }
        }
        (self.keys[at] == key && at < self.len()).then(|| place(at))
    }
}
