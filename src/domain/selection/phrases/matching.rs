//! Finds many sequences of words in one pass over a passage.
//!
//! Each word of the passage yields the sequences that it may begin, with the letter that must follow; these are
//! compared word by word. A sequence begins and ends at word boundaries and never crosses the end of a sentence.
//! `relevance` decides what a match is worth.

use std::ops::Range;

use super::index::{Index, Opening, Spelling};
use super::inflection::is_gerund;
use super::pattern::{Key, Segment};
use super::vocabulary::Passage;

/// A sequence that was found, and its range of words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Hit {
    pub(crate) sequence: usize,
    pub(crate) words: Range<usize>,
    /// Whether no longer match covers it: a longer phrase takes its words from shorter ones, so that "tax reform" does
    /// not match `reform`.
    pub(crate) is_outermost: bool,
}

impl Index {
    /// Finds every sequence that begins within the first `words` words. Only sequences for which `covers` is true take
    /// their words from shorter ones.
    pub(crate) fn find(&self, passage: &Passage, words: usize, covers: impl Fn(usize) -> bool, found: &mut Hits) {
        found.clear(self.sequences.len());
        let hits = &mut found.all;
        let mut furthest = 0;
        for start in 0..words {
            if !passage.opens(start) {
                continue;
            }
            let next = continues(passage, start + 1).then(|| passage.folded().letters(start + 1)[0]);
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
            let covering = hits[first..].iter().filter(|hit| covers(hit.sequence));
            let longest = covering.map(|hit| hit.words.end).max().unwrap_or_default();
            for hit in &mut hits[first..] {
                hit.is_outermost = hit.words.end >= longest && hit.words.end > furthest;
            }
            furthest = furthest.max(longest);
        }
        found.sort();
    }

    /// The index after the last word of a sequence that `start` opens.
    fn end_of(&self, opening: Opening, passage: &Passage, start: usize) -> Option<usize> {
        let (first, further) = self.sequences[opening.sequence as usize].split_first()?;
        let (used, second) = (opening.used as usize, start + 1);
        let at = match (first, opening.spelling) {
            (Segment::Inflected { bases, .. }, Spelling::Inflected(number)) => {
                run(&bases[usize::from(number)], used, passage, second, |word| passage.base(word).as_bytes())
            }
            (Segment::Beginning(key), _) => beginning(key, used, passage, second),
            _ => run(first.written(), used, passage, second, |word| passage.folded().letters(word)),
        };
        further.iter().try_fold(at?, |at, segment| take(segment, passage, at))
    }
}

/// Matches a segment from `at` on, and returns the index after its last word.
fn take(segment: &Segment, passage: &Passage, at: usize) -> Option<usize> {
    match segment {
        Segment::Inflected { bases, written } => bases
            .iter()
            .find_map(|key| run(key, 0, passage, at, |word| passage.base(word).as_bytes()))
            .or_else(|| run(written, 0, passage, at, |word| passage.folded().letters(word))),
        Segment::Exact(written) => run(written, 0, passage, at, |word| passage.folded().letters(word)),
        Segment::Beginning(letters) => beginning(letters, 0, passage, at),
    }
}

/// Matches words from `at` on until they spell exactly the rest of the key; its first `used` bytes are already matched.
fn run<'a>(
    key: &Key,
    mut used: usize,
    passage: &Passage,
    mut at: usize,
    spelling: impl Fn(usize) -> &'a [u8],
) -> Option<usize> {
    while used < key.letters.len() {
        if !goes_on(key, used, passage, at) {
            return None;
        }
        let spelt = spelling(at);
        used += key.letters.as_bytes()[used..].starts_with(spelt).then_some(spelt.len())?;
        if key.needs_gerund(used) && !is_gerund(passage.folded().word(at)) {
            return None;
        }
        at += 1;
    }
    Some(at)
}

/// Matches words from `at` on until they spell the rest of the key; the last word may have more letters.
fn beginning(key: &Key, mut used: usize, passage: &Passage, mut at: usize) -> Option<usize> {
    while used < key.letters.len() {
        if !goes_on(key, used, passage, at) {
            return None;
        }
        let (rest, word) = (&key.letters.as_bytes()[used..], passage.folded().letters(at));
        used += if word.starts_with(rest) { rest.len() } else { rest.starts_with(word).then_some(word.len())? };
        at += 1;
    }
    Some(at)
}

/// Whether the word at `at` may spell the next letters of the key.
fn goes_on(key: &Key, used: usize, passage: &Passage, at: usize) -> bool {
    continues(passage, at) && key.may_part(used, passage.folded().is_hyphenated(at))
}

/// Whether there is a word at `at` in the same sentence as the previous word.
fn continues(passage: &Passage, at: usize) -> bool {
    at < passage.folded().len() && !passage.folded().opens_sentence(at)
}

/// The matches in a passage, ordered by sequence number and then by position.
#[derive(Debug, Default)]
pub(crate) struct Hits {
    all: Vec<Hit>,
    /// For each sequence, the position of its first match; undefined for those that were not found.
    first: Vec<usize>,
}

impl Hits {
    fn clear(&mut self, sequences: usize) {
        self.all.clear();
        self.first.resize(sequences, 0);
    }

    fn sort(&mut self) {
        // One comparison of a combined key is faster than two; no two hits share both values.
        self.all.sort_unstable_by_key(|hit| (hit.sequence as u64) << 32 | hit.words.start as u64);
        for (at, hit) in self.all.iter().enumerate().rev() {
            self.first[hit.sequence] = at;
        }
    }

    /// The matches of each sequence that was found.
    pub(crate) fn by_sequence(&self) -> impl Iterator<Item = &[Hit]> {
        self.all.chunk_by(|a, b| a.sequence == b.sequence)
    }

    /// The matches of one sequence.
    pub(crate) fn of(&self, sequence: usize) -> &[Hit] {
        let rest = self.all.get(self.first[sequence]..).unwrap_or_default();
        let count = rest.iter().take_while(|hit| hit.sequence == sequence).count();
        &rest[..count]
    }
}

/// The first pair of matches in the text, one of each sequence, with at most `within` words between them.
pub(crate) fn nearest(left: &[Hit], right: &[Hit], within: usize) -> Option<[Range<usize>; 2]> {
    let both = [followed(left, right, within), followed(right, left, within)];
    both.into_iter().flatten().min_by_key(|[first, second]| (first.start, second.end))
}

/// The first match in `first` that one of `second` follows closely, with the nearest end of the latter.
fn followed(first: &[Hit], second: &[Hit], within: usize) -> Option<[Range<usize>; 2]> {
    first.iter().map(|hit| &hit.words).find_map(|first| {
        let after = &second[second.partition_point(|hit| hit.words.start < first.end)..];
        let near = after.iter().map(|hit| &hit.words).take_while(|second| second.start - first.end <= within);
        near.min_by_key(|words| words.end).map(|second| [first.clone(), second.clone()])
    })
}

#[cfg(test)]
mod tests {
    use std::ops::Range;

    use proptest::prelude::*;

    use super::{Hit, nearest};

    /// Matches of one to three words at these places.
    fn hits(places: &std::collections::BTreeMap<usize, usize>) -> Vec<Hit> {
        let hit =
            |(start, length): (&usize, &usize)| Hit { sequence: 0, words: *start..start + length, is_outermost: true };
        places.iter().map(hit).collect()
    }

    /// Checks every pair, as the rule says.
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
            let found = nearest(&left, &right, within).map(|[first, second]| first.start..second.end);
            prop_assert_eq!(found, of_all_pairs(&left, &right, within));
        }
    }
}
