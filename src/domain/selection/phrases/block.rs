//! Sixteen bytes of a text at once: nearly any word is within one block, so that it is measured, copied and compared in a
//! few instructions, without a branch for each letter.

use std::ops::Range;

const BYTES: usize = 16;

/// Sixteen bytes.
pub(super) struct Block(pub(super) [u8; BYTES]);

impl Block {
    /// The bytes from `at` on, with zeros after the end.
    #[inline]
    pub(super) fn at(bytes: &[u8], at: usize) -> Self {
        let rest = &bytes[at..];
        Self(rest.first_chunk().copied().unwrap_or_else(|| {
            let mut padded = [0; BYTES];
            padded[..rest.len()].copy_from_slice(rest);
            padded
        }))
    }

    /// The number of ASCII letters and digits that it begins with. All bytes are tested at once, as one large number: in
    /// each, the highest bit of a sum says whether the byte reaches a bound, and never carries over into the next.
    #[inline]
    pub(super) fn alphanumerics(&self) -> usize {
        const fn each(byte: u8) -> u128 {
            u128::from_ne_bytes([byte; BYTES])
        }
        let within = |bytes: u128, [first, last]: [u8; 2]| (bytes + each(0x80 - first)) & !(bytes + each(0x7f - last));
        let bytes = u128::from_le_bytes(self.0);
        let low = bytes & each(0x7f);
        let alphanumeric = (within(low | each(0x20), *b"az") | within(low, *b"09")) & !bytes;
        (!alphanumeric & each(0x80)).trailing_zeros() as usize / 8
    }
}

/// The letters of a word of at most sixteen bytes as two numbers, padded with zero bytes, which occur in no word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Short(u64, u64);

impl Short {
    /// The word in this range of the letters, if it is short.
    #[inline]
    pub(super) fn of(letters: &[u8], word: Range<usize>) -> Option<Self> {
        let unused = BYTES.checked_sub(word.len())?;
        let mut used = u128::from_le_bytes(Block::at(letters, word.start).0);
        used &= u128::MAX.checked_shr(u32::try_from(8 * unused).ok()?).unwrap_or_default();
        #[expect(clippy::cast_possible_truncation, reason = "its two halves")]
        Some(Self(used as u64, (used >> 64) as u64))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Block, Short};

    #[test]
    fn every_byte_is_told_at_every_place() {
        for at in 0..16 {
            for byte in 0..=u8::MAX {
                let mut bytes = [b'a'; 16];
                bytes[at] = byte;
                let expected = if byte.is_ascii_alphanumeric() { 16 } else { at };
                assert_eq!(Block(bytes).alphanumerics(), expected, "{byte} at {at}");
            }
        }
    }

    proptest! {
        #[test]
        fn short_words_are_equal_if_their_letters_are(text in "[a-c]{1,40}", start in 0..20_usize, other in 0..20_usize, length in 1..18_usize) {
            let word = |start: usize| start.min(text.len() - 1)..(start + length).min(text.len());
            let (one, two) = (word(start), word(other));
            prop_assume!(!one.is_empty() && !two.is_empty());
            let [short, another] = [&one, &two].map(|word| Short::of(text.as_bytes(), word.clone()));
            prop_assert_eq!(short.is_some(), one.len() <= 16);
            if short.is_some() && another.is_some() {
                prop_assert_eq!(short == another, text[one] == text[two]);
            }
        }
    }
}
