//! An address as people type it, or as a list has it.

use url::Url;

use super::Refusal;

/// Reads an address: with `https://` in front where nothing is, and without the `feed:` of feed readers. `file:` is left
/// to the configuration, which knows from where a path begins.
pub(super) fn parse(typed: &str) -> Result<Url, Refusal> {
    let text = typed.trim();
    let bare = strip_feed(text);
    let refused = || Refusal::NotAnAddress(text.to_owned());
    let url = match Url::parse(&bare) {
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => Ok(url),
        // `blog.example.org:8080/feed` has the form of a scheme, too.
        Ok(url) if bare.contains("://") || !url.scheme().contains('.') => Err(refused()),
        _ => Url::parse(&format!("https://{bare}")).map_err(|_| refused()),
    }?;
    let host = url.host_str().unwrap_or_default();
    let is_name = matches!(url.host(), Some(url::Host::Domain(_)));
    // A word alone is no site; and nothing with a space is one.
    let is_whole = !is_name || (host.contains('.') && !text.contains(char::is_whitespace)) || text.contains("://");
    if is_whole && !host.is_empty() { Ok(url) } else { Err(refused()) }
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
            ("http://localhost/feed", "http://localhost/feed"),
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
