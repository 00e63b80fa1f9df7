//! How much two texts have in common, whatever is counted in them: "read 103 times" and "read 203 times" are one text.

use std::collections::HashSet;

use super::Traits;

/// What two texts have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sameness {
    /// All of it.
    Same,
    /// Most of their words.
    Similar,
    /// Little.
    Other,
    /// One of them has no text, or it is kept no longer.
    Unknown,
}

/// Words of a text that are compared.
const MOST_WORDS: usize = 96;
/// Bits in which the SimHashes of two similar, long texts may differ, and from how many words on they tell.
const DISTANCE: u32 = 9;
const LONG: usize = 40;

pub(super) fn compare(known: &Traits, fresh: &Traits) -> Sameness {
    let is_hashed = known.words > 2 && known.words == fresh.words;
    match () {
        () if known.words == 0 && fresh.words == 0 => Sameness::Unknown,
        () if is_hashed && known.shingles == fresh.shingles => Sameness::Same,
        () if !known.text.is_empty() && known.text == fresh.text => Sameness::Same,
        // Of two long texts, their SimHashes tell.
        () if known.words.min(fresh.words) >= LONG => {
            let is_near = (known.shingles ^ fresh.shingles).count_ones() <= DISTANCE;
            if is_near { Sameness::Similar } else { Sameness::Other }
        }
        () if known.text.is_empty() || fresh.text.is_empty() => Sameness::Unknown,
        () if shares_most(&known.text, &fresh.text) => Sameness::Similar,
        () => Sameness::Other,
    }
}

/// Whether one title may be the other one edited: half of the words of the shorter one are common, and all numbers.
/// "Weeknotes 12" is never "Weeknotes 13".
pub(super) fn is_edited(one: &str, other: &str) -> bool {
    share(one, other, 1, 2) && numbers(one) == numbers(other)
}

/// The numbers in a title.
pub(super) fn numbers(title: &str) -> Vec<&str> {
    title.split(|c: char| !c.is_ascii_digit()).filter(|part| !part.is_empty()).collect()
}

/// Whether of the first words of two texts, those with digits left out, three in four are common.
fn shares_most(one: &str, other: &str) -> bool {
    share(one, other, 3, 4)
}

fn share(one: &str, other: &str, most: usize, of: usize) -> bool {
    let (one, other) = (words(one), words(other));
    let common = one.intersection(&other).count();
    let fewest = one.len().min(other.len());
    fewest > 0 && common * of >= fewest * most
}

/// The first words without those that hold a digit; an ideograph is a word.
fn words(text: &str) -> HashSet<String> {
    let is_ideograph = |c: char| matches!(c, '\u{2e80}'..='\u{9fff}');
    let pieces = text.split_inclusive(|c: char| !c.is_alphanumeric() || is_ideograph(c));
    let bare = pieces.map(|piece| piece.trim_matches(|c: char| !c.is_alphanumeric()));
    let plain = bare.filter(|word| !word.is_empty() && !word.bytes().any(|byte| byte.is_ascii_digit()));
    plain.take(MOST_WORDS).map(str::to_lowercase).collect()
}
