//! A web page's article: its title and its text, as far as they can be distinguished from the rest of the page. For `explain`
//! only; a poll reads feeds.

use super::{to_line, to_text};
use crate::parse::encoding;

/// What a page says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Article {
    /// One line.
    pub title: String,
    /// Plain text.
    pub text: String,
}

/// The elements that hold the article, the surest first.
const HOLDERS: [&str; 3] = ["article", "main", "body"];

/// Reads a page: the heading, else the title, and the content of `<article>`, else `<main>`, else all of it. A blog's
/// page has more around the post than its feed says, so the score may differ a little from the item's.
#[must_use]
pub fn article(bytes: &[u8], content_type: Option<&str>) -> Article {
    let (html, _) = encoding::decode(bytes, content_type);
    let lower = html.to_ascii_lowercase();
    let inside = |name: &str| inside(&lower, name).map(|range| &html[range]);
    let held = HOLDERS.into_iter().find_map(inside).unwrap_or(&html);
    let heading = inside("h1").map(to_line).filter(|heading| !heading.is_empty());
    let title = heading.or_else(|| inside("title").map(to_line)).unwrap_or_default();
    let text = to_text(held);
    let text = text.strip_prefix(title.as_str()).map(|rest| rest.trim_start().to_owned()).unwrap_or(text);
    Article { title, text }
}

/// What is between the first opening tag of this name and the next closing one; the last one of what holds
/// everything.
fn inside(lower: &str, name: &str) -> Option<std::ops::Range<usize>> {
    let opening = format!("<{name}");
    let start = lower.match_indices(&opening).map(|(at, _)| at).find(|at| {
        lower[at + opening.len()..].starts_with(|next: char| next == '>' || next == '/' || next.is_ascii_whitespace())
    })?;
    let start = start + lower[start..].find('>')? + 1;
    let closing = format!("</{name}");
    let end = if HOLDERS.contains(&name) {
        lower.rfind(&closing)
    } else {
        lower[start..].find(&closing).map(|at| start + at)
    };
    let end = end.filter(|end| *end >= start).unwrap_or(lower.len());
    Some(start..end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_article_is_told_from_what_is_around_it() {
        let page = "<!doctype html><html><head><title>One purse | The Blog</title></head><body><header>Menu</header>\
            <ARTICLE class=post><h1>One <em>purse</em></h1><p>Two councils pool budgets.</p></ARTICLE><footer>Jobs</footer>";
        let article = article(page.as_bytes(), Some("text/html"));
        assert_eq!((article.title.as_str(), article.text.as_str()), ("One purse", "Two councils pool budgets."));
    }

    #[test]
    fn a_page_without_marks_is_read_whole_and_a_broken_one_never_panics() {
        assert_eq!(article(b"<title>T</title><p>Text", None).title, "T");
        for broken in
            ["<article", "</article><article>", "<h1", "<articles>x", "<title></title>", "", "<main>\u{130}</main>"]
        {
            let _ = article(broken.as_bytes(), None);
        }
    }
}
