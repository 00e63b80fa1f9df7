//! Reads lists of feeds from other programs: OPML, or one address a line. A bad line affects only itself and is reported
//! with its number. `app` decides which addresses to use.

use super::opml;
use crate::domain::items::text::single_line;

/// A feed in a list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ListedFeed {
    /// Its line, from 1.
    pub line: usize,
    /// Its title in the list.
    pub title: Option<String>,
    /// Its address, as written.
    pub url: String,
    /// The folders that contain it, outermost first, and its categories.
    pub tags: Vec<String>,
    /// Whether it is disabled in the list.
    pub is_off: bool,
}

/// A line that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadLine {
    /// Its line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub reason: String,
}

/// The content of a list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct List {
    /// The feeds, in the order of the list.
    pub feeds: Vec<ListedFeed>,
    /// The bad lines, in the order of the list.
    pub bad: Vec<BadLine>,
}

/// Reads either kind of list. A text that begins with `<` is OPML.
#[must_use]
pub fn read(text: &str) -> List {
    if text.trim_start_matches('\u{feff}').trim_start().starts_with('<') { opml::outlines(text) } else { lines(text) }
}

/// One address a line, optionally followed by a title. Empty lines and those that begin with `#` are ignored.
fn lines(text: &str) -> List {
    let listed = |(at, line): (usize, &str)| {
        let line = line.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
        let (url, title) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let title = Some(single_line(title)).filter(|title| !title.is_empty());
        (!url.is_empty() && !url.starts_with('#')).then(|| ListedFeed {
            line: at + 1,
            title,
            url: url.to_owned(),
            ..ListedFeed::default()
        })
    };
    List { feeds: text.lines().enumerate().filter_map(listed).collect(), bad: Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_list_has_one_address_a_line() {
        let list =
            read("\u{feff}# Mine\r\n\r\nhttps://a.example.org/feed\r\n  https://b.example.org/\tThe  B blog \r\n#x\n");
        let found: Vec<_> =
            list.feeds.iter().map(|feed| (feed.line, feed.url.as_str(), feed.title.as_deref())).collect();
        assert_eq!(found, [(3, "https://a.example.org/feed", None), (4, "https://b.example.org/", Some("The B blog"))]);
    }
}
