//! A feed's bytes to Items: decode, repair, feed-rs, then our own identity, dates, links and text.
//! No markup leaves this room, nothing is fetched, and the time is what the caller says.
//! One bad entry costs that entry; a panic costs that document.

use entry::identity;
use json::rss;
use markup::repair;
use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use chrono::{DateTime, Utc};
use feed_rs::parser::{Builder, ParseFeedError};
use url::Url;

use crate::config::Limits;
use crate::domain::feeds::budget::{Budget, Spent};
use crate::domain::feeds::{Cut, Hints};
use crate::domain::items::identity::Unchanged;
use crate::domain::items::item::{Identity, Item};

pub mod dates;
mod encoding;
mod entry;
mod hints;
pub mod html;
mod json;
mod kind;
mod markup;

use entry::draft::{Draft, Written};
use entry::identity::Settled;
pub use entry::stored_bytes;
pub use kind::Kind;
use markup::leaf::Value;

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
    /// What the caller has of this feed, not to be read again.
    pub known: Option<&'a Known>,
    /// How much of it is kept.
    pub limits: &'a Limits,
    /// What reading it may cost.
    pub budget: &'a Budget,
}

/// What the caller has of a feed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known {
    /// Entries by identity, each with its digest: see [`Fresh`].
    pub entries: HashMap<Identity, u64>,
    /// Parameters in its links and ids that are tokens: see [`crate::domain::items::identity::varying`].
    pub varying: Vec<String>,
}

/// An entry that the caller does not have, or not as it is now.
#[derive(Debug, Clone, PartialEq)]
pub struct Fresh {
    /// What it says.
    pub item: Item,
    /// To be kept with it, and given back in [`Known`].
    pub digest: u64,
    /// Its place in the document.
    pub place: usize,
    /// Of its own id, without what differs trivially: see [`crate::domain::items::identity::base`].
    pub base: Option<u64>,
    /// The document was cut off in it: the whole of it may say more.
    pub is_partial: bool,
}

/// A feed that was understood.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// One line.
    pub title: Option<String>,
    /// The site that the feed says it belongs to; only its word.
    pub site: Option<Url>,
    /// In the order of the feed, each once.
    pub items: Vec<Fresh>,
    /// It ends where it should. One that does not may say more at the next look.
    pub is_whole: bool,
    /// Entries that were left out because they are known just so.
    pub unchanged: Vec<Unchanged>,
    /// What it says about when to come again.
    pub hints: Hints,
    /// What had to be repaired, for the administrator's eyes.
    pub repairs: Vec<Repair>,
    /// What was left out because there was more of it than the limits allow.
    pub cut: Cut,
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
    /// It would cost too much, or it was no longer waited for.
    #[error("reading it was broken off")]
    Spent(#[from] Spent),
    /// A fault of the parser's own; the document should be reported.
    #[error("the parser failed on this document")]
    Panic,
}

/// Reads a feed of any dialect.
///
/// # Errors
/// What is no feed, and a feed of which nothing can be read.
pub fn parse(source: &Source<'_>) -> Result<Document, Error> {
    catch_unwind(AssertUnwindSafe(|| read(source))).unwrap_or(Err(Error::Panic))
}

/// Any document's text, whatever its encoding: its mark, what it declares, UTF-8, or the likeliest guess.
#[must_use]
pub fn text(bytes: &[u8]) -> String {
    encoding::decode(bytes, None).0.into_owned()
}

/// What the root element says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Dialect {
    Rss,
    Atom,
}

fn read(source: &Source<'_>) -> Result<Document, Error> {
    if source.bytes.len() > MAX_BYTES {
        return Err(Error::TooLarge);
    }
    source.budget.ask_for_memory()?;
    let (text, mislabelled) = encoding::decode(source.bytes, source.content_type);
    source.budget.step(source.bytes.len())?;
    source.budget.hold(source.bytes.len() + if matches!(text, Cow::Owned(_)) { text.len() } else { 0 })?;
    let start = text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}' || c == '\0');
    if start.is_empty() {
        return Err(Error::NotAFeed(Kind::Empty));
    }
    let mut document = match start.starts_with(['{', '[']) {
        // A server's own words may stand before a feed: `[24-Nov-2026] PHP Notice: …`.
        true => match json::read(start, source) {
            Err(Error::NotAFeed(_)) if let Some(rss) = rss::markup(start) => markup(&rss, &rss, source)?,
            Err(error @ Error::NotAFeed(_)) => match markup(&text, start, source) {
                Err(spent @ Error::Spent(_)) => return Err(spent),
                read => read.map_err(|_| error)?,
            },
            read => read?,
        },
        false => markup(&text, start, source)?,
    };
    if mislabelled {
        document.repairs.insert(0, Repair { name: "wrong encoding label", count: 1 });
    }
    Ok(document)
}

fn markup(text: &str, start: &str, source: &Source<'_>) -> Result<Document, Error> {
    let repaired = repair::repair(text, source)?;
    let page = kind::page(start);
    let repaired = match (repaired, page) {
        // A page in front of a feed is an error message of the server's; one without entries is all there is.
        (Some(repaired), Some(page)) if repaired.entries.is_empty() => return Err(Error::NotAFeed(page)),
        (Some(repaired), None) if repaired.entries.is_empty() && repaired.title.is_none() => {
            return Err(Error::NotAFeed(Kind::Hollow));
        }
        (Some(repaired), _) => repaired,
        (None, page) => return Err(Error::NotAFeed(page.unwrap_or_else(|| kind::other(start)))),
    };
    let mut repairs: Vec<_> = repaired.counts.iter().map(|(&name, &count)| Repair { name, count }).collect();
    let nothing = Known::default();
    let known = source.known.unwrap_or(&nothing);
    let (drafts, unchanged) = identity::settle(repaired.entries, &known.entries, &known.varying);
    let (mut cut, mut lost) = (repaired.cut, Lost::default());
    let mut items = newest_that_fit(drafts, source, &mut cut, |drafts, cut| items(&drafts, source, cut, &mut lost))?;
    if let (true, Some(failure)) = (items.is_empty(), lost.failure.take()) {
        return Err(failure);
    }
    identity::once(&mut items);
    if lost.entries > 0 {
        repairs.push(Repair { name: "unreadable entry", count: lost.entries });
    }
    let title =
        repaired.title.map(|Value { text, is_html }| entry::title(&text, !is_html)).filter(|text| !text.is_empty());
    Ok(Document {
        title,
        site: repaired.site,
        items,
        is_whole: repaired.is_whole,
        unchanged,
        hints: repaired.hints,
        repairs,
        cut,
    })
}

/// Entries are made into Items so many at a time, and so many bytes.
const BATCH_ENTRIES: usize = 64;
const BATCH_BYTES: usize = 1024 * 1024;

/// A draft with its place in the document.
type Placed<B> = (usize, Settled<B>);

/// The Items of the drafts, in the order of the document. When they would be more than may be stored of one visit, those
/// of the newest drafts that are not.
fn newest_that_fit<B>(
    mut drafts: Vec<Placed<B>>,
    source: &Source<'_>,
    cut: &mut Cut,
    mut items: impl FnMut(Vec<Placed<B>>, &mut Cut) -> Result<Vec<(usize, Fresh)>, Error>,
) -> Result<Vec<Fresh>, Error> {
    let Source { budget, limits, .. } = *source;
    let bytes: usize = drafts.iter().map(|(_, (_, draft))| draft.bytes).sum();
    // What is stored is plain text, and about as long as what it is made of.
    if bytes > limits.visit_bytes / 2 {
        drafts.sort_by_key(|(place, (_, draft))| (Reverse(draft.date), *place));
    }
    let (mut kept, mut stored) = (Vec::with_capacity(drafts.len()), 0);
    let mut drafts = drafts.into_iter().peekable();
    while drafts.peek().is_some() {
        let (mut batch, mut bytes) = (Vec::new(), 0);
        while let Some(draft) = drafts.next_if(|_| batch.len() < BATCH_ENTRIES && bytes < BATCH_BYTES) {
            bytes += draft.1.1.bytes;
            batch.push(draft);
        }
        // The strict parser has the batch as one text and as a tree.
        budget.hold(3 * bytes)?;
        let mut made = items(batch, cut)?;
        budget.release(4 * bytes);
        let sizes = made.iter().map(|(_, fresh)| entry::stored_bytes(&fresh.item));
        let fitting = sizes.take_while(|size| {
            stored += size;
            stored <= limits.visit_bytes
        });
        let surplus = made.split_off(fitting.count()).len();
        budget.step(bytes)?;
        budget.hold(made.iter().map(|(_, fresh)| entry::stored_bytes(&fresh.item) + size_of::<Fresh>()).sum())?;
        kept.append(&mut made);
        if surplus > 0 {
            cut.items += surplus + drafts.len();
            break;
        }
    }
    kept.sort_unstable_by_key(|(place, _)| *place);
    Ok(kept.into_iter().map(|(_, fresh)| fresh).collect())
}

/// Entries that could not be read, and the last reason.
#[derive(Default)]
struct Lost {
    entries: usize,
    failure: Option<Error>,
}

/// All entries of a batch at once; when that fails, one by one, so that a bad one costs only itself.
fn items(
    drafts: &[Placed<Written>],
    source: &Source<'_>,
    cut: &mut Cut,
    lost: &mut Lost,
) -> Result<Vec<(usize, Fresh)>, Error> {
    let attempt = |drafts: &[Placed<Written>]| {
        let mut cut = Cut::default();
        catch_unwind(AssertUnwindSafe(|| strict(drafts, source.limits, &mut cut)))
            .unwrap_or(Err(Error::Panic))
            .map(|items| (items, cut))
    };
    let mut items = Vec::with_capacity(drafts.len());
    let mut take = |(made, of_these): (Vec<(usize, Fresh)>, Cut)| {
        items.extend(made);
        cut.texts += of_these.texts;
        cut.authors += of_these.authors;
        cut.categories += of_these.categories;
    };
    if let Ok(made) = attempt(drafts) {
        take(made);
        return Ok(items);
    }
    for draft in drafts {
        source.budget.step(draft.1.1.bytes)?;
        match attempt(std::slice::from_ref(draft)) {
            Ok(made) => take(made),
            Err(error) => {
                lost.entries += 1;
                lost.failure = Some(error);
            }
        }
    }
    Ok(items)
}

/// The drafts through feed-rs. Their places in the batch stand for their ids, so that none is mistaken for another.
fn strict(drafts: &[Placed<Written>], limits: &Limits, cut: &mut Cut) -> Result<Vec<(usize, Fresh)>, Error> {
    let bodies: usize = drafts.iter().map(|(_, (_, draft))| draft.body.xml.len() + 64).sum();
    let mut document = String::with_capacity(bodies + 64);
    document.push_str(r#"<feed xmlns="http://www.w3.org/2005/Atom">"#);
    for (place, (_, (_, Draft { body, .. }))) in drafts.iter().enumerate() {
        document.extend(["<entry><id>", &place.to_string(), "</id>", &body.xml, "</entry>"]);
    }
    document.push_str("</feed>");
    let parser = Builder::new().sanitize_content(false).id_generator(|_, _, _| String::new()).build();
    let feed = parser.parse(document.as_bytes()).map_err(Error::Malformed)?;
    let mut items = Vec::with_capacity(drafts.len());
    for entry in feed.entries {
        let Some((place, (identity, draft))) = entry.id.parse::<usize>().ok().and_then(|place| drafts.get(place))
        else {
            continue;
        };
        let Written { updated, .. } = draft.body;
        let item = entry::item(entry, identity.clone(), draft.link.clone(), limits, cut);
        let item = Item { published: draft.published, updated, ..item };
        if draft.says_something(&item) {
            let item = entry::fitted(item, limits, draft.is_cut, cut);
            let Draft { digest, is_partial, .. } = *draft;
            items.push((*place, Fresh { item, digest, place: *place, base: draft.base(), is_partial }));
        }
    }
    Ok(items)
}

#[cfg(test)]
mod tests;
