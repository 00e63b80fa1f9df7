//! Finds what two spellings of one title have in common. Sites add their names before or after a title, and the kind of
//! post; syndication changes case, quotes, dashes and "&".

use std::borrow::Cow;

use unicode_segmentation::UnicodeSegmentation as _;

/// Signs that separate a title from a site's name.
const SEPARATORS: [&str; 9] = [" | ", " - ", " – ", " — ", " :: ", " » ", " « ", " · ", " • "];

/// Kinds of post that sites put before a colon or in brackets.
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

/// A part with one of these words, or with a number, distinguishes the posts of a series.
const SERIAL: &str = "monday tuesday wednesday thursday friday saturday sunday january february march april may june \
    july august september october november december spring summer autumn winter part episode chapter week day issue \
    one two three four five first second third i ii iii iv v";

/// A part with more words than this is not a site's name.
const MOST_NAME_WORDS: usize = 5;
/// A title with fewer words than this is not distinctive, so the parts around it count too.
const FEWEST_TITLE_WORDS: usize = 3;

/// The words in lower case, joined by spaces, without articles and apostrophes, which edits add and remove.
fn words(title: &str) -> String {
    let plain = if title.contains('&') { Cow::Owned(title.replace('&', " and ")) } else { Cow::Borrowed(title) };
    let plain = match plain.contains(APOSTROPHES) {
        true => Cow::Owned(plain.replace(APOSTROPHES, "")),
        false => plain,
    };
    let mut words = String::with_capacity(plain.len());
    for word in plain.unicode_words() {
        if ARTICLES.iter().any(|article| word.eq_ignore_ascii_case(article)) {
            continue;
        }
        if !words.is_empty() {
            words.push(' ');
        }
        match word.is_ascii() {
            true => words.extend(word.bytes().map(|letter| char::from(letter.to_ascii_lowercase()))),
            false => words.push_str(&word.to_lowercase()),
        }
    }
    words
}

const APOSTROPHES: [char; 3] = ['\'', '’', '‘'];
const ARTICLES: [&str; 3] = ["a", "an", "the"];

/// All words of a title, and those of the title proper: its longest part, if the others may be a site's name or the
/// kind of post. In doubt both are the same.
pub(super) fn whole_and_proper(title: &str) -> (String, String) {
    let whole = words(title);
    let bare = without_kind(title);
    let mut parts = vec![bare];
    for separator in SEPARATORS {
        if bare.contains(separator) {
            parts = parts.into_iter().flat_map(|part| part.split(separator)).collect();
        }
    }
    let all = if bare.len() == title.trim().len() { whole.clone() } else { words(bare) };
    if parts.len() == 1 {
        return (whole, all);
    }
    let parts: Vec<String> = parts.into_iter().map(words).collect();
    let count = |part: &String| part.split(' ').count();
    // The first of equally long parts, because names usually come last.
    let Some((longest, proper)) = parts.iter().enumerate().rev().max_by_key(|(_, part)| count(part)) else {
        return (whole, all);
    };
    let mut others = parts.iter().enumerate().filter(|(at, _)| *at != longest).map(|(_, part)| part);
    let is_proper = count(proper) >= FEWEST_TITLE_WORDS && others.all(|part| is_name(part));
    (whole, if is_proper { proper.clone() } else { all })
}

fn is_name(part: &str) -> bool {
    let is_serial = |word: &str| SERIAL.split(' ').any(|serial| serial == word) || word.contains(char::is_numeric);
    part.split(' ').count() <= MOST_NAME_WORDS && !part.split(' ').any(is_serial)
}

/// The title without its kind: from "Guest post: Title", "[Guest post] Title" or "Title (updated)". A title that is nothing
/// else stays as it is.
fn without_kind(title: &str) -> &str {
    let title = title.trim();
    let before = title.split_once(": ").filter(|(kind, _)| is_kind(kind) || is_by_a_guest(kind)).map(|(_, rest)| rest);
    let bracketed = title.strip_prefix('[').and_then(|rest| rest.split_once(']'));
    let in_front = bracketed.filter(|(kind, _)| is_kind(kind)).map(|(_, rest)| rest);
    let behind = title.strip_suffix([')', ']']).and_then(|rest| rest.rsplit_once(['(', '[']));
    let at_end = behind.filter(|(_, kind)| is_kind(kind)).map(|(rest, _)| rest);
    let rest = before.or(in_front).or(at_end).map(str::trim);
    rest.filter(|rest| rest.contains(char::is_alphanumeric)).unwrap_or(title)
}

fn is_kind(text: &str) -> bool {
    KINDS.iter().any(|kind| text.trim().eq_ignore_ascii_case(kind))
}

/// Matches "Guest post by Jane Smith".
fn is_by_a_guest(text: &str) -> bool {
    let lower = text.trim().to_lowercase();
    ["guest post by ", "guest blog by "].iter().any(|start| lower.starts_with(start))
}
