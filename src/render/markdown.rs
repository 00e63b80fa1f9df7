//! The editor's note: turns Markdown (CommonMark) into HTML and plain text. Only a small subset is kept: paragraphs,
//! emphasis, lists, headings (all third-level, because the note is below a second-level one), and http, https and mailto
//! links. Images are dropped; raw HTML and code are shown as plain text. Characters that would turn the direction of the
//! text around, or that no reader sees, are removed, also where they are written as references. Everything is escaped.

use std::fmt::Write as _;

use minijinja::HtmlEscape;
use pulldown_cmark::{Event, LinkType, Parser, Tag, TagEnd};
use url::Url;

use super::text::wrap;
use crate::domain::items::text::{single_line, visible};

/// The deepest nesting of lists and emphasis. Deeper ones are flattened: people cannot tell them apart, and mail programs
/// have trouble with them.
const DEPTH: usize = 12;

/// The note as HTML: no attributes except `href` and `start`, and no empty elements.
pub(super) fn html(markdown: &str) -> String {
    let mut html = String::new();
    // For each open element: where it begins, where its content begins, and its end tag.
    let mut open: Vec<(usize, usize, &str)> = Vec::new();
    for event in without_images(markdown) {
        match event {
            Event::Start(tag) => {
                let (start, end) = if open.len() < DEPTH { element(&tag) } else { Default::default() };
                open.push((html.len(), html.len() + start.len(), end));
                html.push_str(&start);
            }
            Event::End(_) => match open.pop().unwrap_or_default() {
                (start, content, _) if content == html.len() => html.truncate(start),
                (_, _, end) => html.push_str(end),
            },
            Event::SoftBreak => html.push('\n'),
            Event::HardBreak => html.push_str("<br>\n"),
            other => {
                let text = plain(&other).unwrap_or_default();
                write!(html, "{}", HtmlEscape(&visible(text))).expect("writing to a String cannot fail");
            }
        }
    }
    html
}

/// The note as wrapped text, with each link's URL on its own line below the paragraph.
pub(super) fn text(markdown: &str) -> String {
    let mut text = Text::default();
    for event in without_images(markdown) {
        text.take(event);
    }
    text.end_block();
    text.done
}

/// All events except images and their content.
fn without_images(markdown: &str) -> impl Iterator<Item = Event<'_>> {
    let mut images = 0usize;
    Parser::new(markdown).filter(move |event| match event {
        Event::Start(Tag::Image { .. }) => {
            images += 1;
            false
        }
        Event::End(TagEnd::Image) => {
            images = images.saturating_sub(1);
            false
        }
        _ => images == 0,
    })
}

/// The text of an event.
fn plain<'e>(event: &'e Event<'_>) -> Option<&'e str> {
    match event {
        Event::Text(text) | Event::Code(text) | Event::Html(text) | Event::InlineHtml(text) => Some(text),
        _ => None,
    }
}

/// An element's start and end tags; both empty for elements that are not kept.
fn element(tag: &Tag<'_>) -> (String, &'static str) {
    let (start, end) = match tag {
        Tag::Paragraph | Tag::CodeBlock(_) | Tag::HtmlBlock => ("<p>", "</p>\n"),
        Tag::Heading { .. } => ("<h3>", "</h3>\n"),
        Tag::List(None) => ("<ul>\n", "</ul>\n"),
        Tag::List(Some(1)) => ("<ol>\n", "</ol>\n"),
        Tag::List(Some(first)) => return (format!("<ol start=\"{first}\">\n"), "</ol>\n"),
        Tag::Item => ("<li>", "</li>\n"),
        Tag::Emphasis => ("<em>", "</em>"),
        Tag::Strong => ("<strong>", "</strong>"),
        Tag::Link { link_type, dest_url, .. } => match address(*link_type, dest_url) {
            Some(url) => return (format!("<a href=\"{}\">", HtmlEscape(&url)), "</a>"),
            None => ("", ""),
        },
        _ => ("", ""),
    };
    (start.to_owned(), end)
}

/// The target of a link; `None` if it is not allowed.
fn address(kind: LinkType, link: &str) -> Option<String> {
    let url = if kind == LinkType::Email { Url::parse(&format!("mailto:{link}")) } else { Url::parse(link) };
    let url = url.ok()?;
    matches!(url.scheme(), "http" | "https" | "mailto").then(|| url.to_string())
}

/// The text under construction, block by block.
#[derive(Default)]
struct Text {
    done: String,
    /// The text of the open block, with its hard line breaks.
    block: String,
    /// The targets of its links.
    urls: Vec<String>,
    /// The open lists, each with its next number.
    lists: Vec<Option<u64>>,
    /// The list marker before the block's first line.
    marker: String,
    /// Where the text of each open link begins, and its target.
    links: Vec<(usize, Option<String>)>,
    was_item: bool,
}

impl Text {
    fn take(&mut self, event: Event<'_>) {
        match event {
            Event::Start(Tag::Link { link_type, dest_url, .. }) => {
                self.links.push((self.block.len(), address(link_type, &dest_url)));
            }
            Event::End(TagEnd::Link) => self.end_link(),
            Event::Start(Tag::List(first)) => {
                self.end_block();
                self.lists.push(first);
            }
            Event::Start(Tag::Item) => self.marker = self.next_marker(),
            Event::End(TagEnd::List(_)) => {
                self.end_block();
                self.lists.pop();
                self.was_item &= !self.lists.is_empty();
            }
            Event::End(
                TagEnd::Paragraph | TagEnd::Heading(_) | TagEnd::CodeBlock | TagEnd::HtmlBlock | TagEnd::Item,
            ) => self.end_block(),
            Event::SoftBreak => self.block.push(' '),
            Event::HardBreak => self.block.push('\n'),
            other => self.block.push_str(plain(&other).unwrap_or_default()),
        }
    }

    /// A URL whose text is the URL itself gets its own line in place; others follow the block.
    fn end_link(&mut self) {
        let Some((from, Some(url))) = self.links.pop() else { return };
        let words = self.block.get(from..).unwrap_or_default().trim();
        if words.is_empty() || url.strip_prefix("mailto:") == Some(words) {
            return;
        }
        if words.trim_end_matches('/') == url.trim_end_matches('/') {
            self.block.truncate(from);
            write!(self.block, "\n{url}\n").expect("writing to a String cannot fail");
        } else {
            self.urls.push(url);
        }
    }

    fn next_marker(&mut self) -> String {
        match self.lists.last_mut() {
            Some(Some(number)) => {
                *number = number.saturating_add(1);
                format!("{}. ", *number - 1)
            }
            _ => "- ".to_owned(),
        }
    }

    fn end_block(&mut self) {
        let (block, marker) = (std::mem::take(&mut self.block), std::mem::take(&mut self.marker));
        let indent = self.lists.iter().take(DEPTH).map(|list| if list.is_some() { 4 } else { 2 }).sum();
        // Moving a URL to its own line may leave a line with only a full stop.
        let words = block.lines().map(single_line).filter(|line| !line.chars().all(|c| c.is_ascii_punctuation()));
        let lines: Vec<String> = words.chain(self.urls.drain(..)).map(|line| wrap(&line, indent)).collect();
        let lines = lines.join("\n");
        if lines.is_empty() {
            self.marker = marker;
            return;
        }
        if !self.done.is_empty() {
            self.done.push_str(if self.was_item && !self.lists.is_empty() { "\n" } else { "\n\n" });
        }
        self.was_item = !self.lists.is_empty();
        write!(self.done, "{marker:>indent$}{}", &lines[indent..]).expect("writing to a String cannot fail");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTE: &str = "# Welcome back\n\nThree *new* **sources** this week; please answer\n[our survey]\
        (https://example.org/survey?a=1&b=2), or write to <editor@example.org>.\n\n\
        - one\n- two, see <https://example.org/two>\n  1. within\n\n3. three\n4. four\n";

    #[test]
    fn html_has_only_the_small_subset() {
        assert_eq!(
            html(NOTE).replace("&#x2f;", "/"),
            "<h3>Welcome back</h3>\n<p>Three <em>new</em> <strong>sources</strong> this week; please answer\n\
             <a href=\"https://example.org/survey?a=1&amp;b=2\">our survey</a>, or write to \
             <a href=\"mailto:editor@example.org\">editor@example.org</a>.</p>\n\
             <ul>\n<li>one</li>\n<li>two, see <a href=\"https://example.org/two\">https://example.org/two</a>\
             <ol>\n<li>within</li>\n</ol>\n</li>\n</ul>\n\
             <ol start=\"3\">\n<li>three</li>\n<li>four</li>\n</ol>\n"
        );
    }

    #[test]
    fn text_is_readable() {
        assert_eq!(
            text(NOTE),
            "Welcome back\n\nThree new sources this week; please answer our survey, or write to\n\
             editor@example.org.\nhttps://example.org/survey?a=1&b=2\n\n\
             - one\n- two, see\n  https://example.org/two\n   1. within\n\n 3. three\n 4. four"
        );
    }

    #[test]
    fn hostile_markdown_is_harmless() {
        let note = "<script>alert(1)</script>\n\nA <b onclick=\"x()\">b</b> [go](javascript:alert(1)) \
            [go](JaVa&#x0A;Script:alert(1)) [go](data:text/html,x) [go](vbscript:x) [up](../x) \
            ![pixel](https://example.org/p.gif) ![d](data:image/png;base64,AA==) \
            [![in](https://example.org/q.gif)](https://example.org/ok \"a\\\" onmouseover=\\\"x\")\n\n\
            [q](https://example.org/\"onclick=x)\n\n<img src=x onerror=alert(1)>\n\n<!-- c -->\n";
        let html = html(note).replace("&#x2f;", "/");
        for forbidden in
            ["<script", "<b", "<img", "<!--", "javascript:", "JaVa", "data:", "vbscript:", "p.gif", "q.gif", "../x"]
        {
            assert!(!html.contains(forbidden), "{forbidden} in {html}");
        }
        assert!(html.contains("&lt;script&gt;") && html.contains("&lt;b onclick="), "{html}");
        let elements = html.split('<').skip(1).map(|rest| rest.split('>').next().unwrap());
        for element in elements.filter(|element| !element.starts_with('/')) {
            let is_plain = matches!(element, "p" | "br") || element.starts_with("a href=\"https://example.org/");
            assert!(is_plain && !element.contains(" on"), "{element} in {html}");
        }
        let text = text(note);
        assert!(!html.contains("></a>") && !text.contains("/ok"), "a link without text is dropped: {html}{text}");
        assert!(!text.contains("javascript:") && !text.contains("data:") && !text.contains(".gif"), "{text}");
    }

    #[test]
    fn direction_overrides_and_invisible_characters_are_removed_however_they_are_written() {
        let note = "pay \u{202e}lap\u{202c} us &#x202E;now&#8203;\n\n`\u{2066}code\u{2069}` [a\u{200b}b](https://example.org/\u{202e}x)";
        let html = html(note);
        assert!(html.starts_with("<p>pay lap us now</p>\n<p>code <a href="), "{html}");
        assert!(html.ends_with(">ab</a></p>\n") && html.is_ascii(), "{html}");
        assert!(text(note).is_ascii() && text(note).starts_with("pay lap us now\n\ncode ab"), "{}", text(note));
    }

    #[test]
    fn very_deep_nesting_is_flattened() {
        for deep in ["> ", "- ", "1. ", "*a **b "] {
            let note = format!("{}end", deep.repeat(3000));
            assert!(html(&note).matches("<ul>").count() <= DEPTH && text(&note).ends_with("end"), "{deep}");
        }
    }
}
