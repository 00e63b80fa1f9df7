//! Finding many sequences of words in one pass over a folded text.
//!
//! Sequences are filed under their first two or three letters; at each word only those filed under the
//! letters that follow are compared, and only their words are stemmed. A sequence begins and ends at a
//! word's edge and never runs across the end of a sentence. What a find is worth, `relevance` decides.

use std::collections::HashMap;
use std::ops::Range;

use super::folded::{self, Folded};
use super::pattern::{Segment, Sequence};

/// Sequences filed for search; each is known by its number, in the order in which they were added.
#[derive(Debug)]
pub(crate) struct Index {
    sequences: Vec<Sequence>,
    by_three: Shelf<3>,
    by_two: Shelf<2>,
}

/// A sequence that was found, and the words that it covers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Hit {
    pub(crate) sequence: usize,
    pub(crate) words: Range<usize>,
}

impl Index {
    /// Files all sequences.
    pub(crate) fn new(sequences: Vec<Sequence>) -> Self {
        let mut by_three = Vec::new();
        let mut by_two = Vec::new();
        for (number, sequence) in sequences.iter().enumerate() {
            let Some(first) = sequence.first() else { continue };
            for key in openings(first) {
                match key.len() {
                    3 => by_three.push((Shelf::<3>::slot(key), number)),
                    _ => by_two.push((Shelf::<2>::slot(key), number)),
                }
            }
        }
        Self { sequences, by_three: Shelf::new(by_three), by_two: Shelf::new(by_two) }
    }

    /// How many sequences there are.
    pub(crate) fn len(&self) -> usize {
        self.sequences.len()
    }

    /// Every sequence at every place, in the order of the text and then of the sequences' numbers.
    pub(crate) fn find(&self, folded: &mut Folded) -> Vec<Hit> {
        let mut hits = Vec::new();
        for start in 0..folded.len() {
            let letters = folded.letters_from(start);
            let three = self.by_three.at(letters);
            let two = self.by_two.at(letters);
            let before = hits.len();
            for &sequence in three.iter().chain(two) {
                if let Some(end) = end_of(&self.sequences[sequence], folded, start) {
                    hits.push(Hit { sequence, words: start..end });
                }
            }
            hits[before..].sort_by_key(|hit| hit.sequence);
        }
        hits
    }
}

/// The beginnings of text under which a sequence with this first segment must be looked up: three letters,
/// or two where stemming may have touched the third, as in `using`, whose stem is `use`.
fn openings(first: &Segment) -> Vec<&[u8]> {
    let written = first.written().as_bytes();
    let mut keys = vec![&written[..written.len().min(3)]];
    if let Segment::Stems { stems, .. } = first {
        let short = stems.iter().any(|key| key.len() < 4 || key.as_bytes()[..3] != written[..written.len().min(3)]);
        if short || folded::stem(first.written()).len() < 4 {
            keys[0] = &written[..written.len().min(2)];
        }
    }
    keys
}

/// The word after the last of a sequence that begins at `start`.
fn end_of(sequence: &[Segment], folded: &mut Folded, start: usize) -> Option<usize> {
    sequence.iter().try_fold(start, |at, segment| match segment {
        Segment::Stems { stems, written } => stems
            .iter()
            .find_map(|key| run(key, folded, start, at, Folded::stem))
            .or_else(|| run(written, folded, start, at, |folded, word| folded.word(word))),
        Segment::Exact(written) => run(written, folded, start, at, |folded, word| folded.word(word)),
        Segment::Beginning(letters) => beginning(letters, folded, start, at),
    })
}

/// Takes words from `at` on until they have spelt the key, neither less nor more.
fn run(
    key: &str,
    folded: &mut Folded,
    start: usize,
    mut at: usize,
    spelling: impl Fn(&mut Folded, usize) -> &str,
) -> Option<usize> {
    let mut rest = key;
    while !rest.is_empty() {
        if !continues(folded, start, at) {
            return None;
        }
        // Stemming keeps the first two letters: most words are told apart by them, unstemmed.
        let both = rest.len().min(2);
        if !folded.letters_from(at).starts_with(&rest.as_bytes()[..both]) {
            return None;
        }
        rest = rest.strip_prefix(spelling(folded, at))?;
        at += 1;
    }
    Some(at)
}

/// Takes words from `at` on until they have spelt all these letters; the last may say more.
fn beginning(letters: &str, folded: &Folded, start: usize, mut at: usize) -> Option<usize> {
    let mut rest = letters;
    loop {
        if !continues(folded, start, at) {
            return None;
        }
        let word = folded.word(at);
        at += 1;
        if word.starts_with(rest) {
            return Some(at);
        }
        rest = rest.strip_prefix(word)?;
    }
}

fn continues(folded: &Folded, start: usize, at: usize) -> bool {
    at < folded.len() && (at == start || !folded.opens_sentence(at))
}

/// Numbers filed under their first letters; slots may be shared, as every find is compared in full.
#[derive(Debug)]
struct Shelf<const LETTERS: usize> {
    starts: Vec<usize>,
    numbers: Vec<usize>,
}

impl<const LETTERS: usize> Shelf<LETTERS> {
    fn new(mut filed: Vec<(usize, usize)>) -> Self {
        filed.sort_unstable();
        let slots = 1 << (5 * LETTERS);
        let starts = (0..=slots).map(|slot| filed.partition_point(|(filed, _)| *filed < slot)).collect();
        Self { starts, numbers: filed.into_iter().map(|(_, number)| number).collect() }
    }

    /// Five bits tell the Latin letters apart.
    fn slot(letters: &[u8]) -> usize {
        letters.iter().take(LETTERS).fold(0, |slot, letter| slot << 5 | usize::from(letter & 31))
    }

    fn at(&self, letters: &[u8]) -> &[usize] {
        if letters.len() < LETTERS {
            return &[];
        }
        let slot = Self::slot(letters);
        &self.numbers[self.starts[slot]..self.starts[slot + 1]]
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

/// For each hit, in the order of the text, whether no longer one covers it: a longer phrase takes its words
/// from shorter ones, so that in "tax reform" nobody speaks of `reform`.
pub(crate) fn outermost(hits: &[Hit]) -> Vec<bool> {
    let mut furthest = 0;
    hits.chunk_by(|a, b| a.words.start == b.words.start)
        .flat_map(|starting_here| {
            let longest = starting_here.iter().map(|hit| hit.words.end).max().unwrap_or_default();
            let covered = furthest;
            furthest = furthest.max(longest);
            starting_here.iter().map(move |hit| hit.words.end == longest && hit.words.end > covered)
        })
        .collect()
}

/// The first words of the text that hold both sides with at most `within` words between them.
pub(crate) fn nearest(left: &[&Range<usize>], right: &[&Range<usize>], within: usize) -> Option<Range<usize>> {
    let pairs = left.iter().flat_map(|left| right.iter().map(move |right| (left, right)));
    let near = pairs.filter_map(|(left, right)| {
        let gap = left.start.checked_sub(right.end).or_else(|| right.start.checked_sub(left.end))?;
        (gap <= within).then(|| left.start.min(right.start)..left.end.max(right.end))
    });
    near.min_by_key(|words| (words.start, words.end))
}
