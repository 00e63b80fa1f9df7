//! What `check` finds, whichever part of it looked.

/// One thing that deserves a look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckFinding {
    /// What is so: lower case, no full stop.
    pub message: String,
    /// What to do about it.
    pub next: String,
    /// `config/topic.toml:12`, with a column where it is known; none for what is about no file.
    pub place: Option<String>,
    /// Plainly wrong: a digest or a page could not be made.
    pub is_mistake: bool,
    /// The phrase that it is about.
    pub phrase: Option<UnusedPhrase>,
}

/// A phrase that matches nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnusedPhrase {
    /// As written.
    pub phrase: String,
    /// "theme `rail`", "exclusion `freight`" or "`[general]`".
    pub table: String,
}
