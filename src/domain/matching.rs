//! Finding many sequences of words in one pass over a passage.
//!
//! Each word of the passage brings the sequences that it may begin, with the letter that must follow; those are
//! compared word by word. A sequence begins and ends at a word's edge and never runs across the end of a sentence.
//! What a find is worth, `relevance` decides.

use std::collections::HashMap;
use std::ops::Range;

use super::pattern::{Segment, Sequence};
use super::vocabulary::Passage;

/// Sequences filed for search; each is known by its number, in the order in which they were added.
#[derive(Debug)]
pub(crate) struct Index {
    sequences: Vec<Sequence>,
    by_stems: Shelf,
    by_words: Shelf,
    by_beginning: Shelf,
}

/// A sequence that some word may begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Opening {
    sequence: usize,
    /// The first byte of the word that must follow, where the first word does not suffice.
    then: Option<u8>,
}

/// A sequence that was found, and the words that it covers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Hit {
    pub(crate) sequence: usize,
    pub(crate) words: Range<usize>,
    /// Whether no longer one covers it: a longer phrase takes its words from shorter ones, so that in "tax reform"
    /// nobody speaks of `reform`.
    pub(crate) is_outermost: bool,
}

impl Index {
    /// Files all sequences under what may stand in the text for their first segment.
    pub(crate) fn new(sequences: Vec<Sequence>) -> Self {
        let (mut by_stems, mut by_words, mut by_beginning) = (Vec::new(), Vec::new(), Vec::new());
        for (number, sequence) in sequences.iter().enumerate() {
            match sequence.first() {
                Some(Segment::Stems { stems, written }) => {
                    by_stems.extend(stems.iter().map(|key| (key.clone(), number)));
                    by_words.push((written.clone(), number));
                }
                Some(Segment::Exact(written)) => by_words.push((written.clone(), number)),
                Some(Segment::Beginning(letters)) => by_beginning.push((letters.clone(), number)),
                None => {}
            }
        }
        Self {
            sequences,
            by_stems: Shelf::new(by_stems),
            by_words: Shelf::new(by_words),
            by_beginning: Shelf::new(by_beginning),
        }
    }

    /// How many sequences there are.
    pub(crate) fn len(&self) -> usize {
        self.sequences.len()
    }

    /// Adds the sequences that may begin with this word, in the order of their numbers.
    pub(crate) fn openings(&self, word: &str, stem: &str, openings: &mut Vec<Opening>) {
        let before = openings.len();
        for (shelf, begun) in [(&self.by_stems, stem), (&self.by_words, word), (&self.by_beginning, word)] {
            openings.extend(shelf.beginning_with(begun).iter().map(|(key, sequence)| Opening {
                sequence: *sequence,
                then: key.as_bytes().get(begun.len()).copied(),
            }));
        }
        let longer = self.by_beginning.0.iter().filter(|(key, _)| word.len() > key.len() && word.starts_with(key));
        openings.extend(longer.map(|(_, sequence)| Opening { sequence: *sequence, then: None }));
        openings[before..].sort_unstable();
    }

    /// Every sequence at every place, in the order of the sequences' numbers and then of the text.
    pub(crate) fn find(&self, passage: &Passage, hits: &mut Vec<Hit>) {
        hits.clear();
        let mut furthest = 0;
        for start in 0..passage.folded().len() {
            let openings = passage.openings(start);
            if openings.is_empty() {
                continue;
            }
            let next = continues(passage, start + 1).then(|| passage.folded().word(start + 1).as_bytes()[0]);
            let first = hits.len();
            for opening in openings.iter().filter(|opening| opening.then.is_none() || opening.then == next) {
                let sequence = opening.sequence;
                if hits[first..].last().is_some_and(|hit| hit.sequence == sequence) {
                    continue;
                }
                if let Some(end) = end_of(&self.sequences[sequence], passage, start) {
                    hits.push(Hit { sequence, words: start..end, is_outermost: false });
                }
            }
            let longest = hits[first..].iter().map(|hit| hit.words.end).max().unwrap_or_default();
            for hit in &mut hits[first..] {
                hit.is_outermost = hit.words.end == longest && longest > furthest;
            }
            furthest = furthest.max(longest);
        }
        hits.sort_unstable_by_key(|hit| (hit.sequence, hit.words.start));
    }
}

/// The word after the last of a sequence that begins at `start`.
fn end_of(sequence: &[Segment], passage: &Passage, start: usize) -> Option<usize> {
    sequence.iter().try_fold(start, |at, segment| match segment {
        Segment::Stems { stems, written } => stems
            .iter()
            .find_map(|key| run(key, passage, start, at, |word| passage.stem(word)))
            .or_else(|| run(written, passage, start, at, |word| passage.folded().word(word))),
        Segment::Exact(written) => run(written, passage, start, at, |word| passage.folded().word(word)),
        Segment::Beginning(letters) => beginning(letters, passage, start, at),
    })
}

/// Takes words from `at` on until they have spelt the key, neither less nor more.
fn run<'a>(
    key: &str,
    passage: &Passage,
    start: usize,
    mut at: usize,
    spelling: impl Fn(usize) -> &'a str,
) -> Option<usize> {
    let mut rest = key;
    while !rest.is_empty() {
        if at != start && !continues(passage, at) {
            return None;
        }
        rest = rest.strip_prefix(spelling(at))?;
        at += 1;
    }
    Some(at)
}

/// Takes words from `at` on until they have spelt all these letters; the last may say more.
fn beginning(letters: &str, passage: &Passage, start: usize, mut at: usize) -> Option<usize> {
    let mut rest = letters;
    loop {
        if at != start && !continues(passage, at) {
            return None;
        }
        let word = passage.folded().word(at);
        at += 1;
        if word.starts_with(rest) {
            return Some(at);
        }
        rest = rest.strip_prefix(word)?;
    }
}

/// Whether there is such a word, and it goes on with the sentence of the word before.
fn continues(passage: &Passage, at: usize) -> bool {
    at < passage.folded().len() && !passage.folded().opens_sentence(at)
}

/// Numbers of sequences by key, sorted.
#[derive(Debug)]
struct Shelf(Vec<(String, usize)>);

impl Shelf {
    fn new(mut filed: Vec<(String, usize)>) -> Self {
        filed.sort_unstable();
        Self(filed)
    }

    fn beginning_with(&self, letters: &str) -> &[(String, usize)] {
        let from = self.0.partition_point(|(key, _)| key.as_str() < letters);
        let rest = &self.0[from..];
        &rest[..rest.partition_point(|(key, _)| key.starts_with(letters))]
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

/// The hits of one sequence, in the order of the text, among all that `find` gave.
pub(crate) fn hits_of(sequence: usize, hits: &[Hit]) -> &[Hit] {
    let from = hits.partition_point(|hit| hit.sequence < sequence);
    let rest = &hits[from..];
    &rest[..rest.partition_point(|hit| hit.sequence == sequence)]
}

/// The first words of the text that hold both sides with at most `within` words between them. Each side is the hits
/// of one sequence.
pub(crate) fn nearest(left: &[Hit], right: &[Hit], within: usize) -> Option<Range<usize>> {
    let both = [followed(left, right, within), followed(right, left, within)];
    both.into_iter().flatten().min_by_key(|words| (words.start, words.end))
}

/// The first of one side that the other follows closely, with the nearest end of that.
fn followed(first: &[Hit], second: &[Hit], within: usize) -> Option<Range<usize>> {
    first.iter().map(|hit| &hit.words).find_map(|first| {
        let after = &second[second.partition_point(|hit| hit.words.start < first.end)..];
        let near = after.iter().map(|hit| &hit.words).take_while(|second| second.start - first.end <= within);
        near.map(|second| first.start..second.end).min_by_key(|words| words.end)
    })
}
