//! Parses a feed's address as typed by a person or found in a list.

use url::Url;

use super::Refusal;

/// Parses an address: adds `https://` if there is no scheme, and removes the `feed:` of feed readers. It refuses
/// `file:`, which only the configuration can use, since it knows the folder where relative paths start.
pub(super) fn parse(typed: &str) -> Result<Url, Refusal> {
    let text = typed.trim();
    let bare = strip_feed(text);
    let is_whole = bare.contains("://");
    // A single word is not a site, and text with an `@` is an email address.
    let is_site = |url: &Url| match url.host() {
        Some(url::Host::Domain(name)) => is_whole || (name.contains('.') && url.username().is_empty()),
        host => host.is_some(),
    };
    let whole = if is_whole { bare } else { format!("https://{bare}") };
    let url = Url::parse(&whole)
        .ok()
        .map(without_fragment)
        .filter(|url| matches!(url.scheme(), "http" | "https") && is_site(url));
    url.filter(|_| !text.contains(char::is_whitespace)).ok_or_else(|| Refusal::NotAnAddress(text.to_owned()))
}

fn without_fragment(mut url: Url) -> Url {
    url.set_fragment(None);
    url
}

/// `feed:https://…` and `feed://…`.
fn strip_feed(text: &str) -> String {
    match text.strip_prefix("feed:") {
        Some(rest) if rest.starts_with("//") => format!("https:{rest}"),
        Some(rest) => rest.to_owned(),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_as_people_type_it() {
        for (typed, meant) in [
            (" https://blog.example.org/feed ", "https://blog.example.org/feed"),
            ("blog.example.org", "https://blog.example.org/"),
            ("blog.example.org:8080/feed", "https://blog.example.org:8080/feed"),
            ("feed:http://blog.example.org/rss", "http://blog.example.org/rss"),
            ("feed://blog.example.org/rss", "https://blog.example.org/rss"),
            ("http://localhost/feed#top", "http://localhost/feed"),
        ] {
            assert_eq!(parse(typed).unwrap().as_str(), meant, "{typed}");
        }
        for wrong in [
            "",
            "blog",
            "two words.org",
            "htps://blog.example.org/",
            "ftp://x.example.org/",
            "mailto:a@b.org",
            "http://",
        ] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
