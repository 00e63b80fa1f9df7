//! Measures the topic against labelled posts, one JSON object a line: `{"id","title","text","relevant","themes"}`,
//! with `excerpt` read where there is no `text`, and `kind` for hard negatives.
//!
//! Definitions: precision and recall over `relevant`; average precision takes posts of equal score as one step;
//! theme micro-F1 pools (post, theme) pairs, where themes of a false positive are wrong and those of a miss are
//! missed. In a live feed about one post in ten is relevant, so precision is also told for that share.

use std::collections::{BTreeSet, HashSet};
use std::io::BufRead;

use anyhow::{Context as _, bail};
use serde::Deserialize;

use crate::domain::relevance::{Score, Scorer, Text};
use crate::domain::topic::Topic;

/// The share of relevant posts in a live feed.
const LIVE_PREVALENCE: f64 = 0.1;
/// What `kind` says of a post that shares words with the topic and is not on it.
const HARD_NEGATIVE: &str = "hard_negative";

/// A labelled post.
#[derive(Debug, Clone, Deserialize)]
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
    /// Whether people say that it belongs.
    pub relevant: bool,
    /// The themes that people file it under.
    #[serde(default)]
    pub themes: Vec<String>,
    #[serde(default)]
    repo: String,
    #[serde(default)]
    host: String,
    /// Whether people found it hard to say if it belongs.
    #[serde(default)]
    pub borderline: bool,
    /// `hard_negative` for one that shares words or setting with the topic.
    #[serde(default)]
    pub kind: String,
}

impl Labelled {
    /// What is judged of it.
    #[must_use]
    pub fn text(&self) -> Text<'_> {
        let content = self.text.as_deref().or(self.excerpt.as_deref()).unwrap_or_default();
        Text { title: &self.title, content, ..Text::default() }
    }

    /// Where it is from, as posts of one source are alike: its `repo`, else its `host`; a post without either is a
    /// source of its own.
    #[must_use]
    pub fn source(&self) -> &str {
        [&self.repo, &self.host].into_iter().find(|source| !source.is_empty()).unwrap_or(&self.id)
    }
}

/// A labelled post with the program's judgement.
#[derive(Debug, Clone)]
pub struct Judged {
    /// What people say.
    pub post: Labelled,
    /// What the program says.
    pub score: Score,
}

/// The measures, each from 0 to 1 where it is a share.
#[derive(Debug, Clone, Copy, PartialEq)]
#[expect(missing_docs, reason = "the head of the file defines them; the names are those of the field")]
pub struct Figures {
    pub items: usize,
    pub relevant: usize,
    pub true_positives: usize,
    pub false_positives: usize,
    pub false_negatives: usize,
    pub precision: f64,
    pub recall: f64,
    pub f1: f64,
    pub average_precision: f64,
    pub theme_micro_precision: f64,
    pub theme_micro_recall: f64,
    pub theme_micro_f1: f64,
    pub hard_negatives: usize,
    pub hard_negatives_passed: usize,
    pub false_positive_rate: f64,
    pub precision_at_10_percent: f64,
}

/// Reads labelled posts.
///
/// # Errors
/// The first line that is no labelled post, repeats an id, or names a theme that the topic does not have.
pub fn read(input: impl BufRead, topic: &Topic) -> anyhow::Result<Vec<Labelled>> {
    let mut posts: Vec<Labelled> = Vec::new();
    let mut ids = HashSet::new();
    for (number, line) in (1..).zip(input.lines()) {
        let line = line.with_context(|| format!("cannot read line {number}"))?;
        if line.trim().is_empty() {
            continue;
        }
        let post: Labelled =
            serde_json::from_str(&line).with_context(|| format!("line {number} is no labelled post"))?;
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

/// Judges every post.
#[must_use]
pub fn judge(scorer: &Scorer, posts: Vec<Labelled>) -> Vec<Judged> {
    posts.into_iter().map(|post| Judged { score: scorer.score(&post.text()), post }).collect()
}

impl Figures {
    /// Measures judgements against labels.
    #[must_use]
    pub fn of(judged: &[Judged]) -> Self {
        let count = |is: &dyn Fn(&Judged) -> bool| judged.iter().filter(|it| is(it)).count();
        let true_positives = count(&|it| it.score.picked && it.post.relevant);
        let false_positives = count(&|it| it.score.picked && !it.post.relevant);
        let relevant = count(&|it| it.post.relevant);
        let negatives = judged.len() - relevant;
        let is_hard = |it: &Judged| !it.post.relevant && it.post.kind == HARD_NEGATIVE;
        let topic = Quality::of(true_positives, false_positives, relevant - true_positives);
        let themes = theme_quality(judged);
        let false_positive_rate = ratio(false_positives, negatives);
        let (right, wrong) = (topic.recall * LIVE_PREVALENCE, false_positive_rate * (1.0 - LIVE_PREVALENCE));
        Self {
            items: judged.len(),
            relevant,
            true_positives,
            false_positives,
            false_negatives: relevant - true_positives,
            precision: topic.precision,
            recall: topic.recall,
            f1: topic.f1,
            average_precision: average_precision(judged),
            theme_micro_precision: themes.precision,
            theme_micro_recall: themes.recall,
            theme_micro_f1: themes.f1,
            hard_negatives: count(&is_hard),
            hard_negatives_passed: count(&|it| is_hard(it) && it.score.picked),
            false_positive_rate,
            precision_at_10_percent: if right > 0.0 { right / (right + wrong) } else { 0.0 },
        }
    }
}

struct Quality {
    precision: f64,
    recall: f64,
    f1: f64,
}

impl Quality {
    fn of(right: usize, wrong: usize, missed: usize) -> Self {
        let (precision, recall) = (ratio(right, right + wrong), ratio(right, right + missed));
        let sum = precision + recall;
        Self { precision, recall, f1: if sum > 0.0 { 2.0 * precision * recall / sum } else { 0.0 } }
    }
}

fn ratio(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

fn theme_quality(judged: &[Judged]) -> Quality {
    let (mut right, mut wrong, mut missed) = (0, 0, 0);
    for Judged { post, score } in judged {
        let set = |themes: &'_ [String], counts: bool| -> BTreeSet<String> {
            if counts { themes.iter().cloned().collect() } else { BTreeSet::new() }
        };
        let (labelled, given) = (set(&post.themes, post.relevant), set(&score.themes, score.picked));
        let both = given.intersection(&labelled).count();
        right += both;
        wrong += given.len() - both;
        missed += labelled.len() - both;
    }
    Quality::of(right, wrong, missed)
}

/// Precision at each relevant post of the ranking, averaged; posts of equal score are taken as one step.
fn average_precision(judged: &[Judged]) -> f64 {
    let mut ranking: Vec<_> = judged.iter().map(|it| (it.score.total, it.post.relevant)).collect();
    ranking.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    let (mut sum, mut relevant, mut seen) = (0.0, 0, 0);
    for step in ranking.chunk_by(|(a, _), (b, _)| a == b) {
        let hits = step.iter().filter(|(_, relevant)| *relevant).count();
        relevant += hits;
        seen += step.len();
        sum += hits as f64 * ratio(relevant, seen);
    }
    if relevant == 0 { 0.0 } else { sum / relevant as f64 }
}

#[cfg(test)]
mod tests;
