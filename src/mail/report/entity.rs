//! One mail, or one part of one (RFC 5322, RFC 2045): its headers, its content, its parts. Reads at most what it was
//! given, in one pass a level, and never fails: what cannot be read is not there. mail-parser reads headers and content
//! only; the parts are walked here, since it copies a nested message once for each level and ends by recursion, so that
//! a mail of a few kilobytes could take all memory or the stack.

use std::borrow::Cow;

use mail_parser::decoders::base64::base64_decode;
use mail_parser::decoders::charsets::map::charset_decoder;
use mail_parser::decoders::html::html_to_text;
use mail_parser::decoders::quoted_printable::quoted_printable_decode;
use mail_parser::{HeaderName, HeaderValue, MessageParser, MimeHeaders as _};

/// The most that is read of one block of headers.
const MAX_HEAD_BYTES: usize = 64 * 1024;

/// The most parts that are looked at in one multipart.
const MAX_PARTS: usize = 20;

/// The most that is read of one part in words.
const MAX_TEXT_BYTES: usize = 64 * 1024;

/// Fields of a header, a delivery status or a feedback report: names in lower case, values on one line.
#[derive(Clone, Default)]
pub(super) struct Fields(Vec<(String, String)>);

impl Fields {
    /// Reads a block of fields up to the first empty line.
    pub(super) fn read(block: &[u8]) -> Self {
        let block = &block[..block.len().min(MAX_HEAD_BYTES)];
        // Every field as text: without one named, each would be read by the grammar of its own.
        let parser = MessageParser::new().header_text(HeaderName::Subject).default_header_text();
        let Some(message) = parser.parse_headers(block) else {
            return Self::default();
        };
        let field = |header: &mail_parser::Header<'_>| {
            let value = match &header.value {
                HeaderValue::Text(text) => text.split_whitespace().collect::<Vec<_>>().join(" "),
                _ => String::new(),
            };
            (header.name.as_str().to_ascii_lowercase(), value)
        };
        Self(message.headers().iter().map(field).collect())
    }

    /// The values of every field of this name, which is written in lower case.
    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The first of them.
    pub(super) fn first(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// A mail or a part.
pub(super) struct Entity<'a> {
    pub(super) fields: Fields,
    /// `message/delivery-status`, in lower case; `text/plain` when it does not say.
    pub(super) kind: String,
    /// The parameter `report-type` of `multipart/report`, in lower case.
    pub(super) report_type: Option<String>,
    boundary: Option<String>,
    charset: Option<String>,
    body: &'a [u8],
}

impl<'a> Entity<'a> {
    pub(super) fn read(bytes: &'a [u8]) -> Self {
        let (head, body) = split_head(bytes);
        let head = &head[..head.len().min(MAX_HEAD_BYTES)];
        let parsed = MessageParser::new().with_mime_headers().parse_headers(head);
        let kind = parsed.as_ref().and_then(|message| message.content_type());
        let parameter = |name: &str| kind.and_then(|kind| kind.attribute(name)).map(str::to_owned);
        Self {
            fields: Fields::read(head),
            kind: kind.map_or("text/plain".to_owned(), |kind| {
                format!("{}/{}", kind.ctype(), kind.subtype().unwrap_or_default()).to_ascii_lowercase()
            }),
            report_type: parameter("report-type").map(|kind| kind.to_ascii_lowercase()),
            boundary: parameter("boundary"),
            charset: parameter("charset"),
            body,
        }
    }

    /// The parts of a multipart; none of anything else.
    pub(super) fn parts(&self) -> Vec<&'a [u8]> {
        match &self.boundary {
            Some(boundary) if self.kind.starts_with("multipart/") && !boundary.is_empty() => {
                let parts = split_parts(self.body, boundary.as_bytes());
                // A relay that rewrote the headers may have left the body as it was.
                match parts.is_empty().then(|| guessed_boundary(self.body)).flatten() {
                    Some(boundary) => split_parts(self.body, boundary),
                    None => parts,
                }
            }
            _ if self.kind.starts_with("multipart/") => {
                guessed_boundary(self.body).map_or_else(Vec::new, |boundary| split_parts(self.body, boundary))
            }
            _ => Vec::new(),
        }
    }

    /// The content as text, of at most [`MAX_TEXT_BYTES`].
    pub(super) fn text(&self) -> String {
        let content = self.content();
        let content = &content[..content.len().min(MAX_TEXT_BYTES)];
        let decoder = self.charset.as_deref().and_then(|charset| charset_decoder(charset.as_bytes()));
        match decoder {
            Some(decode) => decode(content),
            None => String::from_utf8_lossy(content).into_owned(),
        }
    }

    /// The same, of HTML.
    pub(super) fn plain_text(&self) -> String {
        html_to_text(&self.text())
    }

    /// The content, decoded (RFC 2045 §6). What does not follow its encoding is taken unchanged.
    pub(super) fn content(&self) -> Cow<'a, [u8]> {
        let encoding = self.fields.first("content-transfer-encoding");
        let decoded = match encoding.map(str::to_ascii_lowercase).as_deref() {
            Some("base64") => base64_decode(self.body),
            Some("quoted-printable") => quoted_printable_decode(self.body),
            _ => None,
        };
        decoded.map_or(Cow::Borrowed(self.body), Cow::Owned)
    }
}

/// What is before and after the first empty line.
fn split_head(bytes: &[u8]) -> (&[u8], &[u8]) {
    let mut at = 0;
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        let next = at + line.len();
        if line.trim_ascii().is_empty() {
            return (&bytes[..at], &bytes[next..]);
        }
        at = next;
    }
    (bytes, &[])
}

/// RFC 2046 §5.1.1: parts stand between lines that begin with two hyphens and the boundary. A last part whose end is
/// missing goes to the end.
fn split_parts<'a>(body: &'a [u8], boundary: &[u8]) -> Vec<&'a [u8]> {
    let (mut parts, mut start, mut at) = (Vec::new(), None, 0);
    for line in body.split_inclusive(|byte| *byte == b'\n') {
        let next = at + line.len();
        let rest = line.strip_prefix(b"--").and_then(|line| line.strip_prefix(boundary)).map(<[u8]>::trim_ascii_end);
        if let Some(rest @ (b"" | b"--")) = rest {
            parts.extend(start.map(|start| &body[start..at]));
            start = rest.is_empty().then_some(next);
            if !rest.is_empty() || parts.len() == MAX_PARTS {
                return parts;
            }
        }
        at = next;
    }
    parts.extend(start.map(|start| &body[start..]));
    parts
}

/// The boundary that the body itself begins with: two hyphens, and a field of a part on the next line.
fn guessed_boundary(body: &[u8]) -> Option<&[u8]> {
    let mut lines = body.split(|byte| *byte == b'\n').take(200).map(<[u8]>::trim_ascii_end).peekable();
    while let Some(line) = lines.next() {
        let is_part = lines.peek().is_some_and(|next| next.len() >= 8 && next[..8].eq_ignore_ascii_case(b"content-"));
        if let (Some(boundary), true) = (line.strip_prefix(b"--").filter(|rest| !rest.is_empty()), is_part) {
            return Some(boundary);
        }
    }
    None
}

/// The blocks of fields that empty lines part, as in a delivery status (RFC 3464 §2.1).
pub(super) fn blocks(content: &[u8]) -> Vec<Fields> {
    let (mut blocks, mut rest) = (Vec::new(), content.trim_ascii_start());
    while !rest.is_empty() && blocks.len() < MAX_PARTS {
        let (block, after) = split_head(rest);
        blocks.push(Fields::read(block));
        rest = after.trim_ascii_start();
    }
    blocks
}
