//! Ranks the stories of a digest: by worth, unless an administrator's pins or an editor's order come before it.

use std::cmp::Ordering;
use std::collections::HashMap;

use chrono::{DateTime, Utc};
use url::Url;

use super::{SectionOutline, Story, place};
use crate::domain::items::canonical::canonical;

/// The factor for each further story of one source.
const SAME_SOURCE: f32 = 0.85;

/// The share of its score that the newest story gains.
const NEWEST_GAINS: f32 = 0.1;
/// A story this much older than the newest gains nothing: a week, in seconds.
const OLD_AFTER: f32 = 7.0 * 24.0 * 60.0 * 60.0;

/// What comes before the stories' worth. By default nothing does.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Arrangement {
    /// The canonical links of stories that go first, in this order; a link that no story has is ignored.
    pins: Vec<String>,
    /// The story that leads the digest: its section is the first one, and it is the first story in it.
    lead: Option<i64>,
    /// The `seq` of all stories in the order that an editor gave them; empty if no editor did. Others come after them.
    order: Vec<i64>,
}

impl Arrangement {
    /// The stories with these links go first; any spelling of the same link will do.
    #[must_use]
    pub fn pinned(pins: &[Url]) -> Self {
        Self { pins: pins.iter().map(canonical).collect(), ..Self::default() }
    }

    /// The same with an editor's lead, and an editor's order, which replaces the pins unless it is empty.
    #[must_use]
    pub fn edited(self, lead: Option<i64>, order: &[i64]) -> Self {
        Self { lead, order: order.to_vec(), ..self }
    }

    /// The rank of a story by this alone; stories of equal rank are ranked by worth.
    fn rank(&self, story: &Story) -> usize {
        if self.lead == Some(story.seq) {
            return 0;
        }
        if !self.order.is_empty() {
            return 1 + self.order.iter().position(|seq| *seq == story.seq).unwrap_or(self.order.len());
        }
        if self.pins.is_empty() {
            return 1;
        }
        let link = canonical(&story.link);
        1 + self.pins.iter().position(|pin| *pin == link).unwrap_or(self.pins.len())
    }

    /// Whether this story, the first of its digest, was put there by a person.
    pub(super) fn leads_with(&self, story: &Story) -> bool {
        self.lead == Some(story.seq)
            || self.order.first() == Some(&story.seq)
            || (self.order.is_empty() && self.rank(story) <= self.pins.len() && !self.pins.is_empty())
    }
}

/// The `seq` of all these stories, the best first, as a digest for all themes would rank them.
#[must_use]
pub fn order(stories: &[Story], sections: &[SectionOutline], arrangement: &Arrangement) -> Vec<i64> {
    let placed = stories.iter().filter_map(|story| Some((place(story, sections, None)?, story))).collect();
    ranked(placed, arrangement).into_iter().map(|(_, story)| story.seq).collect()
}

/// A story that is being ranked.
struct Ranked<'a> {
    /// From the arrangement.
    rank: usize,
    worth: f32,
    place: usize,
    story: &'a Story,
}

/// Ranks the stories, best first, by the rule at the top of `digest`.
pub(super) fn ranked<'a>(stories: Vec<(usize, &'a Story)>, arrangement: &Arrangement) -> Vec<(usize, &'a Story)> {
    let newest = stories.iter().filter_map(|(_, story)| story.published).max();
    let weigh = |(place, story): (usize, &'a Story)| Ranked {
        rank: arrangement.rank(story),
        worth: fresh_worth(story, newest),
        place,
        story,
    };
    let mut ranked: Vec<Ranked<'_>> = stories.into_iter().map(weigh).collect();
    ranked.sort_by(best_first);
    let mut seen: HashMap<String, i32> = HashMap::new();
    for Ranked { worth, story, .. } in &mut ranked {
        let earlier = seen.entry(story.source.clone()).or_default();
        if *worth > 0.0 {
            *worth *= SAME_SOURCE.powi(*earlier);
        }
        *earlier += 1;
    }
    ranked.sort_by(best_first);
    ranked.into_iter().map(|ranked| (ranked.place, ranked.story)).collect()
}

fn best_first(a: &Ranked<'_>, b: &Ranked<'_>) -> Ordering {
    a.rank.cmp(&b.rank).then(b.worth.total_cmp(&a.worth)).then(a.story.seq.cmp(&b.story.seq))
}

/// The score with the bonus for newness.
fn fresh_worth(story: &Story, newest: Option<DateTime<Utc>>) -> f32 {
    let Some((published, newest)) = story.published.zip(newest).filter(|_| story.score > 0.0) else {
        return story.score;
    };
    let age = (newest - published).as_seconds_f32();
    story.score * (1.0 + NEWEST_GAINS * (1.0 - age / OLD_AFTER).max(0.0))
}
