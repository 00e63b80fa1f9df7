//! A cache of the words met so far. Each has a number that gives its base, its feature of the model, and the sequences
//! that it may begin.
//!
//! When a word first appears, it is stemmed for the model, reduced to its base for the phrases, and looked up in the
//! index of sequences; after that, reading it takes one table look-up. Nearly all words have at most sixteen letters
//! and are hashed and compared as two numbers. The table is only a cache: scores do not depend on it. When it is full it is
//! cleared, so a stream of odd words cannot make it grow.

use std::collections::HashMap;
use std::ops::Range;

use foldhash::fast::FixedState;

use super::folded::{self, Folded, Short, place};
use super::index::{Index, Opening};
use super::inflection;
use crate::domain::selection::features;
use crate::domain::selection::features::Features;

/// The maximum number of words: some 2 MB for each thread that scores. A hash table of 32,768 places holds this many
/// before it grows.
const MOST_WORDS: usize = 28 * 1024;
/// The maximum size of all bases, in bytes.
const MOST_BYTES: usize = 512 * 1024;

/// A buffer for one passage at a time, with its words numbered.
#[derive(Debug, Default)]
pub(crate) struct Passage {
    folded: Folded,
    numbers: Vec<u32>,
    vocabulary: Vocabulary,
}

impl Passage {
    /// Folds a text, up to `limit` as `Folded` counts, and looks up its words' numbers. Every call on a passage must
    /// pass the same index and model.
    pub(crate) fn refill(&mut self, text: &str, limit: usize, index: &Index, model: Option<&Features>) {
        self.folded.refill(text, limit);
        self.vocabulary.make_room();
        self.numbers.clear();
        self.numbers
            .extend((0..self.folded.len()).map(|word| self.vocabulary.number(&self.folded, word, index, model)));
    }

    /// The folded text: its words, and their places in the source.
    #[inline]
    pub(crate) fn folded(&self) -> &Folded {
        &self.folded
    }

    /// The key that all forms of a word share.
    #[inline]
    pub(crate) fn base(&self, word: usize) -> &str {
        self.vocabulary.base(self.numbers[word])
    }

    /// For all words in order, the hash of the stem, and the word's feature of the model if it has one.
    #[inline]
    pub(crate) fn features(&self) -> impl Iterator<Item = (u64, Option<u32>)> {
        self.numbers.iter().map(|number| self.vocabulary.of(*number)).map(|met| (met.hash, met.feature))
    }

    /// Whether a word may begin any sequence.
    #[inline]
    pub(crate) fn opens(&self, word: usize) -> bool {
        !self.vocabulary.of(self.numbers[word]).openings.is_empty()
    }

    /// The sequences that a word may begin, where the next word of its sentence begins with `next`.
    #[inline]
    pub(crate) fn openings(&self, word: usize, next: Option<u8>) -> impl Iterator<Item = &Opening> {
        let met = self.vocabulary.of(self.numbers[word]);
        // Those that need no further word come first, the others in the order of the byte that must follow.
        let openings = &self.vocabulary.openings[met.openings.start as usize..met.openings.end as usize];
        let (complete, mut others) = openings.split_at(met.complete as usize);
        match next {
            Some(letter) if met.then & bit(letter) != 0 => {
                others = &others[others.partition_point(|opening| opening.then < next)..];
            }
            _ => others = &[],
        }
        complete.iter().chain(others.iter().take_while(move |opening| opening.then == next))
    }
}

#[derive(Debug, Default)]
struct Vocabulary {
    short: HashMap<Short, u32, FixedState>,
    long: HashMap<Box<str>, u32, FixedState>,
    met: Vec<Met>,
    bases: String,
    openings: Vec<Opening>,
}

#[derive(Debug)]
struct Met {
    hash: u64,
    /// The first letters that the openings require of the next word, one bit for each letter.
    then: u64,
    base: Range<u32>,
    openings: Range<u32>,
    /// How many openings, at the front, need no further word.
    complete: u32,
    feature: Option<u32>,
}

#[inline]
fn bit(letter: u8) -> u64 {
    1 << (letter % 64)
}

impl Vocabulary {
    /// Clears the table if it is full. Call it only between passages, because word numbers become invalid.
    fn make_room(&mut self) {
        if self.met.len() >= MOST_WORDS || self.bases.len() >= MOST_BYTES {
            *self = Self::default();
        }
    }

    #[inline]
    fn number(&mut self, folded: &Folded, word: usize, index: &Index, model: Option<&Features>) -> u32 {
        let short = folded.short(word);
        let known = match &short {
            Some(short) => self.short.get(short),
            None => self.long.get(folded.word(word)),
        };
        if let Some(number) = known {
            return *number;
        }
        let word = folded.word(word);
        let number = self.meet(word, index, model);
        match short {
            Some(short) => self.short.insert(short, number),
            None => self.long.insert(word.into(), number),
        };
        number
    }

    #[inline(never)]
    fn meet(&mut self, word: &str, index: &Index, model: Option<&Features>) -> u32 {
        let base = inflection::base(word);
        let (base_start, openings_start) = (self.bases.len(), self.openings.len());
        self.bases.push_str(&base);
        index.openings(word, &base, &mut self.openings);
        let number = place(self.met.len());
        let openings = &self.openings[openings_start..];
        let hash = features::hash(&folded::stem(word));
        self.met.push(Met {
            hash,
            then: openings.iter().filter_map(|opening| opening.then).fold(0, |all, letter| all | bit(letter)),
            base: place(base_start)..place(self.bases.len()),
            openings: place(openings_start)..place(self.openings.len()),
            complete: place(openings.partition_point(|opening| opening.then.is_none())),
            feature: model.and_then(|model| model.get(hash)),
        });
        number
    }

    #[inline]
    fn of(&self, number: u32) -> &Met {
        &self.met[number as usize]
    }

    #[inline]
    fn base(&self, number: u32) -> &str {
        let base = &self.of(number).base;
        &self.bases[base.start as usize..base.end as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::{MOST_WORDS, Passage};
    use crate::domain::selection::phrases::index::Index;

    #[test]
    fn words_and_their_bases_are_handed_out_in_order() {
        let mut passage = Passage::default();
        passage.refill("Joined-up services, served", usize::MAX, &Index::new(Vec::new()), None);
        assert_eq!(passage.folded().words().collect::<Vec<_>>(), ["joined", "up", "services", "served"]);
        assert_eq!([0, 1, 2, 3].map(|word| passage.base(word)), ["join", "up", "servic", "serv"]);
    }

    #[test]
    fn a_stream_of_new_words_does_not_fill_the_memory() {
        let (mut passage, index) = (Passage::default(), Index::new(Vec::new()));
        for number in 0..3 * MOST_WORDS {
            passage.refill(&format!("word{number} services"), usize::MAX, &index, None);
            assert_eq!(passage.base(1), "servic");
        }
        assert!(passage.vocabulary.met.len() <= MOST_WORDS + 2);
        assert_eq!(passage.vocabulary.met.len(), passage.vocabulary.short.len());
    }

    #[test]
    fn a_word_of_megabytes_is_not_remembered() {
        let (mut passage, index) = (Passage::default(), Index::new(Vec::new()));
        passage.refill(&"a".repeat(1 << 20), usize::MAX, &index, None);
        passage.refill("short", usize::MAX, &index, None);
        assert!(passage.vocabulary.bases.capacity() < 1024 && passage.vocabulary.met.len() == 1);
    }
}
