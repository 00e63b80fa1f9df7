//! The plain text of an email: wrapped by display width, with URLs on their own lines and never broken. It is not
//! `format=flowed` (RFC 3676): most mail programs ignore that, its trailing spaces would have to survive every relay, and
//! headings, lists and URLs would need fixed lines anyway.

use minijinja::Environment;
use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthStr;

/// The longest line. RFC 5322 §2.1.1 recommends at most 78; 72 leaves room for quoting.
pub(super) const COLUMNS: usize = 72;

/// The signature separator. Mail programs show the text after it in grey and leave it out of replies.
const FOOTER: &str = "-- ";

/// Adds the filters `wrap` (with an optional indent in columns), `underline` (the text with a line below) and `percent`
/// (for a value in an address).
pub(super) fn add_filters(environment: &mut Environment<'static>) {
    environment.add_filter("wrap", |text: String, indent: Option<usize>| wrap(&text, indent.unwrap_or(0)));
    environment.add_filter("percent", |text: String| percent(&text));
    environment.add_filter("underline", |text: String, mark: Option<String>| underline(&text, mark.as_deref()));
}

/// Wraps text at [`COLUMNS`] columns. Longer words are broken, as is needed for Chinese and Japanese, which have no
/// spaces; only URLs are kept whole.
pub(super) fn wrap(text: &str, indent: usize) -> String {
    let margin = " ".repeat(indent);
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    for word in text.split(|c: char| c.is_whitespace() && c != '\u{a0}').filter(|word| !word.is_empty()) {
        for (piece, is_first) in pieces(word, COLUMNS.saturating_sub(indent)) {
            let space = if is_first && !line.is_empty() { " " } else { "" };
            if !line.is_empty() && indent + line.width() + space.len() + piece.width() > COLUMNS {
                lines.push(format!("{margin}{line}"));
                line = piece.to_owned();
            } else {
                line.extend([space, piece]);
            }
        }
    }
    if !line.is_empty() {
        lines.push(format!("{margin}{line}"));
    }
    lines.join("\n")
}

/// The word; if it is wider than `columns`, its graphemes, so that it can be broken anywhere.
fn pieces(word: &str, columns: usize) -> impl Iterator<Item = (&str, bool)> {
    let is_whole = word.width() <= columns || word.contains("://");
    let whole = is_whole.then_some((word, true));
    let letters = (!is_whole).then(|| word.grapheme_indices(true).map(|(at, letter)| (letter, at == 0)));
    whole.into_iter().chain(letters.into_iter().flatten())
}

/// Percent-encodes all but letters, digits and `-._~` (RFC 3986 §2.3).
fn percent(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let encoded = |byte: u8| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    text.bytes().map(encoded).collect()
}

fn underline(text: &str, mark: Option<&str>) -> String {
    let text = wrap(text, 0);
    let width = text.lines().map(UnicodeWidthStr::width).max().unwrap_or(0);
    format!("{text}\n{}", mark.unwrap_or("-").repeat(width))
}

/// Removes trailing spaces (except in the signature separator, RFC 3676 §4.3), repeated empty lines and empty lines at
/// both ends, and ends the text with one newline.
pub(super) fn tidied(text: &str) -> String {
    let mut tidy = String::with_capacity(text.len());
    let mut blank = 0;
    for line in text.lines().map(|line| if line == FOOTER { line } else { line.trim_end() }) {
        if line.is_empty() {
            blank += 1;
            continue;
        }
        if blank > 0 && !tidy.is_empty() {
            tidy.push('\n');
        }
        blank = 0;
        tidy.push_str(line);
        tidy.push('\n');
    }
    tidy
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_wrapped_by_display_width_and_urls_stay_whole() {
        let url = format!("https://example.org/{}", "x".repeat(80));
        let text = wrap(&format!("{} {url} end", "改革 ".repeat(40)), 2);
        assert!(text.lines().all(|line| line.width() <= COLUMNS || line.trim() == url), "{text}");
        assert!(text.lines().any(|line| line.trim() == url));
    }

    #[test]
    fn a_text_without_spaces_is_broken_between_graphemes() {
        let text = "公共サービス改革".repeat(30);
        let wrapped = wrap(&format!("See {text}"), 0);
        assert!(wrapped.lines().all(|line| line.width() <= COLUMNS) && wrapped.starts_with("See 公"), "{wrapped}");
        assert_eq!(wrapped.replace('\n', ""), format!("See {text}"));
        let family = "👩‍👩‍👧‍👦".repeat(50);
        assert!(wrap(&family, 0).lines().all(|line| line.graphemes(true).all(|letter| letter == "👩‍👩‍👧‍👦")));
    }

    #[test]
    fn repeated_blank_lines_become_one() {
        assert_eq!(tidied("\n\na  \n\n\n\nb\n-- \nc -- \n\n"), "a\n\nb\n-- \nc --\n");
    }
}
