//! One tolerant pass over the markup that writes a well-formed document in a current dialect: RSS of every
//! version becomes RSS 2.0, Atom of every version Atom 1.0. Only what carries text for us is written, each
//! value once and escaped, so the strict parser behind has nothing left to stumble over.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::entities;
use super::leaf::{Leaf, leaf_xml};
use super::lexer::{Event, Lexer};
use super::vocabulary::{self, Prefixes, Space};

/// What the root element says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    Rss,
    Atom,
}

/// The well-formed document, its entries apart so that one can be left out.
#[derive(Debug)]
pub(super) struct Repaired {
    pub(super) dialect: Dialect,
    opening: String,
    pub(super) entries: Vec<String>,
    /// How often each thing was mended, by its name in the singular.
    pub(super) counts: BTreeMap<&'static str, usize>,
}

impl Repaired {
    /// The document with these entries.
    pub(super) fn document(&self, entries: &[String]) -> String {
        let closing = if self.dialect == Dialect::Rss { "</channel></rss>" } else { "</feed>" };
        [self.opening.as_str(), &entries.concat(), closing].concat()
    }
}

/// Reads the document; `None` when no feed's root element is in it.
pub(super) fn repair(text: &str) -> Option<Repaired> {
    let mut pass = Pass::default();
    let mut lexer = Lexer::new(text);
    let junk = text.trim_start_matches(['\u{feff}', ' ', '\n', '\r', '\t']);
    if junk.len() != text.len() && junk.starts_with("<?xml") || !junk.starts_with('<') {
        pass.count("piece of junk before the document", 1);
    }
    for event in &mut lexer {
        pass.event(&event);
    }
    pass.finish()
}

#[derive(Default)]
struct Pass<'a> {
    dialect: Option<Dialect>,
    prefixes: Prefixes,
    base: Option<String>,
    title: Option<String>,
    entries: Vec<String>,
    entry: Option<Entry>,
    leaf: Option<Leaf<'a>>,
    /// An element that is left out, and how deep in elements of its name we are.
    muted: Option<(String, usize)>,
    closed: bool,
    counts: BTreeMap<&'static str, usize>,
}

#[derive(Default)]
struct Entry {
    base: Option<String>,
    leaves: Vec<(&'static str, u8, String)>,
    permalink: Option<String>,
}

impl<'a> Pass<'a> {
    fn count(&mut self, what: &'static str, times: usize) {
        if times > 0 {
            *self.counts.entry(what).or_default() += times;
        }
    }

    fn event(&mut self, event: &Event<'a>) {
        match event {
            Event::Start { name, attributes, closed, raw } => self.start(name, attributes, *closed, raw),
            Event::End { name, raw } => self.end(name, raw),
            Event::Text(text) => {
                if let Some(leaf) = &mut self.leaf {
                    let (decoded, met) = entities::decode(text);
                    leaf.decoded.push_str(&decoded);
                    leaf.raw.push_str(text);
                    self.count("bare ampersand", met.bare);
                    self.count("HTML entity", met.named);
                }
            }
            Event::CData(text) => {
                if let Some(leaf) = &mut self.leaf {
                    leaf.decoded.push_str(text);
                    leaf.raw.push_str(text);
                }
            }
        }
    }

    fn start(&mut self, name: &'a str, attributes: &[(&'a str, Cow<'a, str>)], closed: bool, raw: &str) {
        let default = attributes.iter().find(|(key, _)| *key == "xmlns").map(|(_, uri)| uri.as_ref());
        for (key, uri) in attributes {
            if let Some(prefix) = key.strip_prefix("xmlns:") {
                self.prefixes.declare(prefix, uri);
            }
        }
        let (space, local) = self.prefixes.resolve(name, default);
        let opens_entry = matches!((space, local.as_str()), (Space::Native | Space::Atom, "item" | "entry"));
        let Some(dialect) = self.dialect else {
            self.root(space, &local, name, attributes);
            return;
        };
        if opens_entry {
            if self.entry.is_some() {
                self.count("unclosed element", 1);
            }
            self.close_entry();
            let mut entry = Entry { base: base_of(attributes), ..Entry::default() };
            if let Some((_, about)) = attributes.iter().find(|(key, _)| key.ends_with("about")) {
                entry.leaves.push(("guid", 9, leaf_xml("guid", about, &mut 0)));
                entry.permalink = Some(about.trim().to_owned()).filter(|link| link.starts_with("http"));
            }
            self.entry = (!closed).then_some(entry);
            return;
        }
        if let Some((muted, depth)) = &mut self.muted {
            *depth += usize::from(!closed && muted.eq_ignore_ascii_case(name));
            return;
        }
        if let Some(leaf) = &mut self.leaf {
            leaf.raw.push_str(raw);
            leaf.has_markup = true;
            leaf.depth += usize::from(!closed && leaf.name.eq_ignore_ascii_case(name));
            return;
        }
        let native = space == Space::Native || (space == Space::Atom && dialect == Dialect::Atom);
        let meaning = match (&self.entry, dialect) {
            (Some(_), Dialect::Rss) => vocabulary::rss(space, &local),
            (Some(_), Dialect::Atom) => vocabulary::atom(space, &local),
            (None, _) if native && local == "title" => Some(("title", 0)),
            (None, _) if native && matches!(local.as_str(), "channel" | "feed" | "rss") => return,
            (None, _) => None,
        };
        match meaning {
            Some((target, rank)) => {
                let attributes = attributes.iter().map(|(k, v)| (k.to_ascii_lowercase(), v.clone())).collect();
                let (decoded, raw) = (String::new(), String::new());
                self.leaf = Some(Leaf {
                    name: name.to_owned(),
                    target,
                    rank,
                    attributes,
                    decoded,
                    raw,
                    has_markup: false,
                    depth: 0,
                });
                if closed {
                    self.close_leaf();
                }
            }
            None if !closed => self.muted = Some((name.to_owned(), 0)),
            None => {}
        }
    }

    fn root(&mut self, space: Space, local: &str, name: &str, attributes: &[(&'a str, Cow<'a, str>)]) {
        let value = |wanted: &str| attributes.iter().find(|(key, _)| *key == wanted).map(|(_, value)| value.trim());
        let dialect = match (space, local) {
            (Space::Native | Space::Rdf, "rss" | "rdf" | "channel") => Dialect::Rss,
            (Space::Native | Space::Atom, "feed" | "entry") => Dialect::Atom,
            _ => return,
        };
        if local == "rss" && !matches!(value("version"), Some("2.0" | "0.91" | "0.92")) {
            self.count("missing or unusual version", 1);
        }
        if local == "feed" && !name.contains(':') && value("xmlns") != Some("http://www.w3.org/2005/Atom") {
            self.count("unusual namespace", 1);
        }
        self.dialect = Some(dialect);
        self.base = base_of(attributes);
        if local == "entry" {
            self.entry = Some(Entry::default());
        }
    }

    fn end(&mut self, name: &str, raw: &str) {
        let (space, local) = self.prefixes.resolve(name, None);
        let native = matches!(space, Space::Native | Space::Atom | Space::Rdf);
        if native && matches!(local.as_str(), "item" | "entry" | "channel" | "feed" | "rss" | "rdf") {
            if self.entry.is_some() && !matches!(local.as_str(), "item" | "entry") {
                self.count("unclosed element", 1);
            }
            self.closed |= matches!(local.as_str(), "feed" | "rss" | "rdf");
            self.close_entry();
            return;
        }
        if let Some((muted, depth)) = &mut self.muted {
            if muted.eq_ignore_ascii_case(name) {
                match depth.checked_sub(1) {
                    Some(less) => *depth = less,
                    None => self.muted = None,
                }
            }
            return;
        }
        if let Some(leaf) = &mut self.leaf {
            match (leaf.name.eq_ignore_ascii_case(name), leaf.depth) {
                (true, 0) => self.close_leaf(),
                (same, _) => {
                    leaf.depth -= usize::from(same);
                    leaf.raw.push_str(raw);
                }
            }
        }
    }

    fn close_leaf(&mut self) {
        let Some(leaf) = self.leaf.take() else { return };
        let mut forbidden = 0;
        let dialect = self.dialect.unwrap_or(Dialect::Rss);
        let xml = leaf.write(dialect, &mut forbidden);
        self.count("control character", forbidden);
        let Some(entry) = &mut self.entry else {
            if self.title.is_none() {
                self.title = xml;
            }
            return;
        };
        if leaf.target == "guid"
            && leaf.attribute("ispermalink").is_none_or(|value| !value.eq_ignore_ascii_case("false"))
        {
            let link = leaf.decoded.trim();
            entry.permalink = Some(link.to_owned()).filter(|link| link.starts_with("http")).or(entry.permalink.take());
        }
        if let Some(xml) = xml {
            entry.leaves.push((leaf.target, leaf.rank, xml));
        }
    }

    fn close_entry(&mut self) {
        if self.leaf.is_some() {
            self.count("unclosed element", 1);
            self.close_leaf();
        }
        self.muted = None;
        let Some(mut entry) = self.entry.take() else { return };
        let has = |entry: &Entry, target| entry.leaves.iter().any(|(name, ..)| *name == target);
        if self.dialect == Some(Dialect::Rss)
            && !has(&entry, "link")
            && let Some(link) = entry.permalink.take()
        {
            entry.leaves.push(("link", 9, leaf_xml("link", &link, &mut 0)));
        }
        let tag = if self.dialect == Some(Dialect::Rss) { "item" } else { "entry" };
        let base = entry.base.as_deref().map(base_xml).unwrap_or_default();
        let mut xml = format!("<{tag}{base}>");
        let mut written: Vec<(&str, u8)> = Vec::new();
        entry.leaves.sort_by_key(|(_, rank, _)| *rank);
        for (target, rank, leaf) in &entry.leaves {
            // The best-ranked of each; of those that may repeat, all of the best rank.
            let repeats = matches!(*target, "category" | "author") || (*target == "link" && tag == "entry");
            match written.iter().find(|(name, _)| name == target) {
                Some((_, best)) if !repeats || best != rank => {}
                _ => {
                    written.push((target, *rank));
                    xml.push_str(leaf);
                }
            }
        }
        xml.push_str(&format!("</{tag}>"));
        self.entries.push(xml);
    }

    fn finish(mut self) -> Option<Repaired> {
        let dialect = self.dialect?;
        if self.entry.take().is_some() || !self.closed {
            self.count("cut-off end", 1);
        }
        let base = self.base.as_deref().map(base_xml).unwrap_or_default();
        let title = self.title.unwrap_or_default();
        let opening = match dialect {
            Dialect::Rss => format!(
                r#"<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"{base}><channel>{title}"#
            ),
            Dialect::Atom => format!(r#"<feed xmlns="http://www.w3.org/2005/Atom"{base}>{title}"#),
        };
        Some(Repaired { dialect, opening, entries: self.entries, counts: self.counts })
    }
}

/// A base that is no URL would cost the whole feed.
fn base_of(attributes: &[(&str, Cow<'_, str>)]) -> Option<String> {
    let (_, base) = attributes.iter().find(|(key, _)| *key == "xml:base")?;
    let base = base.trim();
    match url::Url::parse(base) {
        Ok(_) | Err(url::ParseError::RelativeUrlWithoutBase) => Some(base.to_owned()),
        Err(_) => None,
    }
}

fn base_xml(base: &str) -> String {
    format!(r#" xml:base="{}""#, entities::encode(base, &mut 0))
}
