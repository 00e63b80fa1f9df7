//! One element that holds a value: all that is inside belongs to it, markup too. Which of its two readings
//! counts, as text with its entities resolved or as markup, and whether it is HTML, is decided here.

use std::borrow::Cow;
use std::rc::Rc;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::base::Base;
use super::lexer::{Event, Lexer};
use super::vocabulary::{Space, Target};
use crate::parse::entry::person::person_of;

/// A name as written, and its value with the entities resolved.
pub(crate) type Attribute<'a> = (&'a str, Cow<'a, str>);

/// The attribute's value; its name in any case.
pub(crate) fn find<'v>(attributes: &'v [Attribute<'_>], name: &str) -> Option<&'v str> {
    attributes.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_ref())
}

/// A value and how to read it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Value {
    pub(crate) text: String,
    pub(crate) is_html: bool,
}

impl Value {
    pub(crate) fn plain(text: &str) -> Self {
        Self { text: text.trim().to_owned(), is_html: false }
    }
}

/// More of a value is not kept: twice as much as is read of a text, for the sake of its markup.
const MAX_BYTES: usize = 2 * crate::parse::html::MAX_BYTES;

/// What a piece of an element's inside takes beside its text.
const PIECE_BYTES: usize = size_of::<Cow<'_, str>>();

/// An element that holds a value.
#[derive(Debug)]
pub(crate) struct Leaf<'a> {
    pub(crate) name: &'a str,
    pub(crate) target: Target,
    pub(crate) rank: u8,
    pub(crate) base: Option<Rc<Base>>,
    /// Its text with the entities resolved.
    pub(crate) decoded: Cow<'a, str>,
    /// Its inside as written, piece by piece.
    raw: Vec<Cow<'a, str>>,
    raw_bytes: usize,
    /// It was longer than is kept.
    pub(crate) is_cut: bool,
    /// Its `type` counts, as Atom's text constructs have it.
    is_typed: bool,
    attributes: Vec<Attribute<'a>>,
    has_markup: bool,
    /// How deep in elements of its own name we are.
    depth: usize,
}

impl<'a> Leaf<'a> {
    pub(crate) fn new(
        name: &'a str,
        (target, rank): (Target, u8),
        is_typed: bool,
        attributes: Vec<Attribute<'a>>,
        base: Option<Rc<Base>>,
    ) -> Self {
        Self {
            name,
            target,
            rank,
            base,
            decoded: Cow::Borrowed(""),
            raw: Vec::new(),
            raw_bytes: 0,
            is_cut: false,
            is_typed,
            attributes,
            has_markup: false,
            depth: 0,
        }
    }

    /// How many more bytes of text are kept.
    pub(crate) fn room(&self) -> usize {
        MAX_BYTES.saturating_sub(self.decoded.len())
    }

    /// Keeps a piece of its inside.
    fn keep(&mut self, raw: Cow<'a, str>) {
        let room = MAX_BYTES.saturating_sub(self.raw_bytes + PIECE_BYTES);
        self.is_cut |= raw.len() > room;
        if room > 0 {
            let raw = begins(raw, room);
            self.raw_bytes += raw.len() + PIECE_BYTES;
            self.raw.push(raw);
        }
    }

    pub(crate) fn attribute(&self, key: &str) -> Option<&str> {
        find(&self.attributes, key).map(str::trim)
    }

    /// Takes text, and how it was written.
    pub(crate) fn text(&mut self, decoded: Cow<'a, str>, raw: &'a str) {
        let room = self.room();
        self.is_cut |= decoded.len() > room;
        let decoded = begins(decoded, room);
        if self.decoded.is_empty() {
            self.decoded = decoded;
        } else if !decoded.is_empty() {
            self.decoded.to_mut().push_str(&decoded);
        }
        self.keep(raw.into());
    }

    /// Takes a `<` that begins no tag; where the text is HTML it must not begin one there either.
    pub(crate) fn stray(&mut self, text: &str) {
        let escaped = text.replacen('<', "&lt;", 1);
        let shown = if self.is_typed { text } else { &escaped };
        if shown.len() <= self.room() {
            self.decoded.to_mut().push_str(shown);
        }
        self.keep(escaped.into());
    }

    /// Takes a tag inside of it; XHTML loses its prefix, so that it reads as HTML.
    pub(crate) fn markup(&mut self, name: &str, space: Space, local: &str, raw: &'a str, closed: bool) {
        self.has_markup = true;
        self.depth += usize::from(!closed && self.name.eq_ignore_ascii_case(name));
        self.push(name, space, local, raw);
    }

    /// Takes a closing tag; true when it is its own.
    pub(crate) fn ends(&mut self, name: &str, space: Space, local: &str, raw: &'a str) -> bool {
        let own = self.name.eq_ignore_ascii_case(name);
        if own && self.depth == 0 {
            return true;
        }
        self.depth -= usize::from(own);
        self.push(name, space, local, raw);
        false
    }

    fn push(&mut self, name: &str, space: Space, local: &str, raw: &'a str) {
        match raw.split_once(name) {
            Some((before, after)) if space == Space::Xhtml && name.contains(':') => {
                [before.into(), local.to_owned().into(), after.into()].into_iter().for_each(|piece| self.keep(piece));
            }
            _ => self.keep(raw.into()),
        }
    }

    /// Unwraps a CDATA section that was escaped, `&lt;![CDATA[…]]&gt;`: what it holds is the text.
    pub(crate) fn unwrap_cdata(&mut self) {
        const START: &str = "<![CDATA[";
        if self.has_markup || !self.decoded.contains(START) {
            return;
        }
        // Within a section that was not escaped, the mark is a text's own.
        let escaped = ["&lt;![CDATA[", "&#60;![CDATA[", "&#x3c;![CDATA[", "&#x3C;![CDATA["];
        let is_escaped = self.raw.iter().any(|raw| escaped.iter().any(|mark| raw.contains(mark)));
        let text = self.decoded.trim();
        if is_escaped || (text.starts_with(START) && text.ends_with("]]>")) {
            self.decoded = Cow::Owned(self.decoded.replace(START, "").replace("]]>", ""));
        }
    }

    /// A date, which may stand in markup: in the `datetime` of HTML's `time`, in the `content` of RDFa, or as its text.
    pub(crate) fn date(&self) -> String {
        let markup = if self.has_markup { Cow::Owned(self.raw.concat()) } else { Cow::Borrowed(&*self.decoded) };
        if !markup.contains('<') {
            return markup.into_owned();
        }
        let written = Lexer::new(&markup).find_map(|event| match event {
            Event::Start { attributes, .. } => {
                find(&attributes, "datetime").or(find(&attributes, "content")).map(str::to_owned)
            }
            _ => None,
        });
        written.unwrap_or_else(|| crate::parse::html::to_line(&markup))
    }

    /// `None` for an element that says nothing.
    pub(crate) fn value(&self) -> Option<Value> {
        let kind = self.attribute("type").unwrap_or_default().to_ascii_lowercase();
        let inline = self.has_markup || kind.contains("xhtml");
        let is_half_escaped =
            self.has_markup && !kind.contains("xhtml") && crate::parse::html::looks_like_html(&self.decoded);
        let text = match inline {
            // Some of its tags are escaped and some are not: all of them are meant.
            true if is_half_escaped => &crate::parse::html::unescaped(&self.raw.concat()),
            true => &self.raw.concat(),
            false => &*self.decoded,
        };
        let html = inline || !self.is_typed || kind.contains("html") || kind.contains("xml");
        // A picture is no text.
        if self.is_typed && ["image/", "audio/", "video/"].iter().any(|media| kind.starts_with(media)) {
            return None;
        }
        let value = match self.is_base64(&kind).then(|| base64(text)).flatten() {
            Some(text) => Value { text, is_html: true },
            None => Value { text: text.trim().to_owned(), is_html: html },
        };
        (!value.text.is_empty()).then_some(value)
    }

    /// Atom 0.3 says so by its mode; RFC 4287 §4.1.3.3 by a media type that is neither text nor XML.
    fn is_base64(&self, kind: &str) -> bool {
        let binary = self.target == Target::Content
            && kind.contains('/')
            && !(kind.starts_with("text/")
                || kind.ends_with("+xml")
                || kind.ends_with("/xml")
                || kind.contains("html"));
        self.is_typed && (binary || self.attribute("mode").is_some_and(|mode| mode.eq_ignore_ascii_case("base64")))
    }

    /// A person's name.
    pub(crate) fn author(&self) -> Option<Value> {
        Some(Value::plain(&person_of(&self.value()?.text))).filter(|name| !name.text.is_empty())
    }

    /// A link's address and its rank: what a browser opens first, then what may do in its place.
    pub(crate) fn link(&self) -> Option<(u8, String)> {
        let text = self.decoded.trim();
        let is_enclosure = self.name.ends_with("enclosure");
        let address = if is_enclosure { self.attribute("url") } else { self.attribute("href") };
        let href = address.filter(|href| !href.is_empty()).unwrap_or(text);
        let kind = self.attribute("type").unwrap_or_default().to_ascii_lowercase();
        let rank = match self
            .attribute("rel")
            .unwrap_or(if is_enclosure { "" } else { "alternate" })
            .to_ascii_lowercase()
            .as_str()
        {
            "" if is_enclosure && kind.starts_with("image/") => return None,
            "" | "alternate" | "http://www.iana.org/assignments/relation/alternate" => match kind.as_str() {
                _ if kind.contains("html") => 0,
                "" => 1,
                _ => 2,
            },
            // A picture is no page to read.
            "enclosure" if !kind.starts_with("image/") => 9,
            "related" | "via" => 7,
            _ => return None,
        };
        // Escaped twice, as some servers do; no address means `&amp;` by itself.
        (!href.is_empty()).then(|| (rank, href.replace("&amp;", "&")))
    }
}

/// The beginning of a text, at most so many bytes of it.
fn begins(text: Cow<'_, str>, bytes: usize) -> Cow<'_, str> {
    let end = text.floor_char_boundary(bytes);
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(&text[..end]),
        Cow::Owned(mut text) => {
            text.truncate(end);
            Cow::Owned(text)
        }
    }
}

/// Text in base64 that is text again; line breaks inside and missing padding make no difference.
fn base64(text: &str) -> Option<String> {
    let config = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let engine = GeneralPurpose::new(&alphabet::STANDARD, config);
    let bytes = engine.decode(text.split_whitespace().collect::<String>()).ok()?;
    String::from_utf8(bytes).ok().filter(|text| !text.contains('\0'))
}
