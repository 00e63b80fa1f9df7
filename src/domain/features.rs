//! Which features a model knows, by hashes of stems: a word's is worked out once, a pair's from those of its words.

use std::collections::HashMap;

use foldhash::fast::FixedState;

const PRIME: u64 = 0x0000_0100_0000_01b3;

/// A stem by FNV-1a.
pub(super) fn hash(stem: &str) -> u64 {
    stem.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(PRIME))
}

/// Two stems that follow one another.
pub(super) fn pair(first: u64, second: u64) -> u64 {
    (first.rotate_left(23) ^ second).wrapping_mul(PRIME)
}

/// The numbers of features by their hashes, behind a sieve that fits into a core's nearest cache: of the pairs of
/// words in a text, nearly all are in no model.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Features {
    sieve: Vec<u64>,
    numbers: HashMap<u64, u32, FixedState>,
}

impl Features {
    /// Bits of the sieve, as a power of two: twenty for each feature of the shipped model.
    const BITS: u32 = 18;

    /// Numbers them in the order in which they come.
    pub(super) fn new(hashes: impl Iterator<Item = u64>) -> Self {
        let numbers: HashMap<u64, u32, FixedState> = hashes.zip(0..).collect();
        let mut sieve = vec![0; 1 << (Self::BITS - 6)];
        for hash in numbers.keys() {
            let (word, bit) = Self::place(*hash);
            sieve[word] |= bit;
        }
        Self { sieve, numbers }
    }

    fn place(hash: u64) -> (usize, u64) {
        let bit = hash >> (64 - Self::BITS);
        ((bit >> 6) as usize, 1 << (bit & 63))
    }

    /// The number of a word or two, by their hash.
    pub(super) fn get(&self, hash: u64) -> Option<u32> {
        let (word, bit) = Self::place(hash);
        if self.sieve[word] & bit == 0 { None } else { self.numbers.get(&hash).copied() }
    }
}
