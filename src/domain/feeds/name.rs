//! Makes the id of a feed that is added, from its title or else its host: in the allowed characters, and different from
//! every other id.

use std::collections::{HashMap, HashSet};

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;
use url::Url;

use super::FeedId;

/// The maximum length, so that a person can type it.
const MOST: usize = 40;

/// The ids in use, including those given to new feeds.
#[derive(Debug, Default)]
pub struct Names {
    taken: HashSet<FeedId>,
    /// The last number for each stem, so that many feeds with one title do not each try all numbers.
    numbers: HashMap<String, usize>,
}

impl Names {
    /// Starts with the ids that are already in use.
    #[must_use]
    pub fn beside(taken: impl Iterator<Item = FeedId>) -> Self {
        Self { taken: taken.collect(), numbers: HashMap::new() }
    }

    /// A new id for a feed with this title and address; it is then in use.
    pub fn name(&mut self, title: &str, url: &Url) -> FeedId {
        let host = url.host_str().unwrap_or_default();
        let host = plain(host.strip_prefix("www.").unwrap_or(host));
        let stem = [plain(title), host].into_iter().find(|stem| stem.len() > 1).unwrap_or_else(|| "feed".to_owned());
        let last = self.numbers.entry(stem.clone()).or_default();
        loop {
            *last += 1;
            let id = if *last == 1 { FeedId::parse(&stem) } else { FeedId::parse(&format!("{stem}-{last}")) };
            if let Some(id) = id.filter(|id| self.taken.insert(id.clone())) {
                return id;
            }
        }
    }
}

/// Converts "Café – Society & Co." to "cafe-society-co".
fn plain(text: &str) -> String {
    let mut plain = String::new();
    for c in text.nfkd().filter(|c| !is_combining_mark(*c)) {
        match c {
            'ß' => plain.push_str("ss"),
            'æ' | 'Æ' => plain.push_str("ae"),
            'œ' | 'Œ' => plain.push_str("oe"),
            'ø' | 'Ø' => plain.push('o'),
            'ł' | 'Ł' => plain.push('l'),
            // An apostrophe does not separate words: "Children's".
            '\'' | '’' => {}
            c if c.is_ascii_alphanumeric() => plain.push(c.to_ascii_lowercase()),
            _ if plain.is_empty() || plain.ends_with('-') => {}
            _ => plain.push('-'),
        }
    }
    if plain.len() > MOST {
        let end = plain[..=MOST].rfind('-').filter(|end| *end > MOST / 2).unwrap_or(MOST);
        plain.truncate(end);
    }
    plain.trim_end_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(title: &str, taken: &[&str]) -> String {
        let url = Url::parse("https://www.blog.example.org/feed").unwrap();
        let taken = taken.iter().map(|id| FeedId::parse(id).unwrap());
        Names::beside(taken).name(title, &url).to_string()
    }

    #[test]
    fn feeds_of_one_title_get_numbers() {
        let (url, mut names) = (Url::parse("https://blog.example.org/").unwrap(), Names::default());
        let ids = [(); 3].map(|()| names.name("One", &url).to_string());
        assert_eq!(ids, ["one", "one-2", "one-3"]);
    }

    #[test]
    fn an_id_is_made_of_the_title_and_is_free() {
        assert_eq!(named("Café – Society & Co.", &[]), "cafe-society-co");
        assert_eq!(named("Children’s Services", &["childrens-services"]), "childrens-services-2");
        assert_eq!(named("A", &[]), "blog-example-org");
        assert_eq!(named("公共服务", &["blog-example-org", "blog-example-org-2"]), "blog-example-org-3");
        assert_eq!(
            named("The Office for the Improvement of Public Administration and Services", &[]),
            "the-office-for-the-improvement-of-public"
        );
        assert_eq!(named(&"x".repeat(99), &[]), "x".repeat(40));
    }
}
