//! When two Items are on one matter: the same canonical link, or nearly the same title and text. A false
//! merge loses a post, a missed one only repeats it, so both title and text must agree.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

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
/// A text shorter than this says too little to be told from another by its shingles.
const FEWEST_WORDS: usize = 40;

impl Likeness {
    /// Of one Item.
    #[must_use]
    pub fn of(item: &Item) -> Self {
        let text = if item.content.len() >= item.summary.len() { &item.content } else { &item.summary };
        let words: Vec<String> = text.unicode_words().take(600).map(str::to_lowercase).collect();
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

fn simhash(words: &[String]) -> u64 {
    let mut balance = [0i32; 64];
    for shingle in words.windows(3) {
        // `DefaultHasher::new()` has fixed keys; the value is compared only with others in one database.
        let mut hasher = DefaultHasher::new();
        shingle.hash(&mut hasher);
        let hash = hasher.finish();
        for (bit, sum) in balance.iter_mut().enumerate() {
            *sum += if hash >> bit & 1 == 1 { 1 } else { -1 };
        }
    }
    balance.iter().enumerate().fold(0, |bits, (bit, sum)| if *sum > 0 { bits | 1 << bit } else { bits })
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
    fn two_posts_titled_weeknotes_stay_two() {
        let one = Likeness::of(&item("Weeknotes", &prose("the designer")));
        let two = Likeness::of(&item("Weeknotes", &prose("an analyst")));
        assert!(!one.is_same(&two));
        assert!(!Likeness::of(&item("Weeknotes", "short")).is_same(&Likeness::of(&item("Weeknotes", "short"))));
    }
}
