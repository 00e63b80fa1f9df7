//! One tolerant pass over the markup, whatever its dialect and its flaws, that collects each entry's values and
//! counts what had to be repaired. No balance of tags is needed: a value ends where its own end, the next value or
//! its entry's end comes. What a value becomes, `leaf` says; what is made of an entry, `draft`.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use url::Url;

use super::base::Base;
use super::channel::Channel;
use super::leaf::{Leaf, Value};
use super::lexer::{Event, Lexer};
use super::vocabulary::{self, Prefixes, Space, Target};
use super::{entities, leaf};
use crate::domain::feeds::budget::Spent;
use crate::domain::feeds::{Cut, Hints};
use crate::parse::entry::draft;
use crate::parse::entry::draft::{Collected, Raw};
use crate::parse::entry::newest::Newest;
use crate::parse::{Dialect, Source};

/// All that the document says.
#[derive(Debug)]
pub(crate) struct Repaired {
    pub(crate) title: Option<Value>,
    /// The site that the feed belongs to, by its own word.
    pub(crate) site: Option<Url>,
    pub(crate) entries: Vec<Raw>,
    pub(crate) hints: Hints,
    /// It ends where it should.
    pub(crate) is_whole: bool,
    /// How often each flaw was repaired, by its name in the singular.
    pub(crate) counts: BTreeMap<&'static str, usize>,
    /// What was left out.
    pub(crate) cut: Cut,
}

/// Reads the document, found at the source's base; `None` when no feed's root element is in it.
///
/// # Errors
/// The budget is spent.
pub(crate) fn repair(text: &str, source: &Source<'_>) -> Result<Option<Repaired>, Spent> {
    let mut pass = Pass::new(source);
    let junk = text.trim_start_matches(['\u{feff}', ' ', '\n', '\r', '\t']);
    if junk.len() != text.len() && junk.starts_with("<?xml") || !junk.starts_with('<') {
        pass.count("piece of junk before the document", 1);
    }
    let (mut lexer, mut steps) = (Lexer::new(text), 0);
    while let Some(event) = lexer.next() {
        pass.event(&event)?;
        source.budget.step(lexer.steps() - steps)?;
        steps = lexer.steps();
    }
    pass.finish()
}

/// Deeper than any feed; what is opened below is not remembered.
const MAX_DEPTH: usize = 64;

struct Pass<'a, 's> {
    source: &'s Source<'s>,
    dialect: Option<Dialect>,
    prefixes: Prefixes,
    /// The entities that the document defines for itself.
    names: HashMap<String, String>,
    base: Option<Rc<Base>>,
    channel: Channel,
    entries: Newest<Collected>,
    entry: Option<Collected>,
    leaf: Option<Leaf<'a>>,
    /// The last element, if it was a link without an address.
    void_link: Option<&'a str>,
    /// An element that is left out, and how deep in elements of its name we are.
    muted: Option<(&'a str, usize)>,
    /// An element was met.
    begun: bool,
    /// Elements that mean nothing and are open between the channel or the entry and here.
    wrappers: Vec<&'a str>,
    closed: bool,
    counts: BTreeMap<&'static str, usize>,
}

impl<'a, 's> Pass<'a, 's> {
    fn new(source: &'s Source<'s>) -> Self {
        Self {
            source,
            dialect: None,
            prefixes: Prefixes::default(),
            names: HashMap::new(),
            base: source.base.map(Base::of_document),
            channel: Channel::default(),
            entries: Newest::new(source.limits.entries),
            entry: None,
            leaf: None,
            void_link: None,
            muted: None,
            begun: false,
            wrappers: Vec::new(),
            closed: false,
            counts: BTreeMap::new(),
        }
    }

    fn count(&mut self, what: &'static str, times: usize) {
        if times > 0 {
            *self.counts.entry(what).or_default() += times;
        }
    }

    fn event(&mut self, event: &Event<'a>) -> Result<(), Spent> {
        if !matches!(event, Event::Text(_)) {
            self.void_link = None;
        }
        match event {
            Event::Start { name, attributes, closed, raw } => self.start(name, attributes, *closed, raw)?,
            Event::End { name, raw } => self.end(name, raw)?,
            Event::Text(text) => {
                if let Some(name) = self.void_link.take().filter(|_| self.leaf.is_none() && draft::is_address(text)) {
                    let rank = if self.entry.is_some() { 2 } else { 0 };
                    let base = self.entry.as_ref().map_or(&self.base, |entry| &entry.base).clone();
                    let mut link = Leaf::new(name, (Target::Link, rank), false, Vec::new(), base);
                    let end = text.trim_start().find(char::is_whitespace).unwrap_or(text.trim_start().len());
                    let text = &text.trim_start()[..end];
                    link.text(entities::decode_with(text, &self.names, link.room()).0, text);
                    self.leaf = Some(link);
                    self.close_leaf();
                    self.count("link behind its element", 1);
                } else if let Some(leaf) = &mut self.leaf {
                    let (decoded, met) = entities::decode_with(text, &self.names, leaf.room());
                    leaf.text(decoded, text);
                    self.count("bare ampersand", met.bare);
                    self.count("HTML entity", met.named);
                }
            }
            Event::Stray(text) => {
                if let Some(leaf) = &mut self.leaf {
                    leaf.stray(text);
                    self.count("bare `<`", 1);
                }
            }
            Event::CData { text, closed } => {
                if let Some(leaf) = &mut self.leaf {
                    leaf.text(Cow::Borrowed(text), text);
                    self.count("unclosed CDATA section", usize::from(!closed));
                }
            }
            Event::Declaration(text) => entities::define(text, &mut self.names),
        }
        Ok(())
    }

    fn start(
        &mut self,
        name: &'a str,
        attributes: &[leaf::Attribute<'a>],
        closed: bool,
        raw: &'a str,
    ) -> Result<(), Spent> {
        let default = leaf::find(attributes, "xmlns");
        for (key, uri) in attributes {
            if let Some(prefix) = key.strip_prefix("xmlns:") {
                self.prefixes.declare(prefix, uri);
            }
        }
        let bare: Vec<leaf::Attribute<'a>>;
        let attributes = match attributes.iter().any(|(key, _)| self.is_prefixed(key)) {
            true => {
                let unprefixed = |key: &'a str| key.split_once(':').map_or(key, |(_, key)| key);
                let own = |key: &'a str| if self.is_prefixed(key) { unprefixed(key) } else { key };
                bare = attributes.iter().map(|(key, value)| (own(key), value.clone())).collect();
                &bare
            }
            false => attributes,
        };
        let (space, local) = self.prefixes.resolve(name, default);
        let native = matches!(space, Space::Native | Space::Atom);
        if self.dialect.is_none() && !self.is_root(space, &local, name, attributes) {
            return Ok(());
        }
        if native && matches!(&*local, "item" | "entry") {
            return self.open_entry(attributes, closed);
        }
        if let Some((muted, depth)) = &mut self.muted {
            *depth += usize::from(!closed && muted.eq_ignore_ascii_case(name));
            return Ok(());
        }
        let mut meaning = match &self.entry {
            Some(_) => vocabulary::entry(space, &local),
            None => vocabulary::channel(space, &local),
        };
        if let Some(leaf) = &mut self.leaf {
            let ends = space != Space::Xhtml
                && meaning.is_some_and(|(target, _)| target != leaf.target)
                && (leaf.target.is_short() || vocabulary::is_never_html(space, &local));
            if !ends {
                leaf.markup(name, space, &local, raw, closed);
                return Ok(());
            }
            self.count("unclosed element", 1);
            self.close_leaf();
        }
        // A picture's description is not the entry's; of a video's group it is.
        let is_title = meaning.is_some_and(|(target, _)| target == Target::Title) && self.prefixes.is_declared(name);
        if space == Space::Media && !is_title && self.wrappers.last().is_none_or(|outer| !outer.ends_with("group")) {
            meaning = None;
        }
        match meaning {
            Some((target, rank)) => {
                // A value in another element comes second to one in the entry itself.
                let rank = rank + 16 * u8::try_from(self.wrappers.len().min(8)).unwrap_or(8);
                let base = base_of(attributes, self.entry.as_ref().map_or(&self.base, |entry| &entry.base));
                self.leaf =
                    Some(Leaf::new(name, (target, rank), self.is_typed(space, &local), attributes.to_vec(), base));
                if closed {
                    // HTML's serialiser knows `link` as an element without content, and writes its text behind it.
                    let is_void = target == Target::Link && leaf::find(attributes, "href").is_none();
                    self.void_link = is_void.then_some(name);
                    self.close_leaf();
                }
            }
            None if closed => {}
            None if native && matches!(&*local, "channel" | "feed" | "rss") => {
                self.base = base_of(attributes, &self.base);
            }
            None if vocabulary::is_apart(space, &local) => self.muted = Some((name, 0)),
            None if self.wrappers.len() < MAX_DEPTH => self.wrappers.push(name),
            None => {}
        }
        Ok(())
    }

    /// Whether an attribute has a prefix that stands for Atom's own namespace: `ns:href` is `href`.
    fn is_prefixed(&self, key: &str) -> bool {
        key.split_once(':').is_some_and(|(prefix, _)| self.prefixes.is_atom(prefix))
    }

    /// Whether the element's `type` says what its text is; in RSS it is HTML, whatever it says.
    fn is_typed(&self, space: Space, local: &str) -> bool {
        let construct = matches!(local, "title" | "summary" | "content" | "tagline");
        construct && (space == Space::Atom || (space == Space::Native && self.dialect == Some(Dialect::Atom)))
    }

    /// Takes the root element; false for one that is none, which ends the look at this element.
    fn is_root(&mut self, space: Space, local: &str, name: &str, attributes: &[leaf::Attribute<'a>]) -> bool {
        // Other kinds of XML have channels and items, too; a feed that lacks its root begins with one.
        let is_first = !std::mem::replace(&mut self.begun, true);
        let dialect = match (space, local) {
            (_, "rss" | "rdf") => Dialect::Rss,
            (Space::Native, "channel" | "item") if is_first => Dialect::Rss,
            (_, "feed") => Dialect::Atom,
            (Space::Native | Space::Atom, "entry") if is_first => Dialect::Atom,
            _ => return false,
        };
        let is_usual =
            |(key, value): &leaf::Attribute<'_>| *key == "version" && matches!(value.as_ref(), "2.0" | "0.91" | "0.92");
        if local == "rss" && (!name.ends_with("rss") || !attributes.iter().any(is_usual)) {
            self.count("missing or unusual version", 1);
        }
        if local == "feed"
            && !name.contains(':')
            && leaf::find(attributes, "xmlns") != Some("http://www.w3.org/2005/Atom")
        {
            self.count("unusual namespace", 1);
        }
        if let (Space::Unknown, Some((prefix, _))) = (space, name.split_once(':')) {
            self.prefixes.adopt(prefix);
        }
        self.dialect = Some(dialect);
        self.base = base_of(attributes, &self.base);
        matches!(local, "item" | "entry")
    }

    fn open_entry(&mut self, attributes: &[leaf::Attribute<'a>], closed: bool) -> Result<(), Spent> {
        if self.entry.is_some() {
            self.count("unclosed element", 1);
        }
        self.close_entry()?;
        let mut entry = Collected::new(base_of(attributes, &self.base));
        if let Some((_, about)) = attributes.iter().find(|(key, _)| key.ends_with("about")) {
            entry.about(about);
        }
        // The Channel Definition Format writes both as attributes.
        if let Some(href) = leaf::find(attributes, "href") {
            entry.link(1, href, None);
        }
        if let Some(date) = leaf::find(attributes, "lastmod") {
            entry.add(Target::Updated, 1, Value::plain(date));
        }
        self.entry = Some(entry);
        if closed { self.close_entry() } else { Ok(()) }
    }

    fn end(&mut self, name: &'a str, raw: &'a str) -> Result<(), Spent> {
        let (space, local) = self.prefixes.resolve(name, None);
        let native = matches!(space, Space::Native | Space::Atom | Space::Rdf | Space::Unknown);
        if native && matches!(&*local, "item" | "entry" | "channel" | "feed" | "rss" | "rdf") {
            if self.entry.is_some() && !matches!(&*local, "item" | "entry") {
                self.count("unclosed element", 1);
            }
            self.closed |= matches!(&*local, "feed" | "rss" | "rdf" | "channel");
            self.close_entry()?;
        } else if let Some((muted, depth)) = &mut self.muted {
            if muted.eq_ignore_ascii_case(name) {
                match depth.checked_sub(1) {
                    Some(less) => *depth = less,
                    None => self.muted = None,
                }
            }
        } else if let Some(leaf) = &mut self.leaf {
            if leaf.ends(name, space, &local, raw) {
                self.close_leaf();
            }
        } else if let Some(place) = self.wrappers.iter().rposition(|open| open.eq_ignore_ascii_case(name)) {
            self.wrappers.truncate(place);
        }
        Ok(())
    }

    fn close_leaf(&mut self) {
        let Some(leaf) = self.leaf.take() else { return };
        match &mut self.entry {
            Some(entry) => entry.take(leaf),
            None => self.channel.take(&leaf, self.dialect == Some(Dialect::Atom)),
        }
    }

    fn close_entry(&mut self) -> Result<(), Spent> {
        if self.leaf.is_some() {
            self.count("unclosed element", 1);
            self.close_leaf();
        }
        self.muted = None;
        self.wrappers.clear();
        match self.entry.take() {
            Some(entry) => self.collect(entry),
            None => Ok(()),
        }
    }

    /// Keeps an entry that is complete.
    fn collect(&mut self, mut entry: Collected) -> Result<(), Spent> {
        let Source { budget, now, .. } = *self.source;
        let (date, bytes) = (entry.settle_dates(now), entry.bytes);
        budget.step(bytes)?;
        budget.hold(bytes)?;
        budget.release(self.entries.push(date, bytes, entry));
        Ok(())
    }

    fn finish(mut self) -> Result<Option<Repaired>, Spent> {
        if self.dialect.is_none() {
            return Ok(None);
        }
        let is_whole = self.entry.is_none() && self.leaf.is_none() && self.closed;
        self.count("cut-off end", usize::from(!is_whole));
        // Of an entry that is cut off, what is whole is kept if a reader can make sense of it.
        self.leaf = None;
        if let Some(mut entry) = self.entry.take().filter(Collected::is_told_apart) {
            entry.is_partial = true;
            self.collect(entry)?;
        }
        let (authors, surplus) = self.channel.inherited();
        let (collected, left_out) = std::mem::replace(&mut self.entries, Newest::new(0)).finish();
        let mut cut = Cut { entries: left_out, authors: surplus, ..Cut::default() };
        let mut forbidden = 0;
        if let Some((_, title)) = &self.channel.title {
            entities::section(&title.text, &mut String::new(), &mut forbidden);
        }
        let mut entries = Vec::with_capacity(collected.len());
        for mut entry in collected {
            entry.inherit(&authors);
            entries.push(entry.write(self.channel.link.as_ref(), self.source.budget, &mut forbidden, &mut cut)?);
        }
        self.count("control character", forbidden);
        Ok(Some(Repaired {
            title: self.channel.title.map(|(_, title)| title),
            site: self.channel.link,
            entries,
            hints: self.channel.hints.finish(),
            is_whole,
            counts: self.counts,
            cut,
        }))
    }
}

/// The base that holds inside an element.
fn base_of(attributes: &[leaf::Attribute<'_>], outer: &Option<Rc<Base>>) -> Option<Rc<Base>> {
    Base::within(outer.as_ref(), leaf::find(attributes, "xml:base"))
}
