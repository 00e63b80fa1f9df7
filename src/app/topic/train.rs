//! Trains the topic's classifier from labelled posts, and tells by cross-validation what it is worth: the posts
//! are parted by source, each part is judged by a classifier of the others, at a threshold that the others have set.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::eval::{Figures, Judged, Labelled, judge};
use crate::domain::relevance::Scorer;
use crate::domain::topic::{Classifier, Topic};
use crate::domain::training::{self, Example};

/// What cross-validation has shown.
#[derive(Debug, Clone)]
pub struct Validation {
    /// Over all parts.
    pub figures: Figures,
    /// That each part was judged by.
    pub thresholds: Vec<f32>,
    /// That all posts together would set.
    pub threshold: f32,
}

/// Trains on all posts, and on those of `others`, which are of another kind and count for less. The classifier comes
/// with its file.
#[must_use]
pub fn train(topic: &Topic, posts: &[&Labelled], others: &[&Labelled]) -> (Classifier, Vec<u8>) {
    let examples = |posts: &[&Labelled]| -> Vec<Example> { posts.iter().map(|post| example(post)).collect() };
    training::train(topic, &examples(posts), &examples(others))
}

fn example(post: &Labelled) -> Example {
    Example {
        title: post.title.clone(),
        text: post.text().content.to_owned(),
        source: post.source().to_owned(),
        relevant: post.relevant,
        borderline: post.borderline,
        themes: post.themes.clone(),
    }
}

/// Cross-validates over `posts`; the posts of `always` are trained on for every part.
#[must_use]
pub fn cross_validate(topic: &Topic, posts: &[Labelled], always: &[Labelled], parts: usize) -> Validation {
    let all: Vec<&Labelled> = posts.iter().collect();
    let always: Vec<&Labelled> = always.iter().collect();
    let part_of = parted(&all, parts);
    let (mut judged, mut thresholds) = (Vec::new(), Vec::new());
    for part in 0..parts {
        let side = |within: bool| -> Vec<&Labelled> {
            let posts = all.iter().zip(&part_of).filter(|(_, of)| (**of == part) == within);
            posts.map(|(post, _)| *post).collect()
        };
        let (rest, held_out) = (side(false), side(true));
        // The threshold is set on posts that the model which scores them has not seen, either.
        let threshold = best_threshold(&scored_unseen(topic, &rest, &always, parts));
        thresholds.push(threshold);
        judged.extend(judge_with(topic, &rest, &always, &held_out, threshold));
    }
    let threshold = best_threshold(&scored_unseen(topic, &all, &always, parts));
    Validation { figures: Figures::of(&judged), thresholds, threshold }
}

/// Each post's score by a model of the other parts, and whether it is relevant.
fn scored_unseen(topic: &Topic, posts: &[&Labelled], always: &[&Labelled], parts: usize) -> Vec<(f32, bool)> {
    let part_of = parted(posts, parts);
    let mut scores = Vec::with_capacity(posts.len());
    for part in 0..parts {
        let (held_out, rest): (Vec<_>, Vec<_>) = posts.iter().zip(&part_of).partition(|(_, of)| **of == part);
        let only = |side: Vec<(&&'_ Labelled, &usize)>| -> Vec<Labelled> {
            side.into_iter().map(|(post, _)| (*post).clone()).collect()
        };
        let (held_out, rest) = (only(held_out), only(rest));
        let (held_out, rest): (Vec<_>, Vec<_>) = (held_out.iter().collect(), rest.iter().collect());
        let judged = judge_with(topic, &rest, always, &held_out, topic.threshold);
        scores.extend(judged.into_iter().map(|it| (it.score.total, it.post.relevant)));
    }
    scores
}

fn judge_with(
    topic: &Topic,
    rest: &[&Labelled],
    always: &[&Labelled],
    held_out: &[&Labelled],
    threshold: f32,
) -> Vec<Judged> {
    let (classifier, _) = train(topic, rest, always);
    let scorer = Scorer::new(&Topic { classifier: Some(Arc::new(classifier)), threshold, ..topic.clone() });
    judge(&scorer, held_out.iter().map(|post| (*post).clone()).collect())
}

/// For each post, the number of its part: hosts stay together, the largest are dealt out first.
fn parted(posts: &[&Labelled], parts: usize) -> Vec<usize> {
    let mut hosts: BTreeMap<&str, usize> = BTreeMap::new();
    for post in posts {
        *hosts.entry(post.source()).or_default() += 1;
    }
    let mut by_size: Vec<(&str, usize)> = hosts.into_iter().collect();
    by_size.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    let mut sizes = vec![0; parts.max(1)];
    let mut dealt = BTreeMap::new();
    for (host, size) in by_size {
        let smallest = (0..sizes.len()).min_by_key(|part| sizes[*part]).unwrap_or_default();
        sizes[smallest] += size;
        dealt.insert(host, smallest);
    }
    posts.iter().map(|post| dealt[post.source()]).collect()
}

/// A threshold must keep so much of what is relevant, some more than the nine in ten that are asked of the digest,
/// because posts that nobody has labelled are harder.
const LEAST_RECALL: f64 = 0.93;

/// Of the thresholds that keep enough, the most precise, half-way to the next score below.
fn best_threshold(scores: &[(f32, bool)]) -> f32 {
    let mut ranked = scores.to_vec();
    ranked.sort_by(|a, b| b.0.total_cmp(&a.0));
    let relevant = ranked.iter().filter(|(_, is)| *is).count() as f64;
    let (mut best, mut threshold, mut right) = (0.0, 0.0, 0_u32);
    for (place, (score, is)) in ranked.iter().enumerate() {
        right += u32::from(*is);
        let next = ranked.get(place + 1).map_or(*score, |(next, _)| *next);
        let precision = f64::from(right) / (place + 1) as f64;
        if next < *score && f64::from(right) >= relevant * LEAST_RECALL && precision > best {
            (best, threshold) = (precision, (score + next) / 2.0);
        }
    }
    threshold
}

#[cfg(test)]
mod tests {
    use super::*;

    fn post(id: &str, host: &str) -> Labelled {
        serde_json::from_str(&format!(r#"{{"id":"{id}","host":"{host}","relevant":true}}"#)).unwrap()
    }

    #[test]
    fn a_host_stays_together_and_parts_are_even() {
        let posts = [post("1", "a"), post("2", "a"), post("3", "b"), post("4", "c"), post("5", ""), post("6", "")];
        let parts = parted(&posts.iter().collect::<Vec<_>>(), 3);
        assert_eq!(parts[0], parts[1]);
        assert!((0..3).all(|part| parts.iter().filter(|of| **of == part).count() == 2), "{parts:?}");
    }

    #[test]
    fn the_threshold_lies_between_the_scores_that_it_parts() {
        assert_eq!(best_threshold(&[(5.0, true), (4.0, true), (2.0, false), (1.0, false)]), 3.0);
    }
}
