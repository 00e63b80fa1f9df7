//! Removes what blog software adds around a post: "The post … appeared first on …", share bars, comment counts,
//! bylines. Lines are matched one by one, in English as the followed blogs use it; an unrecognised line stays.

/// Phrases that start a part of a line which the author did not write.
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

/// A short line with one of these beginnings is not prose.
const HEADS: &[&str] = &[
    "labels:",
    "tags:",
    "filed under",
    "categories:",
    "posted in ",
    "image:",
    "image shows",
    "photo:",
    "photo by",
    "picture:",
    "credit:",
    "image credit",
    "photo credit",
    "share this",
    "share on ",
    "like this:",
    "read more",
    "related:",
    "subscribe to",
    "leave a comment",
    "add new comment",
    "comments are closed",
    "table of contents",
    "skip to",
    "tweet",
    "posted on ",
    "published on ",
    "published:",
    "last updated",
    "estimated reading time",
    "reading time",
];

/// A longer line is prose, whatever its beginning.
const LONGEST_HEAD: usize = 120;

/// A sentence with one of these beginnings is about the blog, not about its subject.
const ASIDES: &[&str] = &[
    "©",
    "a version of this",
    "click here",
    "click on the",
    "click to",
    "cross-posted",
    "crossposted",
    "download the full",
    "download this",
    "first published by",
    "first published on",
    "follow us",
    "if you enjoyed this",
    "image by",
    "image courtesy",
    "like loading",
    "originally published at",
    "originally published by",
    "originally published on",
    "photo by",
    "photo courtesy",
    "read the full",
    "republished from",
    "republished with",
    "sign up for ",
    "sign up to ",
    "subscribe for ",
    "subscribe to ",
    "thank you for reading",
    "thanks for reading",
    "the opinions expressed here",
    "the opinions expressed in this",
    "the views expressed here",
    "the views expressed in this",
    "views expressed are",
    "you can follow us",
];

/// A sentence that contains one of these is about the blog too.
const ASIDE_PARTS: &[&str] = &[
    "all rights reserved",
    "appeared first on",
    "getty images",
    "on medium, where people are",
    "to our mailing list",
    "to our newsletter",
];

/// "This article was first published in …" is about the blog, but a publication that the article mentions is not.
const ASIDE_SUBJECTS: &[&str] = &["article", "blog", "column", "essay", "interview", "piece", "post", "story"];
const ASIDE_VERBS: &[&str] = &["also", "first", "originally", "was"];

/// A longer sentence is prose, whatever its beginning.
const LONGEST_ASIDE: usize = 240;

/// The beginnings of a picture's credit, which follows the caption.
const CREDITS: &[&str] = &[" photo: ", " photograph: ", " photo by ", " image by "];

/// A title in the form in which it is compared with a text, without case, punctuation and spacing.
pub(super) struct Heading {
    folded: String,
    /// Whether the title is long enough that it does not begin a line by chance.
    is_telling: bool,
}

/// Titles with fewer letters and digits are not removed from the beginning of lines.
const FEWEST_TITLE_CHARS: usize = 8;

impl Heading {
    pub(super) fn new(title: &str) -> Self {
        let folded = folded(title);
        Self { is_telling: folded.chars().nth(FEWEST_TITLE_CHARS - 1).is_some(), folded }
    }

    /// Whether this repeats the title.
    pub(super) fn is(&self, text: &str) -> bool {
        !self.folded.is_empty() && folded_chars(text).eq(self.folded.chars())
    }

    /// Whether this is the beginning of the title: "Stewardship or servility?" of "Stewardship or servility? Top posts
    /// compared".
    pub(super) fn begins_with(&self, sentence: &str) -> bool {
        let mut title = self.folded.chars();
        folded_chars(sentence).all(|c| title.next() == Some(c))
    }
}

/// The lines that the author wrote: trimmed, without empty ones, boilerplate and the repeated title.
pub(super) fn lines<'a>(heading: &'a Heading, text: &'a str) -> impl Iterator<Item = &'a str> {
    let mut is_first = true;
    text.lines().filter_map(move |line| {
        let mut line = cut_tail(line.trim());
        if is_first {
            line = after_title(heading, line);
        }
        let is_kept = !line.is_empty() && !is_boilerplate(line) && !heading.is(line);
        is_first &= !is_kept;
        is_kept.then_some(line)
    })
}

/// Whether a sentence is about the blog: where a post was first published, whose views it contains, how to follow the
/// blog.
pub(super) fn is_aside(sentence: &str) -> bool {
    let lower = sentence.to_lowercase();
    let is_of_itself = || {
        let mut words = lower.strip_prefix("this ").unwrap_or_default().split(' ').peekable();
        let is_subject = words.peek().is_some_and(|word| ASIDE_SUBJECTS.contains(word));
        let verb = words.find(|word| !ASIDE_SUBJECTS.contains(word));
        is_subject
            && verb.is_some_and(|verb| ASIDE_VERBS.contains(&verb))
            && [" published ", " appeared "].iter().any(|part| lower.contains(part))
    };
    lower.chars().count() <= LONGEST_ASIDE
        && (ASIDES.iter().any(|head| lower.starts_with(head))
            || ASIDE_PARTS.iter().any(|part| lower.contains(part))
            || is_of_itself()
            || (lower.contains(" not necessarily re") && ["views", "opinions"].iter().any(|part| lower.contains(part))))
}

/// Its letters and digits in lower case: the same for different spellings of one sentence.
pub(super) fn folded(text: &str) -> String {
    folded_chars(text).collect()
}

fn folded_chars(text: &str) -> impl Iterator<Item = char> {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase)
}

/// The text after the title if the line begins with the title as a heading: the title, then a dash, a full stop or a
/// capital.
fn after_title<'a>(heading: &Heading, line: &'a str) -> &'a str {
    let Some(rest) = strip_title(heading, line) else {
        return line;
    };
    let rest = rest.trim_start_matches(['"', '”', '’', ')', ']', '»']);
    let text = rest.trim_start_matches(|c: char| c.is_whitespace() || ".:–—-|!?…".contains(c));
    let is_apart = rest.starts_with(|c: char| ".:–—|!?…".contains(c)) || rest.starts_with(" -") || {
        let begins = |c: char| c.is_uppercase() || "“‘\"".contains(c);
        rest.starts_with(char::is_whitespace) && text.starts_with(begins)
    };
    if is_apart || rest.is_empty() { text } else { line }
}

/// The text after the title, ignoring case, punctuation and spacing; the title must end at the end of a word.
fn strip_title<'a>(heading: &Heading, line: &'a str) -> Option<&'a str> {
    if !heading.is_telling {
        return None;
    }
    let mut wanted = heading.folded.chars().peekable();
    for (at, c) in line.char_indices() {
        if wanted.peek().is_none() {
            return (!c.is_alphanumeric()).then(|| &line[at..]);
        }
        let is_next = |folded: char| wanted.next() == Some(folded);
        if c.is_alphanumeric() && !c.to_lowercase().all(is_next) {
            return None;
        }
    }
    wanted.peek().is_none().then_some("")
}

/// The line without what the software added at its end.
fn cut_tail(line: &str) -> &str {
    let mut end = line.len();
    let appeared = line.find(" appeared first on ").or_else(|| line.find(" first appeared on "));
    if let (Some(start), Some(stop)) = (line.find("The post "), appeared)
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

fn is_boilerplate(line: &str) -> bool {
    let lower = line.to_lowercase();
    if lower.chars().count() > LONGEST_HEAD {
        return false;
    }
    HEADS.iter().any(|head| lower.starts_with(head))
        || CREDITS.iter().any(|credit| lower.contains(credit))
        || is_comment_count(&lower)
        || is_byline(line)
        || is_date(&lower)
}

/// Matches "3 comments", "12 comments:".
fn is_comment_count(lower: &str) -> bool {
    let mut words = lower.trim_end_matches(':').split_whitespace();
    matches!((words.next(), words.next(), words.next()),
        (Some(number), Some("comment" | "comments"), None) if number.chars().all(|c| c.is_ascii_digit()))
}

/// Matches "By Jane Smith", "By Jane Smith, 3 March 2026": only names and dates, no sentence.
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

/// Matches "12 March 2026", "Thursday, March 12, 2026", "Mon, 11/23/2026 - 10:15": only a day and a time.
fn is_date(lower: &str) -> bool {
    const NAMES: &[&str] = &[
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec", "mon", "tue", "wed", "thu",
        "fri", "sat", "sun",
    ];
    const FULL: &[&str] = &[
        "january",
        "february",
        "march",
        "april",
        "june",
        "july",
        "august",
        "sept",
        "september",
        "october",
        "november",
        "december",
        "monday",
        "tuesday",
        "tues",
        "wednesday",
        "thursday",
        "thurs",
        "friday",
        "saturday",
        "sunday",
        "at",
        "am",
        "pm",
    ];
    let is_number = |word: &str| {
        let digits = word.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        !digits.is_empty() && word.len() - digits.len() <= 2 && digits.chars().all(|c| c.is_ascii_digit())
    };
    let mut words = lower.split([' ', ',', '/', '-', '–', ':', '.']).filter(|word| !word.is_empty()).peekable();
    words.peek().is_some() && words.all(|word| is_number(word) || NAMES.contains(&word) || FULL.contains(&word))
}
