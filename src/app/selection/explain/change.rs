//! Finds what would change a decision: how far an item is from the threshold, and its score without each reason. Each
//! phrase is removed from the topic and the item judged again, so that shorter phrases which it covered count.

use std::sync::Arc;

use crate::domain::selection::relevance::{Place, Reason, Score, Scorer, Text};
use crate::domain::selection::topic::{Scale, Term, Topic};

/// The largest distance that is tried, in points.
const FARTHEST: f32 = 1_000.0;
/// The precision of a distance, in points; it is shown with one decimal.
const EXACT: f32 = 0.02;
/// The maximum number of phrases named in a sentence.
const NAMED: usize = 3;

/// The judgement of an item without one of its reasons.
#[derive(Debug, Clone, PartialEq)]
pub struct Without {
    /// The reason's phrase.
    pub phrase: Arc<str>,
    /// The theme, or the exclusion's reason, that it belongs to.
    pub label: Option<Arc<str>>,
    /// The score without it.
    pub score: f32,
    /// Whether the item would be selected without it.
    pub is_selected: bool,
}

/// What would change the decision.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Change {
    /// For each phrase found and for the feed's prior, in the order of the reasons.
    pub without: Vec<Without>,
    /// The points that an item would need to be selected, or could lose and stay selected; `None` if no number of
    /// points would change the decision.
    pub distance: Option<f32>,
}

impl Change {
    /// Judges the item again without each reason of its score.
    #[must_use]
    pub fn of(scorer: &Scorer, topic: &Topic, text: &Text<'_>, score: &Score) -> Self {
        let mut without: Vec<Without> = Vec::new();
        for Reason { phrase, label, place, .. } in &score.reasons {
            if without.iter().any(|it| it.phrase == *phrase && it.label == *label) {
                continue;
            }
            let other = match place {
                Place::Feed => Some(scorer.score(&Text { prior: 0.0, ..*text })),
                Place::Classifier => None,
                _ => without_phrase(topic, phrase, label.as_deref()).map(|topic| Scorer::new(&topic).score(text)),
            };
            let Some(Score { total, selected, .. }) = other else { continue };
            let (phrase, label) = (Arc::clone(phrase), label.clone());
            without.push(Without { phrase, label, score: total, is_selected: selected });
        }
        Self { without, distance: distance(scorer, text, score.selected) }
    }

    /// The reasons that decide alone: without any one of them the decision would be different.
    pub fn deciding(&self, is_selected: bool) -> impl Iterator<Item = &Without> {
        self.without.iter().filter(move |it| it.is_selected != is_selected)
    }

    /// The change in one or two sentences.
    #[must_use]
    pub fn sentences(&self, score: &Score, topic: &Topic) -> String {
        let name = |it: &Without| format!("`{}` ({})", it.phrase, topic.scale().show(it.score));
        let deciding: Vec<String> = self.deciding(score.selected).take(NAMED).map(name).collect();
        let other = if score.selected { "out" } else { "in" };
        let unit = match topic.scale() {
            Scale::Points => "points",
            Scale::Probability => "points of phrases",
        };
        let points = self.distance.map(|points| format!("{points:.1} {unit}"));
        match (deciding.as_slice(), score.selected, points) {
            ([], true, Some(points)) => {
                format!("It would be out with {points} less; no single reason decides.")
            }
            ([], true, None) => "No single reason decides.".to_owned(),
            ([], false, Some(points)) => format!("It would be in with {points} more."),
            ([], false, None) if score.excluded.len() + self.without.len() > 0 => {
                "It would be out without any one of these reasons, too.".to_owned()
            }
            ([], false, None) => String::new(),
            ([one], ..) => format!("It would be {other} without {one}."),
            (several, ..) => format!("It would be {other} without any one of {}.", several.join(", ")),
        }
    }
}

/// The topic without a phrase; `None` if it has no such phrase.
fn without_phrase(topic: &Topic, phrase: &str, label: Option<&str>) -> Option<Topic> {
    let mut topic = topic.clone();
    let terms: &mut Vec<Term> = match label {
        None => &mut topic.general,
        Some(label) => {
            let theme = topic.themes.iter_mut().find(|theme| theme.name == label).map(|theme| &mut theme.terms);
            let exclusions = &mut topic.exclusions;
            theme.or_else(|| exclusions.iter_mut().find(|it| it.reason == label).map(|it| &mut it.terms))?
        }
    };
    let before = terms.len();
    terms.retain(|term| term.pattern.source != phrase);
    (terms.len() < before).then_some(topic)
}

/// The points, for or against, that would change the decision.
fn distance(scorer: &Scorer, text: &Text<'_>, is_selected: bool) -> Option<f32> {
    let changes = |points: f32| {
        let prior = text.prior + if is_selected { -points } else { points };
        scorer.score(&Text { prior, ..*text }).selected != is_selected
    };
    let mut enough = 1.0;
    while !changes(enough) {
        enough *= 2.0;
        if enough > FARTHEST {
            return None;
        }
    }
    let mut too_little = if enough > 1.0 { enough / 2.0 } else { 0.0 };
    while enough - too_little > EXACT {
        let between = f32::midpoint(too_little, enough);
        if changes(between) { enough = between } else { too_little = between }
    }
    Some(enough)
}
