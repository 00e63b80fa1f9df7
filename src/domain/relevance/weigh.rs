//! From what was seen in a text to its score: the phrases' weights added up, the judgement of its wording beside
//! them, exclusions that decide, and the themes that its evidence carries.

use std::cmp::Reverse;
use std::ops::Range;
use std::sync::Arc;

use super::{Find, Phrase, Place, Reason, Score, Scorer, Seen, Speaks};
use crate::domain::topic::Weighing;

/// A phrase that was already found in a place before this one adds only this part of its worth.
const AGAIN: f32 = 0.5;
/// And what speaks against it only this part, where the post may be over and another one begun.
const BELOW: f32 = 0.33;
/// No item is filed under more themes.
const MOST_THEMES: usize = 3;
/// A further theme needs this share of the strongest one's evidence.
const FAIR_SHARE: f32 = 0.3;
/// Evidence above this, two strong phrases, makes a theme no harder to join.
const AMPLE: f32 = 8.0;
/// The share where the wording is judged, too; found by cross-validation, as is the next.
const FAIR_SHARE_JUDGED: f32 = 0.4;
/// A further theme needs so much evidence where the wording is judged, the first one half of it.
const LEAST: f32 = 3.5;

/// The name of the reason that takes back what many phrases have too much.
const CAP: &str = "no more for phrases";

/// What the phrases say.
struct Evidence {
    total: f32,
    by_theme: Vec<f32>,
    /// For each exclusion, what stands where it may decide.
    against: Vec<f32>,
    /// Each with the exclusion that it belongs to.
    reasons: Vec<(Option<usize>, Reason)>,
}

/// Ordered as the numbers are without their sign: IEEE 754 is made so.
fn magnitude(weight: f32) -> u32 {
    weight.abs().to_bits()
}

impl Evidence {
    /// Adds what no phrase of the topic file says.
    fn add(&mut self, phrase: &str, found: String, place: Place, weight: f32) {
        if weight != 0.0 {
            self.take(None, Reason { phrase: phrase.into(), found, place, weight, label: None, is_telling: false });
        }
    }

    fn take(&mut self, exclusion: Option<usize>, reason: Reason) {
        self.total += reason.weight;
        self.reasons.push((exclusion, reason));
    }
}

/// Of these finds, heaviest first, those with a word that no heavier one has earned: "integrated care" is not paid again as
/// `integrat* ~5 care`.
fn paid_once<'f, 'a: 'f>(finds: impl Iterator<Item = &'f Find<'a>>) -> Vec<&'f Find<'a>> {
    let mut paid: Vec<&Find<'_>> = Vec::new();
    for find in finds {
        let is_paid = |word| paid.iter().any(|other| other.words.iter().any(|words| words.contains(&word)));
        if !find.words.iter().flat_map(Range::clone).all(is_paid) {
            paid.push(find);
        }
    }
    paid
}

impl Scorer {
    pub(super) fn weigh(&self, seen: Seen<'_>, prior: f32) -> Score {
        let mut evidence = self.of_phrases(seen.finds);
        let capped = evidence.total.clamp(-self.most, self.most);
        evidence.add(CAP, String::new(), Place::Text, capped - evidence.total);
        if let Some(Weighing { model, weight, for_themes }) = seen.wording
            && let Some(judgement) = model.judge(&seen.bag)
        {
            evidence.add("wording", judgement.decisive.join(", "), Place::Wording, judgement.topic * weight);
            for (of_theme, judged) in evidence.by_theme.iter_mut().zip(judgement.themes) {
                *of_theme = of_theme.min(self.most) + (judged + 1.0) * for_themes;
            }
        }
        evidence.add("prior", String::new(), Place::Feed, prior);

        let Evidence { total, by_theme, against, mut reasons } = evidence;
        let decides = |exclusion: usize| {
            self.exclusions[exclusion].is_decisive && against[exclusion] >= self.decisive.max(f32::MIN_POSITIVE)
        };
        let excluded: Vec<String> =
            (0..against.len()).filter(|it| decides(*it)).map(|it| self.exclusions[it].reason.to_string()).collect();
        reasons.sort_by_cached_key(|(against, reason)| {
            (Reverse(against.is_some_and(decides)), &*reason.phrase == CAP, Reverse(magnitude(reason.weight)))
        });
        let is_out = !excluded.is_empty();
        let total = if is_out { total.min(0.0) } else { total };
        let is_clear = !is_out && total >= self.threshold;
        // However wide the margin: without any evidence nothing is borderline.
        let borderline = !is_out && !is_clear && total > 0.0 && total >= self.threshold - self.borderline.margin;
        let picked = is_clear || borderline && self.borderline.is_in;
        let themes = if picked || borderline { self.strongest(&by_theme) } else { Vec::new() };
        let reasons = reasons.into_iter().map(|(_, reason)| reason).collect();
        Score { total, picked, borderline, themes, language: None, excluded, reasons }
    }

    fn of_phrases(&self, mut found: Vec<Find<'_>>) -> Evidence {
        // What a place says twice counts once, at its best; of equals the first, as the sort is stable.
        found.sort_by_cached_key(|find| (find.phrase, find.place, Reverse(magnitude(find.worth))));
        found.dedup_by_key(|find| (find.phrase, find.place));
        let mut last = None;
        for find in &mut found {
            if last.replace(find.phrase) == Some(find.phrase) {
                find.worth *= AGAIN;
            }
            if matches!(find.speaks, Speaks::Against(_)) && !find.leads {
                // What kind of post it is shows at its beginning; a paragraph at the end makes it no other.
                find.worth *= BELOW;
            }
        }
        found.sort_by_key(|find| Reverse(magnitude(find.worth)));
        let within = |speaks| found.iter().filter(move |find| find.speaks == speaks);
        let sum = |finds: Vec<&Find<'_>>| finds.into_iter().map(|find| find.worth).sum::<f32>();
        let by_theme = (0..self.themes.len()).map(|theme| sum(paid_once(within(Speaks::ForTheme(theme)))));
        let mut evidence = Evidence {
            total: 0.0,
            by_theme: by_theme.collect(),
            against: vec![0.0; self.exclusions.len()],
            reasons: Vec::with_capacity(found.len() + 3),
        };
        for find in paid_once(found.iter().filter(|find| !matches!(find.speaks, Speaks::Against(_)))) {
            let label = match find.speaks {
                Speaks::ForTheme(theme) => Some(&self.themes[theme]),
                _ => None,
            };
            evidence.take(None, self.reason(find, find.worth, label));
        }
        for (number, exclusion) in self.exclusions.iter().enumerate() {
            // Of a text that is judged as a whole, what it mentions says little. Where phrases are all there is, they count.
            let is_capped = self.wording.is_some() && !exclusion.is_decisive;
            let mut left = if is_capped { exclusion.heaviest } else { f32::INFINITY };
            for find in paid_once(within(Speaks::Against(number))) {
                if find.leads {
                    evidence.against[number] += find.worth;
                }
                let worth = find.worth.min(left);
                left -= worth;
                if worth > 0.0 {
                    evidence.take(Some(number), self.reason(find, -worth, Some(&exclusion.reason)));
                }
            }
        }
        evidence
    }

    fn reason(&self, find: &Find<'_>, weight: f32, label: Option<&Arc<str>>) -> Reason {
        let Phrase { source, is_telling, .. } = &self.phrases[find.phrase];
        let (phrase, found, label) = (Arc::clone(source), find.quote.to_owned(), label.cloned());
        Reason { phrase, found, place: find.place, weight, label, is_telling: *is_telling }
    }

    /// One to three themes by their own evidence; ties keep the order of the topic file.
    fn strongest(&self, by_theme: &[f32]) -> Vec<String> {
        let (floor, share, ample) = match self.wording {
            Some(_) => (LEAST, FAIR_SHARE_JUDGED, f32::INFINITY),
            None => (0.0, FAIR_SHARE, AMPLE),
        };
        let mut ranked: Vec<usize> = (0..by_theme.len()).filter(|theme| by_theme[*theme] > floor / 2.0).collect();
        ranked.sort_by(|a, b| by_theme[*b].total_cmp(&by_theme[*a]));
        let least = ranked.first().map_or(0.0, |first| by_theme[*first].min(ample) * share).max(floor);
        let (first, further) = ranked.split_at(ranked.len().min(1));
        let further = further.iter().filter(|theme| by_theme[**theme] >= least);
        first.iter().chain(further).take(MOST_THEMES).map(|theme| self.themes[*theme].to_string()).collect()
    }
}
