//! What was left out of a feed's document because there was more of it than the administrator allows.

use std::fmt;

/// What was left out, counted by the limit that it went over. Reads as "120 older entries, 1 text shortened".
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cut {
    /// Entries beyond the number of one document: the oldest.
    pub entries: usize,
    /// New entries whose text would have been too much for one visit: the oldest.
    pub items: usize,
    /// Entries whose text or link was too long.
    pub texts: usize,
    /// Authors beyond the number of one entry.
    pub authors: usize,
    /// Categories beyond the number of one entry.
    pub categories: usize,
}

impl Cut {
    /// Whether nothing was left out.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }

    /// Each thing that was left out, in words, with the key in `[polling.limits]` that says how much may stay.
    pub fn in_words(&self) -> impl Iterator<Item = (String, &'static str)> {
        let counted = [
            (self.entries, "older entry", "older entries", "entries"),
            (self.items, "entry beyond the size of one visit", "entries beyond the size of one visit", "visit_bytes"),
            (self.texts, "text shortened", "texts shortened", "entry_bytes"),
            (self.authors, "author", "authors", "authors"),
            (self.categories, "category", "categories", "categories"),
        ];
        let named = |(count, one, many, key)| (format!("{count} {}", if count == 1 { one } else { many }), key);
        counted.into_iter().filter(|(count, ..)| *count > 0).map(named)
    }
}

impl fmt::Display for Cut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<String> = self.in_words().map(|(words, _)| words).collect();
        f.write_str(&words.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_left_out_reads_as_a_sentence() {
        let cut = Cut { entries: 120, texts: 1, ..Cut::default() };
        assert_eq!(cut.to_string(), "120 older entries, 1 text shortened");
        assert!(Cut::default().is_nothing() && !cut.is_nothing());
    }
}
