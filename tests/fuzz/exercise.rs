//! What each fuzz target does with its input, and what must hold whatever the input is. `cargo test` replays the
//! seeds through the same functions (tests/it/fuzz_seeds.rs), so they use nothing but the program's own doors.

use std::collections::HashSet;

use chrono::{DateTime, Datelike, Utc};
use policy_digest::domain::canonical;
use policy_digest::domain::item::Identity;
use policy_digest::parse;
use url::Url;

/// A fixed time, so that a finding can be repeated.
const NOW: &str = "2026-11-24T12:00:00Z";

fn now() -> DateTime<Utc> {
    NOW.parse().expect("a well-formed time")
}

/// The whole of parsing. The first line is the Content-Type header, the rest is the body.
///
/// # Panics
/// When the parser breaks a promise.
pub fn parse(input: &[u8]) {
    let cut = input.iter().position(|&byte| byte == b'\n').unwrap_or(0);
    let (head, body) = (&input[..cut], input.get(cut + 1..).unwrap_or_default());
    let content_type = std::str::from_utf8(head).ok().filter(|text| !text.is_empty());
    let base = Url::parse("https://blog.example.org/feeds/all.xml").expect("a well-formed URL");
    let source = parse::Source { bytes: body, content_type, base: Some(&base), now: now(), known: None };
    let document = match parse::parse(&source) {
        Ok(document) => document,
        Err(error) => {
            assert!(!matches!(error, parse::Error::Panic), "a panic was caught");
            return;
        }
    };
    let mut identities = HashSet::new();
    for parse::Fresh { item, .. } in &document.items {
        assert!(identities.insert(&item.identity), "{:?} stands twice", item.identity);
        if let Some(link) = &item.link {
            assert!(matches!(link.scheme(), "http" | "https"), "{link} is no web address");
        }
        assert!(!item.title.contains('\n'), "a title is one line: {:?}", item.title);
        for text in [&item.title, &item.summary, &item.content] {
            assert_plain(text);
        }
        for moment in [item.published, item.updated].into_iter().flatten() {
            assert!(moment.year() >= 1990 && moment <= now(), "{moment} is out of bounds");
        }
    }
    assert_known(&source, &document);
}

/// What is known just so is not read again, save what is known only by its text.
fn assert_known(source: &parse::Source<'_>, document: &parse::Document) {
    let known = document.items.iter().map(|fresh| (fresh.item.identity.clone(), fresh.digest)).collect();
    let again = parse::parse(&parse::Source { known: Some(&known), ..*source }).expect("it was read before");
    let reread = again.items.iter().find(|fresh| !matches!(fresh.item.identity, Identity::Hash(_)));
    assert!(reread.is_none(), "read again: {reread:?}");
}

/// A date.
///
/// # Panics
/// When the moment lies outside what is promised.
pub fn dates(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    if let Some(moment) = parse::dates::parse(text, now()) {
        assert!(moment.year() >= 1990 && moment <= now(), "{moment} is out of bounds");
    }
}

/// A canonical URL: the same for its own result.
///
/// # Panics
/// When it is not.
pub fn canonical(input: &[u8]) {
    let Some(url) = std::str::from_utf8(input).ok().and_then(|text| Url::parse(text).ok()) else { return };
    let once = canonical::canonical(&url);
    if !matches!(url.scheme(), "http" | "https") {
        return;
    }
    let again = Url::parse(&once).unwrap_or_else(|error| panic!("{url} becomes {once}: {error}"));
    assert_eq!(canonical::canonical(&again), once, "of {url}");
}

/// HTML to text.
///
/// # Panics
/// When a control character is left.
pub fn html(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    assert_plain(&parse::html::to_text(text));
}

fn assert_plain(text: &str) {
    let odd = text.chars().find(|&c| c.is_control() && c != '\n' && c != '\t');
    assert!(odd.is_none(), "{odd:?} is left in {text:?}");
}
