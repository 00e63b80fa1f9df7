//! Where a site's feed usually is, for a page that names none. The addresses are guesses: the caller must
//! fetch it and see a feed.

use url::Url;

/// Which sites a path belongs to: a word of the page's generator or of its host, in lower case.
const PLATFORMS: &[(&str, &[&str])] = &[
    ("wordpress", &["feed/", "/feed/", "/blog/feed/"]),
    ("blogger", &["/feeds/posts/default", "/feeds/posts/default?alt=rss"]),
    ("blogspot", &["/feeds/posts/default", "/feeds/posts/default?alt=rss"]),
    ("squarespace", &["?format=rss", "/blog?format=rss", "/news?format=rss"]),
    ("drupal", &["/rss.xml", "/blog/feed", "/blog.xml", "/news/feed"]),
    ("ghost", &["/rss/", "/blog/rss/"]),
    ("substack", &["/feed"]),
    ("medium", &["/feed"]),
    ("hugo", &["index.xml", "/index.xml", "/posts/index.xml", "/blog/index.xml"]),
    ("jekyll", &["/feed.xml", "/atom.xml"]),
    ("eleventy", &["/feed.xml", "/feed/feed.xml", "/feed.json"]),
    ("wix", &["/blog-feed.xml"]),
    ("joomla", &["?format=feed&type=rss", "?format=feed&type=atom"]),
    ("typepad", &["/atom.xml", "/rss.xml", "/index.rdf"]),
    ("movable type", &["/atom.xml", "/index.xml", "/index.rdf"]),
    ("tumblr", &["/rss"]),
    ("hubspot", &["rss.xml", "/blog/rss.xml"]),
    ("gov.uk", &[".atom"]),
];

/// What the rest use, the commonest first.
const USUAL: &[&str] = &["feed/", "/feed/", "/rss.xml", "/feed.xml", "/atom.xml", "/index.xml", "/rss", "/feed.json"];

/// At most so many guesses: each costs the site a request.
const MOST: usize = 8;

/// The likeliest addresses of the feed of a page, those of its platform first.
#[must_use]
pub fn well_known(page: &Url, generator: Option<&str>) -> Vec<Url> {
    let made_by = format!("{} {}", generator.unwrap_or_default(), page.host_str().unwrap_or_default()).to_lowercase();
    let own = PLATFORMS.iter().filter(|(word, _)| made_by.contains(word)).flat_map(|(_, paths)| *paths);
    let mut guesses = Vec::new();
    for path in own.chain(USUAL) {
        let guess = match path.strip_prefix('.') {
            Some(_) => beside(page, path),
            None => folder(page).join(path).ok(),
        };
        if let Some(guess) = guess.filter(|guess| guess != page && !guesses.contains(guess)) {
            guesses.push(guess);
        }
    }
    guesses.truncate(MOST);
    guesses
}

/// The page as a folder, so that `feed/` is resolved under it.
fn folder(page: &Url) -> Url {
    let mut folder = page.clone();
    folder.set_query(None);
    folder.set_fragment(None);
    if !folder.path().ends_with('/') {
        let path = format!("{}/", folder.path());
        folder.set_path(&path);
    }
    folder
}

/// The page with an ending: `/news` and `.atom` make `/news.atom`.
fn beside(page: &Url, ending: &str) -> Option<Url> {
    let mut url = page.clone();
    let path = format!("{}{ending}", page.path().trim_end_matches('/'));
    (path != ending).then(|| url.set_path(&path))?;
    Some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(page: &str, generator: Option<&str>) -> String {
        let guesses = well_known(&Url::parse(page).unwrap(), generator);
        assert!(guesses.len() <= MOST);
        guesses[0].to_string()
    }

    #[test]
    fn guesses_begin_with_those_of_the_platform() {
        assert_eq!(first("https://a.example.org/blog", Some("WordPress 6.5")), "https://a.example.org/blog/feed/");
        assert_eq!(first("https://a.blogspot.com/", None), "https://a.blogspot.com/feeds/posts/default");
        assert_eq!(first("https://a.example.org/blog", Some("Drupal 10")), "https://a.example.org/rss.xml");
        assert_eq!(first("https://www.gov.uk/x/news?a=b", None), "https://www.gov.uk/x/news.atom?a=b");
        assert_eq!(
            first("https://a.example.org/news?p=1#top", Some("Squarespace")),
            "https://a.example.org/news/?format=rss"
        );
        assert_eq!(first("https://a.example.org/", None), "https://a.example.org/feed/");
    }

    #[test]
    fn each_guess_is_made_once_and_none_is_the_page_itself() {
        let page = Url::parse("https://a.example.org/feed/").unwrap();
        let guesses = well_known(&page, Some("WordPress"));
        assert!(!guesses.contains(&page));
        let unique: std::collections::HashSet<_> = guesses.iter().collect();
        assert_eq!(unique.len(), guesses.len());
    }
}
