//! The digest's own words: subject, preheader, and why a story is there.

use super::{SUBJECT_CHARS, text};

/// Phrases in a reason.
const REASONS: usize = 3;

/// Mail programs show up to about 140 characters after the subject.
const PREHEADER_CHARS: usize = 140;

/// The heaviest phrases, told once each: "Neighbourhood working" speaks for "neighbourhood" too.
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

/// "Joined-up care in Fife, and 7 more on public service reform". The topic goes before the title is cut.
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
    format!("{}{short}", text::truncate_at_word(first, SUBJECT_CHARS - short.chars().count()))
}

/// The next titles; for a single story the beginning of its excerpt.
pub(super) fn preheader(others: &[String], excerpt: &str) -> String {
    if others.is_empty() {
        return text::truncate_at_word(excerpt, PREHEADER_CHARS);
    }
    let titles: Vec<&str> = others.iter().take(3).map(String::as_str).collect();
    text::truncate_at_word(&format!("Also: {}", titles.join("; ")), PREHEADER_CHARS)
}
