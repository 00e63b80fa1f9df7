//! The features of a classifier, identified by hashes of stems. A word's hash is computed once; those of pairs and
//! title words are derived from the hashes of their words.

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
const WINDOW: usize = 8;

/// Maps the keys of features, which are sorted, to their numbers. The leading bits of a key say where it would be, give
/// or take a few keys, which are all compared without a branch. So look-ups do not wait for one another.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Features {
    /// Followed by a window of the highest key, so that there is one from every position on.
    keys: Vec<u32>,
    numbers: Vec<u32>,
    /// For each prefix, the position of the first key with that prefix or a later one.
    starts: Vec<u32>,
    /// The shift that reduces a key to its prefix.
    shift: u32,
}

impl Features {
    /// Numbers the keys in the order given.
    pub(crate) fn new(keys: &[u32]) -> Self {
        let mut sorted: Vec<(u32, u32)> = keys.iter().copied().zip(0..).collect();
        sorted.sort_unstable();
        let (mut keys, numbers): (Vec<u32>, Vec<u32>) = sorted.into_iter().unzip();
        // Two to four keys for each prefix.
        let bits = (keys.len() / 2).max(2).ilog2();
        let shift = u32::BITS - bits;
        let (mut starts, mut start) = (Vec::with_capacity(1 << bits), 0);
        for beginning in 0..1 << bits {
            while keys.get(start as usize).is_some_and(|key| key >> shift < beginning) {
                start += 1;
            }
            starts.push(start);
        }
        keys.extend([u32::MAX; WINDOW]);
        Self { keys, numbers, starts, shift }
    }

    /// The key of each feature, by number.
    pub(crate) fn keys(&self) -> Vec<u32> {
        let mut keys = vec![0; self.len()];
        self.keys.iter().zip(&self.numbers).for_each(|(key, number)| keys[*number as usize] = *key);
        keys
    }

    /// The number of features.
    pub(crate) fn len(&self) -> usize {
        self.numbers.len()
    }

    /// The number of the feature with this hash.
    #[inline]
    pub(crate) fn get(&self, hash: u64) -> Option<u32> {
        self.with_key(key(hash))
    }

    /// The number of the feature with this key.
    #[inline]
    pub(crate) fn with_key(&self, key: u32) -> Option<u32> {
        let mut at = self.starts[(key >> self.shift) as usize] as usize;
        while let Some(window) = self.keys[at..].first_chunk::<WINDOW>() {
            let lower: u32 = window.iter().map(|it| u32::from(*it < key)).sum();
            at += lower as usize;
            if lower as usize != WINDOW {
                break;
            }
        }
        if self.keys[at] == key { self.numbers.get(at).copied() } else { None }
    }
}
