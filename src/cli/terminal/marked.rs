//! Text in which the phrases that were found are marked: in bold, or struck through where they speak against; in
//! brackets where the output is no terminal or wants no colour. Text of feeds loses its control characters here,
//! so that no item can steer a terminal.

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
    /// As standard output can show it, and `NO_COLOR` and its like allow.
    pub(crate) fn for_stdout() -> Self {
        match AutoStream::choice(&std::io::stdout()) {
            ColorChoice::Never => Self::Brackets,
            _ => Self::Styles,
        }
    }

    /// The text, with what the reasons found at this place marked wherever it stands.
    pub(crate) fn mark(self, text: &str, reasons: &[Reason], place: Place) -> String {
        let text = plain(text);
        let mut marked = String::with_capacity(text.len() + 64);
        let mut at = 0;
        for (found, speaks_for) in spans(&text, reasons, place) {
            marked.push_str(&text[at..found.start]);
            marked.push_str(&self.one(&text[found.clone()], speaks_for));
            at = found.end;
        }
        marked.push_str(&text[at..]);
        marked
    }

    /// These words in a style, where there are any.
    pub(crate) fn in_style(self, words: &str, style: Style) -> String {
        match self {
            Self::Styles => format!("{style}{words}{style:#}"),
            Self::Brackets => words.to_owned(),
        }
    }

    /// What the marks mean.
    pub(crate) fn legend(self) -> String {
        format!("{} and {}", self.one("speaks for", true), self.one("speaks against", false))
    }

    fn one(self, found: &str, speaks_for: bool) -> String {
        match (self, speaks_for) {
            (Self::Styles, true) => format!("{FOR}{found}{FOR:#}"),
            (Self::Styles, false) => format!("{AGAINST}{found}{AGAINST:#}"),
            (Self::Brackets, true) => format!("[{found}]"),
            (Self::Brackets, false) => format!("{{{found}}}"),
        }
    }
}

/// Where the reasons' words stand and whether they speak for it, in order; of words that overlap, the longer.
fn spans(text: &str, reasons: &[Reason], place: Place) -> Vec<(Range<usize>, bool)> {
    let mut found: Vec<(Range<usize>, bool)> = reasons
        .iter()
        .filter(|reason| reason.place == place && !reason.found.is_empty())
        .flat_map(|reason| {
            let (words, speaks_for) = (plain(&reason.found), reason.weight >= 0.0);
            let length = words.len();
            let all: Vec<_> = text.match_indices(words.as_str()).map(|(at, _)| at).collect();
            all.into_iter().map(move |at| (at..at + length, speaks_for))
        })
        .filter(|(found, _)| stands_alone(text, found))
        .collect();
    found.sort_by_key(|(found, _)| (std::cmp::Reverse(found.len()), found.start));
    let mut kept: Vec<(Range<usize>, bool)> = Vec::new();
    for (found, speaks_for) in found {
        if kept.iter().all(|(other, _)| found.end <= other.start || other.end <= found.start) {
            kept.push((found, speaks_for));
        }
    }
    kept.sort_by_key(|(found, _)| found.start);
    kept
}

/// No word is cut by it.
fn stands_alone(text: &str, found: &Range<usize>) -> bool {
    let before = text[..found.start].chars().next_back();
    let after = text[found.end..].chars().next();
    ![before, after].into_iter().flatten().any(char::is_alphanumeric)
}

/// The text with line ends kept, and every other control character a space.
pub(crate) fn plain(text: &str) -> String {
    let text = text.replace("\r\n", "\n");
    text.chars().map(|letter| if letter.is_control() && letter != '\n' { ' ' } else { letter }).collect()
}

/// Breaks lines between words, so that none is wider than `width` columns if its words allow; paragraphs stay
/// apart.
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
    fn words_are_marked_where_they_stand_alone_and_what_speaks_against_differs() {
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
    fn no_item_can_steer_the_terminal() {
        let marked = Paint::Brackets.mark("a \u{1b}[2Jcare\u{7}\r\nb\u{9b}31m", &[], Place::Text);
        assert_eq!(marked, "a  [2Jcare \nb 31m");
    }

    #[test]
    fn lines_are_as_wide_as_asked_and_marks_take_no_room() {
        let text = "one \u{1b}[1mtwo\u{1b}[0m three\n\n\n\nfour a-word-wider-than-the-line five";
        assert_eq!(wrap(text, 7), "one \u{1b}[1mtwo\u{1b}[0m\nthree\n\nfour\na-word-wider-than-the-line\nfive");
    }
}
