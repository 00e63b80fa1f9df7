//! Atom: RFC 4287.

use super::{Entry, Publication, rfc3339};
use crate::transfer::xml;
use crate::transfer::xml::Xml;

/// The feed document.
#[must_use]
pub fn atom(publication: &Publication) -> String {
    let attributes = [("xmlns", "http://www.w3.org/2005/Atom"), ("xml:lang", publication.language.as_str())];
    xml::document("feed", &attributes, |feed| {
        xml::text(feed, "id", &publication.address);
        xml::text(feed, "title", &publication.title);
        if !publication.subtitle.is_empty() {
            xml::text(feed, "subtitle", &publication.subtitle);
        }
        xml::text(feed, "updated", &rfc3339(publication.updated));
        person(feed, &publication.author);
        link(feed, "self", &publication.address, &[("type", "application/atom+xml")]);
        link(feed, "alternate", &publication.home, &[("type", "text/html")]);
        for entry in &publication.entries {
            let language = [("xml:lang", entry.language.as_str())];
            let language = if entry.language.is_empty() { &[][..] } else { &language };
            xml::element(feed, "entry", language, |element| inside(element, entry));
        }
    })
}

fn inside(element: &mut Xml, entry: &Entry) {
    xml::text(element, "id", &entry.id);
    xml::text(element, "title", &entry.title);
    // RFC 4287 §4.1.2: an entry without content has an alternate link.
    link(element, "alternate", &entry.link, &[]);
    if let Some((address, title)) = &entry.related {
        link(element, "related", address, &[("title", title)]);
    }
    for author in &entry.authors {
        person(element, author);
    }
    if let Some(published) = entry.published {
        xml::text(element, "published", &rfc3339(published));
    }
    xml::text(element, "updated", &rfc3339(entry.updated));
    for category in &entry.categories {
        xml::empty(element, "category", &[("term", category)]);
    }
    if !entry.summary.is_empty() {
        xml::text(element, "summary", &entry.summary);
    }
}

fn person(parent: &mut Xml, name: &str) {
    xml::element(parent, "author", &[], |author| xml::text(author, "name", name));
}

fn link(parent: &mut Xml, relation: &str, address: &str, more: &[(&str, &str)]) {
    xml::empty(parent, "link", &[&[("rel", relation), ("href", address)], more].concat());
}
