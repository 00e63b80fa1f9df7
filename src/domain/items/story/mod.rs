//! Decides whether two items are on one matter: they have the same canonical link, or nearly the same title and text. A
//! false merge loses a post, while a missed one only repeats it, so title and text must both agree.

mod title;

use super::item::Item;

/// The values by which items are compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fingerprint {
    /// The words of the title without what sites add around it. Near-identical titles share this value, so it serves as
    /// the look-up key.
    pub title: String,
    /// All words of the title.
    whole_title: String,
    /// A 64-bit SimHash (Charikar 2002) over three-word shingles of title and text.
    pub shingles: u64,
    /// The number of words that it was made from.
    pub words: usize,
}

/// The maximum number of differing bits of two SimHashes. Syndicated copies with small edits were measured to differ in
/// at most 6; posts on different matters differ in about 32, with a standard deviation of 4, so 9 is over five standard
/// deviations away from them.
const DISTANCE: u32 = 9;
/// The maximum number of words of a text that are examined.
const MOST_WORDS: usize = 600;
/// With fewer words than this, shingles cannot distinguish texts reliably.
const FEWEST_WORDS: usize = 40;

impl Fingerprint {
    /// The fingerprint of an item.
    #[must_use]
    pub fn of(item: &Item) -> Self {
        let text = if item.content.len() >= item.summary.len() { &item.content } else { &item.summary };
        let words = word_hashes(text);
        Self::kept(&item.title, simhash(&words), words.len())
    }

    /// The fingerprint of an item from its stored values.
    #[must_use]
    pub fn kept(title: &str, shingles: u64, words: usize) -> Self {
        let (whole_title, title) = title::whole_and_proper(title);
        Self { title, whole_title, shingles, words }
    }

    /// Whether a text with these shingles and this many words may be the same, regardless of the title;
    /// [`Self::is_same`] decides.
    #[must_use]
    pub fn may_be_same(&self, shingles: u64, words: usize) -> bool {
        self.words.min(words) >= FEWEST_WORDS && (self.shingles ^ shingles).count_ones() <= DISTANCE
    }

    /// Whether both are certainly one post: the same title, apart from what sites add ("… | Site", "Guest post: …"),
    /// and nearly equal, long enough texts.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        let is_plain = |fingerprint: &Self| fingerprint.whole_title == fingerprint.title;
        let is_sure = self.whole_title == other.whole_title || is_plain(self) || is_plain(other);
        !self.title.is_empty()
            && self.title == other.title
            && self.may_be_same(other.shingles, other.words)
            // Each title has a part that the other lacks, such as "Notice of a merger | Leeds" and "Notice of a merger
            // | York". These may be two sites' names around one post, or two posts made from one form whose texts
            // differ in the name of a town; so the texts must be identical.
            && (is_sure || self.shingles == other.shingles)
    }
}

/// The FNV-1a offset and prime; `shingle` mixes the bits further.
const EMPTY: u64 = 0xcbf2_9ce4_8422_2325;
const PRIME: u64 = 0x0100_0000_01b3;

/// The bit of each ASCII byte that distinguishes lower-case from upper-case letters.
const SMALL: u64 = 0x2020_2020_2020_2020;

/// Hashes of the first words of a text, each from its lower-cased letters. This is simpler than UAX 29 and several
/// times faster, which matters because every new item passes through here: an apostrophe joins letters, and an
/// ideograph is a word.
fn word_hashes(text: &str) -> Vec<u64> {
    let mut words = Vec::with_capacity((text.len() / 6).min(MOST_WORDS) + 1);
    let mut word = None;
    let mix = |hash: u64, c: char| (hash ^ u64::from(u32::from(c))).wrapping_mul(PRIME);
    let mut rest = text;
    while words.len() < MOST_WORDS {
        let run = rest.bytes().position(|byte| !byte.is_ascii_alphanumeric()).unwrap_or(rest.len());
        if run > 0 {
            // Hashes eight letters at once; all digits already have the bit that distinguishes cases.
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

/// A hash of three words with well-mixed bits: the finalizer of MurmurHash3.
fn shingle(words: &[u64]) -> u64 {
    let mut hash = words.iter().fold(0, |hash: u64, word| hash.rotate_left(21) ^ word.wrapping_mul(PRIME));
    hash = (hash ^ hash >> 33).wrapping_mul(0xff51_afd7_ed55_8ccd);
    hash = (hash ^ hash >> 33).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    hash ^ hash >> 33
}

/// The majority value of each bit over all shingles.
fn simhash(words: &[u64]) -> u64 {
    let mut counts = [0_usize; 64];
    let shingles: Vec<u64> = words.windows(3).map(shingle).collect();
    // Eight bits are counted at a time in one byte each, which holds counts up to 255.
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
    use crate::domain::items::item::Identity;

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
        let one = Fingerprint::of(&item("Shared services in Fife", &text));
        let two = Fingerprint::of(&item("Shared Services in Fife", &format!("{text} First published elsewhere.")));
        assert!(one.is_same(&two));
    }

    proptest! {
        #[test]
        fn fingerprints_compare_symmetrically_and_ignore_white_space(words in prop::collection::vec("[a-z]{2,9}", 40..120)) {
            let one = Fingerprint::of(&item("A title", &words.join(" ")));
            let two = Fingerprint::of(&item("a  Title", &words.join("\n\n")));
            prop_assert!(one.is_same(&two) && two.is_same(&one));
            let other = Fingerprint::of(&item("Another title", &words.join(" ")));
            prop_assert!(!one.is_same(&other) && !other.is_same(&one));
        }
    }

    #[test]
    fn a_copy_with_other_apostrophes_and_capitals_is_the_same() {
        let text = prose("the council's café");
        let other = text.replace('\'', "’").replace("café", "CAFÉ");
        assert_eq!(Fingerprint::of(&item("One", &text)), Fingerprint::of(&item("One", &other)));
    }

    #[test]
    fn shingles_of_different_prose_differ_in_about_half_of_the_bits() {
        let text = |n: u32| (0..200).map(|word| format!("{} ", n * 1000 + word)).collect::<String>();
        let hashes: Vec<u64> = (0..40).map(|n| Fingerprint::of(&item("t", &text(n))).shingles).collect();
        let apart: Vec<u32> = hashes.windows(2).map(|two| (two[0] ^ two[1]).count_ones()).collect();
        assert!(apart.iter().all(|bits| (14..=50).contains(bits)), "{apart:?}");
    }

    #[test]
    fn a_text_in_ideographs_has_as_many_words_as_signs() {
        assert_eq!(Fingerprint::of(&item("t", "公共服务改革 and more")).words, 8);
    }

    /// Whether two posts with these titles and this text, in the second one as edited, are one.
    fn are_one(one: &str, other: &str, edit: impl Fn(&str) -> String) -> bool {
        let text = prose("the council and its partners");
        let (one, other) = (Fingerprint::of(&item(one, &text)), Fingerprint::of(&item(other, &edit(&text))));
        assert_eq!(one.is_same(&other), other.is_same(&one));
        one.is_same(&other)
    }

    #[test]
    fn one_post_under_two_writings_of_its_title_is_one() {
        for (one, other) in [
            ("Shared services in Fife", "Shared services in Fife | Council Insight"),
            ("Shared services in Fife", "Shared services in Fife - Council Insight"),
            ("Shared services in Fife", "Council Insight: the blog » Shared services in Fife"),
            ("Shared services in Fife", "SHARED SERVICES IN FIFE"),
            ("Shared services in Fife", "“Shared services” in Fife."),
            ("Shared services in Fife", "Guest post: Shared services in Fife"),
            ("Shared services in Fife", "Guest post by Jane Smith: Shared services in Fife"),
            ("Shared services in Fife", "[Guest post] Shared services in Fife"),
            ("Shared services in Fife", "Shared services in Fife (updated)"),
            ("Shared services in Fife", "Blog: Shared services in Fife – Council Insight"),
            ("Health & care: what’s next", "Health and care: what's next"),
            ("The case for prevention", "Case for prevention"),
            ("Joined-up working pays", "Joined up working pays"),
            ("Shared services in Fife | Council Insight", "Shared services in Fife – Future Services"),
            ("Weeknotes", "Weeknotes"),
            ("[News]", "[News]"),
        ] {
            assert!(are_one(one, other, str::to_owned), "{one} / {other}");
        }
        let edited = |text: &str| format!("{} First published elsewhere.", text.replacen("says 7", "tells 7", 1));
        assert!(are_one("Shared services in Fife", "Shared services in Fife | Council Insight", edited));
    }

    #[test]
    fn two_posts_from_one_form_are_two_though_their_texts_are_alike() {
        for (one, other) in [
            ("Weeknotes 12", "Weeknotes 13"),
            ("Weeknotes: week 12", "Weeknotes: week 13"),
            ("Weeknotes – 12 June", "Weeknotes – 19 June"),
            ("What we learned from reform | Part 1", "What we learned from reform | Part 2"),
            ("What we learned from reform (part one)", "What we learned from reform (part two)"),
            ("Changes to bin collections - Monday", "Changes to bin collections - Tuesday"),
            ("Board minutes | March", "Board minutes | April"),
            ("Notice | Leeds", "Notice | York"),
            ("Local plan – Leeds", "Local plan – York"),
            ("Press release: new chair", "Press release: new chief executive"),
            ("Health: annual report", "Housing: annual report"),
            ("Integration in Fife", "Integration in Angus"),
            ("Council Insight", "Council Insight | Shared services in Fife"),
            ("Spending review 2025", "Spending review 2026"),
            ("[News]", "[Update]"),
            ("", ""),
        ] {
            assert!(!are_one(one, other, str::to_owned), "{one} / {other}");
        }
        // The same form, filled in differently.
        let filled_in = |text: &str| text.replace("council", "school").replace("says 1", "asks 1");
        assert!(!are_one(
            "Applications that were received | Leeds",
            "Applications that were received | York",
            filled_in
        ));
        assert!(!are_one("Shared services in Fife", "Shared services in Fife", |_| prose("an analyst at work")));
    }

    #[test]
    fn two_posts_titled_weeknotes_stay_two() {
        let one = Fingerprint::of(&item("Weeknotes", &prose("the designer")));
        let two = Fingerprint::of(&item("Weeknotes", &prose("an analyst")));
        assert!(!one.is_same(&two));
        assert!(!Fingerprint::of(&item("Weeknotes", "short")).is_same(&Fingerprint::of(&item("Weeknotes", "short"))));
    }
}
