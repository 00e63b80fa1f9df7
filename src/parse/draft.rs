//! One entry on its way: the values that were collected, the best of each written as an entry of Atom 1.0, in
//! which the strict parser finds nothing to stumble over. Its id, its link and its dates are settled here and not by it.

use std::hash::{BuildHasher as _, Hash as _, Hasher as _};
use std::rc::Rc;

use chrono::{DateTime, Utc};
use foldhash::quality::FixedState;
use url::Url;

use super::dates;
use super::entities::{attribute, section};
use super::entry::{AT, absolute};
use super::leaf::{Leaf, Value};
use super::vocabulary::Target;
use crate::domain::item::Item;

/// An entry that is not yet made into an Item.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Draft<B> {
    /// The feed's own id, or empty.
    pub(super) id: String,
    /// Where a reader finds it.
    pub(super) link: Option<Url>,
    /// The same for the same entry.
    pub(super) digest: u64,
    /// The rest.
    pub(super) body: B,
}

impl<B> Draft<B> {
    /// Whether there is anything to show or to know it by.
    pub(super) fn says_something(&self, item: &Item) -> bool {
        let texts = [&item.title, &item.summary, &item.content, &self.id];
        self.link.is_some() || texts.iter().any(|text| !text.is_empty())
    }
}

/// The same for the same entry; `sources` are all that the Item is made from, but for the link. A feed that contrives
/// two of its entries to have one digest only hides its own.
pub(super) fn digest(link: Option<&Url>, sources: &[&str]) -> u64 {
    let mut hasher = FixedState::default().build_hasher();
    link.map(Url::as_str).hash(&mut hasher);
    sources.hash(&mut hasher);
    hasher.finish()
}

/// An entry in Atom, without what is settled already: id, link and dates.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Written {
    pub(super) xml: String,
    pub(super) published: Option<DateTime<Utc>>,
    pub(super) updated: Option<DateTime<Utc>>,
}

/// An entry that was found in markup.
pub(super) type Raw = Draft<Written>;

/// Every value that stands in an entry, with its rank.
#[derive(Debug, Default)]
pub(super) struct Collected {
    pub(super) base: Option<Rc<Url>>,
    values: Vec<(Target, u8, Value)>,
    links: Vec<(u8, String, Option<Rc<Url>>)>,
}

impl Collected {
    /// An entry in which links are resolved against this.
    pub(super) fn new(base: Option<Rc<Url>>) -> Self {
        Self { base, ..Self::default() }
    }

    pub(super) fn add(&mut self, target: Target, rank: u8, value: Value) {
        if !value.text.is_empty() {
            self.values.push((target, rank, value));
        }
    }

    /// `base` is the link's own; without one the entry's holds.
    pub(super) fn link(&mut self, rank: u8, href: &str, base: Option<Rc<Url>>) {
        self.links.push((rank, href.to_owned(), base.or_else(|| self.base.clone())));
    }

    /// RSS 1.0 `rdf:about`: an id, and the link where there is no other.
    pub(super) fn about(&mut self, about: &str) {
        self.add(Target::Id, 2, Value::plain(about));
        if is_address(about) {
            self.link(6, about, None);
        }
    }

    /// Takes an element's value.
    pub(super) fn take(&mut self, leaf: Leaf<'_>) {
        let (target, rank) = (leaf.target, leaf.rank);
        match target {
            Target::Link => {
                if let Some((place, href)) = leaf.link() {
                    self.link(rank + place, &href, leaf.base);
                }
            }
            Target::Id => {
                // RSS 2.0: a guid is a link unless it says that it is none. An Atom id often is one too.
                let says = leaf.attribute("ispermalink").map(str::to_ascii_lowercase);
                let own = match says.as_deref() {
                    Some("false") => false,
                    Some("true") => true,
                    _ => is_address(&leaf.decoded),
                };
                if own {
                    self.link(rank + 5, &leaf.decoded, leaf.base);
                }
                self.add(target, rank, Value::plain(&leaf.decoded));
            }
            Target::Category => {
                let named = leaf.attribute("label").or(leaf.attribute("term")).map(str::to_owned);
                if let Some(name) = named.filter(|name| !name.is_empty()).or(leaf.value().map(|value| value.text)) {
                    self.add(target, rank, Value::plain(&name));
                }
            }
            Target::Author => {
                if let Some(name) = leaf.author() {
                    self.add(target, rank, name);
                }
            }
            Target::Published | Target::Updated => {
                self.add(target, rank, Value::plain(&leaf.decoded));
                // Dublin Core's plain date does not say which of the two it is.
                if target == Target::Published && rank == 3 {
                    self.add(Target::Updated, rank, Value::plain(&leaf.decoded));
                }
            }
            _ => {
                if let Some(value) = leaf.value() {
                    self.add(target, rank, value);
                }
            }
        }
    }

    /// The values of the best rank, in the order of the document.
    fn best(&self, target: Target) -> impl Iterator<Item = &Value> {
        let of = move |(found, ..): &&(Target, u8, Value)| *found == target;
        let best = self.values.iter().filter(of).map(|(_, rank, _)| *rank).min();
        self.values.iter().filter(of).filter(move |(_, rank, _)| Some(*rank) == best).map(|(.., value)| value)
    }

    /// Takes the feed's authors where it names none.
    pub(super) fn inherit(&mut self, authors: &[Value]) {
        if self.best(Target::Author).next().is_none() {
            self.values.extend(authors.iter().map(|name| (Target::Author, 0, name.clone())));
        }
    }

    /// Whether it would be known again and can be shown: it has a title, and an id or a link.
    pub(super) fn is_told_apart(&self) -> bool {
        let has = |target| self.values.iter().any(|(of, ..)| *of == target);
        has(Target::Title) && (has(Target::Id) || !self.links.is_empty())
    }

    /// The date of the best rank that can be read, and as it is written.
    fn date(&self, target: Target, now: DateTime<Utc>) -> (Option<DateTime<Utc>>, &str) {
        let mut dates: Vec<_> = self.values.iter().filter(|(of, ..)| *of == target).collect();
        dates.sort_by_key(|(_, rank, _)| *rank);
        let readings = dates.into_iter().map(|(.., value)| (dates::parse(&value.text, now), value.text.as_str()));
        readings.into_iter().find(|(date, _)| date.is_some()).unwrap_or_default()
    }

    /// The entry in Atom. `channel` is what links without any base are resolved against.
    pub(super) fn write(&self, channel: Option<&Url>, now: DateTime<Utc>, forbidden: &mut usize) -> Raw {
        let longest = self.values.iter().map(|(.., value)| value.text.len()).max().unwrap_or_default();
        let mut xml = String::with_capacity(longest + 1024);
        let mut summaries = self.best(Target::Summary);
        let title = self.best(Target::Title).next();
        let summary = summaries.next();
        // Some write the whole text as a second description.
        let content = self.best(Target::Content).next().or(summaries.next());
        for (name, value) in [("title", title), ("summary", summary), ("content", content)] {
            if let Some(Value { text, is_html }) = value {
                let kind = if *is_html { "html" } else { "text" };
                element(&mut xml, name, &[r#" type=""#, kind, r#"""#], text, forbidden);
            }
        }
        for author in self.best(Target::Author) {
            xml.push_str("<author>");
            element(&mut xml, "name", &[], &author.text.replace('@', AT), forbidden);
            xml.push_str("</author>");
        }
        for (.., category) in self.values.iter().filter(|(target, ..)| *target == Target::Category) {
            xml.push_str(r#"<category term=""#);
            attribute(&category.text, &mut xml, forbidden);
            xml.push_str(r#""/>"#);
        }
        let id = self.best(Target::Id).next().map(|id| id.text.clone()).unwrap_or_default();
        let mut links: Vec<_> = self.links.iter().collect();
        links.sort_by_key(|(rank, ..)| *rank);
        let link = links.into_iter().find_map(|(_, href, base)| absolute(href, base.as_deref().or(channel)));
        let (published, written_published) = self.date(Target::Published, now);
        let (updated, written_updated) = self.date(Target::Updated, now);
        let digest = digest(link.as_ref(), &[&xml, written_published, written_updated]);
        Draft { id, link, digest, body: Written { xml, published, updated } }
    }
}

fn element(xml: &mut String, name: &str, attributes: &[&str], text: &str, forbidden: &mut usize) {
    xml.extend(["<", name]);
    xml.extend(attributes.iter().copied());
    xml.push('>');
    section(text, xml, forbidden);
    xml.extend(["</", name, ">"]);
}

fn is_address(text: &str) -> bool {
    let text = text.trim();
    let starts = |scheme: &str| text.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme));
    starts("http://") || starts("https://")
}
