//! The plain-text part: wrapped by the width that a terminal shows, URLs on lines of their own and never broken.

use minijinja::Environment;
use unicode_width::UnicodeWidthStr;

/// RFC 5322 §2.1.1 asks for 78 at most; 72 leaves room for being quoted.
pub(super) const COLUMNS: usize = 72;

/// `wrap` (with an optional indent, in columns, for every line) and `underline` (the text, and a line below).
pub(super) fn add_filters(environment: &mut Environment<'static>) {
    environment.add_filter("wrap", |text: String, indent: Option<usize>| wrap(&text, indent.unwrap_or(0)));
    environment.add_filter("underline", |text: String, mark: Option<String>| underline(&text, mark.as_deref()));
}

/// The words in lines of at most [`COLUMNS`] columns; a longer word keeps a line for itself.
pub(super) fn wrap(text: &str, indent: usize) -> String {
    let margin = " ".repeat(indent);
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    for word in text.split(|c: char| c.is_whitespace() && c != '\u{a0}').filter(|word| !word.is_empty()) {
        let is_full = !line.is_empty() && indent + line.width() + 1 + word.width() > COLUMNS;
        if is_full {
            lines.push(format!("{margin}{line}"));
            line.clear();
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    if !line.is_empty() {
        lines.push(format!("{margin}{line}"));
    }
    lines.join("\n")
}

fn underline(text: &str, mark: Option<&str>) -> String {
    let text = wrap(text, 0);
    let width = text.lines().map(UnicodeWidthStr::width).max().unwrap_or(0);
    format!("{text}\n{}", mark.unwrap_or("-").repeat(width))
}

/// No trailing blanks, no two empty lines in a row, none at either end, one line end last.
pub(super) fn tidied(text: &str) -> String {
    let mut tidy = String::with_capacity(text.len());
    let mut blank = 0;
    for line in text.lines().map(str::trim_end) {
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
    fn blank_lines_are_single() {
        assert_eq!(tidied("\n\na  \n\n\n\nb\n\n"), "a\n\nb\n");
    }
}
