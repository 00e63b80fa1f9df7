//! Removes the endings of number and tense from English words, so that a phrase matches its words in every inflection:
//! `services` and `service`, `merging` and `merge`.
//!
//! Endings that make another word are kept. A stemmer removes those too, and would find "important" for `imports` and
//! "constituents" for `constituencies`. The result is a key, not a word: "merg".

use std::borrow::Cow;

/// Shorter words are never inflected forms: `bus`, `red`, `use`.
const SHORTEST: usize = 4;
/// Longer than any English word, in bytes; an encoded image may be longer.
const LONGEST: usize = 64;
/// Endings whose final `s` is not a plural.
const SINGULAR_ENDINGS: [&str; 4] = ["ss", "us", "is", "news"];
/// Consonants that are doubled before `-ed` and `-ing`: "planned", "referring". Other doubled consonants belong to the
/// base word.
const DOUBLED: &str = "bdgmnprt";

/// The key that all forms of a folded word share.
pub(crate) fn base(word: &str) -> Cow<'_, str> {
    if word.len() < SHORTEST || word.len() > LONGEST || !word.bytes().all(|byte| byte.is_ascii_lowercase()) {
        return Cow::Borrowed(word);
    }
    let singular = singular(word);
    let present = present(&singular).map_or(singular, Cow::Owned);
    // A final `e` is dropped, as in "merge" and "merging", unless it makes the vowel long: "planing" is not "planning".
    match present.strip_suffix('e') {
        Some(rest) if !is_short(rest) && rest.ends_with(|last| last == 'u' || is_consonant(last)) => {
            Cow::Owned(rest.to_owned())
        }
        _ => present,
    }
}

/// Whether a word is a gerund, such as "sourcing". A gerund is often a noun with its own meaning, so a phrase with a
/// gerund matches only gerunds: `housing` is not found in "houses".
pub(crate) fn is_gerund(word: &str) -> bool {
    let one = word.strip_suffix('s').unwrap_or(word);
    one.len() > SHORTEST && one.strip_suffix("ing").is_some_and(has_vowel)
}

fn singular(word: &str) -> Cow<'_, str> {
    let cut = |letters: usize| Cow::Borrowed(&word[..word.len() - letters]);
    if !word.ends_with('s') || SINGULAR_ENDINGS.iter().any(|ending| word.ends_with(ending)) {
        Cow::Borrowed(word)
    } else if matches!(word, "buses" | "gases") {
        cut(2)
    } else if word.len() > SHORTEST && word.ends_with("ies") {
        Cow::Owned(format!("{}y", &word[..word.len() - 3]))
    } else if ["sses", "ches", "shes", "xes", "zes"].iter().any(|ending| word.ends_with(ending)) {
        cut(2)
    } else {
        cut(1)
    }
}

/// The form without `-ed` or `-ing`.
fn present(word: &str) -> Option<String> {
    if let Some(rest) = word.strip_suffix("ied") {
        return Some(if word.len() > SHORTEST { format!("{rest}y") } else { format!("{rest}ie") });
    }
    if let Some(rest) = word.strip_suffix("eed") {
        return has_vowel(rest).then(|| format!("{rest}ee"));
    }
    let rest = word.strip_suffix("ed").or_else(|| word.strip_suffix("ing")).filter(|rest| has_vowel(rest))?;
    let mut letters = rest.chars().rev();
    let (last, before) = (letters.next(), letters.next());
    Some(match last {
        Some(last) if before == Some(last) && DOUBLED.contains(last) && rest.len() >= SHORTEST => {
            rest[..rest.len() - 1].to_owned()
        }
        // "us(ing)", "shar(ing)"
        Some(_) if is_short(rest) => format!("{rest}e"),
        _ => rest.to_owned(),
    })
}

/// Whether it is one syllable that ends in one vowel and one consonant. Such a word doubles the consonant before `-ed`
/// and `-ing`; where the consonant is single, an `e` was dropped.
fn is_short(rest: &str) -> bool {
    let vowels: Vec<usize> = rest.char_indices().filter(|(_, letter)| is_vowel(*letter)).map(|(at, _)| at).collect();
    matches!(*vowels, [only] if only + 2 == rest.len()) && !rest.ends_with(['w', 'x', 'y'])
}

fn has_vowel(letters: &str) -> bool {
    letters.contains(is_vowel)
}

fn is_vowel(letter: char) -> bool {
    "aeiouy".contains(letter)
}

fn is_consonant(letter: char) -> bool {
    !is_vowel(letter)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{base, is_gerund};

    #[test]
    fn forms_of_one_word_have_one_base() {
        for forms in [
            &["service", "services"][..],
            &["merge", "merges", "merged", "merging"],
            &["policy", "policies"],
            &["plan", "plans", "planned", "planning"],
            &["care", "cares", "cared", "caring"],
            &["bus", "buses"],
            &["box", "boxes"],
            &["search", "searches", "searched", "searching"],
            &["process", "processes", "processed", "processing"],
            &["refer", "refers", "referred", "referring"],
            &["staff", "staffs", "staffed", "staffing"],
            &["apply", "applies", "applied", "applying"],
            &["house", "houses", "housed", "housing"],
            &["share", "shares", "shared", "sharing"],
            &["agree", "agrees", "agreed", "agreeing"],
            &["use", "uses", "used", "using"],
            &["tie", "ties", "tied"],
            &["outcome", "outcomes"],
            &["plane", "planes", "planing"],
            &["value", "values", "valued", "valuing"],
            &["type", "types", "typed", "typing"],
            &["visit", "visits", "visited", "visiting"],
            &["play", "plays", "played", "playing"],
            &["focus", "focuses", "focused", "focusing"],
            &["reform", "reforms", "reformed", "reforming"],
        ] {
            let bases: Vec<_> = forms.iter().map(|form| base(form)).collect();
            assert!(bases.iter().all(|base| *base == bases[0]), "{forms:?}: {bases:?}");
        }
    }

    #[test]
    fn another_word_has_another_base() {
        for (one, other) in [
            ("imports", "important"),
            ("constituencies", "constituent"),
            ("local", "localism"),
            ("developers", "development"),
            ("evaluation", "evaluated"),
            ("integrity", "integrated"),
            ("islanders", "islands"),
            ("news", "new"),
            ("car", "caring"),
            ("car", "care"),
            ("plane", "plans"),
            ("policy", "police"),
            ("universe", "university"),
            ("accord", "accordingly"),
            ("status", "state"),
            ("crisis", "crises"),
        ] {
            assert_ne!(base(one), base(other), "{one}, {other}");
        }
    }

    #[test]
    fn a_gerund_is_known_in_both_numbers() {
        assert!(["sourcing", "housing", "buildings", "planning"].iter().all(|word| is_gerund(word)));
        assert!(["source", "king", "spring", "things", "ring", "sing"].iter().all(|word| !is_gerund(word)));
    }

    proptest! {
        #[test]
        fn any_word_has_a_base_that_it_begins_with(word in "[a-z]{1,20}") {
            let base = base(&word);
            prop_assert!(!base.is_empty());
            prop_assert_eq!(base.as_bytes()[0], word.as_bytes()[0]);
        }
    }
}
