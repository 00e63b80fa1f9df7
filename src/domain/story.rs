//! When two Items are on one matter: the same canonical link, or nearly the same title and text. A false
//! merge loses a post, a missed one only repeats it, so both title and text must agree.

use unicode_segmentation::UnicodeSegmentation as _;

use super::item::Item;

/// What an Item is compared by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Likeness {
    /// The title's words, lower-cased, joined by spaces.
    pub title: String,
    /// A 64-bit SimHash (Charikar 2002) over three-word shingles of title and text.
    pub shingles: u64,
    /// Number of words that it was made from.
    pub words: usize,
}

/// Bits in which two SimHashes may differ. Measured on syndicated copies with small edits: at most 6; posts
/// on different matters differ in about 32, with a spread of 4.
const DISTANCE: u32 = 9;
/// More of a text is not looked at.
const MOST_WORDS: usize = 600;
/// A text shorter than this says too little to be told from another by its shingles.
const FEWEST_WORDS: usize = 40;

impl Likeness {
    /// Of one Item.
    #[must_use]
    pub fn of(item: &Item) -> Self {
        let text = if item.content.len() >= item.summary.len() { &item.content } else { &item.summary };
        let words = word_hashes(text);
        let title = item.title.unicode_words().map(str::to_lowercase).collect::<Vec<_>>().join(" ");
        Self { title, shingles: simhash(&words), words: words.len() }
    }

    /// Whether both are surely one post: an equal title and nearly equal, long enough text.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        !self.title.is_empty()
            && self.title == other.title
            && self.words.min(other.words) >= FEWEST_WORDS
            && (self.shingles ^ other.shingles).count_ones() <= DISTANCE
    }
}

/// FNV-1a's offset and prime; how well the bits are spread is `shingle`'s concern.
const EMPTY: u64 = 0xcbf2_9ce4_8422_2325;
const PRIME: u64 = 0x0100_0000_01b3;

/// In ASCII, what a small letter has and a capital has not.
const SMALL: u64 = 0x2020_2020_2020_2020;

/// The first words of a text as hashes of their lower-cased letters. Plainer than UAX 29 and several times faster,
/// as every new item is looked at: an apostrophe joins, and an ideograph is a word.
fn word_hashes(text: &str) -> Vec<u64> {
    let mut words = Vec::with_capacity((text.len() / 6).min(MOST_WORDS) + 1);
    let mut word = None;
    let mix = |hash: u64, c: char| (hash ^ u64::from(u32::from(c))).wrapping_mul(PRIME);
    let mut rest = text;
    while words.len() < MOST_WORDS {
        let run = rest.bytes().position(|byte| !byte.is_ascii_alphanumeric()).unwrap_or(rest.len());
        if run > 0 {
            // Eight letters at once; the bit that parts capitals from small letters is set in every digit.
            word = Some(rest.as_bytes()[..run].chunks(8).fold(word.unwrap_or(EMPTY), |hash, letters| {
                let eight = letters.iter().fold(0, |eight, letter| eight << 8 | u64::from(*letter));
                (hash ^ (eight | SMALL)).wrapping_mul(PRIME).rotate_left(29)
            }));
        }
        let Some(c) = rest[run..].chars().next() else { break };
        rest = &rest[run + c.len_utf8()..];
        match c {
            '\'' | '’' => {}
            _ if c.is_ascii() => words.extend(word.take()),
            '\u{2e80}'..='\u{9fff}' | '\u{20000}'..='\u{3ffff}' if c.is_alphanumeric() => {
                words.extend(word.take());
                words.push(mix(EMPTY, c));
            }
            _ if c.is_alphanumeric() => word = Some(c.to_lowercase().fold(word.unwrap_or(EMPTY), mix)),
            _ => words.extend(word.take()),
        }
    }
    words.extend(word);
    words.truncate(MOST_WORDS);
    words
}

/// Three words as one hash, its bits well spread: the finalizer of MurmurHash3.
fn shingle(words: &[u64]) -> u64 {
    let mut hash = words.iter().fold(0, |hash: u64, word| hash.rotate_left(21) ^ word.wrapping_mul(PRIME));
    hash = (hash ^ hash >> 33).wrapping_mul(0xff51_afd7_ed55_8ccd);
    hash = (hash ^ hash >> 33).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    hash ^ hash >> 33
}

/// Each bit as most shingles have it.
fn simhash(words: &[u64]) -> u64 {
    let mut counts = [0_usize; 64];
    let shingles: Vec<u64> = words.windows(3).map(shingle).collect();
    // Eight bits are counted at a time, a byte each, which hold up to 255.
    for some in shingles.chunks(255) {
        let mut lanes = [0_u64; 8];
        for hash in some {
            for (bit, lane) in lanes.iter_mut().enumerate() {
                *lane += hash >> bit & 0x0101_0101_0101_0101;
            }
        }
        for (bit, lane) in lanes.iter().enumerate() {
            for (byte, count) in lane.to_le_bytes().into_iter().enumerate() {
                counts[byte * 8 + bit] += usize::from(count);
            }
        }
    }
    (0..64).filter(|&bit| counts[bit] * 2 > shingles.len()).fold(0, |bits, bit| bits | 1 << bit)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::item::Identity;

    fn item(title: &str, content: &str) -> Item {
        Item {
            identity: Identity::Id("1".into()),
            link: None,
            title: title.into(),
            summary: String::new(),
            content: content.into(),
            author: None,
            categories: vec![],
            published: None,
            updated: None,
        }
    }

    fn prose(subject: &str) -> String {
        (0..60).map(|n| format!("{subject} says {n} that word{} follows ", n * 7 % 31)).collect()
    }

    #[test]
    fn a_copy_with_a_small_edit_is_the_same() {
        let text = prose("the council");
        let one = Likeness::of(&item("Shared services in Fife", &text));
        let two = Likeness::of(&item("Shared Services in Fife", &format!("{text} First published elsewhere.")));
        assert!(one.is_same(&two));
    }

    proptest! {
        #[test]
        fn likeness_is_mutual_and_white_space_does_not_matter(words in prop::collection::vec("[a-z]{2,9}", 40..120)) {
            let one = Likeness::of(&item("A title", &words.join(" ")));
            let two = Likeness::of(&item("a  Title", &words.join("\n\n")));
            prop_assert!(one.is_same(&two) && two.is_same(&one));
            let other = Likeness::of(&item("Another title", &words.join(" ")));
            prop_assert!(!one.is_same(&other) && !other.is_same(&one));
        }
    }

    #[test]
    fn a_copy_with_other_apostrophes_and_capitals_is_the_same() {
        let text = prose("the council's café");
        let other = text.replace('\'', "’").replace("café", "CAFÉ");
        assert_eq!(Likeness::of(&item("One", &text)), Likeness::of(&item("One", &other)));
    }

    #[test]
    fn shingles_of_different_prose_differ_in_about_half_of_the_bits() {
        let text = |n: u32| (0..200).map(|word| format!("{} ", n * 1000 + word)).collect::<String>();
        let hashes: Vec<u64> = (0..40).map(|n| Likeness::of(&item("t", &text(n))).shingles).collect();
        let apart: Vec<u32> = hashes.windows(2).map(|two| (two[0] ^ two[1]).count_ones()).collect();
        assert!(apart.iter().all(|bits| (14..=50).contains(bits)), "{apart:?}");
    }

    #[test]
    fn a_text_in_ideographs_has_as_many_words_as_signs() {
        assert_eq!(Likeness::of(&item("t", "公共服务改革 and more")).words, 8);
    }

    #[test]
    fn two_posts_titled_weeknotes_stay_two() {
        let one = Likeness::of(&item("Weeknotes", &prose("the designer")));
        let two = Likeness::of(&item("Weeknotes", &prose("an analyst")));
        assert!(!one.is_same(&two));
        assert!(!Likeness::of(&item("Weeknotes", "short")).is_same(&Likeness::of(&item("Weeknotes", "short"))));
    }
}
