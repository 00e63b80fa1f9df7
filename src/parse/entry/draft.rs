//! One entry on its way: the values that were collected, the best of each written as an entry of Atom 1.0, in
//! which the strict parser finds nothing to stumble over. Its id, its link and its dates are settled here and not by it.

use std::hash::{BuildHasher as _, Hash as _, Hasher as _};
use std::rc::Rc;

use chrono::{DateTime, Utc};
use foldhash::quality::FixedState;
use url::Url;

use super::AT;
use crate::domain::feeds::Cut;
use crate::domain::feeds::budget::{Budget, Spent};
use crate::domain::items::identity;
use crate::domain::items::item::Item;
use crate::parse::dates;
use crate::parse::html;
use crate::parse::markup::base::{Base, MAX_URL_BYTES, absolute};
use crate::parse::markup::entities::{attribute, section};
use crate::parse::markup::leaf::{Leaf, Value};
use crate::parse::markup::vocabulary::Target;

/// An entry that is not yet made into an Item.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Draft<B> {
    /// The feed's own id, or empty.
    pub(crate) id: String,
    /// Where a reader finds it.
    pub(crate) link: Option<Url>,
    /// A hash of its title; 0 without one.
    pub(crate) title: u64,
    /// When it was published.
    pub(crate) published: Option<DateTime<Utc>>,
    /// When it was published, or last changed.
    pub(crate) date: Option<DateTime<Utc>>,
    /// The same for the same entry.
    pub(crate) digest: u64,
    /// The length of its texts, about.
    pub(crate) bytes: usize,
    /// A text of it was longer than is read.
    pub(crate) is_cut: bool,
    /// The document was cut off in it.
    pub(crate) is_partial: bool,
    /// The rest.
    pub(crate) body: B,
}

impl<B> Draft<B> {
    /// Whether there is anything to show or to know it by.
    pub(crate) fn says_something(&self, item: &Item) -> bool {
        let texts = [&item.title, &item.summary, &item.content, &self.id];
        self.link.is_some() || texts.iter().any(|text| !text.is_empty())
    }

    /// Its id without what differs trivially.
    pub(crate) fn base(&self) -> Option<u64> {
        (!identity::is_placeholder(&self.id)).then(|| identity::base(&self.id))
    }
}

/// A hash of a title as it is written, whatever its letter case and white space.
pub(crate) fn title_hash(text: &str) -> u64 {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    if line.is_empty() { 0 } else { identity::keys::hash([line.as_bytes()]) }
}

/// The same for the same entry; `sources` are all that the Item is made from, but for the link. A feed that contrives
/// two of its entries to have one digest only hides its own.
pub(crate) fn digest(link: Option<&Url>, sources: &[&str]) -> u64 {
    let mut hasher = FixedState::default().build_hasher();
    link.map(Url::as_str).hash(&mut hasher);
    sources.hash(&mut hasher);
    hasher.finish()
}

/// An entry in Atom, without what is settled already: id, link and dates.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Written {
    pub(crate) xml: String,
    pub(crate) updated: Option<DateTime<Utc>>,
}

/// An entry that was found in markup.
pub(crate) type Raw = Draft<Written>;

/// So many values of one kind are collected, of which one is used.
const MAX_VALUES: u16 = 16;
/// And so many names of authors and categories, which may repeat; how many are kept, the administrator says.
const MAX_NAMES: u16 = 1_000;
/// And so many links.
const MAX_LINKS: usize = 32;
/// What a value takes beside its text, about.
const VALUE_BYTES: usize = 64;

/// A date, if it can be read, and as it is written.
type Dated = (Option<DateTime<Utc>>, String);

/// Every value of an entry, with its rank.
#[derive(Debug, Default)]
pub(crate) struct Collected {
    pub(crate) base: Option<Rc<Base>>,
    values: Vec<(Target, u8, Value)>,
    /// How many values of each target.
    counts: [u16; Target::COUNT],
    links: Vec<(u8, String, Option<Rc<Base>>)>,
    published: Dated,
    updated: Dated,
    /// What it takes in memory, about.
    pub(crate) bytes: usize,
    is_cut: bool,
    /// The document was cut off in it.
    pub(crate) is_partial: bool,
    /// Authors and categories beyond those that are collected.
    surplus: Cut,
}

impl Collected {
    /// An entry in which links are resolved against this.
    pub(crate) fn new(base: Option<Rc<Base>>) -> Self {
        Self { base, bytes: size_of::<Self>(), ..Self::default() }
    }

    pub(crate) fn add(&mut self, target: Target, rank: u8, value: Value) {
        if value.text.is_empty() {
            return;
        }
        let (most, surplus) = match target {
            Target::Author => (MAX_NAMES, Some(&mut self.surplus.authors)),
            Target::Category => (MAX_NAMES, Some(&mut self.surplus.categories)),
            _ => (MAX_VALUES, None),
        };
        let count = &mut self.counts[target as usize];
        if *count == most {
            surplus.into_iter().for_each(|surplus| *surplus += 1);
            return;
        }
        *count += 1;
        self.bytes += value.text.len() + VALUE_BYTES;
        self.values.push((target, rank, value));
    }

    /// `base` is the link's own; without one the entry's holds.
    pub(crate) fn link(&mut self, rank: u8, href: &str, base: Option<Rc<Base>>) {
        if href.len() > MAX_URL_BYTES {
            self.is_cut = true;
        } else if self.links.len() < MAX_LINKS {
            self.bytes += href.len() + VALUE_BYTES;
            self.links.push((rank, href.to_owned(), base.or_else(|| self.base.clone())));
        }
    }

    /// Reads its dates, when all of its values are there; the newer of the two that it has, or none.
    pub(crate) fn settle_dates(&mut self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        (self.published, self.updated) = (self.date(Target::Published, now), self.date(Target::Updated, now));
        self.published.0.or(self.updated.0)
    }

    /// RSS 1.0 `rdf:about`: an id, and the link where there is no other.
    pub(crate) fn about(&mut self, about: &str) {
        self.add(Target::Id, 2, Value::plain(about));
        if is_address(about) {
            self.link(6, about, None);
        }
    }

    /// Takes an element's value.
    pub(crate) fn take(&mut self, mut leaf: Leaf<'_>) {
        leaf.unwrap_cdata();
        let (target, rank) = (leaf.target, leaf.rank);
        self.is_cut |= leaf.is_cut;
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
                let date = leaf.date();
                self.add(target, rank, Value::plain(&date));
                // Dublin Core's plain date does not say which of the two it is.
                if target == Target::Published && rank == 3 {
                    self.add(Target::Updated, rank, Value::plain(&date));
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

    /// The authors of the best rank that names one: RSS's `author` is an address, and Dublin Core's `creator` a name.
    fn authors(&self) -> impl Iterator<Item = &Value> {
        let of = |(found, ..): &&(Target, u8, Value)| *found == Target::Author;
        let ranks = |is_named: bool| {
            let values =
                self.values.iter().filter(of).filter(move |(.., value)| !is_named || !value.text.contains('@'));
            values.map(|(_, rank, _)| *rank).min()
        };
        let best = ranks(true).or_else(|| ranks(false));
        self.values.iter().filter(of).filter(move |(_, rank, _)| Some(*rank) == best).map(|(.., value)| value)
    }

    /// Takes the feed's authors where it names none.
    pub(crate) fn inherit(&mut self, authors: &[Value]) {
        if self.best(Target::Author).next().is_none() {
            self.values.extend(authors.iter().map(|name| (Target::Author, 0, name.clone())));
        }
    }

    /// Whether it would be known again and can be shown: it has a title, and an id or a link.
    pub(crate) fn is_told_apart(&self) -> bool {
        let has = |target| self.values.iter().any(|(of, ..)| *of == target);
        has(Target::Title) && (has(Target::Id) || !self.links.is_empty())
    }

    /// The date of the best rank that can be read, and as it is written.
    fn date(&self, target: Target, now: DateTime<Utc>) -> Dated {
        let mut dates: Vec<_> = self.values.iter().filter(|(of, ..)| *of == target).collect();
        dates.sort_by_key(|(_, rank, _)| *rank);
        let reading = dates.into_iter().find_map(|(.., value)| Some((dates::parse(&value.text, now)?, &value.text)));
        reading.map(|(date, text)| (Some(date), text.clone())).unwrap_or_default()
    }

    /// The entry in Atom. `channel` is what links without any base are resolved against.
    ///
    /// # Errors
    /// The budget is spent.
    pub(crate) fn write(
        self,
        channel: Option<&Url>,
        budget: &Budget,
        forbidden: &mut usize,
        cut: &mut Cut,
    ) -> Result<Raw, Spent> {
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
        for author in self.authors() {
            xml.push_str("<author>");
            element(&mut xml, "name", &[], &author.text.replace('@', AT), forbidden);
            xml.push_str("</author>");
        }
        for (.., category) in self.values.iter().filter(|(target, ..)| *target == Target::Category) {
            xml.push_str(r#"<category term=""#);
            attribute(&category.text, &mut xml, forbidden);
            xml.push_str(r#""/>"#);
        }
        let title_hash = title.map_or(0, |title| title_hash(&title.text));
        let id = self.best(Target::Id).next().map(|id| id.text.clone()).unwrap_or_default();
        let link = self.best_link(channel, budget)?;
        let ((published, written_published), (updated, written_updated)) = (&self.published, &self.updated);
        let digest = digest(link.as_ref(), &[&xml, written_published, written_updated]);
        cut.authors += self.surplus.authors;
        cut.categories += self.surplus.categories;
        let bytes = xml.len() + id.len() + link.as_ref().map_or(0, |link| link.as_str().len());
        budget.step(bytes)?;
        budget.hold(bytes + size_of::<Raw>())?;
        budget.release(self.bytes);
        let is_partial = self.is_partial;
        let (is_cut, date) = (self.is_cut || longest > html::MAX_BYTES, published.or(*updated));
        Ok(Draft {
            id,
            link,
            title: title_hash,
            published: *published,
            date,
            digest,
            bytes,
            is_cut,
            is_partial,
            body: Written { xml, updated: *updated },
        })
    }

    /// The link of the best rank that is one.
    fn best_link(&self, channel: Option<&Url>, budget: &Budget) -> Result<Option<Url>, Spent> {
        let mut links: Vec<_> = self.links.iter().collect();
        links.sort_by_key(|(rank, ..)| *rank);
        // A template that had no address for it wrote so.
        for (_, href, base) in
            links.into_iter().filter(|(_, href, _)| !identity::is_placeholder(href) || href.trim() == "/")
        {
            let outer = base.as_ref().map_or_else(|| channel.map_or(0, |url| url.as_str().len()), |base| base.steps());
            budget.step(href.len() + outer)?;
            if let Some(link) = absolute(href, base.as_ref().and_then(|base| base.url()).or(channel)) {
                return Ok(Some(link));
            }
        }
        Ok(None)
    }
}

fn element(xml: &mut String, name: &str, attributes: &[&str], text: &str, forbidden: &mut usize) {
    xml.extend(["<", name]);
    xml.extend(attributes.iter().copied());
    xml.push('>');
    section(text, xml, forbidden);
    xml.extend(["</", name, ">"]);
}

pub(crate) fn is_address(text: &str) -> bool {
    let text = text.trim();
    let starts = |scheme: &str| text.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme));
    starts("http://") || starts("https://")
}
