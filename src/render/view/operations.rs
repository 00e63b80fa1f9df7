//! The views for the people who run an installation: the alarm email and the operator's page. An administrator cannot
//! replace the template of the page, which shows what `status` does.

use serde::Serialize;

use super::{EmailView, SenderView};

/// An email about alarms. At least one of `raised` and `over` is not empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct AlarmsView {
    /// The digest's name.
    pub name: String,
    /// The subject as composed, without the digest's name.
    pub subject: String,
    /// New alarms; may be empty.
    pub raised: Vec<NoticeView>,
    /// Resolved alarms; may be empty.
    pub over: Vec<NoticeView>,
    /// "2 alarms": those reported before and still open; may be empty.
    pub standing: String,
    /// The number of these.
    pub open: usize,
    /// Who sends it.
    pub sender: SenderView,
}

/// One alarm, or several of a kind.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct NoticeView {
    /// "feed `blog` cannot be read".
    pub title: String,
    /// What happened, in whole sentences.
    pub what: String,
    /// "Mon 23 Nov 2026 09:00 GMT".
    pub since: String,
    /// When it was resolved; empty while it is open.
    pub until: String,
    /// What the program does automatically, in whole sentences.
    pub does: String,
    /// What the administrator can do, with a command in backticks.
    pub next: String,
}

impl EmailView for AlarmsView {
    fn folder(&self) -> &'static str {
        "alarm"
    }
}

/// The state of an installation, or of a part of it: a run, or the messages in a state.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct StatusView {
    /// The digest's name, or that of the part.
    pub name: String,
    /// When the state was read.
    pub now: String,
    /// Whether it is of a part, and not of the whole installation.
    pub is_part: bool,
    /// The facts; those that need a person come first.
    pub facts: Vec<FactView>,
    /// Charts of the last weeks; none of a part.
    pub charts: Vec<ChartView>,
    /// The feeds; those in trouble come first. None of a part.
    pub feeds: Vec<FeedView>,
    /// Lists of what a part consists of.
    pub lists: Vec<ListView>,
}

/// A list with a heading.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ListView {
    /// Its heading.
    pub title: String,
    /// Its lines.
    pub lines: Vec<LineView>,
}

/// A line of a list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct LineView {
    /// Its anchor; may be empty.
    pub id: String,
    /// The line.
    pub text: Vec<TextView>,
    /// A second line, less important; may be empty.
    pub detail: String,
}

/// Text that may be a link.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct TextView {
    /// The text.
    pub text: String,
    /// Where it goes; empty for no link.
    pub href: String,
}

impl TextView {
    /// Text alone.
    #[must_use]
    pub fn plain(text: impl Into<String>) -> Self {
        Self { text: text.into(), href: String::new() }
    }

    /// A link.
    #[must_use]
    pub fn link(text: impl Into<String>, href: impl Into<String>) -> Self {
        Self { text: text.into(), href: href.into() }
    }
}

/// A name and a value.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct FactView {
    /// Its anchor; may be empty.
    pub id: String,
    /// The name, in a word or two.
    pub name: String,
    /// The value, on one line, in pieces.
    pub value: Vec<TextView>,
    /// Whether it needs a person.
    pub is_bad: bool,
}

/// A chart of bars, 240 units wide and 100 high.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ChartView {
    /// What it shows.
    pub title: String,
    /// The text alternative, with every number.
    pub alt: String,
    /// The latest and the highest value, in words.
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
    /// Its value and its week.
    pub label: String,
}

/// One feed's row.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct FeedView {
    /// Its short name.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Its address, without what is secret in it; may be empty.
    pub link: String,
    /// A note about its state; may be empty.
    pub note: String,
    /// Whether it needs attention.
    pub is_bad: bool,
    /// Items kept.
    pub items: String,
    /// How many of these were selected.
    pub selected: String,
    /// When it was last read.
    pub read: String,
    /// When it is polled next.
    pub next: String,
    /// The points of its line chart, 88 units wide and 20 high.
    pub points: String,
    /// The text alternative of the chart.
    pub alt: String,
}
