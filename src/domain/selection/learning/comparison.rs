//! Compares two classifiers on the same labels. Two questions decide: does neither precision nor recall fall, and are the
//! items on which the two differ better than chance? An added item counts as its label says, less the share of relevant
//! ones among all that were left out; a dropped one the other way round. So labels that have nothing to do with the texts
//! add up to nothing, whatever number is selected.
//!
//! Items of one source are alike. The bootstrap (Efron 1979) therefore draws whole sources, the same ones for both.

use std::collections::BTreeMap;

use super::{
    BackTest, Changes, FEW_SOURCES, LEAST_LABELS, LEAST_OF_EACH, LEAST_SOURCES, Lesson, Quality, SURE, Threshold,
    Verdict,
};
use crate::domain::selection::measures::{Estimate, RESAMPLES, interval};
use crate::domain::selection::random::Random;

/// One editor's label, and its log-odds under both classifiers.
pub(super) struct Judged<'a> {
    pub(super) lesson: &'a Lesson,
    pub(super) before: f64,
    pub(super) after: f64,
}

/// Weighted counts of items that are right (selected and relevant), selected, and relevant.
#[derive(Clone, Copy, Default)]
struct Count {
    right: f64,
    selected: f64,
    relevant: f64,
}

impl Count {
    fn take(&mut self, lesson: &Lesson, is_selected: bool) {
        let weight = lesson.stands_for;
        self.selected += if is_selected { weight } else { 0.0 };
        self.relevant += if lesson.relevant { weight } else { 0.0 };
        self.right += if is_selected && lesson.relevant { weight } else { 0.0 };
    }

    fn add(&mut self, other: Self) {
        self.right += other.right;
        self.selected += other.selected;
        self.relevant += other.relevant;
    }

    /// Precision, recall and F1; 0 where nothing is selected or nothing is relevant.
    fn figures(self) -> [f64; 3] {
        let share = |of: f64| if of > 0.0 { self.right / of } else { 0.0 };
        [share(self.selected), share(self.relevant), 2.0 * share(self.selected + self.relevant)]
    }
}

/// What a source's items come to.
#[derive(Clone, Copy, Default)]
struct Counts {
    before: Count,
    after: Count,
    changes: Changes,
    /// Items that were left out, and the relevant ones of them.
    left_out: [usize; 2],
}

impl Counts {
    fn add(&mut self, other: &Self) {
        self.before.add(other.before);
        self.after.add(other.after);
        self.changes.added_relevant += other.changes.added_relevant;
        self.changes.added_irrelevant += other.changes.added_irrelevant;
        self.changes.dropped_relevant += other.changes.dropped_relevant;
        self.changes.dropped_irrelevant += other.changes.dropped_irrelevant;
        self.left_out.iter_mut().zip(other.left_out).for_each(|(sum, count)| *sum += count);
    }

    /// How many more items are right than if as many were added and dropped at random.
    fn beyond_chance(&self) -> f64 {
        let Changes { added_relevant, added_irrelevant, dropped_relevant, dropped_irrelevant } = self.changes;
        let [left_out, missed] = self.left_out.map(|count| count as f64);
        let chance = if left_out > 0.0 { missed / left_out } else { 0.0 };
        let (added, dropped) = (added_relevant + added_irrelevant, dropped_relevant + dropped_irrelevant);
        added_relevant as f64 - dropped_relevant as f64 - chance * (added as f64 - dropped as f64)
    }
}

/// Compares; at least as many items are selected after as before.
pub(super) fn compare(judged: &[Judged<'_>], threshold: Threshold) -> BackTest {
    let limit = threshold.log_odds();
    let shift = shift(judged, limit);
    let mut by_source: BTreeMap<&str, Counts> = BTreeMap::new();
    for it in judged {
        let counts = by_source.entry(&it.lesson.source).or_default();
        let selects = |log_odds: f64| !it.lesson.reading.is_excluded() && log_odds >= limit;
        let (was, is) = (selects(it.before), selects(it.after + shift));
        counts.before.take(it.lesson, was);
        counts.after.take(it.lesson, is);
        let changes = &mut counts.changes;
        match (was, is, it.lesson.relevant) {
            (false, true, true) => changes.added_relevant += 1,
            (false, true, false) => changes.added_irrelevant += 1,
            (true, false, true) => changes.dropped_relevant += 1,
            (true, false, false) => changes.dropped_irrelevant += 1,
            (true, true, _) | (false, false, _) => {}
        }
        if !was {
            counts.left_out[0] += 1;
            counts.left_out[1] += usize::from(it.lesson.relevant);
        }
    }
    let sources: Vec<Counts> = by_source.into_values().collect();
    let sum = |drawn: &mut dyn Iterator<Item = &Counts>| {
        let mut sum = Counts::default();
        drawn.for_each(|counts| sum.add(counts));
        sum
    };
    let all = sum(&mut sources.iter());
    let mut random = Random::default();
    let resamples: Vec<Counts> = (0..if sources.len() > 1 { RESAMPLES } else { 0 })
        .map(|_| sum(&mut sources.iter().map(|_| &sources[random.below(sources.len())])))
        .collect();
    let estimate = |of: &dyn Fn(&Counts) -> f64| Estimate {
        value: of(&all),
        interval: interval(resamples.iter().map(of).collect()),
    };
    let quality = |of: &dyn Fn(&Counts) -> [f64; 3]| Quality {
        precision: estimate(&|counts| of(counts)[0]),
        recall: estimate(&|counts| of(counts)[1]),
        f1: estimate(&|counts| of(counts)[2]),
    };
    let better = resamples.iter().filter(|counts| counts.beyond_chance() > 0.0).count();
    let confidence = better as f64 / resamples.len().max(1) as f64;
    let needed = SURE + FEW_SOURCES / sources.len().max(1) as f64;
    let relevant = judged.iter().filter(|it| it.lesson.relevant).count();
    let is_enough = judged.len() >= LEAST_LABELS
        && sources.len() >= LEAST_SOURCES
        && relevant.min(judged.len() - relevant) >= LEAST_OF_EACH;
    let ([p0, r0, _], [p1, r1, _]) = (all.before.figures(), all.after.figures());
    let verdict = match () {
        () if !is_enough => Verdict::TooFew,
        () if all.changes == Changes::default() => Verdict::Same,
        () if p1 < p0 || r1 < r0 => Verdict::Worse,
        () if confidence < needed => Verdict::Unproven,
        () => Verdict::Better,
    };
    let difference = |counts: &Counts| {
        let (before, after) = (counts.before.figures(), counts.after.figures());
        [after[0] - before[0], after[1] - before[1], after[2] - before[2]]
    };
    BackTest {
        labels: judged.len(),
        relevant,
        sources: sources.len(),
        before: quality(&|counts| counts.before.figures()),
        after: quality(&|counts| counts.after.figures()),
        gain: quality(&difference),
        changes: all.changes,
        confidence,
        needed,
        shift,
        verdict,
    }
}

/// What must be added to the new log-odds so that as many items are selected as before, or nothing if they select more by
/// themselves. Labels play no part in it.
fn shift(judged: &[Judged<'_>], limit: f64) -> f64 {
    let mut eligible: Vec<&Judged<'_>> = judged.iter().filter(|it| !it.lesson.reading.is_excluded()).collect();
    eligible.sort_by(|a, b| b.after.total_cmp(&a.after));
    let before: f64 = eligible.iter().filter(|it| it.before >= limit).map(|it| it.lesson.stands_for).sum();
    let (mut count, mut selected) = (0_usize, 0.0);
    for it in &eligible {
        if before - selected < it.lesson.stands_for / 2.0 {
            break;
        }
        selected += it.lesson.stands_for;
        count += 1;
    }
    let lowest = match (count.checked_sub(1).map(|last| eligible[last].after), eligible.get(count)) {
        (Some(last), Some(next)) => (last + next.after) / 2.0,
        (Some(last), None) => last - EDGE,
        (None, _) => limit,
    };
    (limit - lowest).max(0.0)
}

/// Below the last of all items, so that rounding does not leave it out.
const EDGE: f64 = 1e-6;
