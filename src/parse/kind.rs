//! What an address has instead of a feed, in a word for the administrator.

/// What was found instead of a feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A page for people, perhaps one that names its feed.
    HtmlPage,
    /// A page that asks whether its visitor is human.
    Challenge,
    /// JSON, but no JSON Feed.
    Json,
    /// Nothing at all.
    Empty,
    /// A list of feeds.
    Opml,
    /// A list of a site's pages, for search engines.
    Sitemap,
    /// A feed's root element, and nothing in it.
    Hollow,
    /// Markup of some other kind.
    Xml,
    /// None of these.
    Other,
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::HtmlPage => "an HTML page",
            Self::Challenge => "a page that keeps programs out (a captcha or a login)",
            Self::Json => "some other JSON",
            Self::Empty => "an empty document",
            Self::Opml => "an OPML list of feeds",
            Self::Sitemap => "a sitemap",
            Self::Hollow => "a feed without a title or an entry",
            Self::Xml => "some other XML",
            Self::Other => "an unknown kind of document",
        })
    }
}

/// How much of the start is looked at.
const HEAD: usize = 8 * 1024;

/// Which page for people it is, when one begins before any feed's root element could.
pub(super) fn page(start: &str) -> Option<Kind> {
    let head = start[..start.floor_char_boundary(HEAD)].to_ascii_lowercase();
    let begins = |tags: &[&str]| tags.iter().filter_map(|tag| head.find(tag)).min();
    let page = begins(&["<!doctype html", "<html", "<head", "<body"])?;
    if begins(&["<rss", "<feed", "<rdf:rdf", ":rdf ", "<opml"]).is_some_and(|feed| feed < page) {
        return None;
    }
    const CHALLENGES: [&str; 9] = [
        "captcha",
        "cf-challenge",
        "challenge-platform",
        "<title>just a moment",
        "<title>attention required",
        "<title>access denied",
        "checking your browser",
        "are you a human",
        "enable javascript and cookies to continue",
    ];
    let challenge = CHALLENGES.iter().any(|sign| head.contains(sign));
    Some(if challenge { Kind::Challenge } else { Kind::HtmlPage })
}

/// What it is when it is neither a feed nor a page.
pub(super) fn other(start: &str) -> Kind {
    let head = start[..start.floor_char_boundary(HEAD)].to_ascii_lowercase();
    match () {
        () if head.contains("<opml") => Kind::Opml,
        () if head.contains("<urlset") || head.contains("<sitemapindex") => Kind::Sitemap,
        () if head.starts_with('<') => Kind::Xml,
        () => Kind::Other,
    }
}
