//! Which element of which namespace means what. Prefixes are settled by their URI in whatever spelling, else by
//! what everybody means by them; RSS, Atom and their forerunners share one table, because feeds mix them.

use std::borrow::Cow;
use std::collections::HashMap;

/// The vocabularies that carry something for us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Space {
    /// RSS of any version, an element without a prefix, or an unknown default namespace.
    Native,
    /// Atom by its URI or its prefix.
    Atom,
    Content,
    DublinCore,
    Terms,
    Itunes,
    GooglePlay,
    Media,
    /// FeedBurner's and Pheedo's own.
    Proxy,
    Rdf,
    Syndication,
    Xhtml,
    Unknown,
}

impl Space {
    /// By URI; http or https, letter case and a trailing `/` or `#` make no difference.
    fn of_uri(uri: &str) -> Option<Self> {
        let lower = uri.trim().to_ascii_lowercase();
        let bare = lower.trim_start_matches("https://").trim_start_matches("http://").trim_end_matches(['/', '#']);
        Some(match bare {
            "www.w3.org/2005/atom" | "purl.org/atom/ns" | "purl.org/atom" | "purl.org/pie" | "purl.org/echo" => {
                Self::Atom
            }
            "purl.org/rss/1.0/modules/content" => Self::Content,
            "purl.org/dc/elements/1.1" | "purl.org/dc/elements/1.0" | "purl.org/dc" => Self::DublinCore,
            "purl.org/dc/terms" => Self::Terms,
            "www.w3.org/1999/02/22-rdf-syntax-ns" => Self::Rdf,
            "www.w3.org/1999/xhtml" => Self::Xhtml,
            "purl.org/rss/1.0/modules/syndication" => Self::Syndication,
            "search.yahoo.com/mrss" => Self::Media,
            "rssnamespace.org/feedburner/ext/1.0" | "www.pheedo.com/namespace/pheedo" => Self::Proxy,
            "www.google.com/schemas/play-podcasts/1.0" => Self::GooglePlay,
            _ if bare.starts_with("www.itunes.com/dtds/podcast") || bare == "example.com/dtds/podcast-1.0.dtd" => {
                Self::Itunes
            }
            "purl.org/rss/1.0"
            | "purl.org/rss/1.0/modules/rss091"
            | "my.netscape.com/rdf/simple/0.9"
            | "channel.netscape.com/rdf/simple/0.9"
            | "my.netscape.com/publish/formats/rss-0.91.dtd"
            | "blogs.law.harvard.edu/tech/rss"
            | "cyber.law.harvard.edu/rss/rss.html" => Self::Native,
            _ if bare.starts_with("backend.userland.com/rss") => Self::Native,
            _ => return None,
        })
    }

    fn of_prefix(prefix: &str) -> Self {
        match prefix.to_ascii_lowercase().as_str() {
            "atom" | "a10" | "atom10" | "atom03" => Self::Atom,
            "content" => Self::Content,
            "dc" => Self::DublinCore,
            "dcterms" => Self::Terms,
            "itunes" => Self::Itunes,
            "googleplay" => Self::GooglePlay,
            "media" => Self::Media,
            "feedburner" | "pheedo" => Self::Proxy,
            "rdf" => Self::Rdf,
            "sy" => Self::Syndication,
            "xhtml" => Self::Xhtml,
            "rss" | "rss091" => Self::Native,
            _ => Self::Unknown,
        }
    }
}

/// So many prefixes are remembered; no feed declares a tenth of them.
const MAX_PREFIXES: usize = 256;

/// The prefixes that the document has declared so far.
#[derive(Default)]
pub(crate) struct Prefixes(HashMap<String, Space>);

impl Prefixes {
    /// Whether the document has declared the prefix of an element's name.
    pub(crate) fn is_declared(&self, name: &str) -> bool {
        name.split_once(':').is_some_and(|(prefix, _)| self.0.contains_key(prefix))
    }

    /// Whether an attribute's prefix is Atom's own, so that the attribute means what it means without one.
    pub(crate) fn is_atom(&self, prefix: &str) -> bool {
        self.0.get(prefix) == Some(&Space::Atom)
    }

    /// A URI that nobody knows leaves the prefix to its usual meaning.
    pub(crate) fn declare(&mut self, prefix: &str, uri: &str) {
        match Space::of_uri(uri) {
            Some(space) if self.0.len() < MAX_PREFIXES => self.0.insert(prefix.to_owned(), space),
            Some(_) => None,
            None => self.0.remove(prefix),
        };
    }

    /// Takes a prefix that nobody knows for the document's own: its root element has it.
    pub(crate) fn adopt(&mut self, prefix: &str) {
        self.0.insert(prefix.to_owned(), Space::Native);
    }

    /// The vocabulary and the lower-case local name. `default` is an `xmlns` on the element itself.
    pub(crate) fn resolve<'n>(&self, name: &'n str, default: Option<&str>) -> (Space, Cow<'n, str>) {
        match name.split_once(':') {
            Some((prefix, local)) => {
                let space = self.0.get(prefix).copied().unwrap_or_else(|| Space::of_prefix(prefix));
                (space, lower(local))
            }
            None => (default.and_then(Space::of_uri).unwrap_or(Space::Native), lower(name)),
        }
    }
}

fn lower(name: &str) -> Cow<'_, str> {
    match name.bytes().any(|byte| byte.is_ascii_uppercase()) {
        true => Cow::Owned(name.to_ascii_lowercase()),
        false => Cow::Borrowed(name),
    }
}

/// What an element says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    Title,
    Link,
    Id,
    Summary,
    Content,
    Author,
    Category,
    Published,
    Updated,
    /// RSS `ttl`, in minutes.
    TimeToLive,
    /// One `hour` of `skipHours`.
    SkipHour,
    /// One `day` of `skipDays`.
    SkipDay,
    /// `sy:updatePeriod`.
    Period,
    /// `sy:updateFrequency`.
    Frequency,
}

impl Target {
    /// How many there are.
    pub(crate) const COUNT: usize = Self::Frequency as usize + 1;

    /// Whether it contains no other value, so that another one's start shows that its end is missing.
    pub(crate) fn is_short(self) -> bool {
        !matches!(self, Self::Summary | Self::Content)
    }
}

/// What an element inside an entry says, and its rank: 0 is the element meant for it.
pub(crate) fn entry(space: Space, local: &str) -> Option<(Target, u8)> {
    use Space::{Atom, Content, DublinCore, GooglePlay, Itunes, Media, Native, Proxy, Terms, Xhtml};
    Some(match (space, local) {
        (Native | Atom, "title") => (Target::Title, 0),
        (DublinCore | Terms, "title") => (Target::Title, 1),
        (Itunes, "title") => (Target::Title, 2),
        (Media, "title") => (Target::Title, 3),
        // Where the entry's own link leads to after the proxy, which counts the reader on the way.
        (Proxy, "origlink") => (Target::Link, 0),
        (Native | Atom, "link") => (Target::Link, 2),
        // RSS 2.0 makes `link` optional: a podcast's episode may have its recording only.
        (Native, "enclosure") => (Target::Link, 9),
        (Native | Atom, "guid" | "id") => (Target::Id, 0),
        (DublinCore | Terms, "identifier") => (Target::Id, 3),
        (Native | Atom, "description" | "summary") => (Target::Summary, 0),
        (Native | Atom, "abstract") => (Target::Summary, 1),
        (DublinCore | Terms, "description" | "abstract") => (Target::Summary, 2),
        (Itunes, "summary") => (Target::Summary, 3),
        (GooglePlay, "description") => (Target::Summary, 3),
        (Media, "description") => (Target::Summary, 4),
        (Itunes, "subtitle") => (Target::Summary, 5),
        (Content, "encoded") => (Target::Content, 0),
        (Native | Atom, "content") => (Target::Content, 1),
        (Native, "fullitem") | (Xhtml | Native, "body") | (Xhtml, "div") => (Target::Content, 2),
        (Native | Atom, "author") => (Target::Author, 0),
        (DublinCore | Terms, "creator" | "author") => (Target::Author, 1),
        (Native, "managingeditor") => (Target::Author, 2),
        (Itunes | GooglePlay, "author") => (Target::Author, 3),
        (Native | Atom, "category") | (DublinCore | Terms, "subject") => (Target::Category, 0),
        (Native | Atom, "pubdate" | "published" | "issued") => (Target::Published, 0),
        (Terms, "issued") => (Target::Published, 1),
        (Native | Atom | Terms, "created") => (Target::Published, 2),
        (DublinCore | Terms | Native, "date") => (Target::Published, 3),
        (Native | Atom | Terms, "updated" | "modified") => (Target::Updated, 0),
        (Native, "lastbuilddate" | "lastmod") => (Target::Updated, 1),
        _ => return None,
    })
}

/// The same outside of any entry.
pub(crate) fn channel(space: Space, local: &str) -> Option<(Target, u8)> {
    use Space::{Atom, DublinCore, Native, Syndication, Terms};
    Some(match (space, local) {
        (Native | Atom, "title") => (Target::Title, 0),
        (DublinCore | Terms, "title") => (Target::Title, 1),
        (Native | Atom, "link") => (Target::Link, 0),
        (Native | Atom, "author") => (Target::Author, 0),
        (Native, "ttl") => (Target::TimeToLive, 0),
        (Native, "hour") => (Target::SkipHour, 0),
        (Native, "day") => (Target::SkipDay, 0),
        (Syndication, "updateperiod") => (Target::Period, 0),
        (Syndication, "updatefrequency") => (Target::Frequency, 0),
        _ => return None,
    })
}

/// Elements whose children are not the entry's or the channel's own: a logo's title is no title.
pub(crate) fn is_apart(space: Space, local: &str) -> bool {
    matches!(space, Space::Native | Space::Atom) && matches!(local, "image" | "textinput" | "source" | "contributor")
}

/// Elements that HTML does not have: inside a text, they show that the text's own end is missing.
pub(crate) fn is_never_html(space: Space, local: &str) -> bool {
    match space {
        Space::Native => matches!(local, "guid" | "pubdate" | "description" | "category" | "enclosure" | "comments"),
        Space::Content | Space::DublinCore | Space::Terms | Space::Atom => true,
        _ => false,
    }
}
