//! Feeds as tests write them.

use chrono::{DateTime, TimeDelta, Utc};

use super::start;

/// An RSS document with these entries.
pub fn rss(entries: &[Entry]) -> String {
    let items: String = entries.iter().map(Entry::to_xml).collect();
    format!(
        "<rss version=\"2.0\"><channel><title>Blog</title><link>https://blog.example.org/</link>{items}</channel></rss>"
    )
}

/// One entry of a feed in a test.
#[derive(Clone)]
pub struct Entry {
    pub id: String,
    pub title: String,
    pub text: String,
    pub published: Option<DateTime<Utc>>,
}

impl Entry {
    /// A post on the topic, published a day before the tests' start.
    pub fn on_topic(id: &str) -> Self {
        Self {
            id: id.to_owned(),
            title: format!("Collaborative governance, part {id}"),
            text: format!("Part {id} is about collaborative governance among councils, health boards and others."),
            published: Some(start() - TimeDelta::days(1)),
        }
    }

    pub fn link(&self) -> String {
        format!("https://blog.example.org/{}", self.id)
    }

    fn to_xml(&self) -> String {
        let date = self.published.map_or(String::new(), |at| format!("<pubDate>{}</pubDate>", at.to_rfc2822()));
        format!(
            "<item><guid isPermaLink=\"false\">{}</guid><title>{}</title><link>{}</link><description>{}</description>{date}</item>",
            self.id,
            self.title,
            self.link(),
            self.text
        )
    }
}
