//! Whether an item is about the topic, under which themes, and why.

/// What is judged: plain text.
#[derive(Debug, Clone, Copy, Default)]
pub struct Text<'a> {
    /// The item's title.
    pub title: &'a str,
    /// Its summary.
    pub summary: &'a str,
    /// Its content.
    pub content: &'a str,
    /// Its categories.
    pub categories: &'a [String],
    /// The feed's prior, added to the score.
    pub prior: f32,
}

/// The outcome: the same for the same text and topic, on every run.
#[derive(Debug, Clone, PartialEq)]
pub struct Score {
    /// Higher is more relevant; `picked` compares it to the topic's threshold.
    pub total: f32,
    /// Whether the item is in.
    pub picked: bool,
    /// Names of its one to three themes, strongest first; empty when it is out.
    pub themes: Vec<String>,
    /// Every phrase found, heaviest first.
    pub reasons: Vec<Reason>,
}

/// One phrase that was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Reason {
    /// As the topic file writes it.
    pub phrase: String,
    /// As the post wrote it.
    pub found: String,
    /// Where.
    pub place: Place,
    /// What it added; negative when it spoke against.
    pub weight: f32,
    /// The theme, or the exclusion's reason, that it speaks for.
    pub label: Option<String>,
}

/// Where a phrase was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In the title.
    Title,
    /// In the summary or the content.
    Text,
    /// Among the categories.
    Category,
    /// In the feed's prior.
    Feed,
}
