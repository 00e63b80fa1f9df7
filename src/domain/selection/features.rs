//! Which features a classifier knows, by hashes of stems: a word's is worked out once, a pair's and a title word's
//! from those of its words.

use std::collections::HashMap;

use foldhash::fast::FixedState;

const PRIME: u64 = 0x0000_0100_0000_01b3;

/// A stem by FNV-1a.
pub(crate) fn hash(stem: &str) -> u64 {
    hash_bytes(stem.as_bytes())
}

/// Bytes by FNV-1a.
pub(crate) fn hash_bytes(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(PRIME))
}

/// Two stems that follow one another.
pub(crate) fn pair(first: u64, second: u64) -> u64 {
    (first.rotate_left(23) ^ second).wrapping_mul(PRIME)
}

/// A stem in the title.
pub(crate) fn in_title(stem: u64) -> u64 {
    pair(u64::MAX, stem)
}

/// What a file keeps of a hash, its upper half, which the multiplication mixes best: of the words and pairs of a text, one
/// in thirty thousand is mistaken for a feature.
pub(crate) fn key(hash: u64) -> u32 {
    (hash >> 32) as u32
}

/// The numbers of features by their keys, behind a sieve that fits into a core's second cache: most pairs of words in
/// a text are no features.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Features {
    sieve: Vec<u64>,
    /// How far a hash is shifted to give a bit of the sieve.
    shift: u32,
    numbers: HashMap<u32, u32, FixedState>,
}

impl Features {
    /// Numbers them in the order in which they come.
    pub(crate) fn new(keys: &[u32]) -> Self {
        // Ten to twenty bits for each.
        let bits = (keys.len() * 10).next_power_of_two().max(64);
        let mut features = Self { sieve: vec![0; bits / 64], shift: 64 - bits.ilog2(), numbers: HashMap::default() };
        features.numbers.reserve(keys.len());
        for (key, number) in keys.iter().zip(0..) {
            features.numbers.insert(*key, number);
            let (word, bit) = features.place(u64::from(*key) << 32);
            features.sieve[word] |= bit;
        }
        features
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.numbers.len()
    }

    fn place(&self, hash: u64) -> (usize, u64) {
        let bit = hash >> self.shift;
        ((bit >> 6) as usize, 1 << (bit & 63))
    }

    /// The number of a feature, by its hash.
    pub(crate) fn get(&self, hash: u64) -> Option<u32> {
        let (word, bit) = self.place(hash);
        if self.sieve[word] & bit == 0 { None } else { self.numbers.get(&key(hash)).copied() }
    }
}
