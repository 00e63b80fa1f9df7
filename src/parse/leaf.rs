//! One element that holds text, from what was found to what the strict parser is given: which of its two
//! readings counts, and in which shape its dialect wants it.

use std::borrow::Cow;

use super::entities;
use super::entry::{AT, person_of};
use super::repair::Dialect;

/// An element that holds text: all that is inside belongs to its value, markup too.
pub(super) struct Leaf<'a> {
    pub(super) name: String,
    pub(super) target: &'static str,
    pub(super) rank: u8,
    pub(super) attributes: Vec<(String, Cow<'a, str>)>,
    pub(super) decoded: String,
    pub(super) raw: String,
    pub(super) has_markup: bool,
    pub(super) depth: usize,
}

impl Leaf<'_> {
    pub(super) fn attribute(&self, key: &str) -> Option<&str> {
        self.attributes.iter().find(|(name, _)| name == key).map(|(_, value)| value.trim())
    }

    /// `None` for an element that says nothing: the strict parser refuses a whole feed for an empty one.
    pub(super) fn write(&self, dialect: Dialect, forbidden: &mut usize) -> Option<String> {
        let kind = self.attribute("type").unwrap_or("text").to_ascii_lowercase();
        let inline = self.has_markup || kind.contains("xhtml");
        let value = if inline { &self.raw } else { &self.decoded };
        if dialect == Dialect::Atom {
            match self.target {
                "link" => return self.atom_link(forbidden),
                "category" => {
                    let term = self.attribute("label").or(self.attribute("term")).unwrap_or(value);
                    return Some(format!(r#"<category term="{}"/>"#, entities::encode(term, forbidden)));
                }
                "author" => {
                    let name = leaf_xml("name", &person_of(value).replace('@', AT), forbidden);
                    return Some(format!("<author>{name}</author>"));
                }
                "title" | "summary" | "content" if !value.trim().is_empty() => {
                    let html = inline || kind.contains("html") || kind.contains("xml");
                    let kind = if html { "html" } else { "text" };
                    let text = entities::encode(value, forbidden);
                    return Some(format!(r#"<{0} type="{kind}">{text}</{0}>"#, self.target));
                }
                _ => {}
            }
        }
        let value = match self.target {
            "author" => Cow::Owned(person_of(value).replace('@', AT)),
            "link" => Cow::Borrowed(Some(value.trim()).filter(|text| !text.is_empty()).or(self.rss_href())?),
            _ => Cow::Borrowed(value.trim()),
        };
        (!value.is_empty()).then(|| leaf_xml(self.target, &value, forbidden))
    }

    /// An Atom link inside RSS, or an RSS link written like one.
    fn rss_href(&self) -> Option<&str> {
        matches!(self.attribute("rel"), None | Some("alternate")).then(|| self.attribute("href")).flatten()
    }

    fn atom_link(&self, forbidden: &mut usize) -> Option<String> {
        let href = self.attribute("href").unwrap_or(self.decoded.trim());
        let mut xml = format!(r#"<link href="{}""#, entities::encode(href, forbidden));
        for key in ["rel", "type"] {
            if let Some(value) = self.attribute(key) {
                xml.push_str(&format!(r#" {key}="{}""#, entities::encode(value, forbidden)));
            }
        }
        (!href.is_empty()).then(|| xml + "/>")
    }
}

pub(super) fn leaf_xml(name: &str, value: &str, forbidden: &mut usize) -> String {
    format!("<{name}>{}</{name}>", entities::encode(value, forbidden))
}
