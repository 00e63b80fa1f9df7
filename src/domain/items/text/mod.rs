//! Plain text for readers: one-line titles, sentences, excerpts, reading time. The input is already plain text; `parse`
//! removes markup. Sentences are split by UAX 29 (through `unicode-segmentation`), with corrections for abbreviations,
//! which UAX 29 does not handle.

mod boilerplate;

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

use boilerplate::Heading;
use unicode_segmentation::UnicodeSegmentation;

/// The reading speed of adults for English non-fiction in words per minute (Brysbaert 2019: 238), rounded down for
/// policy prose.
const WORDS_PER_MINUTE: usize = 220;

/// A summary with fewer characters of whole sentences than this is a teaser.
const REAL_SUMMARY_CHARS: usize = 80;

/// At least this many characters of the summary and of the content are examined for an excerpt, or twice its length if
/// that is more.
const READ_CHARS: usize = 4_000;

/// A run of this many characters without a letter or a digit is not part of a sentence, and ends one.
const LONGEST_GAP_CHARS: usize = 32;

/// Characters that an ellipsis does not follow.
const CUT_BEFORE: [char; 9] = [' ', '\u{a0}', ',', ';', ':', '–', '—', '-', '('];

/// Abbreviations whose full stop does not end a sentence.
const ABBREVIATIONS: &[&str] = &[
    "mr", "mrs", "ms", "dr", "prof", "sir", "st", "rev", "hon", "cllr", "e.g", "i.e", "eg", "ie", "cf", "vs", "no",
    "nos", "vol", "pp", "ch", "fig", "approx", "jan", "feb", "mar", "apr", "jun", "jul", "aug", "sep", "sept", "oct",
    "nov", "dec", "u.k", "u.s", "art", "para", "paras", "al",
];

/// An excerpt to show under the post's title: whole sentences, between five eighths of `max_chars` and `max_chars`
/// characters where the text has enough. It uses the feed's own summary if that is a real one (neither cut off in
/// mid-word nor a repeated title), and after a short summary the first sentences of the content; otherwise only the
/// content. Boilerplate and the repeated title are left out. Only if no sentence fits is the text cut, at the end of a
/// clause or a word, with an ellipsis. May be empty.
///
/// Only the beginnings of summary and content are examined, so the work is bounded by `max_chars` for any input.
#[must_use]
pub fn excerpt(title: &str, summary: &str, content: &str, max_chars: usize) -> String {
    let read = READ_CHARS.max(max_chars.saturating_mul(2));
    let (summary, content) = (first_chars(summary, read), first_chars(content, read));
    let heading = Heading::new(first_chars(title, READ_CHARS));
    let mut own = prose(&heading, summary, max_chars);
    let mut text = prose(&heading, content, max_chars);
    if own.iter().map(|sentence| sentence.chars().count() + 1).sum::<usize>() >= REAL_SUMMARY_CHARS || text.is_empty() {
        let in_summary: HashSet<String> = own.iter().map(|sentence| boilerplate::folded(sentence)).collect();
        text.retain(|sentence| !in_summary.contains(&boilerplate::folded(sentence)));
        own.append(&mut text);
        text = own;
    }
    if !text.is_empty() {
        return gather(&text, max_chars);
    }
    // There is no sentence: a heading-like line is better than nothing, unless it is the title again.
    let rest =
        [summary, content].into_iter().map(|text| boilerplate::lines(&heading, text).collect::<Vec<_>>().join(" "));
    rest.map(|line| single_line(&line)).find(|line| !line.is_empty()).map_or_else(String::new, |line| {
        match ["[…]", "[...]", "(…)", "…", "..."].iter().find_map(|mark| line.strip_suffix(mark)) {
            Some(kept) => truncate_at_word(&format!("{}…", kept.trim_end_matches(CUT_BEFORE)), max_chars),
            None => truncate_at_word(&line, max_chars),
        }
    })
}

/// The first `count` characters of a text.
fn first_chars(text: &str, count: usize) -> &str {
    text.char_indices().nth(count).map_or(text, |(end, _)| &text[..end])
}

/// The first whole sentences of a text without its boilerplate, headings, captions and cut-off end: enough for an
/// excerpt even after those that are too long or that repeat the summary are left out.
fn prose(heading: &Heading, text: &str, max_chars: usize) -> Vec<String> {
    let (mut found, mut fitting) = (Vec::new(), 0);
    for line in boilerplate::lines(heading, text) {
        for sentence in sentences(line) {
            let sentence = sentence.trim_start_matches(['•', '–', '—', '-', '*', ' ']);
            let repeats = found.is_empty() && heading.begins_with(sentence);
            if is_whole(sentence) && !repeats && !heading.is(sentence) && !boilerplate::is_aside(sentence) {
                let sentence = single_line(sentence);
                let length = sentence.chars().count() + 1;
                fitting += if length <= max_chars { length } else { 0 };
                found.push(sentence);
            }
            if fitting > 3 * max_chars {
                return found;
            }
        }
    }
    found
}

/// As many sentences as fit, starting with the first that fits, until there is enough.
fn gather(sentences: &[String], max_chars: usize) -> String {
    let enough = max_chars * 5 / 8;
    let fitting = sentences.iter().skip_while(|sentence| sentence.chars().nth(max_chars).is_some());
    let mut excerpt = String::new();
    let mut length = 0;
    for sentence in fitting {
        let added = sentence.chars().count() + usize::from(length > 0);
        if length >= enough || length + added > max_chars {
            break;
        }
        if length > 0 {
            excerpt.push(' ');
        }
        excerpt.push_str(sentence);
        length += added;
    }
    if excerpt.is_empty() { truncate_at_clause(&sentences[0], max_chars) } else { excerpt }
}

/// Cuts after the last clause that fits if that leaves enough, otherwise between words.
fn truncate_at_clause(sentence: &str, max_chars: usize) -> String {
    let cut = truncate_at_word(sentence, max_chars);
    match cut.rfind([',', ';', ':', '–', '—']) {
        Some(end) if cut[..end].chars().count() >= max_chars * 5 / 8 => {
            format!("{}…", cut[..end].trim_end_matches(CUT_BEFORE))
        }
        _ => cut,
    }
}

/// Whether this ends like a sentence, apart from closing quotes and brackets. An ellipsis shows where a feed cut the
/// text.
fn is_whole(sentence: &str) -> bool {
    if sentence.starts_with('…') || sentence.starts_with("...") {
        return false;
    }
    let end = sentence.trim_end().trim_end_matches(['"', '\'', '”', '’', '»', ')', ']']);
    let cut = end.ends_with("...") || end.ends_with('…');
    !cut && end.ends_with(['.', '!', '?', '。', '！', '？', '।', '؟']) && sentence.unicode_words().nth(1).is_some()
}

/// The sentences of one paragraph, trimmed. "Dr. Smith" and "e.g. care" do not end one.
#[must_use]
pub fn sentences(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut start = 0;
    let mut end = 0;
    for piece in stretches(text).flat_map(UnicodeSegmentation::split_sentence_bounds) {
        end += piece.len();
        if !ends_in_abbreviation(&text[start..end]) {
            found.push(text[start..end].trim());
            start = end;
        }
    }
    if start < end {
        found.push(text[start..end].trim());
    }
    found.retain(|sentence| !sentence.is_empty());
    found
}

/// Splits the text so that long runs of signs are divided. UAX 29 looks ahead from each sign after a full stop (its
/// rule SB8), so a full stop with 64,000 closing brackets would take two thousand million steps.
fn stretches(text: &str) -> impl Iterator<Item = &str> {
    let mut gap = 0;
    text.split_inclusive(move |c: char| {
        gap = if c.is_alphanumeric() { 0 } else { gap + 1 };
        gap % LONGEST_GAP_CHARS == LONGEST_GAP_CHARS - 1
    })
}

fn ends_in_abbreviation(text: &str) -> bool {
    let Some(text) = text.trim_end().strip_suffix('.') else {
        return false;
    };
    let word = text.rsplit(|c: char| c.is_whitespace() || c == '(').next().unwrap_or_default();
    let is_initial = word.chars().count() == 1 && word.chars().all(char::is_uppercase);
    is_initial || ABBREVIATIONS.contains(&word.to_lowercase().as_str())
}

/// The number of words in any script. Where spaces separate words, only the spaces are counted, which is many times
/// faster; this runs for each story of a digest.
#[must_use]
pub fn word_count(text: &str) -> usize {
    // In UTF-8, scripts from Devanagari onwards begin with bytes from E0, but dashes and quotes of all scripts begin
    // with E2.
    if text.bytes().fold(false, |found, byte| found | (byte >= 0xe0 && byte != 0xe2)) {
        return text.unicode_words().count();
    }
    let Some((first, rest)) = text.as_bytes().split_first() else {
        return 0;
    };
    // At most as many as fit into a byte, so that the compiler can vectorise the count.
    let begun = |(before, at): (&[u8], &[u8])| -> usize {
        let begins = before.iter().zip(at).map(|(&before, &at)| u8::from((before <= b' ') & (at > b' ')));
        begins.sum::<u8>().into()
    };
    usize::from(*first > b' ') + text.as_bytes().chunks(255).zip(rest.chunks(255)).map(begun).sum::<usize>()
}

/// The minutes needed to read this many words, rounded to at least one; 0 if there are none.
#[must_use]
pub fn reading_minutes(words: usize) -> usize {
    words.div_ceil(WORDS_PER_MINUTE)
}

/// The text on one line and without harmful characters: white space and control characters become one space; direction
/// overrides and invisible characters are removed. Joiners stay inside words of scripts that need them, and inside
/// emoji.
#[must_use]
pub fn single_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len().min(4096));
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if c.is_whitespace() || c.is_control() {
            if !line.is_empty() && !line.ends_with(' ') {
                line.push(' ');
            }
        } else if matches!(c, '\u{200C}' | '\u{200D}') {
            let joins = |c: Option<&char>| c.is_some_and(|c| !c.is_ascii() && !c.is_whitespace());
            if joins(line.chars().next_back().as_ref()) && joins(chars.peek()) {
                line.push(c);
            }
        } else if !is_invisible(c) {
            line.push(c);
        }
    }
    line.truncate(line.trim_end().len());
    line
}

/// A text of several lines without the characters that [`single_line`] removes from one: direction overrides, invisible
/// characters and, except for line breaks and tabs, control characters.
#[must_use]
pub fn visible(text: &str) -> Cow<'_, str> {
    let is_removed = |c: char| is_invisible(c) || c.is_control() && !matches!(c, '\n' | '\r' | '\t');
    match text.contains(is_removed) {
        true => text.replace(is_removed, "").into(),
        false => text.into(),
    }
}

/// Characters that are invisible or change the direction of the text around them (UAX 9, "Trojan source").
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{00AD}' | '\u{061C}' | '\u{180E}' | '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E001F}')
}

/// Shortens the text to `max_chars` characters, including the ellipsis, between words; a single long word is cut
/// inside.
#[must_use]
pub fn truncate_at_word(text: &str, max_chars: usize) -> String {
    if text.chars().nth(max_chars).is_none() {
        return text.to_owned();
    }
    let room = max_chars.saturating_sub(1);
    let mut end = 0;
    let mut word_end = 0;
    let mut used = 0;
    for (at, grapheme) in text.grapheme_indices(true) {
        used += grapheme.chars().count();
        if grapheme.chars().all(char::is_whitespace) {
            word_end = at;
        }
        if used > room {
            break;
        }
        end = at + grapheme.len();
    }
    let cut = if word_end * 2 > end { word_end } else { end };
    let kept = text[..cut].trim_end_matches(CUT_BEFORE);
    format!("{kept}…")
}

/// "1 post", "2 posts", "0 stories".
#[must_use]
pub fn count<N: Copy + fmt::Display + PartialEq + From<u8>>(number: N, noun: &str) -> String {
    format!("{number} {}", plural(number, noun))
}

/// The noun in the form for this number: "post" for 1, else "posts". The last word of `noun` changes.
#[must_use]
pub fn plural<N: PartialEq + From<u8>>(number: N, noun: &str) -> String {
    let is_vowel = |c: char| "aeiou".contains(c);
    match noun.strip_suffix('y') {
        _ if number == N::from(1) => noun.to_owned(),
        Some(stem) if !stem.ends_with(is_vowel) => format!("{stem}ies"),
        _ => format!("{noun}s"),
    }
}

#[cfg(test)]
mod tests;
