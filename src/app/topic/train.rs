//! Trains the topic's classifier from labelled posts.

use super::eval::Labelled;
use crate::domain::topic::{Topic, Wording};
use crate::domain::training::{self, Example};

/// Trains on all posts.
#[must_use]
pub fn train(topic: &Topic, posts: &[&Labelled]) -> Wording {
    let examples: Vec<Example> = posts
        .iter()
        .map(|post| Example {
            title: post.title.clone(),
            text: post.text().content.to_owned(),
            relevant: post.relevant,
            themes: post.themes.clone(),
        })
        .collect();
    let themes: Vec<String> = topic.themes.iter().map(|theme| theme.name.clone()).collect();
    training::train(&examples, &themes)
}
