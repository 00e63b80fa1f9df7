//! HTML to tokens, by html5ever, with what is quadratic in it kept out: it compares each attribute of a tag with all
//! the others, so that a tag with tens of thousands of them would take seconds.

use std::borrow::Cow;

use html5ever::TokenizerResult;
use html5ever::tendril::StrTendril;
use html5ever::tokenizer::{BufferQueue, TokenSink, Tokenizer, TokenizerOpts};
use memchr::memchr;

/// A tag with more attributes is left out: nobody writes so many.
const MAX_ATTRIBUTES: usize = 256;

/// Gives every token to a new sink, and the sink back.
pub(crate) fn tokenize<S: TokenSink<Handle = ()> + Default>(html: &str) -> S {
    let input = BufferQueue::default();
    input.push_back(StrTendril::from_slice(&without_monsters(html)));
    let tokenizer = Tokenizer::new(S::default(), TokenizerOpts::default());
    // A sink that runs no scripts is never asked to pause; the loop only makes that plain.
    while !matches!(tokenizer.feed(&input), TokenizerResult::Done) {}
    tokenizer.end();
    tokenizer.sink
}

/// The text without tags of too many attributes.
fn without_monsters(html: &str) -> Cow<'_, str> {
    let (mut kept, mut from, mut at) = (String::new(), 0, 0);
    while let Some(start) = memchr(b'<', &html.as_bytes()[at..]).map(|found| at + found) {
        let name = html[start + 1..].trim_start_matches('/');
        if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
            at = start + 1;
            continue;
        }
        let (length, attributes) = tag(name.as_bytes());
        at = html.len() - name.len() + length;
        if attributes > MAX_ATTRIBUTES {
            kept.push_str(&html[from..start]);
            from = at;
        }
    }
    if from == 0 {
        return Cow::Borrowed(html);
    }
    kept.push_str(&html[from..]);
    Cow::Owned(kept)
}

/// The tokenizer's state in a tag: HTML, sections 13.2.5.8 and 13.2.5.32 to 13.2.5.39.
#[derive(Clone, Copy, PartialEq)]
enum State {
    TagName,
    BeforeName,
    Name,
    AfterName,
    BeforeValue,
    Quoted(u8),
    Unquoted,
    AfterQuoted,
}

/// The length of a tag from its name to behind its `>`, and how many attributes it has.
fn tag(bytes: &[u8]) -> (usize, usize) {
    use State::{AfterName, AfterQuoted, BeforeName, BeforeValue, Name, Quoted, TagName, Unquoted};
    let (mut state, mut attributes) = (TagName, 0);
    for (at, &byte) in bytes.iter().enumerate() {
        let is_space = byte.is_ascii_whitespace();
        let next = match (state, byte) {
            (Quoted(quote), _) if byte == quote => AfterQuoted,
            (Quoted(_), _) => state,
            (_, b'>') => return (at + 1, attributes),
            (Unquoted, _) if !is_space => Unquoted,
            (BeforeValue, _) if is_space => BeforeValue,
            (BeforeValue, b'"' | b'\'') => Quoted(byte),
            (BeforeValue, _) => Unquoted,
            (_, b'/') => BeforeName,
            (Name | AfterName, b'=') => BeforeValue,
            (Name | AfterName, _) if is_space => AfterName,
            (_, _) if is_space => BeforeName,
            (TagName | Name, _) => state,
            _ => Name,
        };
        attributes += usize::from(next == Name && state != Name);
        state = next;
    }
    (bytes.len(), attributes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_are_counted_as_the_standard_has_them() {
        for (text, length, attributes) in [
            ("p>", 2, 0),
            ("a href=x class = 'b > c' d>rest", 27, 3),
            ("a q\" r=\">\" s>", 13, 3),
            ("br/>", 4, 0),
            ("a b=\"c\"d/e>", 11, 3),
            ("a b", 3, 1),
        ] {
            assert_eq!(tag(text.as_bytes()), (length, attributes), "{text}");
        }
    }

    #[test]
    fn a_tag_with_thousands_of_attributes_is_left_out() {
        let many: String = (0..50_000).map(|number| format!(" a{number}")).collect();
        assert_eq!(without_monsters(&format!("one <b x=\">\"{many}>two</b> three")), "one two</b> three");
        assert_eq!(without_monsters("1 < 2 and <b>3</b>"), "1 < 2 and <b>3</b>");
    }
}
