//! HTML to plain text, by html5ever's tokenizer: no tree is built, so neither depth nor mis-nesting costs
//! anything, and no markup can survive. Paragraphs are separated by blank lines.

pub mod discover;
pub mod page;
pub(super) mod tokenize;

use std::cell::RefCell;

use html5ever::tokenizer::states::RawKind;
use html5ever::tokenizer::{Tag, TagKind, Token, TokenSink, TokenSinkResult};

use tokenize::tokenize;

/// More of one item's HTML is not read: enough for any article, too little for an attack.
pub(super) const MAX_BYTES: usize = 512 * 1024;

/// What a reader sees of a piece of HTML, as plain text: paragraphs separated by blank lines, list entries
/// behind a bullet, no images, scripts or styles, white space as a browser shows it.
#[must_use]
pub fn to_text(html: &str) -> String {
    let html = &html[..html.floor_char_boundary(MAX_BYTES)];
    if !html.contains(['<', '&']) {
        let mut out = Writer::default();
        out.text(html);
        return out.finish();
    }
    tokenize::<Sink>(html).writer.take().finish()
}

/// One line: a title, a name, a category.
#[must_use]
pub(super) fn to_line(html: &str) -> String {
    one_line(&to_text(html))
}

/// Text that needs no unescaping, on one line.
pub(super) fn one_line(text: &str) -> String {
    let tidy = tidy(text);
    if !tidy.contains('\n') {
        return tidy;
    }
    tidy.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Plain text unchanged, but without control and invisible characters, its line breaks kept.
#[must_use]
pub(super) fn tidy(text: &str) -> String {
    let text = &text[..text.floor_char_boundary(MAX_BYTES)];
    if plain_run(text.as_bytes()) == text.len() {
        return text.to_owned();
    }
    let unix = text.replace("\r\n", "\n").replace('\r', "\n");
    let shown: String = unix.chars().filter(|&c| c == '\n' || c == '\t' || is_shown(c)).collect();
    let mut out = String::with_capacity(shown.len());
    let mut blank = 0;
    for line in shown.lines() {
        let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
        if line.is_empty() {
            blank += 1;
            continue;
        }
        if !out.is_empty() {
            out.push_str(if blank > 0 { "\n\n" } else { "\n" });
        }
        blank = 0;
        out.push_str(&line);
    }
    out
}

/// Whether text that claims to be plain is in truth HTML: a closing tag, or a tag that only HTML writes.
pub(super) fn looks_like_html(text: &str) -> bool {
    const OPENINGS: [&str; 10] = ["<p>", "<p ", "<br>", "<br/", "<br ", "<a href", "<img ", "<div", "<ul>", "<li>"];
    if !text.contains('<') {
        return false;
    }
    let lower = text.to_ascii_lowercase();
    OPENINGS.iter().any(|tag| lower.contains(tag)) || lower.split("</").skip(1).any(is_closing)
}

/// HTML with its escaped tags as tags.
pub(super) fn unescaped(html: &str) -> String {
    html.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&#34;", "\"").replace("&#39;", "'")
}

/// Whether what follows `</` is a tag's name and its end.
fn is_closing(rest: &str) -> bool {
    rest.split_once('>').is_some_and(|(name, _)| {
        name.starts_with(|c: char| c.is_ascii_alphabetic())
            && name.trim_end().chars().all(|c| c.is_ascii_alphanumeric())
    })
}

/// Control characters, and what is invisible or turns the reading direction: spoofing aids in a mail.
fn is_shown(c: char) -> bool {
    !c.is_control()
        && !matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{fffe}' | '\u{ffff}' | '\u{e0000}'..='\u{e007f}')
}

#[derive(Default)]
struct Sink {
    writer: RefCell<Writer>,
    /// The element whose content is not shown, and how deep in elements of that name we are.
    hidden: RefCell<Option<(String, usize)>>,
}

impl TokenSink for Sink {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        match token {
            Token::CharacterTokens(text) if self.hidden.borrow().is_none() => self.writer.borrow_mut().text(&text),
            Token::TagToken(tag) => return self.tag(&tag),
            _ => {}
        }
        TokenSinkResult::Continue
    }
}

impl Sink {
    fn tag(&self, tag: &Tag) -> TokenSinkResult<()> {
        let name: &str = &tag.name;
        let opens = tag.kind == TagKind::StartTag;
        let mut hidden = self.hidden.borrow_mut();
        if let Some((outer, depth)) = hidden.as_mut() {
            if outer == name {
                match (opens, tag.self_closing) {
                    (true, false) => *depth += 1,
                    (true, true) => {}
                    (false, _) => *depth -= 1,
                }
                if *depth == 0 {
                    *hidden = None;
                }
            }
            return TokenSinkResult::Continue;
        }
        if opens && !tag.self_closing && (is_hidden(name) || is_marked_hidden(tag)) {
            *hidden = Some((name.to_owned(), 1));
            return match name {
                "script" => TokenSinkResult::RawData(RawKind::ScriptData),
                "style" | "iframe" | "noembed" | "noframes" | "xmp" => TokenSinkResult::RawData(RawKind::Rawtext),
                "title" | "textarea" => TokenSinkResult::RawData(RawKind::Rcdata),
                _ => TokenSinkResult::Continue,
            };
        }
        let mut writer = self.writer.borrow_mut();
        match name {
            "br" => writer.line(),
            "li" => {
                writer.line();
                if opens {
                    writer.bullet();
                }
            }
            "tr" | "dt" | "dd" | "option" | "summary" => writer.line(),
            "td" | "th" => writer.text(" "),
            "q" => writer.text(if opens { "“" } else { "”" }),
            "pre" => {
                writer.pre = if opens { writer.pre + 1 } else { writer.pre.saturating_sub(1) };
                writer.paragraph();
            }
            _ if is_block(name) => writer.paragraph(),
            _ => {}
        }
        TokenSinkResult::Continue
    }
}

/// `hidden` and `display: none`, on elements that need their end tag: an unclosed `p` must not hide the rest.
fn is_marked_hidden(tag: &Tag) -> bool {
    matches!(&*tag.name, "div" | "span" | "section" | "aside" | "figure" | "a" | "font" | "small" | "table" | "ul")
        && tag.attrs.iter().any(|attribute| match &*attribute.name.local {
            "hidden" => !attribute.value.eq_ignore_ascii_case("until-found"),
            "style" => {
                let style: String = attribute.value.chars().filter(|c| !c.is_whitespace()).collect();
                style.to_ascii_lowercase().split(';').any(|rule| rule.starts_with("display:none"))
            }
            _ => false,
        })
}

pub(super) fn is_hidden(name: &str) -> bool {
    matches!(
        name,
        "script"
            | "style"
            | "head"
            | "title"
            | "iframe"
            | "svg"
            | "math"
            | "noembed"
            | "noframes"
            | "template"
            | "object"
            | "audio"
            | "video"
            | "canvas"
            | "map"
            | "select"
            | "textarea"
            | "button"
            | "xmp"
    )
}

/// Whether HTML has an element of this name that text may stand in.
pub(super) fn is_known(name: &str) -> bool {
    const INLINE: &str = "a abbr acronym b bdi bdo big blink cite code data del dfn em font i ins kbd label mark marquee nobr \
                          option q rp rt ruby s samp small span strike strong sub summary sup time tt u var li tr td th dt dd \
                          tbody thead tfoot noscript html br img hr wbr";
    is_block(name) || is_hidden(name) || INLINE.split(' ').any(|known| known == name)
}

/// Whether text still holds a whole element of markup: a link, a paragraph or a picture.
pub(super) fn has_pair(text: &str) -> bool {
    const PAIRS: [(&str, &str); 6] = [
        ("<a href=", "</a>"),
        ("<p>", "</p>"),
        ("<li>", "</li>"),
        ("<strong>", "</strong>"),
        ("<em>", "</em>"),
        ("<div", "</div>"),
    ];
    let has = |start: &str, end: &str| text.find(start).is_some_and(|at| text[at..].contains(end));
    text.contains('<')
        && (text.contains("<br />") || text.contains("<img src=") || PAIRS.iter().any(|(start, end)| has(start, end)))
}

fn is_block(name: &str) -> bool {
    matches!(
        name,
        "p" | "div"
            | "h1"
            | "h2"
            | "h3"
            | "h4"
            | "h5"
            | "h6"
            | "ul"
            | "ol"
            | "dl"
            | "blockquote"
            | "pre"
            | "table"
            | "section"
            | "article"
            | "header"
            | "footer"
            | "main"
            | "aside"
            | "nav"
            | "figure"
            | "figcaption"
            | "hr"
            | "address"
            | "form"
            | "fieldset"
            | "details"
            | "body"
            | "center"
            | "caption"
    )
}

/// Collects text and settles white space as it comes.
#[derive(Default)]
struct Writer {
    out: String,
    space: bool,
    /// Line breaks owed before the next character: 0, 1 or 2.
    breaks: u8,
    bullet: bool,
    /// How deep in `pre`, where line breaks count.
    pre: u32,
}

/// How many bytes of ASCII words with single blanks between them `text` begins with.
fn plain_run(text: &[u8]) -> usize {
    let graphic = |at: usize| text.get(at).is_some_and(u8::is_ascii_graphic);
    let mut end = 0;
    while graphic(end) || (end > 0 && text.get(end) == Some(&b' ') && graphic(end + 1)) {
        end += 1;
    }
    end
}

impl Writer {
    fn text(&mut self, text: &str) {
        let mut rest = text;
        while !rest.is_empty() {
            // Whole runs of words at once: nearly all text is made of them.
            let run = plain_run(rest.as_bytes());
            if run > 0 {
                self.settle();
                self.out.push_str(&rest[..run]);
                rest = &rest[run..];
            }
            let Some(c) = rest.chars().next() else { break };
            rest = &rest[c.len_utf8()..];
            if c == '\n' && self.pre > 0 {
                self.breaks = (self.breaks + 1).min(2);
            } else if c.is_whitespace() {
                self.space = true;
            } else if is_shown(c) {
                self.settle();
                self.out.push(c);
            }
        }
    }

    fn line(&mut self) {
        self.breaks = self.breaks.max(1);
    }

    fn paragraph(&mut self) {
        // A paragraph straight inside a list entry goes behind its bullet.
        if !self.bullet {
            self.breaks = 2;
        }
    }

    fn bullet(&mut self) {
        self.bullet = true;
    }

    fn settle(&mut self) {
        if self.breaks > 0 && !self.out.is_empty() {
            self.out.push_str(if self.breaks > 1 { "\n\n" } else { "\n" });
        } else if self.space && !self.out.is_empty() {
            self.out.push(' ');
        }
        if std::mem::take(&mut self.bullet) {
            self.out.push_str("• ");
        }
        self.breaks = 0;
        self.space = false;
    }

    fn finish(self) -> String {
        self.out
    }
}

#[cfg(test)]
mod tests;
