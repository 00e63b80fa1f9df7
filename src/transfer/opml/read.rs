//! Reads OPML of any version as feed readers write it: nested folders, attributes in any case or missing, bare ampersands,
//! unclosed tags. The caller has decoded the text.

use quick_xml::Reader;
use quick_xml::escape::unescape;
use quick_xml::events::{BytesStart, Event};

use crate::domain::items::text::single_line;
use crate::transfer::feed_list::{BadLine, List, ListedFeed};

/// The deepest folder that becomes a tag.
const MAX_DEPTH: usize = 32;
/// The most tags of a feed.
const MAX_TAGS: usize = 100;

/// Every outline that names a feed.
pub(in crate::transfer) fn outlines(text: &str) -> List {
    let (mut reader, mut lines) = (Reader::from_str(text), Lines::new(text));
    let config = reader.config_mut();
    (config.allow_dangling_amp, config.allow_unmatched_ends, config.check_end_names) = (true, true, false);
    let mut list = List::default();
    let mut folders: Vec<Folder> = Vec::new();
    loop {
        let at = lines.of(usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX));
        match reader.read_event() {
            Ok(Event::Eof) => return list,
            Ok(Event::Start(tag)) if is_outline(&tag) => {
                let outline = Outline::of(&tag);
                let folder = outline.folder(folders.last());
                if outline.url.is_some() || outline.is_link {
                    outline.list(at, &folders, &mut list);
                }
                folders.push(folder);
            }
            Ok(Event::Empty(tag)) if is_outline(&tag) => Outline::of(&tag).list(at, &folders, &mut list),
            Ok(Event::End(tag)) if tag.name().as_ref().eq_ignore_ascii_case("outline") => drop(folders.pop()),
            Ok(_) => {}
            Err(error) => {
                list.bad.push(BadLine { line: at, reason: format!("the file cannot be read from here on: {error}") });
                return list;
            }
        }
    }
}

/// An outline that contains others. If it is a feed itself, it has no folder name.
struct Folder {
    name: Option<String>,
    is_off: bool,
}

/// The attributes of an outline that are used.
#[derive(Default)]
struct Outline {
    title: Option<String>,
    text: Option<String>,
    url: Option<String>,
    page: Option<String>,
    categories: Vec<String>,
    is_link: bool,
    is_off: bool,
}

impl Outline {
    fn of(tag: &BytesStart<'_>) -> Self {
        let (mut outline, mut kind, mut address) = (Self::default(), String::new(), None);
        // Attributes without quotes, repeated or without a value are accepted, as in browsers.
        for attribute in tag.html_attributes().with_checks(false).flatten() {
            let value = single_line(&lenient(&attribute.value));
            let value = Some(value).filter(|value| !value.is_empty());
            match attribute.key.local_name().as_ref().to_ascii_lowercase().as_str() {
                "title" => outline.title = value,
                "text" => outline.text = value,
                "xmlurl" => outline.url = value,
                "url" => address = value,
                "htmlurl" => outline.page = value,
                "type" => kind = value.unwrap_or_default().to_ascii_lowercase(),
                "category" => outline.categories = categories(&value.unwrap_or_default()),
                "iscomment" => outline.is_off = value.is_some_and(|value| value.eq_ignore_ascii_case("true")),
                _ => {}
            }
        }
        if matches!(kind.as_str(), "rss" | "atom" | "feed") {
            outline.url = outline.url.or(address);
        } else {
            outline.is_link = outline.url.is_none() && address.is_some();
        }
        outline
    }

    fn folder(&self, parent: Option<&Folder>) -> Folder {
        let name = self.name().filter(|_| self.url.is_none()).map(str::to_owned);
        Folder { name, is_off: self.is_off || parent.is_some_and(|parent| parent.is_off) }
    }

    fn name(&self) -> Option<&str> {
        self.title.as_deref().or(self.text.as_deref())
    }

    fn list(self, line: usize, folders: &[Folder], list: &mut List) {
        let Some(url) = &self.url else {
            let name = self.name().unwrap_or("an outline");
            let reason = match (&self.page, self.is_link) {
                (_, true) => format!("`{name}` is a link, not a feed"),
                (Some(page), _) => format!("`{name}` has no `xmlUrl`; its page is {page}"),
                (None, _) => format!("`{name}` has no `xmlUrl`"),
            };
            list.bad.push(BadLine { line, reason });
            return;
        };
        let mut tags: Vec<String> = Vec::new();
        let names = folders.iter().take(MAX_DEPTH).filter_map(|folder| folder.name.as_ref());
        for tag in names.chain(&self.categories) {
            if tags.len() < MAX_TAGS && !tags.contains(tag) {
                tags.push(tag.clone());
            }
        }
        let is_off = self.is_off || folders.last().is_some_and(|folder| folder.is_off);
        let title = self.name().map(str::to_owned);
        list.feeds.push(ListedFeed { line, title, url: url.clone(), tags, is_off });
    }
}

fn is_outline(tag: &BytesStart<'_>) -> bool {
    tag.name().as_ref().eq_ignore_ascii_case("outline")
}

/// `"/Boston/Weather,politics"`: paths of words, separated by commas.
fn categories(list: &str) -> Vec<String> {
    let words = list.split(',').flat_map(|path| path.split('/')).map(str::trim);
    words.filter(|word| !word.is_empty()).take(MAX_TAGS).map(str::to_owned).collect()
}

/// Resolves the references that XML defines and keeps all other ampersands.
fn lenient(text: &str) -> String {
    if let Ok(text) = unescape(text) {
        return text.into_owned();
    }
    let mut pieces = text.split('&');
    let mut whole = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let reference = piece.split_once(';').map(|(name, rest)| (format!("&{name};"), rest));
        match reference.as_ref().map(|(name, rest)| (unescape(name), rest)) {
            Some((Ok(meant), rest)) => whole.extend([&meant, *rest]),
            _ => whole.extend(["&", piece]),
        }
    }
    whole
}

/// Line numbers for increasing byte offsets.
struct Lines<'t> {
    text: &'t str,
    at: usize,
    line: usize,
}

impl<'t> Lines<'t> {
    fn new(text: &'t str) -> Self {
        Self { text, at: 0, line: 1 }
    }

    fn of(&mut self, at: usize) -> usize {
        let at = at.clamp(self.at, self.text.len());
        self.line += self.text.as_bytes()[self.at..at].iter().filter(|&&byte| byte == b'\n').count();
        self.at = at;
        self.line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<String> {
        let list = outlines(text);
        let feeds = list.feeds.iter().map(|feed| {
            let title = feed.title.as_deref().unwrap_or("-");
            let off = if feed.is_off { " off" } else { "" };
            format!("{}: {} {title} {:?}{off}", feed.line, feed.url, feed.tags)
        });
        feeds.chain(list.bad.iter().map(|bad| format!("{}! {}", bad.line, bad.reason))).collect()
    }

    #[test]
    fn folders_in_folders_and_categories_are_tags() {
        let text = "<opml version=\"2.0\">\n<body>\n<outline text=\"UK\">\n<outline title=\"Health &amp; care\">
<outline type=\"rss\" text=\"A\" xmlUrl=\"https://a.example.org/\" category=\"/UK/North,audit\"/>
</outline><outline text='B' xmlUrl='https://b.example.org/'></outline>
</outline>\n<outline text=\"C\" xmlUrl=\"https://c.example.org/\"/>\n</body></opml>";
        let expected = [
            "5: https://a.example.org/ A [\"UK\", \"Health & care\", \"North\", \"audit\"]",
            "6: https://b.example.org/ B [\"UK\"]",
            "8: https://c.example.org/ C []",
        ];
        assert_eq!(found(text), expected);
    }

    #[test]
    fn outlines_that_are_not_feeds_are_reported_by_line() {
        let text = "<opml><body>\n<outline text=\"No address\"/>\n<outline text=\"A page\" htmlUrl=\"https://p.example.org/\"/>
<outline type=\"link\" text=\"A link\" url=\"https://l.example.org/\"/>\n<outline type=rss url=https://u.example.org/ />\n</body></opml>";
        let expected = [
            "5: https://u.example.org/ - []",
            "2! `No address` has no `xmlUrl`",
            "3! `A page` has no `xmlUrl`; its page is https://p.example.org/",
            "4! `A link` is a link, not a feed",
        ];
        assert_eq!(found(text), expected);
    }

    #[test]
    fn broken_markup_loses_as_little_as_possible() {
        let text = "<OPML><BODY><OUTLINE TEXT=\"R&D &eacute; &lt;x&gt;\" XMLURL=\"https://a.example.org/?x=1&y=2\"/>\n\
                    </wrong>\n<outline isComment=\"true\" text=\"Off\"><outline xmlurl=\"https://b.example.org/\"/></outline>\n\
                    <outline text=\"cut off\" xmlUrl=\"https://c";
        let lines = found(text);
        assert_eq!(lines[0], "1: https://a.example.org/?x=1&y=2 R&D é <x> []");
        assert_eq!(lines[1], "3: https://b.example.org/ - [\"Off\"] off");
        assert!(lines[2].starts_with("4! the file cannot be read from here on: "), "{lines:?}");
        assert!(outlines("<html><p>no list</p></html>").feeds.is_empty());
    }

    proptest::proptest! {
        #[test]
        fn no_text_causes_a_panic(text in "(<|>|/|\"|'|=| |&|;|\n|outline|xmlUrl|text|opml|!--|--|\\[CDATA\\[|é){0,60}") {
            let list = outlines(&text);
            let lines = text.matches('\n').count() + 1;
            proptest::prop_assert!(list.bad.iter().all(|bad| (1..=lines).contains(&bad.line)));
        }
    }
}
