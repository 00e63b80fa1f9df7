//! What two addresses of one post may differ in: scheme, a slash at the end, a session or cache token, a date stamp, the
//! host of a site that has moved.

use url::Url;

use crate::domain::items::canonical::{canonical, host};

/// How two links are related.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Relation {
    /// One address, its fragment included.
    Same,
    /// They differ in values that could be tokens, and in nothing else.
    Token,
    /// Another host or another path to a page of the same name.
    Moved,
    /// Two pages, or two fragments of one.
    Other,
    /// One of them is missing.
    Unknown,
}

pub(super) fn relation(one: Option<&Url>, other: Option<&Url>) -> Relation {
    let (Some(one), Some(other)) = (one, other) else { return Relation::Unknown };
    let fragment = |url: &Url| url.fragment().filter(|fragment| !is_stamp(fragment)).map(str::to_owned);
    let is_one_page = canonical(one) == canonical(other);
    match () {
        () if is_one_page && fragment(one) == fragment(other) => Relation::Same,
        () if is_one_page => Relation::Other,
        () if fragment(one) == fragment(other) && !varying(one, other).is_empty() => Relation::Token,
        () if name(one).is_some() && name(one) == name(other) => Relation::Moved,
        () if is_slug_of(one, other) => Relation::Moved,
        () => Relation::Other,
    }
}

/// The page's own name: the last part of the path without its ending, and the query. A site's front page has none.
fn name(url: &Url) -> Option<(String, String)> {
    let last = url.path_segments()?.rfind(|part| !part.is_empty())?;
    let bare = last.rsplit_once('.').map_or(last, |(bare, _)| bare);
    let bare = bare.split(';').next().unwrap_or_default().to_lowercase();
    let mut query: Vec<&str> = url.query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty()).collect();
    query.sort_unstable();
    (!bare.is_empty()).then(|| (bare, query.join("&")))
}

/// Whether the name of one page is the other's with a word more or less, as when a slip in it was corrected. Numbers are no
/// words: `item-12` and `item-13` are two pages.
fn is_slug_of(one: &Url, other: &Url) -> bool {
    let (Some((one_name, one_query)), Some((other_name, other_query))) = (name(one), name(other)) else { return false };
    let numbers = |name: &str| name.chars().filter(char::is_ascii_digit).collect::<String>();
    let words = |name: &str| name.split(['-', '_']).map(str::to_owned).collect::<Vec<_>>();
    let (few, many) = (words(&one_name), words(&other_name));
    let (few, many) = if few.len() <= many.len() { (few, many) } else { (many, few) };
    let common = few.iter().filter(|word| many.contains(word)).count();
    host(one.host_str().unwrap_or_default()) == host(other.host_str().unwrap_or_default())
        && one_query == other_query
        && numbers(&one_name) == numbers(&other_name)
        && few.len() >= 3
        && common + 1 >= few.len()
        && common + 2 >= many.len()
}

/// At most so many parameters of a feed are learned to be tokens.
pub const MOST_VARYING: usize = 8;
/// And none of them has a longer name.
const LONGEST_NAME: usize = 64;

/// The parameters in whose values two links differ, if they differ in nothing else: of the query, and of the path behind
/// a semicolon. Nothing where they have not the same parameters.
#[must_use]
pub fn varying(one: &Url, other: &Url) -> Vec<String> {
    let is_one_server = host(one.host_str().unwrap_or_default()) == host(other.host_str().unwrap_or_default());
    let ((one_path, one_pairs), (other_path, other_pairs)) = (parts(one), parts(other));
    if !is_one_server || one_path.trim_end_matches('/') != other_path.trim_end_matches('/') {
        return Vec::new();
    }
    let names = |pairs: &[(String, String)]| pairs.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    let (one_names, other_names) = (names(&one_pairs), names(&other_pairs));
    // A session may begin or end: then one of the links lacks the parameter.
    let lacking = |pairs: &[(String, String)], names: &[String]| {
        pairs.iter().filter(|(name, _)| !names.contains(name)).cloned().collect::<Vec<_>>()
    };
    let (more, fewer) = (lacking(&one_pairs, &other_names), lacking(&other_pairs, &one_names));
    let mut varying = Vec::new();
    for (name, value) in &one_pairs {
        let differs = other_pairs.iter().any(|(other, of)| other == name && of != value);
        if differs && !varying.contains(name) {
            varying.push(name.clone());
        }
    }
    if !more.iter().chain(&fewer).all(|(name, value)| is_token(name, value)) {
        return Vec::new();
    }
    varying.extend(more.into_iter().chain(fewer).map(|(name, _)| name));
    varying.retain(|name| name.len() <= LONGEST_NAME);
    varying
}

/// Whether a parameter that comes and goes could be a token: its name or its value looks like one.
fn is_token(name: &str, value: &str) -> bool {
    const NAMES: [&str; 12] =
        ["sess", "sid", "token", "cache", "rand", "rnd", "time", "nonce", "cb", "ts", "ver", "hash"];
    let has_digit = value.bytes().any(|byte| byte.is_ascii_digit());
    NAMES.iter().any(|part| name.contains(part)) || name == "_" || name == "v" || (value.len() >= 8 && has_digit)
}

/// The path without its parameters, and all parameters in lower case.
fn parts(url: &Url) -> (String, Vec<(String, String)>) {
    let mut pairs = Vec::new();
    let mut path = String::new();
    for part in url.path().split('/') {
        let mut pieces = part.split(';');
        path.push('/');
        path.push_str(pieces.next().unwrap_or_default());
        pairs.extend(pieces.map(pair));
    }
    pairs.extend(url.query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty()).map(pair));
    (path, pairs)
}

fn pair(text: &str) -> (String, String) {
    // A cache-buster may have no name: `?1732881600`.
    match text.split_once('=') {
        Some((name, value)) => (name.to_lowercase(), value.to_owned()),
        None if text.bytes().all(|byte| byte.is_ascii_digit()) => (String::new(), text.to_owned()),
        None => (text.to_lowercase(), String::new()),
    }
}

/// The address without the parameters of these names.
#[must_use]
pub fn stripped(url: &Url, names: &[String]) -> Url {
    let keeps = |text: &&str| !names.contains(&pair(text).0);
    let mut bare = url.clone();
    if names.is_empty() {
        return bare;
    }
    if url.path().contains(';') {
        let parts: Vec<String> = url
            .path()
            .split('/')
            .map(|part| {
                let mut pieces = part.split(';');
                let first = pieces.next().unwrap_or_default();
                std::iter::once(first).chain(pieces.filter(keeps)).collect::<Vec<_>>().join(";")
            })
            .collect();
        bare.set_path(&parts.join("/"));
    }
    if let Some(query) = url.query() {
        let kept: Vec<&str> = query.split('&').filter(keeps).collect();
        bare.set_query(Some(&kept.join("&")).filter(|query| !query.is_empty()).map(String::as_str));
    }
    bare
}

/// An id without what differs trivially, as a number: of an address its scheme, `www.`, a slash at the end, its tokens
/// and a date stamp behind `#`; of any other id the `urn:uuid:` before it.
#[must_use]
pub fn base(id: &str) -> u64 {
    let id = id.trim();
    match Url::parse(id) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => {
            let fragment = url.fragment().filter(|fragment| !is_stamp(fragment)).unwrap_or_default();
            super::keys::hash([canonical(&url).as_bytes(), fragment.as_bytes()])
        }
        _ => super::keys::hash([id.trim_start_matches("urn:uuid:").trim_end_matches('/').as_bytes()]),
    }
}

/// A fragment that only says when: `2026-11-28T09:20:00.000+00:00`, `1732881600`.
pub(super) fn is_stamp(fragment: &str) -> bool {
    let digits = fragment.bytes().filter(u8::is_ascii_digit).count();
    let marks = |byte: u8| byte.is_ascii_digit() || b"-:.+TZ_%".contains(&byte);
    digits >= 8 && fragment.bytes().all(marks)
}

/// An id that a template has left empty: it tells nothing.
#[must_use]
pub fn is_placeholder(id: &str) -> bool {
    const NAMES: [&str; 14] =
        ["n/a", "na", "none", "null", "nil", "undefined", "unknown", "guid", "id", "0", "-1", "false", "true", "tbd"];
    let bare = id.trim();
    !bare.chars().any(char::is_alphanumeric) || NAMES.iter().any(|name| bare.eq_ignore_ascii_case(name))
}
