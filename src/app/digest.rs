//! Making a digest: what is not covered is judged by today's topic, every window before which people stand is
//! composed and rendered once (`part`), and the run is frozen with its messages and its page in one transaction.

mod part;
mod preview;
pub(super) mod proof;

use chrono::{DateTime, Utc};

use super::note::{self, Note, NoteUse};
use super::{App, hex, random};
use crate::domain::digest::{Digest, NoStory};
use crate::domain::schedule::{Schedule, Slot};
use crate::domain::subscriber::Cadence;
use crate::render::{Rendered, SINCE_PLACEHOLDER};
use crate::store::{FrozenRun, NewArchive, NewPart, NewRun, Rescored, WindowPart};
use part::{Page, Press};
pub use preview::{Preview, preview, why};

/// What came of making a digest.
#[derive(Debug, Clone, Default)]
pub struct DigestReport {
    /// The cadence; `None` for `once`.
    pub cadence: Option<Cadence>,
    /// The run, if there was something in it.
    pub run: Option<FrozenRun>,
    /// Stories in the fullest window.
    pub stories: usize,
    /// Its subject line.
    pub subject: Option<String>,
    /// Borderline items that it lists at its end.
    pub listed: usize,
    /// Borderline items that wait for a digest with a story, in the window where most do.
    pub waiting: usize,
    /// Active subscribers that it serves.
    pub people: u64,
    /// What became of the editor's note.
    pub note: NoteUse,
}

/// Makes the digest of all that is new, for everybody.
///
/// # Errors
/// The database or a template fails.
pub async fn make(app: &App) -> anyhow::Result<DigestReport> {
    make_for(app, None).await
}

/// Makes the digest of each cadence whose slot is due: the newest one, at most half a period late, and not
/// within half a period of the last. An older slot is rolled into the next.
///
/// # Errors
/// The database or a template fails.
pub async fn make_due(app: &App) -> anyhow::Result<Vec<DigestReport>> {
    let mut reports = Vec::new();
    for (cadence, slot) in due(app).await? {
        let report = make_for(app, Some((cadence, slot))).await?;
        if report.people > 0 {
            reports.push(report);
        }
    }
    Ok(reports)
}

/// The slots for which a digest is due now.
///
/// # Errors
/// The database fails.
pub async fn due(app: &App) -> anyhow::Result<Vec<(Cadence, Slot)>> {
    let now = app.clock.now();
    let mut due = Vec::new();
    for &cadence in Cadence::ALL {
        let last = app.store.last_run(Some(cadence), now).await?;
        let since = match &last {
            Some(run) => run.due,
            None => app.store.made().await?.min(now),
        };
        let half = cadence.period() / 2;
        let is_recent = last.is_some_and(|run| run.made <= now && now - run.made < half);
        if let Some(slot) = schedule(app, cadence)?.newest_due(since, now)
            && now - slot.utc <= half
            && !is_recent
        {
            due.push((cadence, slot));
        }
    }
    Ok(due)
}

/// A cadence's schedule, in the configured zone.
///
/// # Errors
/// A cron line that the configuration's check should have refused.
pub fn schedule(app: &App, cadence: Cadence) -> anyhow::Result<Schedule> {
    let settings = &app.config.settings;
    let line = match cadence {
        Cadence::Daily => &settings.schedule.daily,
        Cadence::Weekly => &settings.schedule.weekly,
        Cadence::Monthly => &settings.schedule.monthly,
    };
    Ok(Schedule::new(line, settings.timezone)?)
}

async fn make_for(app: &App, slot: Option<(Cadence, Slot)>) -> anyhow::Result<DigestReport> {
    rescore(app).await?;
    let now = app.clock.now();
    app.store.end_pauses(now).await?;
    let cadence = slot.map(|(cadence, _)| cadence);
    let upto = app.store.highest_seq().await?;
    let note = note::next(app, cadence).await?;
    let mut report = DigestReport { cadence, ..DigestReport::default() };
    let name = app.store.free_archive_name(page_name(app, cadence, slot.map_or(now, |(_, slot)| slot.utc))).await?;
    let earlier = app.store.last_subjects(cadence).await?;
    let archive = app.page(&format!("archive/{name}"));
    let press = Press { app, now, earlier, archive, note, since: SINCE_PLACEHOLDER.to_owned() };
    let mut windows = Vec::new();
    for window in app.store.windows(cadence).await? {
        report.people += window.people;
        let stories = app.store.stories(window.covered, upto).await?;
        let part = match press.mail(&stories, window.themes.as_deref())? {
            Ok((digest, rendered)) => {
                if digest.count >= report.stories {
                    (report.stories, report.listed) = (digest.count, digest.listed.len());
                    report.subject = Some(rendered.subject.clone());
                }
                let (stories, listed) = (seqs(&digest), digest.listed.iter().map(|entry| entry.seq).collect());
                let Rendered { subject, text, html } = rendered;
                Some(NewPart { subject, text, html, stories, listed })
            }
            Err(NoStory { waiting: 0 }) => None,
            Err(NoStory { waiting }) => {
                // These people are not covered: what waits comes with their next story.
                report.waiting = report.waiting.max(waiting);
                continue;
            }
        };
        windows.push(WindowPart { window, part });
    }
    let first = windows.iter().filter(|window| window.part.is_some()).map(|window| window.window.covered).min();
    if report.people == 0 || (cadence.is_none() && first.is_none()) {
        return Ok(report);
    }
    let page = match first {
        Some(covered) => press.page(&app.store.stories(covered, upto).await?)?,
        None => None,
    };
    let archive = page.map(|Page { title, html, stories }| NewArchive { name, title, html, stories });
    let (slot, due) = match slot {
        Some((_, slot)) => (slot.key(), slot.utc),
        None => {
            let local = now.with_timezone(&app.config.settings.timezone).format("%Y-%m-%dT%H:%M:%S");
            (format!("{local}.{}", hex(&random(3)?)), now)
        }
    };
    let domain = app.mail_domain().to_owned();
    let fate = press.note.fate;
    let note = press.note.hash;
    let proof = proof::of_run(app, &windows);
    let run = NewRun { cadence, slot, due, now, upto, domain, note, windows, archive, proof };
    report.run = app.store.freeze(run).await?;
    match report.run {
        Some(run) => {
            report.note = if run.messages > 0 { fate } else { NoteUse::None };
            tracing::info!(run = run.id, stories = report.stories, messages = run.messages, upto, "made a digest")
        }
        None => (report.stories, report.listed, report.subject) = (0, 0, None),
    }
    Ok(report)
}

/// What the page of a run is called, unless another one has the name: "2026-11-23", with the cadence behind it when
/// that is daily or monthly.
fn page_name(app: &App, cadence: Option<Cadence>, due: DateTime<Utc>) -> String {
    let day = due.with_timezone(&app.config.settings.timezone).format("%Y-%m-%d");
    match cadence {
        None | Some(Cadence::Weekly) => day.to_string(),
        Some(cadence) => format!("{day}-{cadence}"),
    }
}

/// Judges what no run has covered by today's topic file, if another one judged it.
async fn rescore(app: &App) -> anyhow::Result<()> {
    let fingerprint = &app.config.topic.fingerprint;
    loop {
        let stale = app.store.stale(fingerprint.clone()).await?;
        if stale.is_empty() {
            return Ok(());
        }
        tracing::info!(items = stale.len(), "the topic file has changed: judging again what is not yet in a digest");
        let scores = stale.iter().map(|item| Rescored { seq: item.seq, score: app.scorer.score(&item.text()) });
        app.store.rescore(scores.collect(), fingerprint.clone()).await?;
    }
}

fn seqs(digest: &Digest) -> Vec<i64> {
    let shown = digest.sections.iter().flat_map(|section| &section.stories);
    shown.chain(&digest.more).map(|entry| entry.seq).collect()
}
