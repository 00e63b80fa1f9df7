//! Whether a link belongs to the site of the feed that carries it. Of the copies of one post, the one from its own site
//! leads; an aggregator, or a feed that claims an earlier date, cannot take its place.
//!
//! A server's name is hard to fake, whereas the site that a feed declares is only a claim and counts for less. The
//! Public Suffix List is not needed: a name is compared only with names above and below it, and never with its
//! siblings, such as `one.blogspot.com` and `two.blogspot.com`, which have different owners.

use url::{Host, Url};

use crate::domain::items::canonical;

/// How certainly a link belongs to its feed's site, the weakest first. The numbers are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Ownership {
    /// It leads to another site, as in an aggregator's feed.
    #[default]
    Foreign = 0,
    /// It is on the site that the feed declares (RSS `link`, Atom `link rel="alternate"`, JSON Feed `home_page_url`).
    Declared = 1,
    /// Its host is above or below the host that serves the feed.
    Domain = 2,
    /// It is on the host that serves the feed.
    Host = 3,
}

impl Ownership {
    /// The ownership of a link in a feed that is served from these addresses and declares this site.
    #[must_use]
    pub fn of(link: &Url, served_from: &[Url], declared: Option<&Url>) -> Self {
        let by_server = served_from.iter().map(|feed| match relation(link, feed) {
            Relation::Same => Self::Host,
            Relation::Kin => Self::Domain,
            Relation::Strangers => Self::Foreign,
        });
        let by_word = match declared.map(|site| relation(link, site)) {
            Some(Relation::Same | Relation::Kin) => Self::Declared,
            Some(Relation::Strangers) | None => Self::Foreign,
        };
        by_server.fold(by_word, Self::max)
    }

    /// The number that is stored.
    #[must_use]
    pub fn rank(self) -> u8 {
        self as u8
    }
}

enum Relation {
    Same,
    Kin,
    Strangers,
}

/// The relation of two addresses' hosts, ignoring ports and prefixes such as `www.`.
fn relation(one: &Url, other: &Url) -> Relation {
    let (Some(one_host), Some(other_host)) = (one.host_str(), other.host_str()) else { return Relation::Strangers };
    let (one_host, other_host) = (canonical::host(one_host), canonical::host(other_host));
    let has_names = [one, other].iter().all(|url| matches!(url.host(), Some(Host::Domain(_))));
    // A single label, such as `org` or `localhost`, is above everything and owns nothing.
    let is_below = |lower: &str, upper: &str| {
        upper.contains('.') && lower.strip_suffix(upper).is_some_and(|rest| rest.ends_with('.'))
    };
    if one_host == other_host {
        Relation::Same
    } else if has_names && (is_below(&one_host, &other_host) || is_below(&other_host, &one_host)) {
        Relation::Kin
    } else {
        Relation::Strangers
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(link: &str, feed: &str, declared: Option<&str>) -> Ownership {
        let url = |text: &str| Url::parse(text).unwrap();
        Ownership::of(&url(link), &[url(feed)], declared.map(url).as_ref())
    }

    #[test]
    fn a_link_belongs_to_the_host_that_serves_the_feed_and_to_its_domain() {
        let link = "https://www.reform.example.org/2026/a?utm_source=x";
        for feed in
            ["http://reform.example.org/feed", "https://m.reform.example.org:8443/rss", "https://Reform.example.org./x"]
        {
            assert_eq!(of(link, feed, None), Ownership::Host, "{feed}");
        }
        for feed in ["https://feeds.reform.example.org/a", "https://example.org/blogs.xml"] {
            assert_eq!(of(link, feed, None), Ownership::Domain, "{feed}");
        }
        for feed in [
            "https://evil.test/feed",
            "https://evil.example.org/feed",
            "https://evil-reform.example.org/feed",
            "https://reform.example.org.evil.test/feed",
            "https://org/feed",
            "file:///srv/reform.example.org/feed.xml",
        ] {
            assert_eq!(of(link, feed, None), Ownership::Foreign, "{feed}");
        }
    }

    #[test]
    fn a_declared_site_counts_for_less_than_the_server() {
        let (link, hosted) = ("https://reform.example.org/a", "https://feeds.host.test/reform");
        assert_eq!(of(link, hosted, Some("https://www.reform.example.org/")), Ownership::Declared);
        assert_eq!(of(link, hosted, Some("https://other.example.org/")), Ownership::Foreign);
        assert_eq!(of(link, "https://reform.example.org/feed", Some("https://evil.test/")), Ownership::Host);
        assert!(Ownership::Host > Ownership::Domain && Ownership::Domain > Ownership::Declared);
    }

    #[test]
    fn an_address_in_numbers_has_no_kin() {
        assert_eq!(of("http://192.0.2.1/a", "http://192.0.2.1:8080/feed", None), Ownership::Host);
        assert_eq!(of("http://10.192.0.2/a", "http://192.0.2.1/feed", None), Ownership::Foreign);
    }
}
