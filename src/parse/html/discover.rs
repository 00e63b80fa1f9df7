//! The feeds that a web page names: RSS Advisory Board's and WHATWG's `<link rel="alternate">`, the microformats'
//! `rel="feed"`, an alternate without a type, and where a refresh leads; and what made the
//! page, so that others can guess. Nothing is fetched here, and no markup leaves.

use std::cell::RefCell;

use html5ever::tokenizer::{Tag, TagKind, Token, TokenSink, TokenSinkResult};
use url::Url;

use super::tokenize::tokenize;
use crate::parse::encoding;
use crate::parse::markup::base::absolute;

/// The head of a page is long before this.
const MAX_BYTES: usize = 512 * 1024;
/// A page that names more feeds than this lists every one of its categories.
const MAX_FEEDS: usize = 10;

/// What a page says about its feeds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    /// The addresses of the feeds that it names, the likeliest first, each once.
    pub feeds: Vec<Url>,
    /// What made the page, in its own words: `WordPress 6.5`.
    pub generator: Option<String>,
}

/// Reads a page that was found in a feed's place; `base` is its address.
#[must_use]
pub fn page(bytes: &[u8], content_type: Option<&str>, base: &Url) -> Page {
    let (text, _) = encoding::decode(&bytes[..bytes.len().min(MAX_BYTES)], content_type);
    let found = tokenize::<Sink>(&text).0.into_inner();
    // The first `<base>` counts, anywhere in the head.
    let base = found.base.and_then(|href| absolute(&href, Some(base))).unwrap_or_else(|| base.clone());
    let mut links = found.links;
    // A blog's second feed is that of its comments.
    links.sort_by_key(|link| (link.is_guess, link.is_of_comments));
    let mut feeds: Vec<Url> = Vec::new();
    for url in links.iter().filter_map(|link| absolute(&link.href, Some(&base))) {
        if feeds.len() == MAX_FEEDS {
            break;
        }
        if !feeds.contains(&url) {
            feeds.push(url);
        }
    }
    Page { feeds, generator: found.generator }
}

#[derive(Default)]
struct Found {
    base: Option<String>,
    links: Vec<Link>,
    generator: Option<String>,
}

struct Link {
    href: String,
    is_of_comments: bool,
    /// Nothing says that it is a feed; fetching it will show.
    is_guess: bool,
}

#[derive(Default)]
struct Sink(RefCell<Found>);

impl TokenSink for Sink {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        if let Token::TagToken(tag) = token
            && tag.kind == TagKind::StartTag
        {
            self.tag(&tag);
        }
        TokenSinkResult::Continue
    }
}

impl Sink {
    fn tag(&self, tag: &Tag) {
        let attribute = |name: &str| {
            let found = tag.attrs.iter().find(|attribute| &*attribute.name.local == name);
            found.map(|attribute| attribute.value.trim().to_owned()).filter(|value| !value.is_empty())
        };
        let mut found = self.0.borrow_mut();
        match &*tag.name {
            "base" if found.base.is_none() => found.base = attribute("href"),
            // An address that only leads on: `0; URL=/feed.xml`.
            "meta" if attribute("http-equiv").is_some_and(|name| name.eq_ignore_ascii_case("refresh")) => {
                let target = attribute("content").and_then(|content| refresh(&content));
                found.links.extend(target.map(|href| Link { href, is_of_comments: false, is_guess: true }));
            }
            "meta" if attribute("name").is_some_and(|name| name.eq_ignore_ascii_case("generator")) => {
                found.generator = found.generator.take().or(attribute("content"));
            }
            "link" => {
                let rel = attribute("rel").unwrap_or_default().to_ascii_lowercase();
                let kind = attribute("type").unwrap_or_default().to_ascii_lowercase();
                let is_named = |name: &str| rel.split_ascii_whitespace().any(|word| word == name);
                // A page in another language is an alternate, too.
                let is_untyped = kind.is_empty() && attribute("hreflang").is_none() && attribute("media").is_none();
                let is_alternate = is_named("alternate") && !is_named("stylesheet");
                if (is_named("feed") || is_alternate && (is_feed(&kind) || is_untyped))
                    && let Some(href) = attribute("href")
                {
                    let title = attribute("title").unwrap_or_default().to_ascii_lowercase();
                    let is_of_comments = title.contains("comment") || href.contains("/comments/");
                    found.links.push(Link { href, is_of_comments, is_guess: is_alternate && is_untyped });
                }
            }
            _ => {}
        }
    }
}

/// Where a refresh leads.
fn refresh(content: &str) -> Option<String> {
    let (_, rest) = content.split_once([';', ','])?;
    let rest = rest.trim_start();
    let rest = rest.get(..3).filter(|key| key.eq_ignore_ascii_case("url")).map(|_| rest[3..].trim_start())?;
    let address = rest.strip_prefix('=')?.trim().trim_matches(['"', '\'']);
    (!address.is_empty()).then(|| address.to_owned())
}

/// Not plain JSON: with that, WordPress announces its programming interface.
fn is_feed(kind: &str) -> bool {
    let kind = kind.split(';').next().unwrap_or_default().trim();
    matches!(
        kind,
        "application/rss+xml"
            | "application/atom+xml"
            | "application/rdf+xml"
            | "application/feed+json"
            | "application/xml"
            | "text/xml"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn feeds(html: &str) -> Vec<String> {
        let base = Url::parse("https://blog.example.org/news/").unwrap();
        page(html.as_bytes(), None, &base).feeds.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_page_names_its_feeds_the_main_one_first() {
        let html = r#"<!DOCTYPE html><HTML><head><meta name="Generator" content="WordPress 6.5">
            <link rel="stylesheet" href="/style.css">
            <link rel="alternate" type="application/rss+xml" title="Blog » Comments Feed" href="/comments/feed/">
            <LINK REL='Alternate Home' TYPE='application/rss+xml; charset=utf-8' HREF='feed/'>
            <link rel=alternate type=application/feed+json href=//cdn.example.org/feed.json>
            <link rel="alternate" type="application/json" href="/wp-json/wp/v2/posts/1">
            <link rel="alternate" type="application/atom+xml" href="javascript:alert(1)">
            <link rel="alternate" hreflang="cy" href="/cy/">
            <link rel="alternate" type="application/rss+xml" href="feed/"></head>"#;
        assert_eq!(
            feeds(html),
            [
                "https://blog.example.org/news/feed/",
                "https://cdn.example.org/feed.json",
                "https://blog.example.org/comments/feed/"
            ]
        );
        let base = Url::parse("https://blog.example.org/").unwrap();
        assert_eq!(page(html.as_bytes(), None, &base).generator.as_deref(), Some("WordPress 6.5"));
    }

    #[test]
    fn a_feed_is_found_by_its_relation_without_a_type_and_behind_a_refresh() {
        let html = r#"<meta http-equiv=Refresh content="5; URL='/onward.xml'"><link rel="alternate" href="/untyped.xml">
            <link rel="alternate" hreflang="ga" href="/ga/"><link rel="alternate stylesheet" href="/dark.css">
            <link rel="feed" type="text/html" href="/posts"><meta http-equiv="refresh" content="30">"#;
        assert_eq!(
            feeds(html),
            [
                "https://blog.example.org/posts",
                "https://blog.example.org/onward.xml",
                "https://blog.example.org/untyped.xml"
            ]
        );
    }

    #[test]
    fn an_address_is_resolved_against_the_pages_base() {
        let html = r#"<base href="/site/"><link rel="alternate" type="text/xml" href="rss.xml">"#;
        assert_eq!(feeds(html), ["https://blog.example.org/site/rss.xml"]);
    }

    #[test]
    fn what_stands_in_a_script_or_a_comment_is_no_link() {
        let link = r#"<link rel="alternate" type="application/rss+xml" href="/x">"#;
        assert_eq!(feeds(&format!("<!-- {link} -->")), Vec::<String>::new());
        assert_eq!(feeds(&link.replace("/x", "")), Vec::<String>::new());
        assert_eq!(feeds(&(0..50).map(|n| link.replace("/x", &format!("/{n}"))).collect::<String>()).len(), MAX_FEEDS);
    }
}
