//! Turns the evidence of a text into its score: the sum of the phrases' points, the classifier's judgement, decisive
//! exclusions, and the themes that the evidence supports.

use std::cmp::Reverse;
use std::sync::Arc;

use super::{Bag, Classifier, Find, Phrase, Place, Reason, Score, Scorer, Speaks, Text};
use crate::domain::selection::classifier::probability::logistic;
use crate::domain::selection::training::MOST_THEMES;

/// The share of its worth that a phrase adds when it was already found in an earlier place.
const AGAIN: f32 = 0.5;
/// The share for phrases against the item outside the lead, where the post may be over and another one may begin.
const BELOW: f32 = 0.33;
/// A further theme needs this share of the strongest theme's evidence.
const FAIR_SHARE: f32 = 0.3;
/// Evidence beyond this, the worth of two strong phrases, does not raise the bar for further themes.
const AMPLE: f32 = 8.0;

/// The value of a theme's first phrase, in addition to its points, where a classifier also judges themes.
const ANY_PHRASE: f32 = 3.0;

/// The log-odds that a further theme needs if none of its phrases was found.
const WITHOUT_PHRASE: f32 = 1.0;
/// A phrase in the title with at least this many points, more than a weak one, names its theme.
const NAMES: f32 = 2.5;

/// The name of the reason that takes back the points above the cap for phrases.
const CAP: &str = "no more for phrases";
/// The name of the classifier's contribution.
const CLASSIFIER: &str = "classifier";

/// The evidence of the phrases.
struct Evidence {
    total: f32,
    by_theme: Vec<f32>,
    /// The themes that the title names.
    in_title: Vec<bool>,
    /// For each exclusion, its evidence where it may decide.
    against: Vec<f32>,
    /// Each reason with its exclusion, if it belongs to one.
    reasons: Vec<(Option<usize>, Reason)>,
}

/// The points from the phrases alone.
#[derive(Debug)]
pub(crate) struct Points {
    /// Their sum, up to the cap for all phrases.
    pub(crate) total: f32,
    /// The points of each theme.
    pub(crate) by_theme: Vec<f32>,
}

/// A key that orders weights by absolute value: IEEE 754 bit patterns without the sign sort like the numbers.
fn magnitude(weight: f32) -> u32 {
    weight.abs().to_bits()
}

/// Converts log-odds to a probability in percent.
fn percent(log_odds: f32) -> f32 {
    #[expect(clippy::cast_possible_truncation, reason = "a probability needs a few digits")]
    let probability = logistic(log_odds.into()) as f32;
    probability * 100.0
}

impl Evidence {
    /// Converts points to log-odds.
    fn scale(&mut self, per_point: f32) {
        self.total *= per_point;
        self.reasons.iter_mut().for_each(|(_, reason)| reason.weight *= per_point);
    }

    /// Adds a contribution that does not come from a phrase of the topic file.
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

/// Keeps those of these finds, heaviest first, that have a word not yet used by a heavier one, so that "integrated
/// care" does not count again as `integrat* ~5 care`.
fn without_repeats<'f, 'a: 'f>(finds: impl Iterator<Item = &'f Find<'a>>) -> Vec<&'f Find<'a>> {
    let mut paid: Vec<&Find<'_>> = Vec::new();
    for find in finds {
        if !find.each_word().all(|word| paid.iter().any(|other| other.has_word(word))) {
            paid.push(find);
        }
    }
    paid
}

impl Scorer {
    pub(super) fn weigh(&self, finds: Vec<Find<'_>>, bag: &Bag, text: &Text<'_>) -> Score {
        let mut evidence = self.of_phrases(finds);
        let capped = evidence.total.clamp(-self.most, self.most);
        evidence.add(CAP, String::new(), Place::Text, capped - evidence.total);
        let mut per_point = 1.0;
        let judge = |classifier: &Arc<Classifier>| classifier.judge(bag, &[text.title, text.summary, text.content]);
        let judgement = self.classifier.as_ref().map(judge);
        if let Some(judgement) = &judgement {
            per_point = judgement.per_point;
            evidence.scale(per_point);
            evidence.add(CLASSIFIER, judgement.decisive.join(", "), Place::Classifier, judgement.log_odds);
        }
        evidence.add("prior", String::new(), Place::Feed, text.prior * per_point);

        let Evidence { total, by_theme, in_title, against, mut reasons } = evidence;
        let decides = |exclusion: usize| {
            self.exclusions[exclusion].is_decisive && against[exclusion] >= self.decisive.max(f32::MIN_POSITIVE)
        };
        let excluded: Vec<String> =
            (0..against.len()).filter(|it| decides(*it)).map(|it| self.exclusions[it].reason.to_string()).collect();
        reasons.sort_by_cached_key(|(against, reason)| {
            (Reverse(against.is_some_and(decides)), &*reason.phrase == CAP, Reverse(magnitude(reason.weight)))
        });
        let is_out = !excluded.is_empty();
        let total = if self.classifier.is_some() { percent(total) } else { total };
        let total = if is_out { total.min(0.0) } else { total };
        let is_clear = !is_out && total >= self.threshold;
        // However wide the margin, an item without any evidence is not borderline.
        let borderline = !is_out && !is_clear && total > 0.0 && total >= self.threshold - self.borderline.margin;
        let selected = is_clear || borderline && self.borderline.is_in;
        let themes = match self.classifier.as_ref().zip(judgement) {
            _ if !selected && !borderline => Vec::new(),
            Some((classifier, judgement)) => {
                let log_odds = classifier.judge_themes(bag, &judgement, &self.for_themes(&by_theme));
                self.likeliest(&log_odds, &by_theme, &in_title)
            }
            None => self.strongest(&by_theme),
        };
        let reasons = reasons.into_iter().map(|(_, reason)| reason).collect();
        Score { total, selected, borderline, themes, language: None, excluded, reasons }
    }

    fn of_phrases(&self, mut found: Vec<Find<'_>>) -> Evidence {
        // A phrase counts once for each place, at its best; of equals the first, because the sort is stable.
        found.sort_by_cached_key(|find| (find.phrase, find.place, Reverse(magnitude(find.worth))));
        found.dedup_by_key(|find| (find.phrase, find.place));
        let mut last = None;
        for find in &mut found {
            if last.replace(find.phrase) == Some(find.phrase) {
                find.worth *= AGAIN;
            }
            if matches!(find.speaks, Speaks::Against(_)) && !find.leads {
                // The beginning of a post shows what kind of post it is; a paragraph at the end does not change that.
                find.worth *= BELOW;
            }
        }
        // A `~` phrase of an exclusion also takes words from other phrases, as a longer phrase does from shorter ones:
        // "a film co-production" tells which meaning of co-production applies.
        let is_against = |find: &Find<'_>| matches!(find.speaks, Speaks::Against(_));
        let is_another_sense = |find: &Find<'_>| {
            !is_against(find)
                && found.iter().any(|sense| is_against(sense) && sense.covers(find) && !find.covers(sense))
        };
        let taken: Vec<bool> = found.iter().map(is_another_sense).collect();
        let mut taken = taken.into_iter();
        found.retain(|_| !taken.next().unwrap_or_default());
        found.sort_by_key(|find| Reverse(magnitude(find.worth)));
        let within = |speaks| found.iter().filter(move |find| find.speaks == speaks);
        let sum = |finds: Vec<&Find<'_>>| finds.into_iter().map(|find| find.worth).sum::<f32>();
        let by_theme = (0..self.themes.len()).map(|theme| sum(without_repeats(within(Speaks::ForTheme(theme)))));
        let mut in_title = vec![false; self.themes.len()];
        for find in found.iter().filter(|find| find.place == Place::Title && find.worth >= NAMES) {
            if let Speaks::ForTheme(theme) = find.speaks {
                in_title[theme] = true;
            }
        }
        let mut evidence = Evidence {
            total: 0.0,
            by_theme: by_theme.collect(),
            in_title,
            against: vec![0.0; self.exclusions.len()],
            reasons: Vec::with_capacity(found.len() + 3),
        };
        for find in without_repeats(found.iter().filter(|find| !matches!(find.speaks, Speaks::Against(_)))) {
            let label = match find.speaks {
                Speaks::ForTheme(theme) => Some(&self.themes[theme]),
                _ => None,
            };
            evidence.take(None, self.reason(find, find.worth, label));
        }
        for (number, exclusion) in self.exclusions.iter().enumerate() {
            // Where the text is judged as a whole, a mention says little. Where phrases are the only evidence, they
            // count fully.
            let is_capped = self.classifier.is_some() && !exclusion.is_decisive;
            let mut left = if is_capped { exclusion.heaviest } else { f32::INFINITY };
            for find in without_repeats(within(Speaks::Against(number))) {
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
        let mut ranked: Vec<usize> = (0..by_theme.len()).filter(|theme| by_theme[*theme] > 0.0).collect();
        ranked.sort_by(|a, b| by_theme[*b].total_cmp(&by_theme[*a]));
        let least = ranked.first().map_or(0.0, |first| by_theme[*first].min(AMPLE) * FAIR_SHARE);
        let (first, further) = ranked.split_at(ranked.len().min(1));
        let further = further.iter().filter(|theme| by_theme[**theme] >= least);
        first.iter().chain(further).take(MOST_THEMES).map(|theme| self.themes[*theme].to_string()).collect()
    }

    /// The likeliest theme, and further ones by log-odds: those that the title names, and those that are likely enough.
    /// The bar is higher for a theme without a phrase that could be given as the reason. Ties keep the order of the
    /// topic file.
    fn likeliest(&self, log_odds: &[f32], by_theme: &[f32], in_title: &[bool]) -> Vec<String> {
        let mut ranked: Vec<usize> = (0..log_odds.len()).collect();
        ranked.sort_by(|a, b| log_odds[*b].total_cmp(&log_odds[*a]));
        let least = |theme: usize| if by_theme[theme] > 0.0 { 0.0 } else { WITHOUT_PHRASE };
        let is_likely = |theme: usize| in_title[theme] || log_odds[theme] >= least(theme);
        let joins = |(rank, theme): &(usize, usize)| *rank == 0 || is_likely(*theme);
        let joined = ranked.into_iter().enumerate().filter(joins).take(MOST_THEMES);
        joined.map(|(_, theme)| self.themes[theme].to_string()).collect()
    }

    /// The points of these finds, from the phrases alone.
    pub(super) fn points_of(&self, finds: Vec<Find<'_>>) -> Points {
        let Evidence { total, by_theme, .. } = self.of_phrases(finds);
        Points { total: total.clamp(-self.most, self.most), by_theme: self.for_themes(&by_theme) }
    }

    /// The evidence of the phrases for each theme, beside the classifier: having any phrase matters most.
    fn for_themes(&self, by_theme: &[f32]) -> Vec<f32> {
        let worth = |points: &f32| if *points > 0.0 { (points + ANY_PHRASE).min(self.most) } else { *points };
        by_theme.iter().map(worth).collect()
    }
}
