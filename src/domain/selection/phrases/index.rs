//! Indexes sequences of words by the word of a text that may begin them. `matching` searches with this index.

use std::collections::HashMap;

use super::inflection::is_gerund;
use super::pattern::{Key, Segment, Sequence};

/// Indexed sequences; each is identified by its number, in the order in which they were added.
#[derive(Debug)]
pub(crate) struct Index {
    pub(crate) sequences: Vec<Sequence>,
    by_bases: Shelf,
    by_words: Shelf,
    by_beginning: Shelf,
}

/// A sequence that a word may begin, in one of its spellings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Opening {
    /// The first byte of the next word, where the first word is not the whole sequence.
    pub(crate) then: Option<u8>,
    pub(crate) sequence: u32,
    pub(crate) spelling: Spelling,
    /// How many bytes of that spelling the word has matched.
    pub(crate) used: u32,
}

/// Spellings of the first segment, in the order in which they are tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Spelling {
    Inflected(u8),
    Written,
    Beginning,
}

impl Index {
    /// Indexes all sequences by the words that may match their first segment.
    pub(crate) fn new(sequences: Vec<Sequence>) -> Self {
        let (mut by_bases, mut by_words, mut by_beginning) = (Vec::new(), Vec::new(), Vec::new());
        for (number, sequence) in (0..).zip(&sequences) {
            match sequence.first() {
                Some(Segment::Inflected { bases, written }) => {
                    let inflected = |(at, key): (u8, &Key)| (key.clone(), number, Spelling::Inflected(at));
                    by_bases.extend((0..).zip(bases).map(inflected));
                    by_words.push((written.clone(), number, Spelling::Written));
                }
                Some(Segment::Exact(written)) => by_words.push((written.clone(), number, Spelling::Written)),
                Some(Segment::Beginning(letters)) => {
                    by_beginning.push((letters.clone(), number, Spelling::Beginning));
                }
                None => {}
            }
        }
        let [by_bases, by_words, by_beginning] = [by_bases, by_words, by_beginning].map(Shelf::new);
        Self { sequences, by_bases, by_words, by_beginning }
    }

    /// Adds the sequences that may begin with this word, ordered by the byte that must follow.
    pub(crate) fn openings(&self, word: &str, base: &str, openings: &mut Vec<Opening>) {
        let before = openings.len();
        for (shelf, begun) in [(&self.by_bases, base), (&self.by_words, word), (&self.by_beginning, word)] {
            let is_admitted = |key: &Key| !key.needs_gerund(begun.len()) || is_gerund(word);
            let admitted = shelf.beginning_with(begun).filter(|(key, ..)| is_admitted(key));
            openings.extend(admitted.map(|filed| self.opening(filed, begun.len())));
        }
        let is_begun = |key: &Key| key.letters.len() < word.len() && word.starts_with(&key.letters);
        let shorter = self.by_beginning.near(word).iter().filter(|(key, ..)| is_begun(key));
        openings.extend(shorter.map(|filed| self.opening(filed, filed.0.letters.len())));
        openings[before..].sort_unstable();
    }

    fn opening(&self, (key, sequence, spelling): &Filed, used: usize) -> Opening {
        let further = self.sequences[*sequence as usize].get(1).map_or("", |segment| &segment.written().letters);
        let then = key.letters.as_bytes().get(used).or(further.as_bytes().first()).copied();
        // No phrase is so long.
        let used = u32::try_from(used).unwrap_or(u32::MAX);
        Opening { sequence: *sequence, spelling: *spelling, used, then }
    }
}

type Filed = (Key, u32, Spelling);

/// Sequences with the text that they begin with, sorted.
#[derive(Debug)]
struct Shelf {
    filed: Vec<Filed>,
    /// For each byte, the position of the first entry that begins with it or a later one.
    by_first: Vec<usize>,
}

impl Shelf {
    fn new(mut filed: Vec<Filed>) -> Self {
        filed.sort_unstable();
        let first = |(key, ..): &Filed| key.letters.as_bytes().first().map_or(0, |byte| usize::from(*byte));
        let by_first = (0..=256).map(|byte| filed.partition_point(|filed| first(filed) < byte)).collect();
        Self { filed, by_first }
    }

    /// The entries that begin with the same byte as these letters.
    fn near(&self, letters: &str) -> &[Filed] {
        let Some(first) = letters.as_bytes().first().map(|byte| usize::from(*byte)) else { return &self.filed };
        &self.filed[self.by_first[first]..self.by_first[first + 1]]
    }

    fn beginning_with(&self, letters: &str) -> impl Iterator<Item = &Filed> {
        let near = self.near(letters);
        let rest = &near[near.partition_point(|(key, ..)| key.letters.as_str() < letters)..];
        rest.iter().take_while(move |(key, ..)| key.letters.starts_with(letters))
    }
}

/// Stores each sequence once, however many phrases use it.
#[derive(Default)]
pub(crate) struct Sequences {
    pub(crate) all: Vec<Sequence>,
    numbers: HashMap<Sequence, usize>,
}

impl Sequences {
    /// The number of this sequence; adds it if it is new.
    pub(crate) fn number(&mut self, sequence: &Sequence) -> usize {
        *self.numbers.entry(sequence.clone()).or_insert_with(|| {
            self.all.push(sequence.clone());
            self.all.len() - 1
        })
    }
}
