//! The plain-text part: wrapped by the width that a terminal shows, URLs on lines of their own and never broken.
//! It is not `format=flowed` (RFC 3676): the programs that most people read mail in ignore it, its trailing blanks
//! would have to survive every relay, and headings, lists and URLs would still be fixed lines.

use minijinja::Environment;
use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthStr;

/// RFC 5322 §2.1.1 asks for 78 at most; 72 leaves room for being quoted.
pub(super) const COLUMNS: usize = 72;

/// Mail programs show what follows it in grey, and leave it out of an answer.
const FOOTER: &str = "-- ";

/// `wrap` (with an optional indent, in columns, for every line) and `underline` (the text, and a line below).
pub(super) fn add_filters(environment: &mut Environment<'static>) {
    environment.add_filter("wrap", |text: String, indent: Option<usize>| wrap(&text, indent.unwrap_or(0)));
    environment.add_filter("underline", |text: String, mark: Option<String>| underline(&text, mark.as_deref()));
}

/// The words in lines of at most [`COLUMNS`] columns. A longer one is broken, as Chinese and Japanese, which know no
/// spaces, must be; only a URL keeps a line for itself.
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

/// The word; if it is wider than `columns`, what a reader takes for its letters, so that it can be broken anywhere.
fn pieces(word: &str, columns: usize) -> impl Iterator<Item = (&str, bool)> {
    let is_whole = word.width() <= columns || word.contains("://");
    let whole = is_whole.then_some((word, true));
    let letters = (!is_whole).then(|| word.grapheme_indices(true).map(|(at, letter)| (letter, at == 0)));
    whole.into_iter().chain(letters.into_iter().flatten())
}

fn underline(text: &str, mark: Option<&str>) -> String {
    let text = wrap(text, 0);
    let width = text.lines().map(UnicodeWidthStr::width).max().unwrap_or(0);
    format!("{text}\n{}", mark.unwrap_or("-").repeat(width))
}

/// No trailing blanks save that of the line above a footer (RFC 3676 §4.3), no two empty lines in a row, none at
/// either end, one line end last.
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
    fn a_text_without_spaces_is_broken_between_letters() {
        let text = "公共サービス改革".repeat(30);
        let wrapped = wrap(&format!("See {text}"), 0);
        assert!(wrapped.lines().all(|line| line.width() <= COLUMNS) && wrapped.starts_with("See 公"), "{wrapped}");
        assert_eq!(wrapped.replace('\n', ""), format!("See {text}"));
        let family = "👩‍👩‍👧‍👦".repeat(50);
        assert!(wrap(&family, 0).lines().all(|line| line.graphemes(true).all(|letter| letter == "👩‍👩‍👧‍👦")));
    }

    #[test]
    fn blank_lines_are_single() {
        assert_eq!(tidied("\n\na  \n\n\n\nb\n-- \nc -- \n\n"), "a\n\nb\n-- \nc --\n");
    }
}
