//! What is said about a story after its digest was sent: it is withdrawn, or it is corrected.

use crate::domain::items::text::{single_line, truncate_at_word};
use crate::domain::word::words;

/// The longest words of a correction, in characters.
pub const WORDS_CHARS: usize = 600;

/// Kinds of corrections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The story should not have been in the digest.
    Withdrawn,
    /// Something that the digest said of it was wrong.
    Corrected,
}

words!(Kind { Withdrawn = "withdrawn", Corrected = "corrected" });

/// A correction, as the page of its digest, the feeds and the next digest show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Correction {
    /// Its number.
    pub id: i64,
    /// The story's title in its digest.
    pub title: String,
    /// The story's link; may be empty.
    pub link: String,
    /// Which kind.
    pub kind: Kind,
    /// What is wrong, on one line.
    pub words: String,
}

/// The words of a correction, on one line; `None` if they are empty or too long.
#[must_use]
pub fn words_of(text: &str) -> Option<String> {
    let line = single_line(text);
    (!line.is_empty() && truncate_at_word(&line, WORDS_CHARS) == line).then_some(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_correction_has_words_on_one_line() {
        assert_eq!(words_of(" The figure\nis 12. "), Some("The figure is 12.".to_owned()));
        assert_eq!(words_of(" \n "), None);
        assert_eq!(words_of(&"a".repeat(601)), None);
    }
}
