//! Trains the topic's classifier from labelled posts.

use super::eval::Labelled;
use crate::domain::selection::topic::{Classifier, Topic};
use crate::domain::selection::training;
use crate::domain::selection::training::Example;

/// Trains on all posts, and with a lower weight on `others`, which are not real posts. Returns the classifier and its
/// file.
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
