//! Which features a classifier knows, by hashes of stems: a word's is worked out once, a pair's and a title word's
//! from those of its words.

const PRIME: u64 = 0x0000_0100_0000_01b3;

/// A stem by FNV-1a.
pub(super) fn hash(stem: &str) -> u64 {
    hash_bytes(stem.as_bytes())
}

/// Bytes by FNV-1a.
pub(super) fn hash_bytes(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(PRIME))
}

/// Two stems that follow one another.
pub(super) fn pair(first: u64, second: u64) -> u64 {
    (first.rotate_left(23) ^ second).wrapping_mul(PRIME)
}

/// A stem in the title.
pub(super) fn in_title(stem: u64) -> u64 {
    pair(u64::MAX, stem)
}

/// What a file keeps of a hash, its upper half, which the multiplication mixes best: of the words and pairs of a text, one
/// in thirty thousand is mistaken for a feature.
pub(super) fn key(hash: u64) -> u32 {
    (hash >> 32) as u32
}

/// The numbers of features by their keys: a table with open addressing. A key stands where its leading bits say or, where
/// that slot is taken, in the next free one, so that one look at the memory tells of most pairs of words that they are no
/// feature.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Features {
    /// The key in the upper half, one more than the number in the lower; 0 is a free slot.
    slots: Vec<u64>,
    /// How far a hash is shifted to give its slot.
    shift: u32,
    count: usize,
}

impl Features {
    /// Numbers them in the order in which they come.
    pub(super) fn new(keys: &[u32]) -> Self {
        // Half to three quarters of the slots are taken.
        let slots = (keys.len() * 4 / 3).next_power_of_two().max(64);
        let mut features = Self { slots: vec![0; slots], shift: 64 - slots.ilog2(), count: keys.len() };
        for (key, number) in keys.iter().zip(1..) {
            let slot = features.slot(u64::from(*key) << 32);
            features.slots[slot] = u64::from(*key) << 32 | number;
        }
        features
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.count
    }

    /// Where the key of a hash stands, or the free slot where it would.
    fn slot(&self, hash: u64) -> usize {
        let mut slot = (hash >> self.shift) as usize;
        while self.slots[slot] != 0 && key(self.slots[slot]) != key(hash) {
            slot = (slot + 1) % self.slots.len();
        }
        slot
    }

    /// The number of a feature, by its hash.
    pub(super) fn get(&self, hash: u64) -> Option<u32> {
        #[expect(clippy::cast_possible_truncation, reason = "the number is the lower half")]
        let number = self.slots[self.slot(hash)] as u32;
        number.checked_sub(1)
    }
}
