//! A digest of sample stories under the themes of the topic: it shows the effect of templates, settings and the note
//! before any feed has been read.

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::digests::digest::Story;
use crate::domain::selection::topic::Topic;

/// Titles and texts, made up for this purpose.
const POSTS: [(&str, &str); 6] = [
    (
        "A made-up post about four councils and one budget",
        "Four councils pooled what they spend on home care and let the people who use it decide on a tenth of the money. After \
         two years the waiting list is shorter and the cost is the same. What made the difference was not the contract but a \
         monthly meeting at which everybody saw the same figures.",
    ),
    (
        "A made-up post about forms that nobody reads",
        "A ministry counted the questions on its forms and found that a third of the answers were never looked at. It dropped \
         them, told the offices why, and published the list of what it still asks and what each answer is used for.",
    ),
    (
        "A made-up post about a lab that closed",
        "The innovation lab of a mid-sized city ended after six years. Its last report is candid on what a team outside the \
         line departments can change, and on what it could not: hiring, procurement and the annual budget.",
    ),
    (
        "A made-up post about measuring what people notice",
        "Instead of counting contacts, three agencies asked people a month later whether their problem was solved. The answers \
         were worse than the figures, and more useful.",
    ),
    (
        "A made-up post about sharing data with care",
        "Health and housing services agreed on which data they share about whom, wrote it on one page, and gave every person \
         concerned a way to see it and to object.",
    ),
    ("A made-up near miss", "A borderline post is named at the end of a digest, on a line of its own."),
];

/// The stories, newest first; the last is borderline.
pub(super) fn stories(topic: &Topic, now: DateTime<Utc>) -> Vec<Story> {
    let theme = |n: usize| topic.themes.get(n % topic.themes.len().max(1)).map(|theme| theme.name.clone());
    let story = |(n, (title, text)): (usize, &(&str, &str))| Story {
        seq: i64::try_from(n).unwrap_or(i64::MAX) + 1,
        title: (*title).to_owned(),
        link: format!("https://example.org/sample/{}", n + 1).parse().expect("a constant URL"),
        source: "A Sample Blog".to_owned(),
        also_on: if n == 0 { vec!["Another Sample Blog".to_owned()] } else { Vec::new() },
        author: (n % 2 == 0).then(|| "Sam Sample".to_owned()),
        published: Some(now - TimeDelta::days(i64::try_from(n).unwrap_or(0) + 1)),
        excerpt: (*text).to_owned(),
        reading_minutes: 1,
        score: 12.0 - n as f32,
        themes: theme(n).into_iter().collect(),
        phrases: vec!["sample".to_owned()],
        is_listed: n + 1 == POSTS.len(),
        comment: String::new(),
    };
    POSTS.iter().enumerate().map(story).collect()
}
