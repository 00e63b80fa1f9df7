//! What a run is made from: the stories of today, or a draft.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::bodies::{BodyRenderer, Stories};
use super::due::Due;
use super::note::Note;
use super::{note, page_name, quiet};
use crate::app::ReadOnly;
use crate::app::selection::quality;
use crate::domain::digests::digest::Story;
use crate::domain::digests::draft::Fate;
use crate::domain::digests::schedule::Slot;
use crate::domain::subscribers::subscriber::Cadence;
use crate::store::{DraftOfRun, DraftRow};

/// A digest before it is composed for anybody.
pub(super) struct Edition {
    /// `None` for `once`.
    pub(super) cadence: Option<Cadence>,
    /// `None` for `once`.
    pub(super) slot: Option<Slot>,
    /// The last number that it covers.
    pub(super) through_seq: i64,
    /// The name of its page.
    pub(super) name: String,
    pub(super) content: Content,
    /// Earlier slots without a digest.
    pub(super) missed: Vec<Slot>,
    pub(super) renderer: Arc<BodyRenderer>,
}

/// Where its stories come from.
pub(super) enum Content {
    /// From the database as it is now.
    Today,
    /// From a draft.
    Draft(Box<DraftRow>),
}

impl Edition {
    /// Everything new, for a slot or for `once`.
    pub(super) async fn of_today(app: &ReadOnly, due: Option<Due>) -> anyhow::Result<Self> {
        let now = app.clock.now();
        let cadence = due.as_ref().map(|due| due.cadence);
        let name = page_name(app, cadence, due.as_ref().map_or(now, |due| due.slot.utc));
        let name = app.store.archive().free_archive_name(name).await?;
        let renderer = BodyRenderer {
            earlier: app.store.digests().last_subjects(cadence).await?,
            archive: app.page(&format!("archive/{name}")),
            corrections: app.store.digests().unannounced(cadence).await?,
            missed: due.as_ref().map_or_else(String::new, |due| quiet::missed(app.words(), &due.missed)),
            quality: quality::shown(app).await?,
            ..BodyRenderer::new(app, cadence, now, note::next(app, cadence).await?)
        };
        Ok(Self {
            cadence,
            slot: due.as_ref().map(|due| due.slot),
            missed: due.map(|due| due.missed).unwrap_or_default(),
            through_seq: app.store.digests().highest_seq().await?,
            name,
            content: Content::Today,
            renderer: Arc::new(renderer),
        })
    }

    /// A draft. Everything in it was fixed when it was made or by its editors, so it is rendered as if at its slot.
    pub(super) fn of_draft(app: &ReadOnly, row: DraftRow) -> Self {
        let draft = &row.draft;
        let note = Note::of_draft(&draft.base().note, draft.note());
        let plain = BodyRenderer::new(app, Some(row.cadence), row.due, note);
        let renderer = BodyRenderer {
            earlier: draft.base().earlier.clone(),
            archive: app.page(&format!("archive/{}", row.archive)),
            corrections: draft.base().corrections.clone(),
            missed: draft.base().missed.clone(),
            quality: draft.base().quality,
            arrangement: draft.arrangement(plain.arrangement.clone()),
            ..plain
        };
        Self {
            cadence: Some(row.cadence),
            slot: Some(slot(app, row.due)),
            missed: Vec::new(),
            through_seq: row.through_seq,
            name: row.archive.clone(),
            renderer: Arc::new(renderer),
            content: Content::Draft(Box::new(row)),
        }
    }
}

/// The slot of a draft, from its instant.
pub(super) fn slot(app: &ReadOnly, due: DateTime<Utc>) -> Slot {
    Slot { local: due.with_timezone(&app.config.settings.timezone).naive_local(), utc: due }
}

impl Content {
    /// The stories for subscribers who have had everything up to `after`, or more.
    pub(super) async fn stories(
        &self,
        app: &ReadOnly,
        cadence: Option<Cadence>,
        after: i64,
        through_seq: i64,
    ) -> anyhow::Result<Stories> {
        let excerpt_chars = app.config.settings.digest.excerpt_chars;
        let live = |through_seq| app.store.items().stories(after, through_seq, excerpt_chars);
        let row = match (self, cadence) {
            (Self::Draft(row), _) => row,
            (Self::Today, None) => return Ok(Stories::new(live(through_seq).await?, Vec::new())),
            (Self::Today, Some(cadence)) => {
                let carried = app.store.digests().postponed(cadence).await?;
                let mut stories = live(through_seq).await?;
                stories.retain(|story| !carried.iter().any(|carried| carried.seq == story.seq));
                return Ok(Stories::new(edited(app, cadence, after, stories).await?, carried));
            }
        };
        let is_carried = |story: &Story| row.draft.base().carried.contains(&story.seq);
        let (carried, mut stories): (Vec<_>, Vec<_>) = row.draft.stories().into_iter().partition(is_carried);
        if after < row.after_seq {
            // Some subscribers are further behind than the draft, which was made for most of them.
            let mut older = live(row.after_seq).await?;
            older.retain(|story| !row.draft.base().carried.contains(&story.seq));
            stories.splice(0..0, edited(app, row.cadence, after, older).await?);
        }
        Ok(Stories::new(stories, carried))
    }

    /// The draft that the run ends.
    pub(super) fn draft_of_run(&self) -> Option<DraftOfRun> {
        let Self::Draft(row) = self else { return None };
        Some(DraftOfRun { id: row.id, version: row.draft.version(), extras: row.draft.extras() })
    }
}

/// The stories of earlier digests of a cadence as their editors left them, for subscribers who did not get those.
async fn edited(app: &ReadOnly, cadence: Cadence, after: i64, stories: Vec<Story>) -> anyhow::Result<Vec<Story>> {
    let drafts = app.store.digests().sent_drafts_after(cadence, after).await?;
    if drafts.is_empty() {
        return Ok(stories);
    }
    let mut by_seq: BTreeMap<i64, Story> = stories.into_iter().map(|story| (story.seq, story)).collect();
    for DraftRow { draft, .. } in &drafts {
        for story in &draft.base().stories {
            by_seq.remove(&story.seq);
        }
        let kept = draft.with_fate(Fate::In).filter(|piece| piece.story.seq > after);
        by_seq.extend(kept.map(|piece| (piece.story.seq, piece.story.clone())));
    }
    Ok(by_seq.into_values().collect())
}
