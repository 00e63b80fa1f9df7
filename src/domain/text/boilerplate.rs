//! What blog software adds around a post: "The post … appeared first on …", share bars, comment counts, bylines.
//! Matched line by line, in English as the followed blogs have it; a line that is not recognised stays.

use super::single_line;

/// From here to the end of the line nothing is the author's.
const TAILS: &[&str] = &[
    "Email This",
    "BlogThis!",
    "Share to Twitter",
    "Share to X",
    "Share to Facebook",
    "Continue reading",
    "Read the full post",
    "Read the rest of this",
    "Read more »",
    "Read more…",
    "Read more...",
    "Read more →",
    "No comments:",
    "Post a Comment",
];

/// A short line that begins so is not prose.
const HEADS: &[&str] = &[
    "labels:",
    "tags:",
    "filed under",
    "categories:",
    "posted in ",
    "image:",
    "photo:",
    "photo by",
    "picture:",
    "credit:",
    "image credit",
    "photo credit",
    "share this",
    "like this:",
    "read more",
    "related:",
    "subscribe to",
    "leave a comment",
    "skip to",
    "tweet",
    "posted on ",
    "published on ",
    "published:",
    "last updated",
    "estimated reading time",
    "reading time",
];

/// A line longer than this is prose whatever it begins with.
const LONGEST_HEAD: usize = 120;

/// The author's lines of a text: trimmed, none empty, none boilerplate, without the repeated title.
pub(super) fn lines(title: &str, text: &str) -> Vec<String> {
    let mut kept = Vec::new();
    for line in text.lines() {
        let mut line = cut_tail(line.trim());
        if kept.is_empty() {
            line = after_title(title, line);
        }
        if !line.is_empty() && !is_furniture(line) && !is_title(title, line) {
            kept.push(line.to_owned());
        }
    }
    kept
}

/// Whether this is the title again, whatever its case, punctuation and spacing.
pub(super) fn is_title(title: &str, text: &str) -> bool {
    let title = folded(title);
    !title.is_empty() && title == folded(text)
}

fn folded(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// What follows the title, if the line begins with it as a heading would: title, then a dash, a stop or a capital.
fn after_title<'a>(title: &str, line: &'a str) -> &'a str {
    let title = single_line(title);
    if title.chars().count() < 8 {
        return line;
    }
    let Some(head) = line.get(..title.len()) else {
        return line;
    };
    if !head.eq_ignore_ascii_case(&title) {
        return line;
    }
    let rest = &line[title.len()..];
    let text = rest.trim_start_matches(|c: char| c.is_whitespace() || ".:–—-|!?…".contains(c));
    let is_apart = rest.starts_with(|c: char| ".:–—|!?…".contains(c)) || rest.starts_with(" -") || {
        rest.starts_with(char::is_whitespace) && text.starts_with(char::is_uppercase)
    };
    if is_apart || rest.is_empty() { text } else { line }
}

/// The line without what the software put at its end.
fn cut_tail(line: &str) -> &str {
    let mut end = line.len();
    if let (Some(start), Some(stop)) = (line.find("The post "), line.find(" appeared first on "))
        && start < stop
    {
        end = start;
    }
    if let Some(start) = line.find("Posted by ")
        && line[start..].contains(" at ")
        && line[start..].len() < LONGEST_HEAD
    {
        end = end.min(start);
    }
    for tail in TAILS {
        if let Some(start) = line.find(tail) {
            end = end.min(start);
        }
    }
    let line = line[..end].trim_end();
    line.strip_suffix("Read more").unwrap_or(line).trim_end()
}

fn is_furniture(line: &str) -> bool {
    let lower = line.to_lowercase();
    if lower.chars().count() > LONGEST_HEAD {
        return false;
    }
    HEADS.iter().any(|head| lower.starts_with(head)) || is_comment_count(&lower) || is_byline(line) || is_date(&lower)
}

/// "3 comments", "12 comments:".
fn is_comment_count(lower: &str) -> bool {
    let mut words = lower.trim_end_matches(':').split_whitespace();
    matches!((words.next(), words.next(), words.next()),
        (Some(number), Some("comment" | "comments"), None) if number.chars().all(|c| c.is_ascii_digit()))
}

/// "By Jane Smith", "By Jane Smith, 3 March 2026": names and dates only, no sentence.
fn is_byline(line: &str) -> bool {
    let Some(rest) = line.strip_prefix("By ").or_else(|| line.strip_prefix("by ")) else {
        return false;
    };
    let names = rest.split([' ', ',', '|', '·']).filter(|word| !word.is_empty());
    let are_names = names.clone().all(|word| {
        word == "and" || word == "of" || word.starts_with(|c: char| c.is_uppercase() || c.is_ascii_digit() || c == '&')
    });
    !rest.ends_with(['.', '!', '?']) && names.count() <= 12 && are_names
}

/// "12 March 2026", "Thursday, March 12, 2026".
fn is_date(lower: &str) -> bool {
    const MONTHS: &[&str] = &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let words: Vec<&str> = lower.split([' ', ',', '/']).filter(|word| !word.is_empty()).collect();
    words.len() <= 5
        && words.iter().any(|word| word.len() == 4 && word.parse::<u16>().is_ok())
        && words.iter().any(|word| MONTHS.iter().any(|month| word.starts_with(month)))
}
