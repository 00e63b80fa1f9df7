//! What the strict parser found, made into Items: text by its label and its looks, names without addresses.

pub(super) mod draft;
pub(super) mod identity;
pub(super) mod newest;
pub(super) mod person;

use std::borrow::Cow;
use std::collections::HashSet;

use feed_rs::model::{Entry, Text};
use url::Url;

use super::html;
use crate::config::Limits;
use crate::domain::feeds::Cut;
use crate::domain::items::item::{Identity, Item};

/// Stands for `@` on its way through feed-rs, which panics on an address that touches a multi-byte character
/// (`foo@example.com（山田）`: it cuts one byte behind the address).
pub(super) const AT: &str = "\u{e000}";

/// One entry as an Item; without an identity its text tells which it is.
pub(super) fn item(
    entry: Entry,
    identity: Option<Identity>,
    link: Option<Url>,
    limits: &Limits,
    cut: &mut Cut,
) -> Item {
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
        author: joined(names.map(|name| name.replace(AT, "@")), limits, cut),
        categories: categories(entry.categories.iter().map(|category| category.term.as_str()), limits, cut),
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
    let line = html::to_line(&named_tags(text));
    // Escaped twice, as `AT&amp;amp;T`: the reader wants neither.
    if has_reference(&line) { html::to_line(&line.replace('<', "&lt;")) } else { line }
}

/// A text of several paragraphs. A label of plain text counts unless the text is evidently HTML.
pub(super) fn body(text: &str, plain: bool) -> String {
    if plain && !html::looks_like_html(text) {
        return html::tidy(text);
    }
    let shown = html::to_text(text);
    // Some of its tags were escaped once more than the others; code that is shown has an element of its own.
    let is_markup =
        html::has_pair(&shown) && !["<code", "<pre", "<kbd", "<samp", "<xmp"].iter().any(|tag| text.contains(tag));
    if is_markup { html::to_text(&html::unescaped(text)) } else { shown }
}

/// The title of a format that says that titles are plain text (JSON Feed 1.1): tags are shown, and character references are
/// read, as many programs write them there.
pub(super) fn plain_title(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    // A script that somebody has put there is no part of it.
    match ["script", "style"].iter().any(|name| lower.contains(&format!("</{name}"))) {
        true => title(text, true),
        false if has_reference(text) => html::to_line(&text.replace('<', "&lt;")),
        false => html::one_line(text),
    }
}

/// A title with the tags that it only names, `<head>` or `<T>`, as text: those without an end, and those of elements that
/// stand in no title. Its words are never lost with them.
fn named_tags(text: &str) -> Cow<'_, str> {
    if !text.contains('<') {
        return Cow::Borrowed(text);
    }
    const VOID: [&str; 6] = ["br", "hr", "img", "wbr", "input", "link"];
    /// What is inside is no text, or is one that a browser hides.
    const APART: [&str; 8] = ["script", "style", "template", "svg", "math", "iframe", "noscript", "title"];
    let tags: Vec<Tag<'_>> = tags(text);
    let mut out = String::with_capacity(text.len() + 16);
    let mut from = 0;
    for tag in &tags {
        let times = |is_end: bool| tags.iter().filter(|other| other.name == tag.name && other.is_end == is_end).count();
        let is_pair = times(true) == times(false) && html::is_known(&tag.name);
        out.push_str(&text[from..tag.start]);
        from = tag.end;
        match () {
            () if VOID.contains(&&*tag.name) || APART.contains(&&*tag.name) && is_pair => {
                out.push_str(&text[tag.start..tag.end]);
            }
            // A browser shows no menu and no button in a title: only their words.
            () if is_pair && html::is_hidden(&tag.name) => {}
            () if is_pair || (tag.has_attributes && html::is_known(&tag.name)) => {
                out.push_str(&text[tag.start..tag.end])
            }
            () => {
                out.push_str("&lt;");
                from = tag.start + 1;
            }
        }
    }
    out.push_str(&text[from..]);
    Cow::Owned(out)
}

/// A tag in a title.
struct Tag<'a> {
    start: usize,
    end: usize,
    name: Cow<'a, str>,
    is_end: bool,
    has_attributes: bool,
}

/// More tags are in no title.
const MOST_TAGS: usize = 32;

fn tags(text: &str) -> Vec<Tag<'_>> {
    let mut tags = Vec::new();
    for (start, _) in text.match_indices('<').take(MOST_TAGS) {
        let rest = &text[start + 1..];
        let is_end = rest.starts_with('/');
        let rest = rest.strip_prefix('/').unwrap_or(rest);
        let name = &rest[..rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len())];
        let Some(end) = rest.find('>').filter(|_| name.starts_with(|c: char| c.is_ascii_alphabetic())) else {
            continue;
        };
        let end = text.len() - rest.len() + end + 1;
        let name = if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
            Cow::Owned(name.to_ascii_lowercase())
        } else {
            Cow::Borrowed(name)
        };
        tags.push(Tag { start, end, name, is_end, has_attributes: text[start..end].contains('=') });
    }
    tags.retain({
        // A tag inside another one's attribute is none.
        let mut last = 0;
        move |tag| {
            let is_apart = tag.start >= last;
            last = last.max(tag.end);
            is_apart
        }
    });
    tags
}

fn has_reference(text: &str) -> bool {
    text.contains('&') && super::markup::entities::decode(text).0 != text
}

/// A name or a category is no longer.
const MAX_NAME_CHARS: usize = 200;
/// And what is read of one: markup around it may be longer than it is.
const MAX_NAME_BYTES: usize = 4 * 1024;
/// A title is no longer; more is a mistake of the feed, or hostile.
const MAX_TITLE_BYTES: usize = 2_000;

pub(super) fn joined(names: impl Iterator<Item = String>, limits: &Limits, cut: &mut Cut) -> Option<String> {
    let (names, surplus) = distinct(names.map(|name| name_line(&name)), limits.authors);
    cut.authors += surplus;
    (!names.is_empty()).then(|| names.join(", "))
}

pub(super) fn categories<'a>(terms: impl Iterator<Item = &'a str>, limits: &Limits, cut: &mut Cut) -> Vec<String> {
    let (categories, surplus) = distinct(terms.map(name_line), limits.categories);
    cut.categories += surplus;
    categories
}

fn name_line(name: &str) -> String {
    html::to_line(&name[..name.floor_char_boundary(MAX_NAME_BYTES)])
}

/// The first of them that say something, each once, and how many more there are.
pub(super) fn distinct(lines: impl Iterator<Item = String>, most: usize) -> (Vec<String>, usize) {
    let mut seen = HashSet::new();
    let mut first = Vec::new();
    for line in lines {
        let line: String = line.chars().take(MAX_NAME_CHARS).collect();
        if !line.is_empty() && seen.insert(line.clone()) && first.len() < most {
            first.push(line);
        }
    }
    let surplus = seen.len() - first.len();
    (first, surplus)
}

/// The Item with its texts as long as may be stored; `is_cut` when they were shortened before.
pub(super) fn fitted(mut item: Item, limits: &Limits, is_cut: bool, cut: &mut Cut) -> Item {
    let mut is_cut = shorten(&mut item.title, MAX_TITLE_BYTES) | is_cut;
    let names = item.title.len() + item.author.as_ref().map_or(0, String::len);
    let names = names + item.categories.iter().map(String::len).sum::<usize>();
    let room = limits.entry_bytes.saturating_sub(names);
    // The content says all that there is to say: the summary gets what it leaves, and a quarter in any case.
    is_cut |= shorten(&mut item.summary, room.saturating_sub(item.content.len()).max(room / 4));
    is_cut |= shorten(&mut item.content, room - item.summary.len());
    cut.texts += usize::from(is_cut);
    item
}

/// Cuts a text off behind so many bytes; true if it was longer.
fn shorten(text: &mut String, bytes: usize) -> bool {
    let is_longer = text.len() > bytes;
    if is_longer {
        text.truncate(text.floor_char_boundary(bytes));
        text.shrink_to_fit();
    }
    is_longer
}

/// What an Item takes in the database, about.
#[must_use]
pub fn stored_bytes(item: &Item) -> usize {
    let names = item.author.as_ref().map_or(0, String::len) + item.categories.iter().map(String::len).sum::<usize>();
    // The link is kept as written and in its canonical form.
    let link = item.link.as_ref().map_or(0, |link| 2 * link.as_str().len());
    let (Identity::Id(key) | Identity::Link(key) | Identity::Hash(key)) = &item.identity;
    item.title.len() + item.summary.len() + item.content.len() + names + link + key.len()
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
