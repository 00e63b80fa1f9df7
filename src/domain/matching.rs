//! Finding many sequences of words in one pass over a passage.
//!
//! Each word of the passage brings the sequences that it may begin, with the letter that must follow; those are
//! compared word by word. A sequence begins and ends at a word's edge and never runs across the end of a sentence.
//! What a find is worth, `relevance` decides.

use std::ops::Range;

use super::index::{Index, Opening, Spelling};
use super::pattern::Segment;
use super::vocabulary::Passage;

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
    /// Every sequence that begins with one of the first so many words.
    pub(crate) fn find(&self, passage: &Passage, words: usize, found: &mut Hits) {
        found.clear(self.sequences.len());
        let hits = &mut found.all;
        let mut furthest = 0;
        for start in 0..words {
            if !passage.opens(start) {
                continue;
            }
            let next = continues(passage, start + 1).then(|| passage.folded().word(start + 1).as_bytes()[0]);
            let first = hits.len();
            for opening in passage.openings(start, next) {
                let sequence = opening.sequence as usize;
                if hits[first..].iter().any(|hit| hit.sequence == sequence) {
                    continue;
                }
                let end = if opening.then.is_none() { Some(start + 1) } else { self.end_of(*opening, passage, start) };
                if let Some(end) = end {
                    hits.push(Hit { sequence, words: start..end, is_outermost: false });
                }
            }
            let longest = hits[first..].iter().map(|hit| hit.words.end).max().unwrap_or_default();
            for hit in &mut hits[first..] {
                hit.is_outermost = hit.words.end == longest && longest > furthest;
            }
            furthest = furthest.max(longest);
        }
        found.sort();
    }

    /// The word after the last of a sequence that `start` opens.
    fn end_of(&self, opening: Opening, passage: &Passage, start: usize) -> Option<usize> {
        let (first, further) = self.sequences[opening.sequence as usize].split_first()?;
        let (used, second) = (opening.used as usize, start + 1);
        let at = match (first, opening.spelling) {
            (Segment::Stems { stems, .. }, Spelling::Stemmed(number)) => {
                run(&stems[usize::from(number)][used..], passage, second, |word| passage.stem(word))
            }
            (Segment::Beginning(letters), _) => beginning(&letters[used..], passage, second),
            _ => run(&first.written()[used..], passage, second, |word| passage.folded().word(word)),
        };
        further.iter().try_fold(at?, |at, segment| take(segment, passage, at))
    }
}

/// Takes a segment's words from `at` on, and returns the word after them.
fn take(segment: &Segment, passage: &Passage, at: usize) -> Option<usize> {
    match segment {
        Segment::Stems { stems, written } => stems
            .iter()
            .find_map(|key| run(key, passage, at, |word| passage.stem(word)))
            .or_else(|| run(written, passage, at, |word| passage.folded().word(word))),
        Segment::Exact(written) => run(written, passage, at, |word| passage.folded().word(word)),
        Segment::Beginning(letters) => beginning(letters, passage, at),
    }
}

/// Takes words from `at` on until they have spelt the key, neither less nor more.
fn run<'a>(key: &str, passage: &Passage, mut at: usize, spelling: impl Fn(usize) -> &'a str) -> Option<usize> {
    let mut rest = key;
    while !rest.is_empty() {
        if !continues(passage, at) {
            return None;
        }
        rest = rest.strip_prefix(spelling(at))?;
        at += 1;
    }
    Some(at)
}

/// Takes words from `at` on until they have spelt all these letters; the last may say more.
fn beginning(letters: &str, passage: &Passage, mut at: usize) -> Option<usize> {
    let mut rest = letters;
    while !rest.is_empty() {
        if !continues(passage, at) {
            return None;
        }
        let word = passage.folded().word(at);
        rest = if word.starts_with(rest) { "" } else { rest.strip_prefix(word)? };
        at += 1;
    }
    Some(at)
}

/// Whether there is such a word, and it goes on with the sentence of the word before.
fn continues(passage: &Passage, at: usize) -> bool {
    at < passage.folded().len() && !passage.folded().opens_sentence(at)
}

/// What was found in a passage, in the order of the sequences' numbers and then of the text.
#[derive(Debug, Default)]
pub(crate) struct Hits {
    all: Vec<Hit>,
    /// For each sequence, where its hits begin; for those that were not found, anywhere.
    first: Vec<usize>,
}

impl Hits {
    fn clear(&mut self, sequences: usize) {
        self.all.clear();
        self.first.resize(sequences, 0);
    }

    fn sort(&mut self) {
        // One number is compared faster than two, and no two hits have both in common.
        self.all.sort_unstable_by_key(|hit| (hit.sequence as u64) << 32 | hit.words.start as u64);
        for (at, hit) in self.all.iter().enumerate().rev() {
            self.first[hit.sequence] = at;
        }
    }

    /// The hits of each sequence that was found.
    pub(crate) fn by_sequence(&self) -> impl Iterator<Item = &[Hit]> {
        self.all.chunk_by(|a, b| a.sequence == b.sequence)
    }

    /// The hits of one sequence.
    pub(crate) fn of(&self, sequence: usize) -> &[Hit] {
        let rest = self.all.get(self.first[sequence]..).unwrap_or_default();
        let count = rest.iter().take_while(|hit| hit.sequence == sequence).count();
        &rest[..count]
    }
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

#[cfg(test)]
mod tests {
    use std::ops::Range;

    use proptest::prelude::*;

    use super::{Hit, nearest};

    /// Hits of one to three words at these places.
    fn hits(places: &std::collections::BTreeMap<usize, usize>) -> Vec<Hit> {
        let hit =
            |(start, length): (&usize, &usize)| Hit { sequence: 0, words: *start..start + length, is_outermost: true };
        places.iter().map(hit).collect()
    }

    /// Every pair, as the rule says it.
    fn of_all_pairs(left: &[Hit], right: &[Hit], within: usize) -> Option<Range<usize>> {
        let pairs = left.iter().flat_map(|left| right.iter().map(move |right| (&left.words, &right.words)));
        let near = pairs.filter_map(|(left, right)| {
            let gap = left.start.checked_sub(right.end).or_else(|| right.start.checked_sub(left.end))?;
            (gap <= within).then(|| left.start.min(right.start)..left.end.max(right.end))
        });
        near.min_by_key(|words| (words.start, words.end))
    }

    proptest! {
        #[test]
        fn the_nearest_pair_is_the_first_of_all_pairs(
            left in proptest::collection::btree_map(0..40_usize, 1..4_usize, 0..6),
            right in proptest::collection::btree_map(0..40_usize, 1..4_usize, 0..6),
            within in 1..8_usize,
        ) {
            let (left, right) = (hits(&left), hits(&right));
            prop_assert_eq!(nearest(&left, &right, within), of_all_pairs(&left, &right, within));
        }
    }
}
