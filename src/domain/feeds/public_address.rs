//! The public form of a feed's address. Some addresses are secrets: they contain a log-in, or a token that identifies a
//! customer, and anyone who has them can read as that person.

use url::Url;

use super::without_login;

/// Words that mark a query parameter as secret if its name contains them.
const SECRET_NAMES: [&str; 15] = [
    "token", "key", "secret", "auth", "pass", "pwd", "sig", "session", "sid", "jwt", "hmac", "hash", "cred", "login",
    "ticket",
];

/// From this length, a value with mixed characters looks like a token: 20 hexadecimal digits are 80 bits.
const RANDOM_CHARS: usize = 20;

/// The address without its log-in and without query parameters that look like secrets, by their name or because their
/// value looks random. The result may not lead to the same document, or to any.
#[must_use]
pub fn public_address(url: &Url) -> Url {
    let mut public = without_login(url);
    public.set_fragment(None);
    let Some(query) = url.query() else { return public };
    let kept: Vec<&str> = query.split('&').filter(|parameter| !is_secret(parameter)).collect();
    if kept.len() < query.split('&').count() {
        public.set_query((!kept.is_empty()).then(|| kept.join("&")).as_deref());
    }
    public
}

fn is_secret(parameter: &str) -> bool {
    let (name, value) = parameter.split_once('=').unwrap_or(("", parameter));
    let name = name.to_ascii_lowercase();
    // Names such as `channel_id` are public identifiers, whatever their values look like.
    let is_identifier =
        matches!(name.as_str(), "id" | "p") || ["_id", "-id", "list"].iter().any(|end| name.ends_with(end));
    SECRET_NAMES.iter().any(|word| name.contains(word)) || (!is_identifier && is_random(value))
}

/// Whether it is long and a single word of letters and digits, like a token and unlike a date, a title or a path.
fn is_random(value: &str) -> bool {
    let longest =
        value.split(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '-').max_by_key(|word| word.len());
    longest.is_some_and(|word| {
        word.len() >= RANDOM_CHARS
            && word.bytes().filter(u8::is_ascii_digit).count() >= 3
            && word.bytes().any(|byte| byte.is_ascii_alphabetic())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(address: &str) -> String {
        public_address(&Url::parse(address).unwrap()).to_string()
    }

    #[test]
    fn an_address_is_shown_without_what_is_a_key() {
        for (whole, shown) in [
            ("https://ada:secret@example.org/feed", "https://example.org/feed"),
            ("https://example.org/feed?token=abc", "https://example.org/feed"),
            ("https://example.org/feed?format=rss&api_key=abc&lang=en", "https://example.org/feed?format=rss&lang=en"),
            ("https://example.org/feed?Access-Token=abc#x", "https://example.org/feed"),
            ("https://example.org/feed?X-Amz-Signature=a1&u=7", "https://example.org/feed?u=7"),
            ("https://example.org/feed?9f8a7b6c5d4e3f2a1b0c9d8e", "https://example.org/feed"),
            ("https://example.org/feed?u=3f2504e0-4f89-11d3-9a0c-0305e82c3301", "https://example.org/feed"),
        ] {
            assert_eq!(of(whole), shown);
        }
    }

    #[test]
    fn what_only_says_which_feed_it_is_stays() {
        for address in [
            "https://example.org/?feed=rss2&cat=12",
            "https://example.org/videos.xml?channel_id=UCx5XG1OV2P6uZZ5FSM9Ttw1",
            "https://example.org/search?q=public+service+reform+in+2026&sort=newest",
            "https://example.org/feed?from=2026-11-23T09:00:00Z&a=%2Fnews%2Freform-of-public-services",
            "https://example.org/feed?&&x",
        ] {
            assert_eq!(of(address), address);
        }
    }
}
