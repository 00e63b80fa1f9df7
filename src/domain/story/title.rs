//! What two writings of one title have in common. Sites put their names behind or before a title, and say what kind
//! of post it is; syndication changes case, quotes, dashes and "&".

use unicode_segmentation::UnicodeSegmentation as _;

/// What parts a title from a site's name.
const SEPARATORS: [&str; 9] = [" | ", " - ", " – ", " — ", " :: ", " » ", " « ", " · ", " • "];

/// What a site says of a post before a colon, or in brackets.
const KINDS: &[&str] = &[
    "blog",
    "blog post",
    "comment",
    "from the archive",
    "guest article",
    "guest blog",
    "guest post",
    "long read",
    "new",
    "new post",
    "news",
    "opinion",
    "press release",
    "repost",
    "update",
    "updated",
];

/// A part with one of these words tells the posts of a series apart; one with a number does too.
const SERIAL: &str = "monday tuesday wednesday thursday friday saturday sunday january february march april may june \
    july august september october november december spring summer autumn winter part episode chapter week day issue \
    one two three four five first second third i ii iii iv v";

/// A part of more words is no site's name.
const MOST_NAME_WORDS: usize = 5;
/// A title of fewer words could be anybody's, so that what stands around it counts.
const FEWEST_TITLE_WORDS: usize = 3;

/// The words in lower case, joined by spaces; without articles and apostrophes, which edits add and take away.
pub(super) fn words(title: &str) -> String {
    let plain = title.replace('&', " and ").replace(['\'', '’', '‘'], "");
    let words = plain.unicode_words().map(str::to_lowercase);
    words.filter(|word| !matches!(word.as_str(), "a" | "an" | "the")).collect::<Vec<_>>().join(" ")
}

/// The words of the title proper: its longest part, where the others may be a site's name or the kind of post.
/// The same as [`words`] where that is not sure.
pub(super) fn key(title: &str) -> String {
    let mut parts = vec![without_kind(title)];
    for separator in SEPARATORS {
        parts = parts.into_iter().flat_map(|part| part.split(separator)).collect();
    }
    let whole = words(parts[0]);
    if parts.len() == 1 {
        return whole;
    }
    let parts: Vec<String> = parts.into_iter().map(words).collect();
    let count = |part: &String| part.split(' ').count();
    // Of equally long parts the first: names mostly stand behind.
    let Some((longest, proper)) = parts.iter().enumerate().rev().max_by_key(|(_, part)| count(part)) else {
        return whole;
    };
    let mut others = parts.iter().enumerate().filter(|(at, _)| *at != longest).map(|(_, part)| part);
    let is_proper = count(proper) >= FEWEST_TITLE_WORDS && others.all(|part| is_name(part));
    if is_proper { proper.clone() } else { words(without_kind(title)) }
}

fn is_name(part: &str) -> bool {
    let is_serial = |word: &str| SERIAL.split(' ').any(|serial| serial == word) || word.contains(char::is_numeric);
    part.split(' ').count() <= MOST_NAME_WORDS && !part.split(' ').any(is_serial)
}

/// "Guest post: Title", "[Guest post] Title", "Title (updated)" without the kind.
fn without_kind(title: &str) -> &str {
    let title = title.trim();
    let before = title.split_once(": ").filter(|(kind, _)| is_kind(kind) || is_by_a_guest(kind)).map(|(_, rest)| rest);
    let bracketed = title.strip_prefix('[').and_then(|rest| rest.split_once(']'));
    let in_front = bracketed.filter(|(kind, _)| is_kind(kind)).map(|(_, rest)| rest);
    let behind = title.strip_suffix([')', ']']).and_then(|rest| rest.rsplit_once(['(', '[']));
    let at_end = behind.filter(|(_, kind)| is_kind(kind)).map(|(rest, _)| rest);
    before.or(in_front).or(at_end).map_or(title, str::trim)
}

fn is_kind(text: &str) -> bool {
    KINDS.iter().any(|kind| text.trim().eq_ignore_ascii_case(kind))
}

/// "Guest post by Jane Smith".
fn is_by_a_guest(text: &str) -> bool {
    let lower = text.trim().to_lowercase();
    ["guest post by ", "guest blog by "].iter().any(|start| lower.starts_with(start))
}
