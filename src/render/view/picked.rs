//! Why a story was selected, in one line whose parts may be in several languages: the phrases are in the post's, the themes
//! in the topic's, the words around them in the digest's.

use serde::Serialize;

use crate::domain::catalogue::{Catalogue, Piece};

/// A part of a line.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct PartView {
    /// As it is read, with its spaces.
    pub text: String,
    /// BCP 47, if it is clearly in another language than the email; else empty.
    pub lang: String,
}

/// "Picked for joined-up working · also Leadership": never empty.
pub(super) fn parts(words: &Catalogue, reason: &PartView, themes: &[PartView]) -> Vec<PartView> {
    let key = match (reason.text.is_empty(), themes.is_empty()) {
        (true, true) => "digest.reason_whole",
        (false, true) => "digest.reason",
        (true, false) => "digest.also_about",
        (false, false) => "digest.reason_also",
    };
    let mut parts = Vec::new();
    let Some(pattern) = words.pattern(key, None) else { return parts };
    for piece in pattern.pieces() {
        match piece {
            Piece::Text(text) => add(&mut parts, text, ""),
            Piece::Value(name) if name == "reasons" => add(&mut parts, &reason.text, &reason.lang),
            Piece::Value(_) => {
                for (at, theme) in themes.iter().enumerate() {
                    add(&mut parts, if at > 0 { ", " } else { "" }, "");
                    add(&mut parts, &theme.text, &theme.lang);
                }
            }
            Piece::Open(_) | Piece::Close(_) => {}
        }
    }
    parts
}

/// Adds a text, to the last part if that is in the same language.
fn add(parts: &mut Vec<PartView>, text: &str, lang: &str) {
    match parts.last_mut() {
        _ if text.is_empty() => {}
        Some(last) if last.lang == lang => last.text.push_str(text),
        _ => parts.push(PartView { text: text.to_owned(), lang: lang.to_owned() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(text: &str, lang: &str) -> PartView {
        PartView { text: text.to_owned(), lang: lang.to_owned() }
    }

    #[test]
    fn each_part_says_its_language() {
        let words = Catalogue::sample(&[
            ("digest.reason", "Dewiswyd am {reasons}"),
            ("digest.reason_also", "Dewiswyd am {reasons} · hefyd {themes}"),
            ("digest.also_about", "Hefyd {themes}"),
            ("digest.reason_whole", "Ar y pwnc"),
        ]);
        let (reason, themes) = (part("joined-up working", "en"), [part("Arwain", ""), part("Workforce", "en")]);
        let expected = [
            part("Dewiswyd am ", ""),
            part("joined-up working", "en"),
            part(" · hefyd Arwain, ", ""),
            part("Workforce", "en"),
        ];
        assert_eq!(parts(&words, &reason, &themes), expected);
        assert_eq!(parts(&words, &part("cydweithio", ""), &[]), [part("Dewiswyd am cydweithio", "")]);
        assert_eq!(parts(&words, &part("", ""), &themes[..1]), [part("Hefyd Arwain", "")]);
        assert_eq!(parts(&words, &part("", ""), &[]), [part("Ar y pwnc", "")]);
    }
}
