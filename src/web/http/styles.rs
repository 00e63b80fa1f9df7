//! The content security policy of a page. It allows the styles in the page's head and its `style` attributes by their
//! hashes (CSP Level 3 §2.3.1). The final HTML is hashed, so administrators' templates need no extra step. Browsers refuse
//! any `<style>` that was injected into the body.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest as _, Sha256};

/// The policy of a response that is not HTML.
pub(crate) const POLICY_WITHOUT: &str =
    "default-src 'none'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// The policy of a page: no scripts, nothing from other sites, and only its own styles. Pictures are allowed where the page
/// holds one itself, such as a digest's logo.
pub(crate) fn policy(html: &[u8]) -> String {
    let html = String::from_utf8_lossy(html);
    let head = html.split("</head>").next().unwrap_or_default();
    let mut sources = BTreeSet::new();
    let mut has_attributes = false;
    for style in between(head, "<style", "</style>").filter_map(|style| style.split_once('>')) {
        sources.insert(hash(style.1));
    }
    // A digest's page has the inlined styles of the email.
    for style in between(&html, " style=\"", "\"") {
        has_attributes |= sources.insert(hash(&decoded(style)));
    }
    let pictures = if html.contains(" src=\"data:image") { "; img-src data:" } else { "" };
    if sources.is_empty() {
        return format!("{POLICY_WITHOUT}{pictures}");
    }
    let hashes: Vec<String> = sources.into_iter().collect();
    let attributes = if has_attributes { " 'unsafe-hashes'" } else { "" };
    format!("{POLICY_WITHOUT}{pictures}; style-src{attributes} {}", hashes.join(" "))
}

fn between<'a>(text: &'a str, begin: &'a str, end: &'a str) -> impl Iterator<Item = &'a str> {
    text.split(begin).skip(1).filter_map(move |rest| Some(rest.split_once(end)?.0))
}

fn hash(style: &str) -> String {
    format!("'sha256-{}'", BASE64_STANDARD.encode(Sha256::digest(style)))
}

/// An attribute's value with the character references decoded that our templates write.
fn decoded(value: &str) -> String {
    [
        ("&quot;", "\""),
        ("&#x27;", "'"),
        ("&#39;", "'"),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&nbsp;", "\u{a0}"),
        ("&amp;", "&"),
    ]
    .iter()
    .fold(value.to_owned(), |value, (reference, character)| value.replace(reference, character))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn styles_of_the_head_and_of_elements_are_allowed_by_their_hashes_and_others_are_not() {
        let page = "<head><style media=all>p { color: red }</style></head><body style=\"font: &quot;A&quot;\"><p>\
                    <style>p { color: blue }</style></p>";
        let policy = policy(page.as_bytes());
        assert!(policy.starts_with("default-src 'none'; "), "{policy}");
        assert!(policy.contains("style-src 'unsafe-hashes' "), "{policy}");
        assert_eq!(policy.matches("'sha256-").count(), 2, "{policy}");
        assert!(policy.contains(&hash("p { color: red }")) && policy.contains(&hash("font: \"A\"")), "{policy}");
    }

    #[test]
    fn pictures_are_allowed_only_where_the_page_holds_one() {
        let page = "<head><style>p { color: red }</style></head><body>";
        assert!(!policy(page.as_bytes()).contains("img-src"));
        let policy = policy(format!("{page}<img src=\"data:image/png;base64,AAAA\" alt=\"\">").as_bytes());
        assert!(policy.contains("; img-src data:; style-src "), "{policy}");
    }

    /// Computed with `openssl dgst -sha256 -binary | base64`.
    #[test]
    fn a_hash_agrees_with_openssl() {
        assert_eq!(hash("p{color:red}"), "'sha256-p0bF+un5yUb9MBO6xRb8kPHlY2BdpHVtLiFkDrZPF64='");
    }

    #[test]
    fn a_page_without_styles_may_have_none() {
        assert_eq!(policy(b"<head><title>x</title></head>"), POLICY_WITHOUT);
        assert_eq!(policy(b"\xff<head><style>"), POLICY_WITHOUT);
    }
}
