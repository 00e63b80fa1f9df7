//! Near misses: for each other sense of the topic's words and each genre that is out, posts that must stay out
//! although they use the words, and neighbours that look like them and must be in. All are invented.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use policy_digest::config;
use policy_digest::domain::selection::relevance::{Score, Scorer, Text};

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Post {
    id: String,
    title: String,
    text: String,
    relevant: bool,
    /// The sense or the genre that it is, or only looks like.
    because: String,
}

fn posts() -> Vec<Post> {
    let posts = include_str!("../fixtures/relevance/near_misses.jsonl").lines();
    posts.map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))).collect()
}

/// The three heaviest reasons, on one line.
fn strongest(score: &Score) -> String {
    let reasons = score.reasons.iter().take(3);
    reasons.map(|reason| format!("{:+.1} {}", reason.weight, reason.found)).collect::<Vec<_>>().join("; ")
}

#[test]
fn no_near_miss_is_taken_for_its_neighbour() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("config");
    let scorer = Scorer::new(&config::load(&folder, None, &[]).unwrap().topic);
    let mut wrong = Vec::new();
    for post in posts() {
        let score = scorer.score(&Text { title: &post.title, content: &post.text, ..Text::default() });
        if score.selected != post.relevant {
            let kind = if post.relevant { "missed" } else { "passed" };
            wrong.push(format!("{kind} {:>5.1} {} ({}): {}", score.total, post.id, post.title, strongest(&score)));
        }
    }
    wrong.sort();
    assert!(wrong.is_empty(), "{} of {} are judged wrongly:\n{}", wrong.len(), posts().len(), wrong.join("\n"));
}

#[test]
fn every_sense_and_genre_has_posts_on_both_sides() {
    let posts = posts();
    let mut sides: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for post in &posts {
        let (inside, outside) = sides.entry(&post.because).or_default();
        *if post.relevant { inside } else { outside } += 1;
    }
    assert!(posts.len() >= 80 && sides.len() >= 40, "{} posts on {} senses and genres", posts.len(), sides.len());
    assert!(sides.values().all(|(inside, outside)| inside == outside && *inside > 0), "{sides:#?}");
    let ids: BTreeSet<_> = posts.iter().map(|post| &post.id).collect();
    assert_eq!(ids.len(), posts.len(), "every id is its own");
}
