//! A feed's bytes to Items: decode, repair, feed-rs, then our own identity, dates, links and text.
//! No markup leaves this room, nothing is fetched, and the time is what the caller says.
//! One bad entry costs that entry; a panic costs that document.

use std::panic::{AssertUnwindSafe, catch_unwind};

use chrono::{DateTime, Utc};
use feed_rs::parser::{Builder, ParseFeedError};
use url::Url;

use crate::domain::feed::Hints;
use crate::domain::item::Item;

pub mod dates;
pub mod discover;
mod encoding;
mod entities;
mod entry;
pub mod html;
mod identity;
mod json;
mod leaf;
mod lexer;
mod repair;
mod vocabulary;

use repair::Repaired;

/// More than any feed; the fetcher stops earlier.
const MAX_BYTES: usize = 32 * 1024 * 1024;

/// What there is to read, and what is known about it.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    /// The body as it came.
    pub bytes: &'a [u8],
    /// The HTTP header; only its charset is used.
    pub content_type: Option<&'a str>,
    /// The address after redirects: relative links are resolved against it.
    pub base: Option<&'a Url>,
    /// The time at which it was seen; no item is younger.
    pub now: DateTime<Utc>,
}

/// A feed that was understood.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// One line.
    pub title: Option<String>,
    /// In the order of the feed, each once.
    pub items: Vec<Item>,
    /// What it says about when to come again.
    pub hints: Hints,
    /// What had to be mended, for the administrator's eyes.
    pub repairs: Vec<Repair>,
}

/// One kind of flaw, and how often it was met. Reads as "3 bare ampersands".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repair {
    /// In the singular.
    pub name: &'static str,
    /// At least 1.
    pub count: usize,
}

impl std::fmt::Display for Repair {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { name, count } = self;
        match (*count, name.strip_suffix('y'), name.split_once(" of ")) {
            (1, ..) => write!(f, "1 {name}"),
            (_, _, Some((head, rest))) => write!(f, "{count} {head}s of {rest}"),
            (_, Some(stem), None) => write!(f, "{count} {stem}ies"),
            (_, None, None) => write!(f, "{count} {name}s"),
        }
    }
}

/// Why nothing could be read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Something else is at this address.
    #[error("this is {0}, not a feed")]
    NotAFeed(Kind),
    /// A feed by its root element, and still unreadable.
    #[error("the feed cannot be read")]
    Malformed(#[source] ParseFeedError),
    /// Beyond any feed's size.
    #[error("the document is larger than {} MiB", MAX_BYTES / 1024 / 1024)]
    TooLarge,
    /// A fault of the parser's own; the document should be reported.
    #[error("the parser failed on this document")]
    Panic,
}

/// What stands in a feed's place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A page for people, perhaps one that names its feed.
    HtmlPage,
    /// JSON, but no JSON Feed.
    Json,
    /// Nothing at all.
    Empty,
    /// None of these.
    Other,
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::HtmlPage => "an HTML page",
            Self::Json => "some other JSON",
            Self::Empty => "an empty document",
            Self::Other => "an unknown kind of document",
        })
    }
}

/// Reads a feed of any dialect.
///
/// # Errors
/// What is no feed, and a feed of which nothing can be read.
pub fn parse(source: &Source<'_>) -> Result<Document, Error> {
    catch_unwind(AssertUnwindSafe(|| read(source))).unwrap_or(Err(Error::Panic))
}

fn read(source: &Source<'_>) -> Result<Document, Error> {
    if source.bytes.len() > MAX_BYTES {
        return Err(Error::TooLarge);
    }
    let (text, mislabelled) = encoding::decode(source.bytes, source.content_type);
    let start = text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}' || c == '\0');
    if start.is_empty() {
        return Err(Error::NotAFeed(Kind::Empty));
    }
    let mut repairs = Vec::new();
    if mislabelled {
        repairs.push(Repair { name: "wrong encoding label", count: 1 });
    }
    if start.starts_with(['{', '[']) {
        let (title, items) = json::read(start, source.base, source.now).ok_or(Error::NotAFeed(Kind::Json))?;
        return Ok(Document { title, items: identity::settle(items), hints: Hints::default(), repairs });
    }
    if is_page(start) {
        return Err(Error::NotAFeed(Kind::HtmlPage));
    }
    let repaired = repair::repair(&text).ok_or(Error::NotAFeed(Kind::Other))?;
    repairs.extend(repaired.counts.iter().map(|(&name, &count)| Repair { name, count }));
    let (title, items, lost) = entries(&repaired, source)?;
    if lost > 0 {
        repairs.push(Repair { name: "unreadable entry", count: lost });
    }
    let title = title.map(|text| html::to_line(&text)).filter(|text| !text.is_empty());
    Ok(Document { title, items: identity::settle(items), hints: Hints::default(), repairs })
}

/// A page says so before any feed's root element could begin.
fn is_page(start: &str) -> bool {
    let head = start[..start.floor_char_boundary(2048)].to_ascii_lowercase();
    let page = [head.find("<!doctype html"), head.find("<html")].into_iter().flatten().min();
    let feed = ["<rss", "<feed", "<rdf:rdf"].iter().filter_map(|tag| head.find(tag)).min();
    page.is_some_and(|page| feed.is_none_or(|feed| page < feed))
}

/// The whole document at once; when that fails, entry by entry, so that one costs only itself.
fn entries(repaired: &Repaired, source: &Source<'_>) -> Result<(Option<String>, Vec<Item>, usize), Error> {
    let attempt = |entries: &[String]| {
        let document = repaired.document(entries);
        catch_unwind(AssertUnwindSafe(|| strict(&document, repaired, source))).unwrap_or(Err(Error::Panic))
    };
    match attempt(&repaired.entries) {
        Ok((title, items)) => return Ok((title, items, 0)),
        Err(error) if repaired.entries.is_empty() => return Err(error),
        Err(_) => {}
    }
    let (title, _) = attempt(&[])?;
    let mut items = Vec::new();
    let mut lost = 0;
    for entry in &repaired.entries {
        match attempt(std::slice::from_ref(entry)) {
            Ok((_, one)) => items.extend(one),
            Err(_) => lost += 1,
        }
    }
    Ok((title, items, lost))
}

fn strict(document: &str, repaired: &Repaired, source: &Source<'_>) -> Result<(Option<String>, Vec<Item>), Error> {
    let now = source.now;
    let parser = Builder::new()
        .base_uri(source.base)
        .sanitize_content(false)
        .id_generator(|_, _, _| String::new())
        .timestamp_parser(move |text| dates::parse(text, now))
        .build();
    let feed = parser.parse(document.as_bytes()).map_err(Error::Malformed)?;
    let items = feed.entries.into_iter().map(|entry| entry::item(entry, repaired.dialect, source.base)).collect();
    Ok((feed.title.map(|title| title.content), items))
}

#[cfg(test)]
mod tests;
