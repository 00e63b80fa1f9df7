//! Base addresses (`xml:base`) and the links that are resolved against them. A base is resolved when a link needs it, and
//! once for all that stand below it; addresses have a greatest length, so that no feed makes many long ones of one.

use std::cell::OnceCell;
use std::rc::Rc;

use url::Url;

/// RFC 9110 §4.1 asks everybody to understand addresses of 8,000 bytes; longer ones are no links.
pub(crate) const MAX_URL_BYTES: usize = 8_000;

/// No feed has bases within bases so deep; further ones are left out.
const MAX_DEPTH: usize = 8;

/// The base that holds inside an element.
#[derive(Debug)]
pub(crate) struct Base {
    /// As the element writes it.
    own: String,
    outer: Option<Rc<Base>>,
    depth: usize,
    url: OnceCell<Option<Url>>,
}

impl Base {
    /// The document's own address.
    pub(crate) fn of_document(url: &Url) -> Rc<Self> {
        Rc::new(Self { own: url.to_string(), outer: None, depth: 0, url: OnceCell::new() })
    }

    /// Within `outer`, as an element writes it. None of its own, one that is too long and one too deep leave the outer one.
    pub(crate) fn within(outer: Option<&Rc<Self>>, own: Option<&str>) -> Option<Rc<Self>> {
        let depth = outer.map_or(0, |outer| outer.depth + 1);
        let own = own.map(str::trim).filter(|own| !own.is_empty() && own.len() <= MAX_URL_BYTES && depth <= MAX_DEPTH);
        let Some(own) = own else { return outer.cloned() };
        Some(Rc::new(Self { own: own.to_owned(), outer: outer.cloned(), depth, url: OnceCell::new() }))
    }

    /// The address; that of the outer one where its own is none.
    pub(crate) fn url(&self) -> Option<&Url> {
        let outer = || self.outer.as_deref().and_then(Self::url);
        self.url.get_or_init(|| absolute(&self.own, outer())).as_ref().or_else(outer)
    }

    /// What it takes at most to resolve it, in bytes that are read.
    pub(crate) fn steps(&self) -> usize {
        let outer = self.outer.as_deref();
        let resolving = if self.url.get().is_some() { 0 } else { outer.map_or(0, Self::steps) };
        resolving + self.own.len() + outer.map_or(0, |outer| outer.own.len())
    }
}

/// http and https only, resolved against the base. White space inside is a line break of the feed's.
pub(crate) fn absolute(href: &str, base: Option<&Url>) -> Option<Url> {
    let href = href.trim();
    if href.len() > MAX_URL_BYTES {
        return None;
    }
    let url = match Url::parse(href) {
        Ok(url) => url,
        // Nobody names a file of their own site so.
        Err(url::ParseError::RelativeUrlWithoutBase) if href.starts_with("www.") => {
            Url::parse(&format!("http://{href}")).ok()?
        }
        Err(url::ParseError::RelativeUrlWithoutBase) if !href.is_empty() => base?.join(href).ok()?,
        Err(_) => return None,
    };
    let is_link = matches!(url.scheme(), "http" | "https") && url.host_str().is_some();
    (is_link && url.as_str().len() <= MAX_URL_BYTES).then_some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_is_resolved_against_the_one_around_it() {
        let document = Base::of_document(&"https://example.org/feeds/all".parse().unwrap());
        let feed = Base::within(Some(&document), Some("/blog/")).unwrap();
        let entry = Base::within(Some(&feed), Some("2026/")).unwrap();
        assert_eq!(entry.url().unwrap().as_str(), "https://example.org/blog/2026/");
        let odd = Base::within(Some(&feed), Some("javascript:x")).unwrap();
        assert_eq!(odd.url(), feed.url(), "one that is no address leaves the outer one");
        assert!(Rc::ptr_eq(&Base::within(Some(&feed), Some("  ")).unwrap(), &feed));
    }

    #[test]
    fn no_address_is_longer_than_addresses_may_be() {
        let long = format!("http://example.org/{}", "a/".repeat(3_990));
        let base = absolute(&long, None).unwrap();
        assert_eq!(absolute(&"b".repeat(100), Some(&base)), None, "nor the two together");
        assert_eq!(absolute(&format!("{long}{long}"), None), None);
        let mut deep = None;
        for _ in 0..1_000_000 {
            deep = Base::within(deep.as_ref(), Some("a/"));
        }
        assert!(deep.unwrap().depth <= MAX_DEPTH);
    }
}
