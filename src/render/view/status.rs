//! The view of the operator's page. Its template is no administrator's to change: it is for people who run the program,
//! and shows what `status` does.

use serde::Serialize;

/// How an installation is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct StatusView {
    /// The digest's name.
    pub name: String,
    /// When it was looked at.
    pub now: String,
    /// What stands still first.
    pub facts: Vec<FactView>,
    /// The last weeks.
    pub charts: Vec<ChartView>,
    /// Those in trouble first.
    pub feeds: Vec<FeedView>,
}

/// A name and a value.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct FactView {
    /// In a word or two.
    pub name: String,
    /// One line.
    pub value: String,
    /// Whether a person should do something.
    pub is_bad: bool,
}

/// A chart of bars, 240 units wide and 100 high.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ChartView {
    /// What it shows.
    pub title: String,
    /// The same in words, with every number.
    pub alt: String,
    /// The last bar and the highest, in words.
    pub latest: String,
    /// Oldest first.
    pub bars: Vec<BarView>,
}

/// One bar, in the chart's units.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct BarView {
    /// From the left.
    pub x: String,
    /// From the top.
    pub y: String,
    /// Its width.
    pub width: String,
    /// Its height.
    pub height: String,
    /// Its number, and of when.
    pub label: String,
}

/// One feed's row.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct FeedView {
    /// Its short name.
    pub id: String,
    /// What a person should know; may be empty.
    pub note: String,
    /// Whether it deserves a look.
    pub is_bad: bool,
    /// Items kept.
    pub items: String,
    /// Of these, picked.
    pub picked: String,
    /// When it was last read.
    pub read: String,
    /// When it is polled next.
    pub next: String,
    /// Of its line, 88 units wide and 20 high.
    pub points: String,
    /// The line in words.
    pub alt: String,
}
