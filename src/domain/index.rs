//! Sequences of words filed for search: by the word that a text may begin them with. How they are found, `matching`
//! knows.

use std::collections::HashMap;

use super::pattern::{Segment, Sequence};

/// Sequences filed for search; each is known by its number, in the order in which they were added.
#[derive(Debug)]
pub(crate) struct Index {
    pub(super) sequences: Vec<Sequence>,
    by_stems: Shelf,
    by_words: Shelf,
    by_beginning: Shelf,
}

/// A sequence that some word may begin, in one of its spellings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Opening {
    /// The first byte of the word that must follow, where the first word does not suffice.
    pub(crate) then: Option<u8>,
    pub(super) sequence: u32,
    pub(super) spelling: Spelling,
    /// How much of that spelling the word has used up.
    pub(super) used: u32,
}

/// Of the first segment, in the order in which they are tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Spelling {
    Stemmed(u8),
    Written,
    Beginning,
}

impl Index {
    /// Files all sequences under what may stand in the text for their first segment.
    pub(crate) fn new(sequences: Vec<Sequence>) -> Self {
        let (mut by_stems, mut by_words, mut by_beginning) = (Vec::new(), Vec::new(), Vec::new());
        for (number, sequence) in (0..).zip(&sequences) {
            match sequence.first() {
                Some(Segment::Stems { stems, written }) => {
                    let stemmed = |(at, key): (u8, &String)| (key.clone(), number, Spelling::Stemmed(at));
                    by_stems.extend((0..).zip(stems).map(stemmed));
                    by_words.push((written.clone(), number, Spelling::Written));
                }
                Some(Segment::Exact(written)) => by_words.push((written.clone(), number, Spelling::Written)),
                Some(Segment::Beginning(letters)) => {
                    by_beginning.push((letters.clone(), number, Spelling::Beginning));
                }
                None => {}
            }
        }
        let [by_stems, by_words, by_beginning] = [by_stems, by_words, by_beginning].map(Shelf::new);
        Self { sequences, by_stems, by_words, by_beginning }
    }

    /// Adds the sequences that may begin with this word, in the order of what must follow.
    pub(crate) fn openings(&self, word: &str, stem: &str, openings: &mut Vec<Opening>) {
        let before = openings.len();
        // The article begins no word: "a ward" is no award.
        if word == "a" {
            return;
        }
        for (shelf, begun) in [(&self.by_stems, stem), (&self.by_words, word), (&self.by_beginning, word)] {
            openings.extend(shelf.beginning_with(begun).iter().map(|filed| self.opening(filed, begun.len())));
        }
        let shorter = self.by_beginning.0.iter().filter(|(key, ..)| key.len() < word.len() && word.starts_with(key));
        openings.extend(shorter.map(|filed| self.opening(filed, filed.0.len())));
        openings[before..].sort_unstable();
    }

    fn opening(&self, (key, sequence, spelling): &Filed, used: usize) -> Opening {
        let further = self.sequences[*sequence as usize].get(1).map_or("", Segment::written);
        let then = key.as_bytes().get(used).or(further.as_bytes().first()).copied();
        // No phrase is that long.
        let used = u32::try_from(used).unwrap_or(u32::MAX);
        Opening { sequence: *sequence, spelling: *spelling, used, then }
    }
}

type Filed = (String, u32, Spelling);

/// Sequences by what stands in the text, sorted.
#[derive(Debug)]
struct Shelf(Vec<Filed>);

impl Shelf {
    fn new(mut filed: Vec<Filed>) -> Self {
        filed.sort_unstable();
        Self(filed)
    }

    fn beginning_with(&self, letters: &str) -> &[Filed] {
        let rest = &self.0[self.0.partition_point(|(key, ..)| key.as_str() < letters)..];
        &rest[..rest.partition_point(|(key, ..)| key.starts_with(letters))]
    }
}

/// Each sequence once, however many phrases look for it.
#[derive(Default)]
pub(crate) struct Sequences {
    pub(crate) all: Vec<Sequence>,
    numbers: HashMap<Sequence, usize>,
}

impl Sequences {
    /// The number of this sequence, which is added if it is new.
    pub(crate) fn number(&mut self, sequence: &Sequence) -> usize {
        *self.numbers.entry(sequence.clone()).or_insert_with(|| {
            self.all.push(sequence.clone());
            self.all.len() - 1
        })
    }
}
