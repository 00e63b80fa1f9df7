//! Text with its matched phrases marked: in bold, or struck through if they count against; in brackets if the output is
//! not a terminal or should have no colour. Control characters of feeds' texts are removed here, so that no item can
//! control the terminal.

use std::ops::Range;

use anstream::adapter::strip_str;
use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};
use unicode_width::UnicodeWidthStr as _;

use crate::domain::selection::relevance::{Place, Reason};

const FOR: Style = Style::new().bold();
const AGAINST: Style = AnsiColor::Red.on_default().strikethrough();

/// How marks look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Paint {
    /// In the terminal's styles.
    Styles,
    /// `[for]` and `{against}`.
    Brackets,
}

impl Paint {
    /// What standard output can show, and `NO_COLOR` and similar variables allow.
    pub(crate) fn for_stdout() -> Self {
        match AutoStream::choice(&std::io::stdout()) {
            ColorChoice::Never => Self::Brackets,
            _ => Self::Styles,
        }
    }

    /// The text, with every occurrence of the phrases that the reasons found at this place marked.
    pub(crate) fn mark(self, text: &str, reasons: &[Reason], place: Place) -> String {
        let text = plain(text);
        let mut marked = String::with_capacity(text.len() + 64);
        let mut at = 0;
        for (found, counts_for) in spans(&text, reasons, place) {
            marked.push_str(&text[at..found.start]);
            marked.push_str(&self.one(&text[found.clone()], counts_for));
            at = found.end;
        }
        marked.push_str(&text[at..]);
        marked
    }

    /// The words in a style, if styles are used.
    pub(crate) fn in_style(self, words: &str, style: Style) -> String {
        match self {
            Self::Styles => format!("{style}{words}{style:#}"),
            Self::Brackets => words.to_owned(),
        }
    }

    /// The meaning of the marks.
    pub(crate) fn legend(self) -> String {
        format!("{} and {}", self.one("counts for", true), self.one("counts against", false))
    }

    fn one(self, found: &str, counts_for: bool) -> String {
        match (self, counts_for) {
            (Self::Styles, true) => format!("{FOR}{found}{FOR:#}"),
            (Self::Styles, false) => format!("{AGAINST}{found}{AGAINST:#}"),
            (Self::Brackets, true) => format!("[{found}]"),
            (Self::Brackets, false) => format!("{{{found}}}"),
        }
    }
}

/// Where the matched words are and whether they count for the topic, in order; of overlapping ones, the longest.
fn spans(text: &str, reasons: &[Reason], place: Place) -> Vec<(Range<usize>, bool)> {
    let mut found: Vec<(Range<usize>, bool)> = reasons
        .iter()
        .filter(|reason| reason.place == place && !reason.found.is_empty())
        .flat_map(|reason| {
            let (words, counts_for) = (plain(&reason.found), reason.weight >= 0.0);
            let length = words.len();
            let all: Vec<_> = text.match_indices(words.as_str()).map(|(at, _)| at).collect();
            all.into_iter().map(move |at| (at..at + length, counts_for))
        })
        .filter(|(found, _)| is_whole_words(text, found))
        .collect();
    found.sort_by_key(|(found, _)| (std::cmp::Reverse(found.len()), found.start));
    let mut kept: Vec<(Range<usize>, bool)> = Vec::new();
    for (found, counts_for) in found {
        if kept.iter().all(|(other, _)| found.end <= other.start || other.end <= found.start) {
            kept.push((found, counts_for));
        }
    }
    kept.sort_by_key(|(found, _)| found.start);
    kept
}

/// Whether the range contains only whole words.
fn is_whole_words(text: &str, found: &Range<usize>) -> bool {
    let before = text[..found.start].chars().next_back();
    let after = text[found.end..].chars().next();
    ![before, after].into_iter().flatten().any(char::is_alphanumeric)
}

/// The text with control characters other than line breaks replaced by spaces.
pub(crate) fn plain(text: &str) -> String {
    let text = text.replace("\r\n", "\n");
    text.chars().map(|letter| if letter.is_control() && letter != '\n' { ' ' } else { letter }).collect()
}

/// Wraps lines at `width` columns, unless a word is longer. Paragraphs are kept.
pub(crate) fn wrap(text: &str, width: usize) -> String {
    let mut lines = Vec::new();
    for line in text.trim().lines() {
        let (mut current, mut columns) = (String::new(), 0);
        for word in line.split_whitespace() {
            let wide = strip_str(word).to_string().width();
            if columns > 0 && columns + 1 + wide > width {
                lines.push(std::mem::take(&mut current));
                columns = 0;
            } else if columns > 0 {
                current.push(' ');
                columns += 1;
            }
            current.push_str(word);
            columns += wide;
        }
        if !(current.is_empty() && lines.last().is_some_and(String::is_empty)) {
            lines.push(current);
        }
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(found: &str, place: Place, weight: f32) -> Reason {
        Reason { phrase: found.into(), found: found.to_owned(), place, weight, label: None, is_telling: true }
    }

    #[test]
    fn whole_words_are_marked_and_those_against_differ() {
        let reasons = [
            reason("care", Place::Text, 1.0),
            reason("integrated care", Place::Text, 4.0),
            reason("tax reform", Place::Text, -2.0),
            reason("budget", Place::Title, 1.0),
        ];
        let text = "Integrated care, integrated care and careful tax reform on a budget. Who cares?";
        let marked = Paint::Brackets.mark(text, &reasons, Place::Text);
        assert_eq!(marked, "Integrated [care], [integrated care] and careful {tax reform} on a budget. Who cares?");
        let styled = Paint::Styles.mark("care or tax reform", &reasons, Place::Text);
        assert_eq!(styled, "\u{1b}[1mcare\u{1b}[0m or \u{1b}[9m\u{1b}[31mtax reform\u{1b}[0m");
    }

    #[test]
    fn no_item_can_control_the_terminal() {
        let marked = Paint::Brackets.mark("a \u{1b}[2Jcare\u{7}\r\nb\u{9b}31m", &[], Place::Text);
        assert_eq!(marked, "a  [2Jcare \nb 31m");
    }

    #[test]
    fn lines_are_wrapped_and_styles_take_no_room() {
        let text = "one \u{1b}[1mtwo\u{1b}[0m three\n\n\n\nfour a-word-wider-than-the-line five";
        assert_eq!(wrap(text, 7), "one \u{1b}[1mtwo\u{1b}[0m\nthree\n\nfour\na-word-wider-than-the-line\nfive");
    }
}
