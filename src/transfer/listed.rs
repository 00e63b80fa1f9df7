//! Lists of feeds as other programs write them: OPML, or one address a line. What cannot be read costs only itself, and
//! is named by its line. What an address is worth is decided in `app`.

use super::opml;
use crate::domain::items::text::single_line;

/// A feed in somebody's list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Listed {
    /// Where it stands, from 1.
    pub line: usize,
    /// As the list calls it.
    pub title: Option<String>,
    /// As the list writes it.
    pub url: String,
    /// The folders that it lies in, the outermost first, and its categories.
    pub tags: Vec<String>,
    /// The list keeps it, and has put it out of use.
    pub is_off: bool,
}

/// A line that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadLine {
    /// Where it stands, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub reason: String,
}

/// What a list holds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct List {
    /// In the order of the list.
    pub feeds: Vec<Listed>,
    /// In the order of the list.
    pub bad: Vec<BadLine>,
}

/// Reads a list of either kind: what begins with `<` is OPML.
#[must_use]
pub fn read(text: &str) -> List {
    if text.trim_start_matches('\u{feff}').trim_start().starts_with('<') { opml::outlines(text) } else { lines(text) }
}

/// One address a line, perhaps with a title behind it. Empty lines and those that begin with `#` say nothing.
fn lines(text: &str) -> List {
    let listed = |(at, line): (usize, &str)| {
        let line = line.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
        let (url, title) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let title = Some(single_line(title)).filter(|title| !title.is_empty());
        (!url.is_empty() && !url.starts_with('#')).then(|| Listed {
            line: at + 1,
            title,
            url: url.to_owned(),
            ..Listed::default()
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
        let told: Vec<_> =
            list.feeds.iter().map(|feed| (feed.line, feed.url.as_str(), feed.title.as_deref())).collect();
        assert_eq!(told, [(3, "https://a.example.org/feed", None), (4, "https://b.example.org/", Some("The B blog"))]);
    }
}
