//! Shows what an edit of the topic file changes: judges the stored posts of the last weeks and compares the results
//! with the stored judgements. It stores nothing; the next digest or `preview` judges again what is not yet in a
//! digest.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, Datelike as _, NaiveDate, TimeDelta, Utc};
use chrono_tz::Tz;

use crate::app::ReadOnly;
use crate::domain::selection::relevance::{Place, Score, Scorer};
use crate::domain::selection::topic::Scale;
use crate::store::ItemRow;

/// The number of items in memory at a time.
const PAGE: usize = 500;

/// The effects of the edit.
#[derive(Debug, Clone, Default)]
pub struct TestReport {
    /// Posts that were judged.
    pub items: usize,
    /// How many of them the stored judgement selects.
    pub before: usize,
    /// How many of them today's topic file selects.
    pub after: usize,
    /// Selected now but not before, the clearest first.
    pub added: Vec<Change>,
    /// Selected before but not now, the clearest first.
    pub dropped: Vec<Change>,
    /// The number of posts that stay selected with other themes.
    pub refiled: usize,
    /// By the Monday of the week of publication, oldest first, including empty weeks.
    pub weeks: BTreeMap<NaiveDate, Week>,
}

/// One week's posts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Week {
    /// Selected before and now.
    pub kept: usize,
    /// Selected only now.
    pub added: usize,
    /// Selected only before.
    pub dropped: usize,
}

/// A post whose selection changes.
#[derive(Debug, Clone)]
pub struct Change {
    /// Its number.
    pub seq: i64,
    /// Its title.
    pub title: String,
    /// Its feed's title.
    pub source: String,
    /// The stored score.
    pub before: f32,
    /// The score with today's file.
    pub after: f32,
    /// The cause of the change.
    pub because: Because,
}

/// The cause of a change.
#[derive(Debug, Clone, PartialEq)]
pub enum Because {
    /// A phrase (or the classifier, or the feed's prior) whose contribution has changed, and by how much.
    Phrase {
        /// As the topic file writes it.
        phrase: String,
        /// Where it was found.
        place: Place,
        /// The difference in points or percentage points.
        by: f32,
    },
    /// A decisive exclusion now rejects it; its description.
    Excluded(String),
    /// The score is unchanged, but the threshold is another.
    Threshold,
}

/// Judges the posts that were published within `since`, and compares with the stored judgements.
///
/// # Errors
/// The database fails.
pub async fn test(app: &ReadOnly, since: Duration) -> anyhow::Result<TestReport> {
    compare(app, since, None, &app.scorer).await
}

/// Judges the posts that were published within `since` with `after`, and compares with the judgements of `before`, or
/// without it with the stored ones.
pub(super) async fn compare(
    app: &ReadOnly,
    since: Duration,
    before: Option<&Scorer>,
    after_scorer: &Scorer,
) -> anyhow::Result<TestReport> {
    let now = app.clock.now();
    let from = TimeDelta::from_std(since).ok().and_then(|since| now.checked_sub_signed(since));
    let from = from.unwrap_or(DateTime::UNIX_EPOCH);
    let (zone, scale) = (app.config.settings.timezone, app.config.topic.scale());
    let mut report = TestReport::default();
    let mut after = app.store.items().last_before(from).await?;
    loop {
        let page = app.store.items().items_after(after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = last.seq;
        for mut item in page {
            let at = item.published.unwrap_or(item.arrived).min(item.arrived);
            // Without its text it cannot be judged again.
            if at >= from && item.text_removed.is_none() {
                if let Some(before) = before {
                    item.score = before.score(&item.text());
                }
                report.take(&item, after_scorer.score(&item.text()), monday(at, zone), scale);
            }
        }
    }
    report.fill_weeks();
    report.added.sort_by(|a, b| b.after.total_cmp(&a.after));
    report.dropped.sort_by(|a, b| a.after.total_cmp(&b.after));
    Ok(report)
}

impl TestReport {
    fn take(&mut self, item: &ItemRow, score: Score, monday: NaiveDate, scale: Scale) {
        let (before, after) = (item.score.selected, score.selected);
        self.items += 1;
        self.before += usize::from(before);
        self.after += usize::from(after);
        let week = self.weeks.entry(monday).or_default();
        match (before, after) {
            (true, true) => {
                week.kept += 1;
                self.refiled += usize::from(item.score.themes != score.themes);
            }
            (false, true) => {
                week.added += 1;
                self.added.push(Change::of(item, &score, scale));
            }
            (true, false) => {
                week.dropped += 1;
                self.dropped.push(Change::of(item, &score, scale));
            }
            (false, false) => {}
        }
    }

    /// Adds the weeks in which nothing was published.
    fn fill_weeks(&mut self) {
        let (Some(&first), Some(&last)) = (self.weeks.keys().next(), self.weeks.keys().next_back()) else { return };
        for monday in first.iter_weeks().take_while(|monday| *monday < last) {
            self.weeks.entry(monday).or_default();
        }
    }
}

impl Change {
    fn of(item: &ItemRow, score: &Score, scale: Scale) -> Self {
        Self {
            seq: item.seq,
            title: item.title.clone(),
            source: item.source.clone(),
            before: item.score.total,
            after: score.total,
            because: because(&item.score, score, scale),
        }
    }
}

/// Smaller differences are rounding errors of an unchanged weight.
const NOTHING: f32 = 0.01;

/// The largest contribution to the change.
fn because(before: &Score, after: &Score, scale: Scale) -> Because {
    if let Some(reason) = after.excluded.first() {
        return Because::Excluded(reason.clone());
    }
    let direction = if after.selected { 1.0 } else { -1.0 };
    if (after.total - before.total) * direction <= NOTHING {
        return Because::Threshold;
    }
    let mut by: BTreeMap<(&str, Place), f32> = BTreeMap::new();
    for (reasons, sign) in [(&before.reasons, -1.0), (&after.reasons, 1.0)] {
        for reason in reasons {
            *by.entry((&reason.phrase, reason.place)).or_default() += sign * reason.weight;
        }
    }
    let most =
        by.into_iter().max_by(|(a, x), (b, y)| (x * direction).total_cmp(&(y * direction)).then_with(|| b.cmp(a)));
    match most {
        Some(((phrase, place), by)) if by * direction > NOTHING => {
            let all = after.reasons.iter().map(|reason| reason.weight).sum();
            Because::Phrase { phrase: phrase.to_owned(), place, by: scale.effect(all, by) }
        }
        _ => Because::Threshold,
    }
}

/// The Monday of the week of `at`, in the installation's zone.
fn monday(at: DateTime<Utc>, zone: Tz) -> NaiveDate {
    let day = at.with_timezone(&zone).date_naive();
    day - TimeDelta::days(i64::from(day.weekday().num_days_from_monday()))
}
