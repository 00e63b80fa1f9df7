//! What the strict parser found, made into Items: text by its label and its looks, names without addresses.

use std::collections::HashSet;

use feed_rs::model::{Entry, Text};
use url::Url;

use super::html;
use crate::domain::item::{Identity, Item};

/// Stands for `@` on its way through feed-rs, which panics on an address that touches a multi-byte character
/// (`foo@example.com（山田）`: it cuts one byte behind the address).
pub(super) const AT: &str = "\u{e000}";

/// One entry as an Item; without an identity its text tells which it is.
pub(super) fn item(entry: Entry, identity: Option<Identity>, link: Option<Url>) -> Item {
    let is_plain = |text: &Text| text.content_type.subty() == "plain";
    let title = entry.title.as_ref().map(|text| title(&text.content, is_plain(text))).unwrap_or_default();
    let summary = entry.summary.as_ref().map(|text| body(&text.content, is_plain(text))).unwrap_or_default();
    let content = entry
        .content
        .as_ref()
        .map(|content| body(content.body.as_deref().unwrap_or_default(), content.content_type.subty() == "plain"));
    let content = content.unwrap_or_default();
    let names = entry.authors.iter().filter_map(|person| person.name.as_deref());
    Item {
        identity: identity.unwrap_or_else(|| own_identity(&title, &summary, &content)),
        link,
        title,
        summary,
        content,
        author: joined(names.map(|name| name.replace(AT, "@"))),
        categories: categories(entry.categories.iter().map(|category| category.term.as_str())),
        published: entry.published,
        updated: entry.updated,
    }
}

/// The identity of an entry that has neither id nor link.
pub(super) fn own_identity(title: &str, summary: &str, content: &str) -> Identity {
    Identity::of(None, None, title, if content.is_empty() { summary } else { content })
}

/// A title on one line, as a person would write it.
pub(super) fn title(text: &str, plain: bool) -> String {
    if plain && !html::looks_like_html(text) && !has_reference(text) {
        return html::one_line(text);
    }
    let line = html::to_line(text);
    // Escaped twice, as `AT&amp;amp;T`: the reader wants neither.
    if has_reference(&line) { html::to_line(&line.replace('<', "&lt;")) } else { line }
}

/// A text of several paragraphs. A label of plain text counts unless the text is evidently HTML.
pub(super) fn body(text: &str, plain: bool) -> String {
    if plain && !html::looks_like_html(text) { html::tidy(text) } else { html::to_text(text) }
}

fn has_reference(text: &str) -> bool {
    text.contains('&') && super::entities::decode(text).0 != text
}

/// A name or a category is no longer, and an entry has no more of them.
const MAX_NAME_CHARS: usize = 200;
const MAX_AUTHORS: usize = 20;
const MAX_CATEGORIES: usize = 200;

pub(super) fn joined(names: impl Iterator<Item = String>) -> Option<String> {
    let names = distinct(names.map(|name| html::to_line(&name)), MAX_AUTHORS);
    (!names.is_empty()).then(|| names.join(", "))
}

pub(super) fn categories<'a>(terms: impl Iterator<Item = &'a str>) -> Vec<String> {
    distinct(terms.map(html::to_line), MAX_CATEGORIES)
}

/// The first of them that say something, each once.
pub(super) fn distinct(lines: impl Iterator<Item = String>, most: usize) -> Vec<String> {
    let mut seen = HashSet::new();
    lines
        .map(|line| line.chars().take(MAX_NAME_CHARS).collect::<String>())
        .filter(|line| !line.is_empty() && seen.insert(line.clone()))
        .take(most)
        .collect()
}

/// http and https only, resolved against the base. White space inside is a line break of the feed's.
pub(super) fn absolute(href: &str, base: Option<&Url>) -> Option<Url> {
    let href = href.trim();
    let url = match Url::parse(href) {
        Ok(url) => url,
        // Nobody names a file of his own site so.
        Err(url::ParseError::RelativeUrlWithoutBase) if href.starts_with("www.") => {
            Url::parse(&format!("http://{href}")).ok()?
        }
        Err(url::ParseError::RelativeUrlWithoutBase) if !href.is_empty() => base?.join(href).ok()?,
        Err(_) => return None,
    };
    (matches!(url.scheme(), "http" | "https") && url.host_str().is_some()).then_some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_read_as_a_person_would_write_them() {
        assert_eq!(title("AT&amp;T &lt;b&gt;", false), "AT&T <b>");
        assert_eq!(title("Fish &amp;amp; chips", false), "Fish & chips");
        assert_eq!(title("Using <b> in\nHTML", true), "Using <b> in HTML");
        assert_eq!(title("a <em>b</em>", true), "a b");
    }
}
