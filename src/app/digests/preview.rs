//! Previews the next digest, and what is not in it: the reasons, and the nearest misses.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::bodies::{BodyRenderer, Stories};
use super::note;
use super::note::NoteUse;
use super::pins::{self, UnusedPin};
use super::{rescored, sample};
use crate::app::ReadOnly;
use crate::app::selection::quality;
use crate::domain::digests::digest::NoStory;
use crate::domain::subscribers::subscriber::Cadence;
use crate::render::{Rendered, SINCE_PLACEHOLDER};
use crate::store::{ItemRow, LastDigest, Reader};

/// The number of nearest misses to report.
const NEAREST: usize = 5;
/// The number of items in memory at a time.
const PAGE: usize = 500;

/// The next digest as it would be now, and what is not in it.
#[derive(Debug, Clone)]
pub struct Preview {
    /// The rendered digest; `None` if it would be empty.
    pub rendered: Option<Rendered>,
    /// Stories in it.
    pub stories: usize,
    /// Borderline items: listed at its end or, without a story, waiting for one.
    pub listed: usize,
    /// The nearest misses among the items of the window that are not in it.
    pub left_out: Vec<ItemRow>,
    /// The reasons why items are not in it with their counts, most frequent first.
    pub reasons: Vec<(String, usize)>,
    /// Pins that move no story.
    pub unused_pins: Vec<UnusedPin>,
    /// How the editor's note is used.
    pub note: NoteUse,
}

/// Renders the next digest of a cadence for a new subscriber with all themes, without storing or sending it.
///
/// # Errors
/// The database or a template fails.
pub async fn preview(app: &ReadOnly, cadence: Cadence) -> anyhow::Result<Preview> {
    let store = rescored(app).await?;
    let now = app.clock.now();
    let after = pins::covered(app, cadence).await?;
    let through_seq = app.store.digests().highest_seq().await?;
    let note = note::next(app, Some(cadence)).await?;
    // The run has no page yet to link to.
    let renderer = Arc::new(BodyRenderer {
        earlier: app.store.digests().last_subjects(Some(cadence)).await?,
        corrections: app.store.digests().unannounced(Some(cadence)).await?,
        since: app.day(app.words(), now),
        quality: quality::shown(app).await?,
        ..BodyRenderer::new(app, Some(cadence), now, note)
    });
    let stories = store.items().stories(after, through_seq, app.config.settings.digest.excerpt_chars).await?;
    let carried = app.store.digests().postponed(cadence).await?;
    let stories = Arc::new(Stories::new(stories, carried));
    let unused_pins = pins::unused(app, &store, &stories.after(after), after).await?;
    let composed = renderer.mail_of(&stories, after, None).await?;
    let left_out = store.items().left_out(after, NEAREST).await?;
    let reasons = reasons(&store, after).await?;
    let (stories, listed) = match &composed {
        Ok((digest, _)) => (digest.count, digest.listed.len()),
        Err(NoStory { waiting }) => (0, *waiting),
    };
    Ok(Preview {
        rendered: composed.ok().map(|(_, rendered)| rendered),
        stories,
        listed,
        left_out,
        reasons,
        unused_pins,
        note: renderer.note.fate,
    })
}

/// Renders a digest of sample stories with the current settings, topic, templates and note.
///
/// # Errors
/// The database or a template fails.
pub async fn preview_sample(app: &ReadOnly, cadence: Cadence) -> anyhow::Result<Preview> {
    let now = app.clock.now();
    let note = note::next(app, Some(cadence)).await?;
    let renderer = Arc::new(BodyRenderer {
        archive: app.page("archive"),
        since: app.day(app.words(), now),
        ..BodyRenderer::new(app, Some(cadence), now, note)
    });
    let stories = Stories::new(sample::stories(&app.config.topic, now), Vec::new());
    let composed = renderer.mail_of(&Arc::new(stories), 0, None).await?;
    let (stories, listed) = composed.as_ref().map_or((0, 0), |(digest, _)| (digest.count, digest.listed.len()));
    Ok(Preview {
        rendered: composed.ok().map(|(_, rendered)| rendered),
        stories,
        listed,
        left_out: Vec::new(),
        reasons: Vec::new(),
        unused_pins: Vec::new(),
        note: renderer.note.fate,
    })
}

/// The last digest of one cadence, or of any, as most of its subscribers got it; `None` if there is none or it is no
/// longer stored.
///
/// # Errors
/// The database fails.
pub async fn preview_last(app: &ReadOnly, cadence: Option<Cadence>) -> anyhow::Result<Option<LastDigest>> {
    let Some(mut last) = app.store.digests().last_digest(cadence).await? else { return Ok(None) };
    // Replace the personal links by the placeholders of a preview.
    let since = app.day(app.words(), app.clock.now());
    for part in [&mut last.text, &mut last.html] {
        *part = part.replace(SINCE_PLACEHOLDER, &since);
    }
    Ok(Some(last))
}

/// Counts the reasons why items after a number are not in a digest.
async fn reasons(store: &Reader, mut after: i64) -> anyhow::Result<Vec<(String, usize)>> {
    let mut counts = BTreeMap::new();
    loop {
        let page = store.items().items_after(after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = last.seq;
        let is_in_digest = |item: &ItemRow| (item.score.selected || item.score.borderline) && item.is_mailable;
        for item in page.iter().filter(|item| !is_in_digest(item)) {
            *counts.entry(why(item)).or_insert(0) += 1;
        }
    }
    let mut reasons: Vec<_> = counts.into_iter().collect();
    reasons.sort_by(|(a, x), (b, y)| y.cmp(x).then_with(|| a.cmp(b)));
    Ok(reasons)
}

/// The reason why an item is not in a digest, in a few words.
#[must_use]
pub fn why(item: &ItemRow) -> String {
    if (item.score.selected || item.score.borderline) && !item.is_mailable {
        return "older than its feed's first-poll window".to_owned();
    }
    if let Some(language) = &item.score.language {
        return format!("written in {language}; judged by title and categories only");
    }
    match item.score.reasons.iter().find(|reason| reason.weight < 0.0) {
        Some(reason) => reason.label.as_ref().unwrap_or(&reason.phrase).to_string(),
        None => "too little on the topic".to_owned(),
    }
}
