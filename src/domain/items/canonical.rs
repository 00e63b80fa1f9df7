//! Canonical URLs: two addresses of one page become one string, for identity and for near-duplicates.
//! Never for following: a canonical URL may not be fetchable.

use std::borrow::Cow;

use url::Url;

/// Query keys that only say where a visitor came from.
const TRACKING: [&str; 33] = [
    "fbclid",
    "gclid",
    "gbraid",
    "wbraid",
    "dclid",
    "msclkid",
    "yclid",
    "twclid",
    "igshid",
    "mc_cid",
    "mc_eid",
    "mkt_tok",
    "_hsenc",
    "_hsmi",
    "hsctatracking",
    "ref_src",
    "ref_url",
    "vero_id",
    "oly_enc_id",
    "oly_anon_id",
    "cmpid",
    "_ga",
    "_gl",
    "at_campaign",
    "at_medium",
    "fb_action_ids",
    "hss_channel",
    "li_fat_id",
    "pk_campaign",
    "pk_kwd",
    "srsltid",
    "trk",
    "xtor",
];

/// Keys of the query and of the path that hold a visitor's session, as application servers write them.
const SESSIONS: [&str; 12] = [
    "jsessionid",
    "phpsessid",
    "sessionid",
    "session_id",
    "sessid",
    "asp.net_sessionid",
    "cfid",
    "cftoken",
    "oscsid",
    "zenid",
    "viewstate",
    "nocache",
];

/// The page's address without what does not tell pages apart: scheme, `www.`, `m.` and `amp.`, default port,
/// credentials, fragment, tracking parameters, sessions, the order of the query, a trailing slash, a trailing `/amp`, and in
/// which country Blogger showed a blog of its own, and on what device.
/// The same for its own result.
#[must_use]
pub fn canonical(url: &Url) -> String {
    if !matches!(url.scheme(), "http" | "https") {
        let mut bare = url.clone();
        bare.set_fragment(None);
        return bare.to_string();
    }
    let port = match (url.scheme(), url.port_or_known_default()) {
        // One canonical scheme, so both default ports mean the same page.
        (_, Some(80 | 443) | None) => String::new(),
        (_, Some(port)) => format!(":{port}"),
    };
    let mut canonical =
        format!("https://{}{port}{}", host(url.host_str().unwrap_or_default()), path(&without_session(url.path())));
    let query = query(url);
    if !query.is_empty() {
        canonical.push('?');
        canonical.push_str(&query);
    }
    canonical
}

/// The host's part of it: lower case, without the root's dot, `www.`, `m.` and `amp.`.
#[must_use]
pub fn host(host: &str) -> String {
    let lower = host.to_lowercase();
    // A final dot says nothing; but a host of only dots would be empty without them, and a number would become an IP
    // address.
    let bare = lower.trim_end_matches('.');
    let is_same = || matches!(url::Host::parse(bare), Ok(url::Host::Domain(name)) if name == bare);
    let mut rest = if bare.len() < lower.len() && is_same() { bare } else { &lower };
    while let Some(shorter) = ["www.", "m.", "amp."].iter().find_map(|prefix| rest.strip_prefix(prefix)) {
        // `m.de` is a site of its own, and `www.` alone is not a prefix.
        if !shorter.contains('.') {
            break;
        }
        rest = shorter;
    }
    match rest.split_once(".blogspot.") {
        // Blogger shows `name.blogspot.com` under the names of many countries.
        Some((name, country)) if is_country(country) => format!("{name}.blogspot.com"),
        _ => rest.to_owned(),
    }
}

/// "de", "co.uk", "com.au".
fn is_country(labels: &str) -> bool {
    let country = labels.strip_prefix("co.").or_else(|| labels.strip_prefix("com.")).unwrap_or(labels);
    country.len() == 2 && country.bytes().all(|byte| byte.is_ascii_lowercase())
}

/// A path without the session that Java's servers put behind a semicolon: `/news/8;jsessionid=A1B2`.
fn without_session(path: &str) -> Cow<'_, str> {
    if !path.contains(';') {
        return Cow::Borrowed(path);
    }
    let is_session =
        |piece: &str| SESSIONS.contains(&piece.split('=').next().unwrap_or_default().to_lowercase().as_str());
    let parts: Vec<String> = path
        .split('/')
        .map(|part| {
            let mut pieces = part.split(';');
            let name = pieces.next().unwrap_or_default();
            std::iter::once(name).chain(pieces.filter(|piece| !is_session(piece))).collect::<Vec<_>>().join(";")
        })
        .collect();
    Cow::Owned(parts.join("/"))
}

fn path(path: &str) -> &str {
    let mut rest = path.trim_end_matches('/');
    while let Some(shorter) = rest.strip_suffix("/amp") {
        rest = shorter.trim_end_matches('/');
    }
    if rest.is_empty() { "/" } else { rest }
}

fn query(url: &Url) -> String {
    let mut pairs: Vec<&str> = url.query().unwrap_or_default().split('&').filter(|pair| keeps(pair)).collect();
    pairs.sort_unstable();
    pairs.join("&")
}

fn keeps(pair: &str) -> bool {
    let key = pair.split('=').next().unwrap_or_default().to_lowercase();
    // Blogger's `m` is the page for telephones, or not.
    let says_nothing =
        pair.is_empty() || matches!(pair, "=" | "m=0" | "m=1") || key == "amp" || SESSIONS.contains(&key.as_str());
    !says_nothing && !["utm_", "mtm_"].iter().any(|start| key.starts_with(start)) && !TRACKING.contains(&key.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(text: &str) -> String {
        canonical(&Url::parse(text).unwrap())
    }

    #[test]
    fn addresses_of_one_page_are_one() {
        let want = "https://example.org/a/b?p=1&q=2";
        for url in [
            "http://www.Example.org:80/a/b/?q=2&p=1#top",
            "https://m.example.org/a/b?p=1&q=2&utm_source=x&fbclid=9",
            "https://amp.example.org/a/b/amp/?q=2&p=1",
            "https://user:pass@example.org./a/b?p=1&q=2&mc_cid=7",
        ] {
            assert_eq!(of(url), want, "{url}");
        }
    }

    #[test]
    fn a_blog_at_blogger_is_one_in_every_country_and_on_a_telephone() {
        for url in [
            "http://reform.blogspot.co.uk/2026/11/a.html?m=1",
            "https://reform.blogspot.de/2026/11/a.html?m=0",
            "https://reform.blogspot.com.au/2026/11/a.html?utm_source=feedburner&utm_medium=feed#c1",
            "https://www.reform.blogspot.com/2026/11/a.html",
        ] {
            assert_eq!(of(url), "https://reform.blogspot.com/2026/11/a.html", "{url}");
        }
        assert_eq!(of("https://reform.blogspot.example.org/a"), "https://reform.blogspot.example.org/a");
    }

    #[test]
    fn different_pages_stay_apart() {
        assert_ne!(of("https://example.org/?p=1"), of("https://example.org/?p=2"));
        assert_ne!(of("https://example.org:8080/"), of("https://example.org/"));
        assert_eq!(of("https://www.com/"), "https://www.com/");
        assert_eq!(of("https://example.org/amp"), "https://example.org/");
    }

    proptest! {
        #[test]
        fn canonical_is_idempotent(
            host in "(www\\.|m\\.|amp\\.){0,3}[a-z]{1,8}\\.org\\.?", port in proptest::option::of(1u16..), path in "(/|/amp|/[a-zA-Z%20.]{0,5}){0,5}",
            query in "[a-zA-Z0-9=&_%;+]{0,30}", tls in any::<bool>(),
        ) {
            let port = port.map_or_else(String::new, |port| format!(":{port}"));
            let text = format!("http{}://{host}{port}{path}?{query}#f", if tls { "s" } else { "" });
            if let Ok(url) = Url::parse(&text) {
                let once = canonical(&url);
                prop_assert_eq!(of(&once), once);
            }
        }
    }
}
