//! The digest's own texts: the subject, the preheader, and the reason for each story.

use super::{Context, SUBJECT_CHARS, text};
use crate::domain::catalogue::Catalogue;

/// The maximum number of phrases in a reason.
const REASONS: usize = 3;

/// Mail programs show up to about 140 characters after the subject.
const PREHEADER_CHARS: usize = 140;

/// The heaviest phrases without repetition: "Neighbourhood working" covers "neighbourhood" too.
pub(super) fn reason(phrases: &[String]) -> String {
    let mut chosen: Vec<String> = Vec::new();
    for phrase in phrases {
        let phrase = text::truncate_at_word(&text::single_line(phrase), 60);
        let folded = phrase.to_lowercase();
        if phrase.is_empty() || chosen.iter().any(|other| other.to_lowercase().contains(&folded)) {
            continue;
        }
        match chosen.iter().position(|other| folded.contains(&other.to_lowercase())) {
            Some(shorter) => chosen[shorter] = phrase,
            None if chosen.len() < REASONS => chosen.push(phrase),
            None => {}
        }
    }
    chosen.join("; ")
}

/// The subject, and the index of the story that leads it: the best one, or the next one where an earlier subject says
/// the same (an administrator's template may have put words around it). With the date if all were used.
pub(super) fn unused_subject(leading: &[String], count: usize, context: &Context<'_>) -> Option<(usize, String)> {
    let is_unused = |subject: &str| !context.earlier.iter().any(|earlier| earlier.contains(subject));
    let plain = leading.iter().map(|title| subject(title, count, context));
    let unused = plain.enumerate().find(|(_, subject)| is_unused(subject));
    let dated = |title: &str| {
        context.words.text("digest.subject_dated", &[("title", title.into()), ("date", context.date.into())])
    };
    unused.or_else(|| Some((0, cut(leading.first()?, dated))))
}

/// "Joined-up care in Fife, and 7 more on public service reform". If it is too long, the topic is dropped before the
/// title is cut.
pub(super) fn subject(first: &str, count: usize, context: &Context<'_>) -> String {
    let name = text::single_line(context.name);
    let topic = name.strip_suffix(" Digest").or_else(|| name.strip_suffix(" digest")).unwrap_or(&name);
    let with = |key: &str, title: &str| {
        let values = [("title", title.into()), ("n", (count - 1).into()), ("topic", topic.into())];
        context.words.text(key, &values)
    };
    let (short, long) = match (count - 1, topic) {
        (0, "") => (None, None),
        (0, _) => (None, Some("digest.subject_alone")),
        (_, "") => (Some("digest.subject_more"), None),
        _ => (Some("digest.subject_more"), Some("digest.subject_more_on")),
    };
    let fits = |subject: &String| subject.chars().count() <= SUBJECT_CHARS;
    if let Some(subject) = long.map(|key| with(key, first)).filter(fits) {
        return subject;
    }
    cut(first, |title| short.map_or_else(|| title.to_owned(), |key| with(key, title)))
}

/// The subject with as much of the title as fits.
fn cut(title: &str, with: impl Fn(&str) -> String) -> String {
    let around = with("").chars().count();
    with(&text::truncate_at_word(title, SUBJECT_CHARS.saturating_sub(around)))
}

/// The next titles; for a single story, the beginning of its excerpt.
pub(super) fn preheader(others: &[String], excerpt: &str, words: &Catalogue) -> String {
    if others.is_empty() {
        return text::truncate_at_word(excerpt, PREHEADER_CHARS);
    }
    let titles: Vec<&str> = others.iter().take(3).map(String::as_str).collect();
    text::truncate_at_word(
        &words.text("digest.preheader", &[("titles", titles.join("; ").as_str().into())]),
        PREHEADER_CHARS,
    )
}
