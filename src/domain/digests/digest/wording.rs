//! The digest's own texts: the subject, the preheader, and the reason for each story.

use super::{Context, SUBJECT_CHARS, text};
use crate::domain::catalogue::Catalogue;

/// The maximum number of phrases in a reason.
const REASONS: usize = 3;

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
        let counted = || counted(count, context);
        Some((0, whole(first, dated).unwrap_or_else(|| dated(&counted()))))
    })
}

/// "Joined-up care in Fife, and 7 more on public service reform". If it is too long, the topic is dropped, then clauses at
/// the title's end; a title whose first clause is too long is not cut, but counted: "8 posts on public service reform".
pub(super) fn subject(first: &str, count: usize, context: &Context<'_>) -> String {
    let topic = topic(context);
    let with = |key: &str, title: &str| {
        let values = [("title", title.into()), ("n", (count - 1).into()), ("topic", topic.as_str().into())];
        context.words.text(key, &values)
    };
    let (short, long) = match (count - 1, topic.as_str()) {
        (0, "") => (None, None),
        (0, _) => (None, Some("digest.subject_alone")),
        (_, "") => (Some("digest.subject_more"), None),
        _ => (Some("digest.subject_more"), Some("digest.subject_more_on")),
    };
    let fits = |subject: &String| subject.chars().count() <= SUBJECT_CHARS;
    if let Some(subject) = long.map(|key| with(key, first)).filter(fits) {
        return subject;
    }
    let shortened = whole(first, |title| short.map_or_else(|| title.to_owned(), |key| with(key, title)));
    shortened.unwrap_or_else(|| text::truncate_at_word(&counted(count, context), SUBJECT_CHARS))
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

/// What ends a clause.
const CLAUSE_ENDS: [&str; 9] = [": ", "; ", " – ", " — ", " - ", "? ", "! ", ". ", ", "];

/// A clause shorter than this says too little to stand for a title.
const SHORT_CLAUSE: usize = 16;

/// The subject with the title, or with as many of its first clauses as fit; `None` if the first one is too long.
fn whole(title: &str, with: impl Fn(&str) -> String) -> Option<String> {
    let fits = |title: &&str| with(title).chars().count() <= SUBJECT_CHARS;
    let mut ends: Vec<usize> = CLAUSE_ENDS.iter().flat_map(|end| title.match_indices(end)).map(|(at, _)| at).collect();
    ends.sort_unstable_by(|a, b| b.cmp(a));
    let clauses = ends.into_iter().map(|end| {
        let mark = title[end..].chars().next().filter(|mark| "?!".contains(*mark)).map_or(0, char::len_utf8);
        &title[..end + mark]
    });
    let long_enough = |clause: &&str| clause.chars().count() >= SHORT_CLAUSE;
    std::iter::once(title).chain(clauses.filter(long_enough)).find(fits).map(with)
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
