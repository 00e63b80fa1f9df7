//! A phrase of `topic.toml`, as the administrator writes it and as it is matched.
//!
//! `joined-up services`: these words in any number and tense. `"community action"`: exactly these words. `collaborat*`:
//! any word with this beginning. `budget ~5 citizens`: both sides within five words, in either order. `title:
//! weeknotes`: in the title only. `matching` finds phrases in a text.

use super::folded::Folded;
use super::inflection;

/// The largest distance for `~`, in words.
const WIDEST: usize = 20;
/// A star needs this many letters before it: `re*` would match half the dictionary.
const SHORTEST_BEGINNING: usize = 3;

/// A phrase as the administrator writes it, parsed: `joined-up government`, `collaborat*`,
/// `joined up ~5 services` (within five words of each other), `title: weeknotes`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Pattern {
    /// As written in the file.
    pub source: String,
    pub(crate) title_only: bool,
    pub(crate) shape: Shape,
}

/// What the text must contain.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Shape {
    /// These words, one after the other.
    Whole(Sequence),
    /// Both sides, with at most this many words between them.
    Near(Sequence, Sequence, usize),
}

/// Consecutive segments: runs of plain words, and beginnings of words between them.
pub(crate) type Sequence = Vec<Segment>;

/// A piece of a sequence.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Segment {
    /// Words in any number and tense: their bases in `bases` (one spelling each with hyphens open and closed), or
    /// `written`.
    Inflected {
        /// Spellings of the run as bases.
        bases: Vec<Key>,
        /// The run as written.
        written: Key,
    },
    /// Words as written.
    Exact(Key),
    /// A word with this beginning.
    Beginning(Key),
}

/// Letters that the words of a text must spell, without gaps, as `folded` stores them.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Key {
    pub(crate) letters: String,
    /// Byte offsets where the phrase has a gap or a hyphen; the text may have a gap there or not.
    gaps: Vec<usize>,
    /// Byte offsets where a gerund ends; the text must have a gerund there.
    gerunds: Vec<usize>,
}

impl Key {
    /// Adds a word of the phrase, in the spelling to be matched.
    fn push(&mut self, spelling: &str, is_gerund: bool) {
        if !self.letters.is_empty() {
            self.gaps.push(self.letters.len());
        }
        self.letters.push_str(spelling);
        if is_gerund {
            self.gerunds.push(self.letters.len());
        }
    }

    /// Whether a word of the text may end after `used` bytes of the key, with more to be spelt: where the phrase has a
    /// gap, or where only a hyphen separates the next word from this one. So "all I" does not match `allies`.
    pub(crate) fn may_part(&self, used: usize, is_hyphenated: bool) -> bool {
        is_hyphenated || used == 0 || self.gaps.binary_search(&used).is_ok()
    }

    fn is_parted(&self) -> bool {
        !self.gaps.is_empty()
    }

    /// Whether a word of the text that ends after `used` bytes must be a gerund.
    pub(crate) fn needs_gerund(&self, used: usize) -> bool {
        self.gerunds.binary_search(&used).is_ok()
    }
}

/// Why a phrase was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct PatternError {
    /// What is wrong, in a few words.
    pub message: String,
    /// What to write instead.
    pub hint: String,
}

impl Pattern {
    /// Parses a phrase.
    ///
    /// # Errors
    /// An empty phrase or a single letter; a star that is not at the end of a word; a `~` without a distance from 1 to
    /// 20, or with nothing on one side; an unmatched quotation mark.
    pub fn parse(source: &str) -> Result<Self, PatternError> {
        let trimmed = source.trim();
        let head = trimmed.get(..6).filter(|head| head.eq_ignore_ascii_case("title:"));
        let body = trimmed.get(head.map_or(0, str::len)..).unwrap_or_default();
        let tokens: Vec<&str> = body.split_whitespace().collect();
        let shape = match tokens.iter().position(|token| token.contains('~')) {
            None => Shape::Whole(sequence(&tokens, "the phrase is empty")?),
            Some(at) => {
                let distance = distance(tokens[at])?;
                let (left, right) = (&tokens[..at], &tokens[at + 1..]);
                if let Some(second) = right.iter().find(|token| token.contains('~')) {
                    return Err(refuse(
                        format!("a second `{second}`"),
                        "write one `~` a phrase, and a second phrase for the rest",
                    ));
                }
                Shape::Near(
                    sequence(left, "nothing comes before `~`")?,
                    sequence(right, "nothing comes after `~`")?,
                    distance,
                )
            }
        };
        Ok(Self { source: source.to_owned(), title_only: head.is_some(), shape })
    }

    /// Whether it has more than one word; "co-design" counts as two.
    #[must_use]
    pub fn has_several_words(&self) -> bool {
        match &self.shape {
            Shape::Whole(sequence) => {
                sequence.len() > 1 || sequence.iter().any(|segment| segment.written().is_parted())
            }
            Shape::Near(..) => true,
        }
    }
}

fn refuse(message: impl Into<String>, hint: &str) -> PatternError {
    PatternError { message: message.into(), hint: hint.to_owned() }
}

fn distance(token: &str) -> Result<usize, PatternError> {
    const HINT: &str = "write `~` and the distance as a word of its own: `joined up ~5 services`";
    let Some(number) = token.strip_prefix('~') else {
        return Err(refuse(format!("`~` inside the word `{token}`"), HINT));
    };
    if number.is_empty() {
        return Err(refuse("`~` has no distance", HINT));
    }
    match number.parse() {
        Ok(words @ 1..=WIDEST) => Ok(words),
        _ => Err(refuse(
            format!("`{token}` is not a distance"),
            "a distance is a whole number of words from 1 to 20: `~5`",
        )),
    }
}

fn sequence(tokens: &[&str], nothing: &str) -> Result<Sequence, PatternError> {
    let text = tokens.join(" ");
    let quoted = text.len() >= 2 && text.starts_with('"') && text.ends_with('"');
    let bare = if quoted { &text[1..text.len() - 1] } else { &text };
    if bare.contains('"') {
        return Err(refuse(
            "a quotation mark without its partner",
            "put the whole phrase, or the whole side of a `~`, in quotation marks, or none of it",
        ));
    }
    let mut segments = Vec::new();
    let mut run = Vec::new();
    for token in bare.split_whitespace() {
        let stemless = token.strip_suffix('*');
        let letters = stemless.unwrap_or(token);
        if letters.contains('*') {
            return Err(refuse(
                format!("the star in `{token}` is not at the end of the word"),
                "a star stands for any ending: `collaborat*`",
            ));
        }
        if stemless.is_none() {
            run.push(token);
            continue;
        }
        let beginning = written(letters);
        if beginning.letters.chars().count() < SHORTEST_BEGINNING {
            return Err(refuse(
                format!("`{token}` would match too many words"),
                "write at least three letters before the star: `collaborat*`",
            ));
        }
        segments.extend(plain(&run, quoted));
        run.clear();
        segments.push(Segment::Beginning(beginning));
    }
    segments.extend(plain(&run, quoted));
    let letters: usize = segments.iter().map(|segment| segment.written().letters.chars().count()).sum();
    match letters {
        0 => Err(refuse(nothing, "write one word or more: `joined-up government`")),
        1 => Err(refuse(format!("`{bare}` is a single letter"), "write a whole word, or a longer phrase")),
        _ => Ok(segments),
    }
}

/// A run of words without stars; `None` for a run without letters.
fn plain(tokens: &[&str], quoted: bool) -> Option<Segment> {
    let written = written(&tokens.join(" "));
    if written.letters.is_empty() {
        return None;
    }
    if quoted {
        return Some(Segment::Exact(written));
    }
    let (mut open, mut closed) = (Key::default(), Key::default());
    for token in tokens {
        let folded = Folded::new(token, usize::MAX);
        for word in folded.words() {
            open.push(&inflection::base(word), inflection::is_gerund(word));
        }
        // The text may have `multi-agency` as one word, whose base differs from those of its halves.
        let whole: String = folded.words().collect();
        closed.push(&inflection::base(&whole), inflection::is_gerund(&whole));
    }
    let mut bases = vec![open, closed];
    bases.dedup_by(|closed, open| closed.letters == open.letters);
    Some(Segment::Inflected { bases, written })
}

/// Words exactly as the phrase writes them.
fn written(text: &str) -> Key {
    let mut key = Key::default();
    Folded::new(text, usize::MAX).words().for_each(|word| key.push(word, false));
    key
}

impl Segment {
    /// The letters as written.
    pub(crate) fn written(&self) -> &Key {
        match self {
            Self::Inflected { written, .. } | Self::Exact(written) | Self::Beginning(written) => written,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Pattern, Shape};

    #[track_caller]
    fn refused(source: &str) -> String {
        let error = Pattern::parse(source).expect_err("refused");
        assert!(!error.hint.is_empty(), "{source}: no hint");
        error.message
    }

    #[test]
    fn a_phrase_without_letters_is_refused() {
        assert_eq!(refused("  "), "the phrase is empty");
        assert_eq!(refused("title: –"), "the phrase is empty");
        assert_eq!(refused("\"\""), "the phrase is empty");
        assert_eq!(refused("a"), "`a` is a single letter");
    }

    #[test]
    fn a_star_anywhere_but_at_the_end_of_a_word_is_refused() {
        assert_eq!(refused("colla*tion"), "the star in `colla*tion` is not at the end of the word");
        assert_eq!(refused("*tion"), "the star in `*tion` is not at the end of the word");
        assert_eq!(refused("joined up *"), "`*` would match too many words");
    }

    #[test]
    fn nearness_without_a_fitting_distance_is_refused() {
        assert_eq!(refused("joined up ~ services"), "`~` has no distance");
        assert_eq!(refused("joined up ~0 services"), "`~0` is not a distance");
        assert_eq!(refused("joined up ~21 services"), "`~21` is not a distance");
        assert_eq!(refused("joined~5 services"), "`~` inside the word `joined~5`");
        assert_eq!(refused("a plan ~5 services ~5 people"), "a second `~5`");
    }

    #[test]
    fn nearness_with_nothing_on_a_side_is_refused() {
        assert_eq!(refused("~5 services"), "nothing comes before `~`");
        assert_eq!(refused("title: joined up ~5"), "nothing comes after `~`");
    }

    #[test]
    fn half_a_quotation_is_refused() {
        assert_eq!(refused("\"community action"), "a quotation mark without its partner");
    }

    #[test]
    fn title_and_nearness_go_together() {
        let pattern = Pattern::parse("Title: joined up ~5 \"services\"").expect("a phrase");
        assert!(pattern.title_only && matches!(pattern.shape, Shape::Near(_, _, 5)));
    }
}
