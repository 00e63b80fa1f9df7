//! Which element of which namespace means what, in today's dialects: prefixes are settled by their URI in
//! whatever spelling, else by what everybody means by them. Unknown ones are left out.

use std::collections::HashMap;

/// The vocabularies that carry text for us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Space {
    /// RSS of any version, or Atom in an Atom document.
    Native,
    Atom,
    Content,
    DublinCore,
    Terms,
    Rdf,
    Xhtml,
    Unknown,
}

impl Space {
    /// By URI; http or https, letter case and a trailing `/` or `#` make no difference.
    fn of_uri(uri: &str) -> Self {
        let lower = uri.trim().to_ascii_lowercase();
        let bare = lower.trim_start_matches("https://").trim_start_matches("http://").trim_end_matches(['/', '#']);
        match bare {
            "www.w3.org/2005/atom" | "purl.org/atom/ns" | "purl.org/atom" => Self::Atom,
            "purl.org/rss/1.0/modules/content" => Self::Content,
            "purl.org/dc/elements/1.1" | "purl.org/dc/elements/1.0" => Self::DublinCore,
            "purl.org/dc/terms" => Self::Terms,
            "www.w3.org/1999/02/22-rdf-syntax-ns" => Self::Rdf,
            "www.w3.org/1999/xhtml" => Self::Xhtml,
            "purl.org/rss/1.0"
            | "my.netscape.com/rdf/simple/0.9"
            | "channel.netscape.com/rdf/simple/0.9"
            | "backend.userland.com/rss2" => Self::Native,
            _ => Self::Unknown,
        }
    }

    fn of_prefix(prefix: &str) -> Self {
        match prefix {
            "atom" | "a10" | "atom10" | "atom03" => Self::Atom,
            "content" => Self::Content,
            "dc" => Self::DublinCore,
            "dcterms" => Self::Terms,
            "rdf" => Self::Rdf,
            "xhtml" => Self::Xhtml,
            "rss" => Self::Native,
            _ => Self::Unknown,
        }
    }
}

/// The prefixes that the document has declared so far.
#[derive(Default)]
pub(super) struct Prefixes(HashMap<String, Space>);

impl Prefixes {
    pub(super) fn declare(&mut self, prefix: &str, uri: &str) {
        self.0.insert(prefix.to_owned(), Space::of_uri(uri));
    }

    /// The vocabulary and the lower-case local name. `default` is an `xmlns` on the element itself.
    pub(super) fn resolve(&self, name: &str, default: Option<&str>) -> (Space, String) {
        match name.split_once(':') {
            Some((prefix, local)) => {
                let space = self.0.get(prefix).copied().unwrap_or_else(|| Space::of_prefix(prefix));
                (space, local.to_ascii_lowercase())
            }
            None => {
                let space =
                    default.map(Space::of_uri).filter(|space| *space != Space::Unknown).unwrap_or(Space::Native);
                (space, name.to_ascii_lowercase())
            }
        }
    }
}

/// The element to write for one inside an RSS item, and its rank: 0 is the element meant for it.
pub(super) fn rss(space: Space, local: &str) -> Option<(&'static str, u8)> {
    use Space::{Atom, Content, DublinCore, Native, Terms, Xhtml};
    Some(match (space, local) {
        (Native, "title") => ("title", 0),
        (Native, "link") => ("link", 0),
        (Native, "guid") => ("guid", 0),
        (Native, "description") => ("description", 0),
        (Native, "author") => ("author", 0),
        (Native, "category") => ("category", 0),
        (Native, "pubdate") => ("pubDate", 0),
        (Native, "updated" | "lastbuilddate") => ("updated", 1),
        (Content, "encoded") => ("content:encoded", 0),
        (Xhtml, "body" | "div") | (Atom, "content") => ("content:encoded", 1),
        (DublinCore, "creator") => ("author", 1),
        (DublinCore | Atom, "author") => ("author", 2),
        (DublinCore | Terms | Atom, "title") => ("title", 1),
        (DublinCore, "description") | (Atom, "summary") => ("description", 1),
        (DublinCore, "subject") => ("category", 1),
        (DublinCore, "date") | (Terms, "issued" | "date") | (Atom, "published" | "issued") => ("pubDate", 1),
        (Terms, "created") | (Native, "published" | "date") => ("pubDate", 2),
        (Terms, "modified") | (Atom, "updated" | "modified") => ("updated", 0),
        (Atom, "id") => ("guid", 1),
        (Atom, "link") => ("link", 1),
        (DublinCore, "identifier") => ("guid", 2),
        _ => return None,
    })
}

/// The same inside an Atom entry, old names of Atom 0.3 included.
pub(super) fn atom(space: Space, local: &str) -> Option<(&'static str, u8)> {
    use Space::{Atom, Content, DublinCore, Native, Terms};
    Some(match (space, local) {
        (Native | Atom, "title") => ("title", 0),
        (Native | Atom, "id") => ("id", 0),
        (Native | Atom, "link") => ("link", 0),
        (Native | Atom, "summary") => ("summary", 0),
        (Native | Atom, "content") => ("content", 0),
        (Native | Atom, "author") => ("author", 0),
        (Native | Atom, "category") => ("category", 0),
        (Native | Atom, "published" | "issued") => ("published", 0),
        (Native | Atom, "updated" | "modified") => ("updated", 0),
        (Native | Atom, "created" | "pubdate") | (Terms, "issued") => ("published", 1),
        (DublinCore, "creator") => ("author", 1),
        (DublinCore, "subject") => ("category", 1),
        (DublinCore, "date") | (Terms, "created") => ("published", 2),
        (Native, "guid") => ("id", 1),
        (Native, "description") => ("summary", 1),
        (Content, "encoded") => ("content", 1),
        _ => return None,
    })
}
