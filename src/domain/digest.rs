//! Composing: which stories stand in a digest, in which order, in which section.

use chrono::{DateTime, Utc};
use url::Url;

/// A story as the store hands it over: Items on one matter, led by the best source.
#[derive(Debug, Clone, PartialEq)]
pub struct Story {
    /// The order of arrival of its first picked item.
    pub seq: i64,
    /// One line.
    pub title: String,
    /// Where to read it.
    pub link: Url,
    /// The leading feed's title.
    pub source: String,
    /// Titles of the other feeds that carry it.
    pub also_on: Vec<String>,
    /// As the source gives it.
    pub author: Option<String>,
    /// As the source gives it; `None` is shown as "undated".
    pub published: Option<DateTime<Utc>>,
    /// The feed's own summary.
    pub summary: String,
    /// The whole text.
    pub content: String,
    /// The relevance score's total.
    pub score: f32,
    /// Names of themes, strongest first.
    pub themes: Vec<String>,
    /// The phrases that speak for it, as the post wrote them, heaviest first.
    pub phrases: Vec<String>,
}
