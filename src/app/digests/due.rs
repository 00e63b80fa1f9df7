//! Decides which digests are due: applies the rules of `domain::digests::schedule` for slots, and of `domain::feeds`
//! for thin digests, to the data in the database.

use chrono::{DateTime, Utc};

use super::{App, ReadOnly};
use crate::config::Settings;
use crate::domain::digests::draft;
use crate::domain::digests::schedule;
use crate::domain::digests::schedule::{Past, Schedule, Slot};
use crate::domain::feeds::{Reach, Sign};
use crate::domain::subscribers::subscriber::Cadence;
use crate::store::FeedState;

/// A digest that is due.
#[derive(Debug, Clone)]
pub struct Due {
    /// The cadence.
    pub cadence: Cadence,
    /// Its slot.
    pub slot: Slot,
    /// Earlier slots that roll into it.
    pub missed: Vec<Slot>,
    /// Set if the digest waits because most feeds could not be read since the previous slot.
    pub thin: Option<Reach>,
}

/// The digests that are due now. A thin digest waits until feeds can be read, or until it is half a period late and
/// rolls into the next one.
///
/// # Errors
/// The database fails.
pub async fn due(app: &ReadOnly) -> anyhow::Result<Vec<Due>> {
    let now = app.clock.now();
    let mut due = Vec::new();
    for &cadence in Cadence::ALL {
        due.extend(due_at(app, cadence, now).await?);
    }
    Ok(due)
}

/// The slots whose drafts are due now, with everything as it will be at the slot.
pub(super) async fn drafts_due(app: &ReadOnly) -> anyhow::Result<Vec<Due>> {
    let (now, configured) = (app.clock.now(), app.config.settings.editor.lead);
    let mut due = Vec::new();
    for &cadence in Cadence::ALL {
        due.extend(due_at(app, cadence, now + draft::lead(configured, cadence.period())).await?);
    }
    due.retain(|due| due.slot.utc > now);
    Ok(due)
}

/// The slot of a cadence that is due at `at`, now or soon. A slot with a draft is not: its draft says when it goes out.
async fn due_at(app: &ReadOnly, cadence: Cadence, at: DateTime<Utc>) -> anyhow::Result<Option<Due>> {
    let now = app.clock.now();
    let last = app.store.digests().last_run(cadence, at).await?;
    // Ignore a mark in the future, from a clock that was ahead.
    let passed = app.store.operations().marked(mark(cadence)).await?.filter(|passed| *passed <= now);
    let since = match last.as_ref().map(|run| run.due).max(passed) {
        Some(since) => since,
        None => app.store.digests().made().await?.min(now),
    };
    let past = Past { since, made: last.map(|run| run.made) };
    let due = schedule(&app.config.settings, cadence)?.due(&past, cadence.period(), at);
    let Some(schedule::Due { slot, missed }) = due else { return Ok(None) };
    if app.store.digests().draft_of_slot(cadence, slot.key()).await?.is_some() {
        return Ok(None);
    }
    let reach = reach(app, cadence, slot).await?;
    let waits = reach.is_thin() && app.store.digests().has_readers(cadence).await?;
    Ok(Some(Due { cadence, slot, missed, thin: waits.then_some(reach) }))
}

/// Skips a slot without subscribers.
pub(super) async fn pass(app: &App, due: &Due) -> anyhow::Result<()> {
    Ok(app.store.operations().mark(mark(due.cadence), due.slot.utc).await?)
}

fn mark(cadence: Cadence) -> &'static str {
    match cadence {
        Cadence::Daily => "passed daily",
        Cadence::Weekly => "passed weekly",
        Cadence::Monthly => "passed monthly",
    }
}

/// The schedule of a cadence, in the configured zone.
///
/// # Errors
/// A cron expression that the configuration's check should have refused.
pub fn schedule(settings: &Settings, cadence: Cadence) -> anyhow::Result<Schedule> {
    let line = match cadence {
        Cadence::Daily => &settings.schedule.daily,
        Cadence::Weekly => &settings.schedule.weekly,
        Cadence::Monthly => &settings.schedule.monthly,
    };
    Ok(Schedule::new(line, settings.timezone)?)
}

/// How many of the polled feeds could be read for a slot.
async fn reach(app: &ReadOnly, cadence: Cadence, slot: Slot) -> anyhow::Result<Reach> {
    let made = app.store.digests().made().await?;
    let signs = polled(app).await?;
    let signs = signs.iter().map(|feed| Sign { failures: feed.failures, last: feed.succeeded.unwrap_or(made) });
    Ok(Reach::of(signs, slot.utc, cadence.period()))
}

/// How many feeds were read in the period before a slot, and how many there are.
pub(super) async fn read(app: &ReadOnly, cadence: Cadence, slot: Slot) -> anyhow::Result<(usize, usize)> {
    let (polled, since) = (polled(app).await?, slot.utc - cadence.period());
    let read = polled.iter().filter(|feed| feed.succeeded.is_some_and(|at| at >= since)).count();
    Ok((read, polled.len()))
}

/// Titles of the polled feeds that were not read in the period before a slot, and the number of all.
pub(super) async fn unread(
    app: &ReadOnly,
    cadence: Cadence,
    slot: DateTime<Utc>,
) -> anyhow::Result<(Vec<String>, usize)> {
    let (polled, since) = (polled(app).await?, slot - cadence.period());
    let is_unread = |feed: &&FeedState| feed.succeeded.is_none_or(|at| at < since) || feed.failures > 0;
    let title = |feed: &FeedState| {
        let listed = app.config.feeds.iter().find(|listed| listed.id.as_str() == feed.id);
        listed.map_or_else(|| feed.id.clone(), |listed| listed.title.clone())
    };
    Ok((polled.iter().filter(is_unread).map(title).collect(), polled.len()))
}

/// The feeds of the list that are polled.
async fn polled(app: &ReadOnly) -> anyhow::Result<Vec<FeedState>> {
    let is_polled = |id: &str| app.config.feeds.iter().any(|feed| feed.enabled && feed.id.as_str() == id);
    let mut states = app.store.feeds().feed_states().await?;
    states.retain(|state| state.gone.is_none() && is_polled(&state.id));
    Ok(states)
}
