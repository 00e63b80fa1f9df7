//! What the strict parser found, made into Items: text by its label and its looks, the link that a reader
//! wants, names without addresses.

use chrono::{DateTime, Utc};
use feed_rs::model::{Entry, Link, Text};
use url::Url;

use super::html;
use super::lexer::{Event, Lexer};
use super::repair::Dialect;
use crate::domain::item::Item;

/// Stands for `@` on its way through feed-rs, which panics on an address that touches a multi-byte character
/// (`foo@example.com（山田）`: it cuts one byte behind the address).
pub(super) const AT: &str = "\u{e000}";

/// One entry as an Item; its identity is settled afterwards, among all of the feed's.
pub(super) fn item(entry: Entry, dialect: Dialect, base: Option<&Url>) -> Item {
    let in_text = |text: &Text| dialect == Dialect::Atom && text.content_type.subty() == "plain";
    let title = entry.title.as_ref().map(|title| self::title(&title.content, in_text(title))).unwrap_or_default();
    let summary = entry.summary.as_ref().map(|text| body(&text.content, in_text(text))).unwrap_or_default();
    let content = entry.content.as_ref().map(|content| {
        let plain = dialect == Dialect::Atom && content.content_type.subty() == "plain";
        body(content.body.as_deref().unwrap_or_default(), plain)
    });
    let names = entry.authors.iter().filter_map(|person| person.name.as_deref());
    let published = entry.published;
    Item {
        // The id is ours to judge: the generator that is handed to feed-rs makes none up.
        identity: crate::domain::item::Identity::Id(entry.id),
        link: link(&entry.links, base),
        title,
        summary,
        content: content.unwrap_or_default(),
        author: joined(names.map(|name| name.replace(AT, "@"))),
        categories: categories(entry.categories.iter().map(|category| category.term.as_str())),
        published,
        updated: updated(entry.updated, published, dialect),
    }
}

/// feed-rs copies the date of publication of RSS where there is no other.
fn updated(
    updated: Option<DateTime<Utc>>,
    published: Option<DateTime<Utc>>,
    dialect: Dialect,
) -> Option<DateTime<Utc>> {
    updated.filter(|_| dialect == Dialect::Atom || updated != published)
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

pub(super) fn joined(names: impl Iterator<Item = String>) -> Option<String> {
    let mut seen: Vec<String> = Vec::new();
    for name in names.map(|name| html::to_line(&name)) {
        if !name.is_empty() && !seen.contains(&name) {
            seen.push(name);
        }
    }
    (!seen.is_empty()).then(|| seen.join(", "))
}

pub(super) fn categories<'a>(terms: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut seen: Vec<String> = Vec::new();
    for term in terms.map(html::to_line) {
        if !term.is_empty() && !seen.contains(&term) {
            seen.push(term);
        }
    }
    seen
}

/// The page for people: `alternate` as HTML, then any `alternate`, then a link without a relation.
fn link(links: &[Link], base: Option<&Url>) -> Option<Url> {
    let rank = |link: &Link| match (link.rel.as_deref(), link.media_type.as_deref()) {
        (Some("alternate"), Some(kind)) if kind.contains("html") => Some(0),
        (Some("alternate") | None, None) => Some(1),
        (Some("alternate") | None, Some(_)) => Some(2),
        (Some("related" | "via"), _) => Some(3),
        _ => None,
    };
    let mut ranked: Vec<(u8, &Link)> = links.iter().filter_map(|link| Some((rank(link)?, link))).collect();
    ranked.sort_by_key(|(rank, _)| *rank);
    ranked.into_iter().find_map(|(_, link)| absolute(&link.href, base))
}

/// http and https only, resolved against the feed's own address.
pub(super) fn absolute(href: &str, base: Option<&Url>) -> Option<Url> {
    let href = href.trim();
    let url = match Url::parse(href) {
        Ok(url) => url,
        Err(url::ParseError::RelativeUrlWithoutBase) if !href.is_empty() => base?.join(href).ok()?,
        Err(_) => return None,
    };
    (matches!(url.scheme(), "http" | "https") && url.host_str().is_some()).then_some(url)
}

/// Who wrote it: the name in an Atom person, in `mail (Name)`, `(Name) mail` or `Name <mail>`; the address
/// only when there is no name.
pub(super) fn person_of(raw: &str) -> String {
    let mut fields = [String::new(), String::new(), String::new()];
    let mut place = 0;
    for event in Lexer::new(raw) {
        match event {
            Event::Start { name, closed: false, .. } => {
                place = match name.rsplit(':').next() {
                    Some("name") => 1,
                    Some("email") => 2,
                    // `Name <mail@example.org>` is no markup.
                    _ if name.contains('@') => {
                        fields[2].push_str(name);
                        place
                    }
                    Some("uri" | "url" | "homepage") => continue,
                    _ => 0,
                }
            }
            Event::End { .. } => place = 3,
            Event::Text(text) | Event::CData(text) if place < 3 => {
                fields[place].push_str(&super::entities::decode(text).0)
            }
            _ => {}
        }
    }
    let fields = fields.map(|field| name_of(&field));
    fields[1..2].iter().chain([&fields[0], &fields[2]]).find(|field| !field.is_empty()).cloned().unwrap_or_default()
}

fn name_of(text: &str) -> String {
    let text = text.replace('（', " (").replace('）', ") ").replace("mailto:", "");
    let Some(at) = text.find('@') else {
        return html::one_line(&text);
    };
    let belongs = |c: char| c.is_ascii_alphanumeric() || "._%+-".contains(c);
    let start = text[..at].rfind(|c| !belongs(c)).map_or(0, |n| n + text[n..].chars().next().map_or(1, char::len_utf8));
    let end = text[at + 1..].find(|c| !belongs(c)).map_or(text.len(), |n| at + 1 + n);
    let mail = &text[start..end];
    let around = format!("{} {}", &text[..start], &text[end..]);
    let decoration = |c: char| c.is_whitespace() || "()<>[]\"',;:-–—|".contains(c);
    let name = html::one_line(around.trim_matches(decoration));
    if name.is_empty() { mail.to_owned() } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_is_a_name() {
        let table = [
            ("ann@example.org (Ann Lee)", "Ann Lee"),
            ("(Ann Lee) ann@example.org", "Ann Lee"),
            ("Ann Lee <ann@example.org>", "Ann Lee"),
            ("Ann Lee &lt;ann@example.org&gt;", "Ann Lee"),
            ("foo@example.com（山田）", "山田"),
            ("foo@example.com—Ann", "Ann"),
            ("ann@example.org", "ann@example.org"),
            ("<name>Ann</name><email>a@example.org</email><uri>http://x</uri>", "Ann"),
            ("<email>a@example.org</email>", "a@example.org"),
            ("Department for Work & Pensions", "Department for Work & Pensions"),
        ];
        for (raw, want) in table {
            assert_eq!(person_of(raw), want, "{raw}");
        }
    }

    #[test]
    fn titles_read_as_a_person_would_write_them() {
        assert_eq!(title("AT&amp;T &lt;b&gt;", false), "AT&T <b>");
        assert_eq!(title("Fish &amp;amp; chips", false), "Fish & chips");
        assert_eq!(title("Using <b> in\nHTML", true), "Using <b> in HTML");
        assert_eq!(title("a <em>b</em>", true), "a b");
    }
}
