//! Chooses the reasons that a reader sees for a post: the phrases that a person would give as a reason, in the post's
//! own words. Single words, the setting and the classifier's words appear only in `explain`.

use super::Reason;
use crate::domain::items::text;

/// Longer quotations, as from two words far apart in a sentence, do not read like a reason.
const MOST_CHARS: usize = 60;
/// A phrase that weighs less than this share of the heaviest is not what the post is about.
const FAIR_SHARE: f32 = 0.5;

/// The telling phrases among these reasons, heaviest first, written for the middle of a sentence. May be empty.
#[must_use]
pub fn telling(reasons: &[Reason]) -> Vec<String> {
    let candidates: Vec<_> = reasons
        .iter()
        .filter(|reason| reason.is_telling && reason.weight > 0.0)
        .map(|reason| (reason.weight, in_mid_sentence(&text::single_line(&reason.found), &reason.phrase)))
        .filter(|(_, words)| !words.is_empty() && words.chars().count() <= MOST_CHARS && !ends_sentence(words))
        .collect();
    let heaviest = candidates.iter().map(|(weight, _)| *weight).fold(0.0, f32::max);
    candidates.into_iter().filter(|(weight, _)| *weight >= heaviest * FAIR_SHARE).map(|(_, words)| words).collect()
}

/// Whether a sentence ends within the quotation.
fn ends_sentence(words: &str) -> bool {
    [". ", "! ", "? "].iter().any(|end| words.contains(end))
}

/// Converts to lower case, except for words with capitals of their own ("NHS", "GovTech") and phrases that the topic
/// file writes with a capital.
fn in_mid_sentence(found: &str, phrase: &str) -> String {
    if phrase.trim_start_matches("title:").contains(char::is_uppercase) {
        return found.to_owned();
    }
    let is_shouted = !found.contains(char::is_lowercase);
    let lowered = |word: &str| {
        let mut pairs = word.chars().zip(word.chars().skip(1));
        let has_capitals_within = pairs.any(|(before, letter)| before.is_alphabetic() && letter.is_uppercase());
        if has_capitals_within && !is_shouted { word.to_owned() } else { word.to_lowercase() }
    };
    found.split(' ').map(lowered).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::{Reason, telling};
    use crate::domain::selection::relevance::Place;

    fn reason(found: &str, phrase: &str, weight: f32, is_telling: bool) -> Reason {
        Reason { phrase: phrase.into(), found: found.to_owned(), place: Place::Text, weight, label: None, is_telling }
    }

    #[test]
    fn only_reasons_that_a_person_would_give_are_telling() {
        let reasons = [
            reason("Forms", "forms", 4.0, false),
            reason("Integrated care", "integrated care", 4.0, true),
            reason("joint working", "joint working", 2.0, true),
            reason("one plan", "one plan", 1.0, true),
            reason("job advert", "job advert", -6.0, true),
        ];
        assert_eq!(telling(&reasons), ["integrated care", "joint working"]);
        assert!(telling(&reasons[..1]).is_empty());
    }

    #[test]
    fn a_quotation_is_written_as_in_mid_sentence() {
        for (found, phrase, expected) in [
            ("Joined-Up\u{a0}Government", "joined-up government", "joined-up government"),
            ("COLLABORATIVE GOVERNANCE", "collaborative governance", "collaborative governance"),
            ("NHS services and GovTech", "nhs ~5 govtech", "NHS services and GovTech"),
            ("Christie Commission", "Christie Commission", "Christie Commission"),
        ] {
            assert_eq!(telling(&[reason(found, phrase, 4.0, true)]), [expected]);
        }
    }

    #[test]
    fn no_quotation_is_long_or_runs_over_the_end_of_a_sentence() {
        let long = "services that the county and its eleven towns had run for decades together";
        let over = "the services. Merging";
        assert!(telling(&[reason(long, "services ~20 together", 4.0, true)]).is_empty());
        assert!(telling(&[reason(over, "services ~5 merg*", 4.0, true)]).is_empty());
    }
}
