//! Markup to events, whatever it looks like: no error, no balance of tags, unquoted attributes, stray `<`.
//! Linear in its input. What the events mean is for `repair` to say.

use std::borrow::Cow;
use std::ops::Range;

use memchr::{memchr, memmem};

/// One piece of the document.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Event<'a> {
    /// An opening tag; `closed` when it closes itself; `raw` is the tag as written.
    Start { name: &'a str, attributes: Vec<(&'a str, Cow<'a, str>)>, closed: bool, raw: &'a str },
    /// A closing tag.
    End { name: &'a str, raw: &'a str },
    /// Text with its entities still in it.
    Text(&'a str),
    /// `<` and what follows, where no tag was meant: `a<b`.
    Stray(&'a str),
    /// The inside of a CDATA section, and whether it had an end.
    CData { text: &'a str, closed: bool },
    /// A document type's internal subset.
    Declaration(&'a str),
}

/// A tag's further attributes are not kept.
const MAX_ATTRIBUTES: usize = 256;

/// Reads a document from its start; see [`Event`].
pub(crate) struct Lexer<'a> {
    text: &'a str,
    at: usize,
    /// Bytes that were searched ahead.
    searched: usize,
    /// Where each terminator comes next, or that it comes no more: looking again and again would be quadratic.
    found: Vec<(&'static str, Option<usize>)>,
}

impl<'a> Lexer<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self { text, at: 0, searched: 0, found: Vec::new() }
    }

    /// How many bytes were looked at so far, those that were looked at twice counted twice.
    pub(crate) fn steps(&self) -> usize {
        self.at + self.searched
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn find(&mut self, terminator: &'static str, from: usize) -> Option<usize> {
        let known = self.found.iter().position(|(of, _)| *of == terminator);
        match known.map(|index| self.found[index].1) {
            Some(Some(place)) if place >= from => return Some(place),
            Some(None) => return None,
            _ => {}
        }
        let place = memmem::find(self.text.as_bytes().get(from..)?, terminator.as_bytes()).map(|place| from + place);
        self.searched += place.unwrap_or(self.text.len()) - from;
        match known {
            Some(index) => self.found[index].1 = place,
            None => self.found.push((terminator, place)),
        }
        place
    }

    /// Skips to behind the terminator; without one, over the opening only.
    fn skip(&mut self, opening: usize, terminator: &'static str) {
        self.at = match self.find(terminator, self.at + opening) {
            Some(end) => end + terminator.len(),
            None => self.at + opening,
        };
    }

    fn cdata(&mut self) -> Event<'a> {
        let start = self.at + "<![CDATA[".len();
        // An unclosed section ends where its entry ends, else with the document.
        let close = self.find("]]>", start);
        let entry = match close {
            Some(end) => self.find("<![CDATA[", start).filter(|next| *next < end),
            None => Some(self.text.len()),
        };
        let entry = entry.and_then(|limit| {
            let ends = [self.find("</item", start), self.find("</entry", start)];
            ends.into_iter().flatten().min().filter(|end| *end < limit)
        });
        let (end, next) = match (entry, close) {
            (Some(end), _) => (end, end),
            (None, Some(end)) => (end, end + 3),
            (None, None) => (self.text.len(), self.text.len()),
        };
        self.at = next;
        Event::CData { text: &self.text[start..end], closed: entry.is_none() && close.is_some() }
    }

    /// Skips a declaration, and returns what is between its brackets.
    fn declaration(&mut self) -> Option<&'a str> {
        let subset = self.find(">", self.at).is_some_and(|end| self.text[self.at..end].contains('['));
        if !subset {
            self.skip(2, ">");
            return None;
        }
        let start = self.at;
        let Some(close) = self.find("]", start) else {
            self.skip(2, ">");
            return None;
        };
        self.at = close;
        self.skip(1, ">");
        Some(&self.text[start..close])
    }

    fn end_tag(&mut self) -> Option<Event<'a>> {
        let close = self.find(">", self.at)?;
        // A tag whose end is missing ends where the next begins.
        let next = self.find("<", self.at + 2).filter(|next| *next < close);
        let (end, after) = next.map_or((close, close + 1), |next| (next, next));
        let raw = &self.text[self.at..after];
        let name = self.text[self.at + 2..end].trim();
        self.at = after;
        Some(Event::End { name, raw })
    }

    fn start_tag(&mut self) -> Option<Event<'a>> {
        let start = self.at;
        let name_end =
            self.rest()[1..].find(|c: char| c.is_whitespace() || matches!(c, '>' | '/' | '<')).map(|n| n + 1);
        let name = &self.text[start + 1..start + name_end?];
        let mut at = start + 1 + name.len();
        let mut attributes = Vec::new();
        let mut closed = false;
        loop {
            let rest = &self.text[at..];
            let rest = rest.trim_start();
            at = self.text.len() - rest.len();
            match rest.chars().next()? {
                '>' => {
                    at += 1;
                    break;
                }
                // The tag was never closed and another begins.
                '<' if attributes.is_empty() => {
                    self.at = at;
                    return Some(Event::Stray(&self.text[start..at]));
                }
                '<' => break,
                '/' => {
                    closed = rest[1..].trim_start().starts_with('>');
                    at += 1;
                    continue;
                }
                _ => {}
            }
            let key_end =
                rest.find(|c: char| c.is_whitespace() || matches!(c, '=' | '>' | '<' | '/')).unwrap_or(rest.len());
            let key = &rest[..key_end];
            let after = rest[key_end..].trim_start();
            let Some(after) = after.strip_prefix('=') else {
                at += key_end.max(1).min(rest.len());
                while !self.text.is_char_boundary(at) {
                    at += 1;
                }
                continue;
            };
            let after = after.trim_start();
            let value_start = self.text.len() - after.len();
            let (value, next) = self.value(value_start);
            if !key.is_empty() && attributes.len() < MAX_ATTRIBUTES {
                attributes.push((key, super::entities::decode(value).0));
            }
            at = next;
        }
        self.at = at;
        Some(Event::Start { name, attributes, closed, raw: &self.text[start..at] })
    }

    fn begins_or_ends_entry(&mut self, within: Range<usize>) -> bool {
        self.searched += within.len();
        let has_tag = memchr(b'<', &self.text.as_bytes()[within.clone()]).is_some();
        let tags = ["<item", "</item", "<entry", "</entry"];
        has_tag && tags.into_iter().filter_map(|tag| self.find(tag, within.start)).any(|tag| tag < within.end)
    }

    fn value(&mut self, start: usize) -> (&'a str, usize) {
        let quote = match self.text.as_bytes().get(start) {
            Some(b'"') => "\"",
            Some(b'\'') => "'",
            _ => {
                let rest = &self.text[start..];
                let end = rest.find(|c: char| c.is_whitespace() || matches!(c, '>' | '<')).unwrap_or(rest.len());
                return (rest[..end].trim_end_matches('/'), start + rest[..end].trim_end_matches('/').len());
            }
        };
        match self.find(quote, start + 1) {
            Some(end) if !self.begins_or_ends_entry(start..end) => (&self.text[start + 1..end], end + 1),
            // Where the closing quote is missing, the next one belongs to another entry.
            Some(_) => {
                let rest = &self.text[start + 1..];
                let end = rest.find(|c: char| c.is_whitespace() || matches!(c, '>' | '<')).unwrap_or(rest.len());
                let value = rest[..end].trim_end_matches('/');
                (value, start + 1 + value.len())
            }
            None => (&self.text[start + 1..start + 1], start + 1),
        }
    }
}

impl<'a> Iterator for Lexer<'a> {
    type Item = Event<'a>;

    fn next(&mut self) -> Option<Event<'a>> {
        loop {
            let rest = self.rest();
            if rest.is_empty() {
                return None;
            }
            if rest.starts_with("<!--") {
                self.skip(4, "-->");
            } else if rest.get(..9).is_some_and(|start| start.eq_ignore_ascii_case("<![CDATA[")) {
                return Some(self.cdata());
            } else if rest.starts_with("<?") {
                self.skip(2, ">");
            } else if rest.starts_with("<!") {
                if let Some(subset) = self.declaration() {
                    return Some(Event::Declaration(subset));
                }
            } else if rest.starts_with("</") {
                return self.end_tag();
            } else if rest.starts_with('<') && rest[1..].starts_with(|c: char| c.is_alphabetic() || c == '_') {
                return self.start_tag();
            } else {
                let first = rest.chars().next()?.len_utf8();
                let end = memchr(b'<', &rest.as_bytes()[first..]).map_or(rest.len(), |n| n + first);
                self.at += end;
                return Some(Event::Text(&rest[..end]));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn odd_markup_is_read() {
        let names: Vec<String> =
            Lexer::new("<?x?><!DOCTYPE a [<!ENTITY b 'c'>]><a b=c d='e' f><!-- <z> -->1 < 2<g/></a ><![CDATA[<h>]]>")
                .map(|event| format!("{event:?}"))
                .collect();
        assert_eq!(names.len(), 7, "{names:?}");
        assert!(names[0].contains("<!ENTITY b 'c'>"), "{names:?}");
        assert!(names[1].contains("(\"b\", \"c\"), (\"d\", \"e\")"), "{names:?}");
    }

    proptest! {
        #[test]
        fn every_input_ends(text in "[<>/!a-c \"'=&é\\[\\]?-]{0,60}") {
            prop_assert!(Lexer::new(&text).count() <= text.len());
        }
    }
}
