//! A date's text as numbers, words and marks, all folded: lower case, no accents, ASCII digits and dashes.
//! The units of Chinese, Japanese and Korean dates (`2024年5月28日`) become the marks that they stand for.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// One piece of a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token<'a> {
    pub(super) kind: Kind,
    pub(super) text: &'a str,
    /// White space precedes it.
    pub(super) spaced: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Number,
    Word,
    Mark,
}

impl<'a> Token<'a> {
    pub(super) fn is(&self, text: &str) -> bool {
        self.text == text
    }

    pub(super) fn is_number(&self) -> bool {
        self.kind == Kind::Number
    }

    pub(super) fn is_word(&self) -> bool {
        self.kind == Kind::Word
    }

    /// The word, if it is one.
    pub(super) fn word(&self) -> Option<&'a str> {
        self.is_word().then_some(self.text)
    }

    /// A number of at most four digits.
    pub(super) fn value(&self) -> Option<i64> {
        (self.is_number() && self.text.len() <= 4).then(|| self.text.parse().ok())?
    }
}

/// The text as words are compared, and as `tokens` reads it.
pub(super) fn fold(text: &str) -> String {
    if text.is_ascii() {
        let fold = |byte: u8| match byte {
            b'`' => '\'',
            byte if byte.is_ascii_whitespace() || byte.is_ascii_control() => ' ',
            byte => char::from(byte.to_ascii_lowercase()),
        };
        return text.bytes().map(fold).collect();
    }
    let mut out = String::with_capacity(text.len());
    let mut after_number = false;
    // Hangul and kana must not be taken apart, so marks are dropped between taking apart and composing.
    for c in text.nfkd().filter(|&c| !is_combining_mark(c)).nfc().flat_map(char::to_lowercase) {
        let c = match c {
            'ı' => 'i',
            'ς' => 'σ',
            '\u{2010}'..='\u{2015}' | '\u{2212}' => '-',
            '’' | '‘' | '`' => '\'',
            c if c.is_whitespace() || c.is_control() => ' ',
            c => c,
        };
        match unit(c).filter(|_| after_number) {
            Some(mark) => out.push(mark),
            // Drop the rest of `İ` and its like.
            None if is_combining_mark(c) => {}
            None => out.push(c),
        }
        after_number = c.is_ascii_digit() || (after_number && c == ' ');
    }
    out
}

fn unit(c: char) -> Option<char> {
    match c {
        '年' | '년' | '月' | '월' => Some('-'),
        '日' | '号' | '號' | '일' | '秒' | '초' => Some(' '),
        '時' | '时' | '点' | '點' | '시' | '分' | '분' => Some(':'),
        _ => None,
    }
}

/// Cuts folded text up.
pub(super) fn tokens(folded: &str) -> Vec<Token<'_>> {
    let mut all = Vec::new();
    let mut rest = folded;
    let mut spaced = true;
    while let Some(c) = rest.chars().next() {
        let (kind, end) = if c.is_ascii_digit() {
            (Kind::Number, rest.find(|c: char| !c.is_ascii_digit()))
        } else if c.is_alphabetic() {
            (Kind::Word, rest.find(|c: char| !c.is_alphabetic()))
        } else {
            (Kind::Mark, Some(c.len_utf8()))
        };
        let (text, after) = rest.split_at(end.unwrap_or(rest.len()));
        if c != ' ' {
            all.push(Token { kind, text, spaced });
        }
        spaced = c == ' ';
        rest = after;
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accents_widths_and_dashes_are_folded() {
        assert_eq!(fold("Août 3º –０１ Κυρ Şubat İyi"), "aout 3o -01 κυρ subat iyi");
        assert_eq!(fold("2024年5月28日 10時5分"), "2024-5-28  10:5:");
        assert_eq!(fold("2004년 05월 28일 오후 화요일"), "2004- 05- 28  오후 화요일");
    }

    #[test]
    fn text_is_cut_into_numbers_words_and_marks() {
        let all = tokens("31t10 :z");
        let shown: Vec<_> = all.iter().map(|token| (token.text, token.spaced)).collect();
        assert_eq!(shown, [("31", true), ("t", false), ("10", false), (":", true), ("z", false)]);
    }
}
