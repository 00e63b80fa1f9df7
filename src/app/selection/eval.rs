//! Measures the topic against labelled posts, one JSON object a line: `{"id","title","text","relevant","themes"}`.
//! `excerpt` replaces a missing `text`, `repo` or `host` names the source, `borderline` marks posts that people found
//! hard to label, and `kind` marks hard negatives. `domain::selection::measures` defines the figures.

use std::collections::HashSet;
use std::io::BufRead;

use anyhow::{Context as _, bail};
use serde::Deserialize;

use crate::domain::selection::measures::{Report, Sample, Themes};
use crate::domain::selection::relevance::{Score, Scorer, Text};
use crate::domain::selection::topic::{Scale, Topic};

/// The `kind` of a post that shares words with the topic but is not about it.
const HARD_NEGATIVE: &str = "hard_negative";

/// A labelled post.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Labelled {
    /// Unique in its file.
    pub id: String,
    /// Its title.
    #[serde(default)]
    pub title: String,
    #[serde(default)]
    text: Option<String>,
    #[serde(default)]
    excerpt: Option<String>,
    /// Whether people consider it relevant.
    pub relevant: bool,
    /// The themes that people assigned.
    #[serde(default)]
    pub themes: Vec<String>,
    #[serde(default)]
    repo: String,
    #[serde(default)]
    host: String,
    /// Whether people found the label hard to decide.
    #[serde(default)]
    pub borderline: bool,
    /// `hard_negative` for a post that shares words or setting with the topic but is not about it.
    #[serde(default)]
    pub kind: String,
}

impl Labelled {
    /// The text to judge.
    #[must_use]
    pub fn text(&self) -> Text<'_> {
        let content = self.text.as_deref().or(self.excerpt.as_deref()).unwrap_or_default();
        Text { title: &self.title, content, ..Text::default() }
    }

    /// The title and the first characters of the text, as in a feed with teasers.
    fn teaser(&self, characters: usize) -> Text<'_> {
        let text = self.text();
        let end = text.content.char_indices().nth(characters).map_or(text.content.len(), |(end, _)| end);
        Text { content: &text.content[..end], ..text }
    }

    /// Its source, since posts of one source are alike: its `repo`, else its `host`; a post without either is its own
    /// source.
    #[must_use]
    pub fn source(&self) -> &str {
        [&self.repo, &self.host].into_iter().find(|source| !source.is_empty()).unwrap_or(&self.id)
    }
}

/// A labelled post and the program's judgement.
#[derive(Debug, Clone)]
pub struct Judged {
    /// The post with its labels.
    pub post: Labelled,
    /// The program's judgement.
    pub score: Score,
}

impl Judged {
    /// The values that the measures need.
    #[must_use]
    pub fn sample(&self) -> Sample {
        let Self { post, score } = self;
        Sample {
            source: post.source().to_owned(),
            is_relevant: post.relevant,
            is_borderline: post.borderline,
            is_hard_negative: !post.relevant && post.kind == HARD_NEGATIVE,
            is_selected: score.selected,
            score: f64::from(score.total),
            themes: Themes::of(
                post.relevant.then_some(post.themes.as_slice()),
                score.selected.then_some(score.themes.as_slice()),
            ),
        }
    }
}

/// The figures of a set of posts.
#[derive(Debug, Clone)]
pub struct Measured {
    /// For all posts.
    pub all: Report,
    /// For the posts that are not borderline; `None` if no post is borderline.
    pub clear: Option<Report>,
}

impl Measured {
    /// Compares judgements with labels.
    #[must_use]
    pub fn of(judged: &[Judged], scale: Scale) -> Self {
        let samples: Vec<Sample> = judged.iter().map(Judged::sample).collect();
        let all = Report::of(&samples, scale);
        let clear: Vec<Sample> = samples.into_iter().filter(|sample| !sample.is_borderline).collect();
        Self { clear: (clear.len() < all.posts).then(|| Report::of(&clear, scale)), all }
    }
}

/// Reads labelled posts.
///
/// # Errors
/// The first line that is not a labelled post, repeats an id, or names an unknown theme.
pub fn read(input: impl BufRead, topic: &Topic) -> anyhow::Result<Vec<Labelled>> {
    let mut posts: Vec<Labelled> = Vec::new();
    let mut ids = HashSet::new();
    for (number, line) in (1..).zip(input.lines()) {
        let line = line.with_context(|| format!("cannot read line {number}"))?;
        if line.trim().is_empty() {
            continue;
        }
        let post: Labelled =
            serde_json::from_str(&line).with_context(|| format!("line {number} is not a labelled post"))?;
        if !ids.insert(post.id.clone()) {
            bail!("line {number}: a second post has the id `{}`", post.id);
        }
        let known = |theme: &String| topic.themes.iter().any(|known| known.name == *theme);
        if let Some(theme) = post.themes.iter().find(|theme| !known(theme)) {
            bail!("line {number}: the topic has no theme `{theme}`");
        }
        posts.push(post);
    }
    if posts.is_empty() {
        bail!("there is no labelled post");
    }
    Ok(posts)
}

/// Judges the whole text of every post, or only its `first` characters.
#[must_use]
pub fn judge(scorer: &Scorer, posts: Vec<Labelled>, first: Option<usize>) -> Vec<Judged> {
    let score = |post: &Labelled| scorer.score(&first.map_or_else(|| post.text(), |first| post.teaser(first)));
    posts.into_iter().map(|post| Judged { score: score(&post), post }).collect()
}
