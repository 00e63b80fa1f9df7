//! Counts what was left out of a feed's document because it exceeded the administrator's limits.

use std::fmt;

/// What was left out, counted by limit. Displays as "120 older entries, 1 text shortened".
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cut {
    /// Entries above the limit for one document; the oldest are left out.
    pub entries: usize,
    /// New entries whose texts exceeded the limit for one visit; the oldest are left out.
    pub items: usize,
    /// Entries whose text or link was too long.
    pub texts: usize,
    /// Authors above the limit for one entry.
    pub authors: usize,
    /// Categories above the limit for one entry.
    pub categories: usize,
}

impl Cut {
    /// Whether nothing was left out.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }

    /// Each non-zero count in words, with the setting in `[polling.limits]` that limits it.
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
    fn omissions_read_as_a_sentence() {
        let cut = Cut { entries: 120, texts: 1, ..Cut::default() };
        assert_eq!(cut.to_string(), "120 older entries, 1 text shortened");
        assert!(Cut::default().is_nothing() && !cut.is_nothing());
    }
}
