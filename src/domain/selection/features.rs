//! Which features a classifier knows, by hashes of stems: a word's is worked out once, a pair's and a title word's
//! from those of its words.

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

/// The numbers of features by their keys, which are in order. The leading bits of a key say where to begin. A pair that is
/// no feature needs no more than that table and the keys, which are small enough for a core's second cache.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Features {
    keys: Vec<u32>,
    numbers: Vec<u32>,
    /// For each beginning of a key, where the keys with it, or with a later one, stand.
    starts: Vec<u32>,
    /// How far a key is shifted to give its beginning.
    shift: u32,
}

impl Features {
    /// Numbers them in the order in which they come.
    pub(crate) fn new(keys: &[u32]) -> Self {
        let mut sorted: Vec<(u32, u32)> = keys.iter().copied().zip(0..).collect();
        sorted.sort_unstable();
        let (keys, numbers): (Vec<u32>, Vec<u32>) = sorted.into_iter().unzip();
        // Two to four keys for each beginning.
        let bits = (keys.len() / 2).max(2).ilog2();
        let shift = u32::BITS - bits;
        let (mut starts, mut start) = (Vec::with_capacity((1 << bits) + 1), 0);
        for beginning in 0..=1 << bits {
            while keys.get(start as usize).is_some_and(|key| key >> shift < beginning) {
                start += 1;
            }
            starts.push(start);
        }
        Self { keys, numbers, starts, shift }
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.keys.len()
    }

    /// The number of a feature, by its hash.
    pub(crate) fn get(&self, hash: u64) -> Option<u32> {
        let key = key(hash);
        let beginning = (key >> self.shift) as usize;
        let (start, end) = (self.starts[beginning] as usize, self.starts[beginning + 1] as usize);
        let at = self.keys[start..end].iter().position(|it| *it == key)?;
        Some(self.numbers[start + at])
    }
}
