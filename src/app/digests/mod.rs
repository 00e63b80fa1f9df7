//! Makes a digest. It judges items that are not yet in a run with today's topic, composes and renders each window of
//! stories that subscribers have not had, once each (`bodies`), freezes the run with its page and its first messages in one
//! transaction, and queues the other messages in batches.

pub mod archive;
mod bodies;
mod due;
pub mod editing;
mod edition;
pub mod note;
pub mod once;
pub(crate) mod pins;
mod preview;
pub mod proof;
pub mod public_feeds;
mod quiet;
pub mod runs;
mod sample;
pub mod send_now;
pub mod templates;

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::{App, ReadOnly, blocking, hex, random};
use crate::domain::digests::digest::{Digest, NoStory};
use crate::domain::feeds::Reach;
use crate::domain::subscribers::subscriber::Cadence;
use crate::render::Rendered;
use crate::store::{
    FrozenRun, ItemRow, LanguagePage, NewArchive, NewBody, NewRun, PauseCause, Reader, Rescored, WindowBody,
};
use bodies::{BodyRenderer, Page, Stories};
pub use due::{Due, due, schedule};
use edition::{Content, Edition};
use note::{Note, NoteUse};
pub use pins::UnusedPin;
pub use preview::{Preview, preview, preview_last, preview_sample, why};

/// The result of making a digest.
#[derive(Debug, Clone, Default)]
pub struct DigestReport {
    /// The cadence; `None` for `once`.
    pub cadence: Option<Cadence>,
    /// The run, if it has content.
    pub run: Option<FrozenRun>,
    /// Stories in the largest window.
    pub stories: usize,
    /// Its subject line.
    pub subject: Option<String>,
    /// Borderline items that it lists at its end.
    pub listed: usize,
    /// Borderline items that wait for a digest with a story, in the window with the most of them.
    pub waiting: usize,
    /// Active subscribers whom it serves.
    pub people: u64,
    /// How the editor's note was used.
    pub note: NoteUse,
    /// Set if the digest waits because most feeds could not be read.
    pub thin: Option<Reach>,
}

/// Makes the digest of everything new, for all subscribers.
///
/// # Errors
/// The database or a template fails.
pub async fn make(app: &App) -> anyhow::Result<DigestReport> {
    make_for(app, None).await
}

/// Makes the digest of each cadence whose slot is due. A thin digest is held and reported; a slot without subscribers
/// is skipped. With editors, drafts come first: a slot that has one is made from it, when its time has come.
///
/// # Errors
/// The database or a template fails.
pub async fn make_due(app: &App) -> anyhow::Result<Vec<DigestReport>> {
    app.store.subscribers().end_pauses(app.clock.now()).await?;
    let mut reports = editing::attend(app).await?;
    for due in due(app).await? {
        if !app.store.digests().has_readers(due.cadence).await? {
            due::pass(app, &due).await?;
        } else if due.thin.is_some() {
            reports.push(DigestReport { cadence: Some(due.cadence), thin: due.thin, ..DigestReport::default() });
        } else if !editing::waits_for_an_editor(app, &due).await? {
            reports.push(make_for(app, Some(due)).await?);
        }
    }
    // A subscriber whose last digest may still be in transit is served when its fate is known.
    reports.retain(|report| report.people > 0 || report.thin.is_some());
    Ok(reports)
}

async fn make_for(app: &App, due: Option<Due>) -> anyhow::Result<DigestReport> {
    rescore(app).await?;
    app.store.subscribers().end_pauses(app.clock.now()).await?;
    publish(app, Edition::of_today(app, due).await?).await
}

/// Composes and renders an edition for each window of subscribers, and freezes it as a run.
async fn publish(app: &App, edition: Edition) -> anyhow::Result<DigestReport> {
    fill_begun(app).await?;
    let now = app.clock.now();
    let Edition { cadence, slot, through_seq, name, content, renderer, missed, .. } = &edition;
    let mut report = DigestReport { cadence: *cadence, ..DigestReport::default() };
    let renderers: Vec<Arc<BodyRenderer>> =
        app.config.languages.iter().map(|words| renderer.in_language(words, name, missed)).collect();
    let renderer_of = |language: &str| {
        let code = app.config.languages.of(language).code();
        renderers.iter().find(|renderer| renderer.words.code() == code).unwrap_or(&renderers[0])
    };
    let served = app.store.digests().windows(*cadence).await?;
    // Read once, for the subscriber who is furthest behind: every other window is a suffix of that one.
    let stories = match served.iter().map(|window| window.cursor).min() {
        Some(cursor) => Arc::new(content.stories(app, *cadence, cursor, *through_seq).await?),
        None => Arc::default(),
    };
    let pins = &app.config.settings.digest.pin;
    for pin in pins::without_story(pins, &stories.after(i64::MIN)).into_iter().filter(|_| !served.is_empty()) {
        tracing::warn!(%pin, "a pin has no effect on this digest; `policy-digest check` says why");
    }
    let mut windows = Vec::new();
    for window in served {
        report.people += window.people;
        let (renderer, language) = (renderer_of(&window.language), window.language.clone());
        let (body, waits) = match renderer.mail_of(&stories, window.cursor, window.themes.clone()).await? {
            Ok((digest, rendered)) => {
                if digest.count >= report.stories {
                    (report.stories, report.listed) = (digest.count, digest.listed.len());
                    report.subject = Some(rendered.subject.clone());
                }
                let (stories, listed) = (seqs(&digest), digest.listed.iter().map(|entry| entry.seq).collect());
                let Rendered { subject, text, html } = rendered;
                (Some(NewBody { language, subject, text, html, stories, listed }), false)
            }
            Err(NoStory { waiting }) => {
                report.waiting = report.waiting.max(waiting);
                (None, waiting > 0)
            }
        };
        windows.push(WindowBody { window, body, waits });
    }
    let first = windows.iter().filter(|window| window.body.is_some()).map(|window| window.window.cursor).min();
    if report.people == 0 || (cadence.is_none() && first.is_none()) {
        return Ok(report);
    }
    let archive = match first {
        Some(covered) => archive_page(&renderers, &stories, covered, name.clone()).await?,
        None => None,
    };
    let mut quiet = BTreeMap::new();
    for language in windows.iter().filter(|window| window.body.is_none()).map(|window| &window.window.language) {
        let words = app.config.languages.of(language);
        if let (Some(cadence), Some(slot), false) = (*cadence, *slot, quiet.contains_key(language))
            && let Some(note) =
                quiet::note(app, words, language, (cadence, slot), &renderer_of(language).missed).await?
        {
            quiet.insert(language.clone(), note);
        }
    }
    let (slot, due) = match *slot {
        Some(slot) => (slot.key(), slot.utc),
        None => {
            let local = now.with_timezone(&app.config.settings.timezone).format("%Y-%m-%dT%H:%M:%S");
            (format!("{local}.{}", hex(&random(3)?)), now)
        }
    };
    let domain = app.mail_domain().to_owned();
    let fate = renderer.note.fate;
    let note = renderer.note.hash.clone().filter(|_| first.is_some());
    if let Content::Draft(row) = content {
        editing::record_labels(app, row).await?;
    }
    let proof = proof::of_run(app, &windows);
    let corrections = renderer.corrections.iter().map(|correction| correction.id).collect();
    let (cadence, through_seq, draft) = (*cadence, *through_seq, content.draft_of_run());
    let run = NewRun {
        cadence,
        slot,
        due,
        now,
        through_seq,
        domain,
        note,
        windows,
        quiet,
        archive,
        proof,
        draft,
        corrections,
    };
    report.run = app.store.digests().freeze(run).await?;
    if let Some(frozen) = &mut report.run {
        app.queued.notify_one();
        *frozen = fill(app, *frozen).await?;
    }
    match report.run {
        Some(FrozenRun { id, messages, quiet, .. }) => {
            report.note = if messages > 0 { fate } else { NoteUse::None };
            tracing::info!(run = id, stories = report.stories, messages, quiet, through_seq, "made a digest")
        }
        None => (report.stories, report.listed, report.subject) = (0, 0, None),
    }
    Ok(report)
}

/// Queues the messages of a run that are not queued yet, batch by batch; a request to stop leaves the others to the next
/// start. What is queued now.
async fn fill(app: &App, mut frozen: FrozenRun) -> anyhow::Result<FrozenRun> {
    while !frozen.is_filled && !app.stop.is_requested() {
        let Some(more) = app.store.digests().fill(frozen.id, app.mail_domain().to_owned(), app.clock.now()).await?
        else {
            break;
        };
        frozen = frozen.and(more);
    }
    Ok(frozen)
}

/// Fills the runs that an earlier process began to fill; not in a restored database, where they may have been filled since.
async fn fill_begun(app: &App) -> anyhow::Result<()> {
    let unfilled = app.store.digests().unfilled().await?;
    // Looked up first: nearly always there is none.
    if unfilled.is_empty() || is_restored(app).await? {
        return Ok(());
    }
    for run in unfilled {
        let FrozenRun { messages, quiet, .. } = fill(app, FrozenRun::begun(run)).await?;
        tracing::info!(run, messages, quiet, "queued the rest of a digest's emails");
        app.queued.notify_one();
    }
    Ok(())
}

/// Whether the database is a copy that may not send yet.
async fn is_restored(app: &ReadOnly) -> anyhow::Result<bool> {
    Ok(app.store.outbox().pauses().await?.iter().any(|pause| pause.cause == PauseCause::Restored))
}

/// The page of a run in every language.
async fn archive_page(
    renderers: &[Arc<BodyRenderer>],
    stories: &Arc<Stories>,
    covered: i64,
    name: String,
) -> anyhow::Result<Option<NewArchive>> {
    let Some(Page { title, html, stories: shown }) = renderers[0].page_of(stories, covered).await? else {
        return Ok(None);
    };
    let mut languages = Vec::new();
    for renderer in &renderers[1..] {
        if let Some(Page { title, html, .. }) = renderer.page_of(stories, covered).await? {
            languages.push(LanguagePage { language: renderer.words.code().to_owned(), title, html });
        }
    }
    Ok(Some(NewArchive { name, title, html, languages, stories: shown }))
}

/// The preferred name of a run's page: "2026-11-23", followed by the cadence if it is daily or monthly.
fn page_name(app: &ReadOnly, cadence: Option<Cadence>, due: DateTime<Utc>) -> String {
    let day = due.with_timezone(&app.config.settings.timezone).format("%Y-%m-%d");
    match cadence {
        None | Some(Cadence::Weekly) => day.to_string(),
        Some(cadence) => format!("{day}-{cadence}"),
    }
}

/// Judges items that no run has covered with today's topic, if they were judged with another one.
async fn rescore(app: &App) -> anyhow::Result<()> {
    let (fingerprint, mut after) = (&app.config.topic.fingerprint, 0);
    loop {
        let stale = app.store.items().stale(fingerprint.clone(), after).await?;
        let Some(last) = stale.last() else { return Ok(()) };
        after = last.seq;
        tracing::info!(items = stale.len(), "the topic file has changed: judging again what is not yet in a digest");
        app.store.items().rescore(judge(app, stale).await?, fingerprint.clone()).await?;
    }
}

/// The database as [`rescore`] would leave it, without storing anything.
async fn rescored(app: &ReadOnly) -> anyhow::Result<Reader> {
    let (mut scores, mut after) = (Vec::new(), 0);
    loop {
        let stale = app.store.items().stale(app.config.topic.fingerprint.clone(), after).await?;
        let Some(last) = stale.last() else { break };
        after = last.seq;
        scores.extend(judge(app, stale).await?);
    }
    Ok(if scores.is_empty() { app.store.clone() } else { app.store.selection().judged(scores).await? })
}

async fn judge(app: &ReadOnly, items: Vec<ItemRow>) -> anyhow::Result<Vec<Rescored>> {
    let scorer = Arc::clone(&app.scorer);
    let judge = move |item: ItemRow| Rescored { seq: item.seq, score: scorer.score(&item.text()) };
    blocking(move || items.into_iter().map(judge).collect()).await
}

fn seqs(digest: &Digest) -> Vec<i64> {
    digest.in_full().chain(&digest.more).map(|entry| entry.seq).collect()
}
