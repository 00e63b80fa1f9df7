//! The digest's own texts: the subject, the preheader, and the reason for each story.

use super::{SUBJECT_CHARS, Words, text};

/// The maximum number of phrases in a reason.
const REASONS: usize = 3;

/// Mail programs show up to about 140 characters after the subject.
const PREHEADER_CHARS: usize = 140;

/// The heaviest phrases without repetition: "Neighbourhood working" covers "neighbourhood" too.
#[must_use]
pub fn reason(phrases: &[String]) -> String {
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
pub(super) fn unused_subject(leading: &[String], count: usize, words: &Words<'_>) -> Option<(usize, String)> {
    let is_unused = |subject: &str| !words.earlier.iter().any(|earlier| earlier.contains(subject));
    let plain = leading.iter().map(|title| subject(title, count, words.name));
    let unused = plain.enumerate().find(|(_, subject)| is_unused(subject));
    unused.or_else(|| Some((0, with_tail(leading.first()?, &format!(" – {}", words.date)))))
}

/// "Joined-up care in Fife, and 7 more on public service reform". If it is too long, the topic is dropped before the
/// title is cut.
pub(super) fn subject(first: &str, count: usize, name: &str) -> String {
    let name = text::single_line(name);
    let topic = name.strip_suffix(" Digest").or_else(|| name.strip_suffix(" digest")).unwrap_or(&name);
    let (short, long) = match (count - 1, topic) {
        (0, "") => (String::new(), String::new()),
        (0, topic) => (String::new(), format!(" – {topic}")),
        (others, "") => (format!(", and {others} more"), format!(", and {others} more")),
        (others, topic) => (format!(", and {others} more"), format!(", and {others} more on {topic}")),
    };
    let fits = |tail: &str| first.chars().count() + tail.chars().count() <= SUBJECT_CHARS;
    if let Some(tail) = [&long, &short].into_iter().find(|tail| fits(tail)) {
        return format!("{first}{tail}");
    }
    with_tail(first, &short)
}

fn with_tail(title: &str, tail: &str) -> String {
    format!("{}{tail}", text::truncate_at_word(title, SUBJECT_CHARS.saturating_sub(tail.chars().count())))
}

/// The next titles; for a single story, the beginning of its excerpt.
pub(super) fn preheader(others: &[String], excerpt: &str) -> String {
    if others.is_empty() {
        return text::truncate_at_word(excerpt, PREHEADER_CHARS);
    }
    let titles: Vec<&str> = others.iter().take(3).map(String::as_str).collect();
    text::truncate_at_word(&format!("Also: {}", titles.join("; ")), PREHEADER_CHARS)
}
