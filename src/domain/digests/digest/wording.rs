//! The digest's own texts: the subject, the preheader, and the reason for each story.

use super::headline::{bare, shortened};
use super::{Context, SUBJECT_CHARS, text};
use crate::domain::catalogue::Catalogue;

/// The maximum number of phrases in a reason.
const REASONS: usize = 2;

/// Mail programs show up to about 140 characters after the subject.
const PREHEADER_CHARS: usize = 140;

/// A single word must be this long to say anything: "form" does not, "inequality" does.
const LONG_WORD: usize = 8;

/// The heaviest phrases without repetition, in lower case: "Neighbourhood working" covers "neighbourhood" too. A single word
/// is named only if there is no longer phrase.
#[must_use]
pub fn reason(phrases: &[String]) -> String {
    let mut chosen: Vec<String> = Vec::new();
    let (several, single): (Vec<&String>, Vec<&String>) =
        phrases.iter().partition(|phrase| phrase.split_whitespace().nth(1).is_some());
    let single = single.into_iter().filter(|word| word.chars().count() >= LONG_WORD).take(1);
    let phrases: Vec<&String> = if several.is_empty() { single.collect() } else { several };
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
    chosen.iter().map(|phrase| lower_case(phrase)).collect::<Vec<_>>().join(", ")
}

/// The phrase in lower case, unless it is a name ("Christie Commission") or has an abbreviation in it ("NHS boards").
fn lower_case(phrase: &str) -> String {
    let capitals = |word: &str| word.chars().filter(|c| c.is_uppercase()).count();
    let words = || phrase.split_whitespace();
    let is_name = words().count() > 1 && words().all(|word| capitals(word) > 0);
    if is_name || words().any(|word| capitals(word) > 1) { phrase.to_owned() } else { phrase.to_lowercase() }
}

/// The subject, and the index of the story that leads it: the best one, or the next one where an earlier subject says
/// the same (an administrator's template may have put words around it). With the date if all were used. A pinned story
/// always leads.
pub(super) fn unused_subject(
    leading: &[String],
    count: usize,
    is_pinned: bool,
    context: &Context<'_>,
) -> Option<(usize, String)> {
    let is_unused = |subject: &str| !context.earlier.iter().any(|earlier| earlier.contains(subject));
    let candidates = &leading[..if is_pinned { 1 } else { leading.len() }];
    let plain = candidates.iter().map(|title| subject(title, count, context));
    let unused = plain.enumerate().find(|(_, subject)| is_unused(subject));
    let dated = |title: &str| {
        context.words.text("digest.subject_dated", &[("title", title.into()), ("date", context.date.into())])
    };
    unused.or_else(|| {
        let first = leading.first()?;
        let named = shortened(first, |title| is_short(&dated(title))).map(|title| dated(&title));
        Some((0, named.unwrap_or_else(|| dated(&counted(count, context)))))
    })
}

/// "Joined-up care in Fife, and 7 more on public service reform". If it is too long, the topic is dropped, then clauses at
/// the title's end, then the number; a title whose clauses are all too long is not cut, but counted: "8 posts on public
/// service reform".
pub(super) fn subject(first: &str, count: usize, context: &Context<'_>) -> String {
    let (topic, first) = (topic(context), bare(first));
    let with = |key: Option<&str>, title: &str| {
        let values = [("title", title.into()), ("n", (count - 1).into()), ("topic", topic.as_str().into())];
        key.map_or_else(|| title.to_owned(), |key| context.words.text(key, &values))
    };
    // "Who pays for prevention? And 7 more".
    let is_question = |title: &str| title.ends_with(['?', '!', '…']);
    let more = |title: &str| match (count - 1, is_question(title)) {
        (0, _) => None,
        (_, true) => Some("digest.subject_and_more"),
        (_, false) => Some("digest.subject_more"),
    };
    let more_on = |title: &str| match (count - 1, is_question(title)) {
        (0, _) => Some("digest.subject_alone"),
        (_, true) => Some("digest.subject_and_more_on"),
        (_, false) => Some("digest.subject_more_on"),
    };
    let with_topic = Some(with(more_on(first), first)).filter(|subject| !topic.is_empty() && is_short(subject));
    let counting = || shortened(first, |title| is_short(&with(more(title), title)));
    let alone = || shortened(first, is_short);
    with_topic
        .or_else(|| counting().map(|title| with(more(&title), &title)))
        .or_else(alone)
        .unwrap_or_else(|| text::truncate_at_word(&counted(count, context), SUBJECT_CHARS))
}

fn is_short(subject: &str) -> bool {
    subject.chars().count() <= SUBJECT_CHARS
}

/// The topic, or the digest's name without "Digest".
fn topic(context: &Context<'_>) -> String {
    let name = text::single_line(context.name);
    let topic = name.strip_suffix(" Digest").or_else(|| name.strip_suffix(" digest")).unwrap_or(&name);
    topic.to_owned()
}

/// "8 posts on public service reform".
fn counted(count: usize, context: &Context<'_>) -> String {
    context.words.text("digest.subject_count", &[("n", count.into()), ("topic", topic(context).as_str().into())])
}

/// The next titles, as many as fit; for a single story, the beginning of its excerpt.
pub(super) fn preheader(others: &[String], excerpt: &str, words: &Catalogue) -> String {
    let also = |titles: &[String]| words.text("digest.preheader", &[("titles", titles.join("; ").as_str().into())]);
    let fits = |text: &String| text.chars().count() <= PREHEADER_CHARS;
    match others {
        [] => text::truncate_at_word(excerpt, PREHEADER_CHARS),
        [first, ..] => (1..=others.len().min(3))
            .rev()
            .map(|count| also(&others[..count]))
            .find(fits)
            .unwrap_or_else(|| text::truncate_at_word(&also(std::slice::from_ref(first)), PREHEADER_CHARS)),
    }
}
