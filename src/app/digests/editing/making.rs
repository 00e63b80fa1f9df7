//! Makes a draft before each slot, and decides at its time what becomes of it: its run is made, it waits for an editor, or
//! its stories go into the next digest. All of it follows from the database and the time, so a restart changes nothing.

use chrono::TimeDelta;

use super::super::bodies::outlines;
use super::super::due::{self, Due};
use super::super::edition::Edition;
use super::super::{DigestReport, note, page_name, publish, quiet, rescore};
use super::{learning, telling};
use crate::app::App;
use crate::app::selection::{learn, quality};
use crate::domain::digests::digest;
use crate::domain::digests::digest::{Arrangement, Story};
use crate::domain::digests::draft::{
    Act, Base, Draft, LedgerEntry, NEAR, NEAR_MISSES, Next, PROGRAM, Status, WhenSilent, next,
};
use crate::store::{DraftRow, Error, NewDraft, Recorded, Window};

/// How often a run is made again because an editor did something while it was rendered.
const TRIES: usize = 5;

/// How often the editors of a draft that waits for them are reminded.
const REMIND_EVERY: TimeDelta = TimeDelta::days(1);

/// Makes the drafts that are due, writes to their editors, and does with each open draft what its time requires.
pub(in crate::app::digests) async fn attend(app: &App) -> anyhow::Result<Vec<DigestReport>> {
    if app.config.settings.editor.has_drafts() {
        for due in due::drafts_due(app).await? {
            // A thin one waits, as a digest would.
            if due.thin.is_none() && app.store.digests().has_readers(due.cadence).await? {
                make(app, &due).await?;
            }
        }
    }
    let mut reports = Vec::new();
    for row in app.store.digests().open_drafts().await? {
        reports.extend(attend_to(app, row.id).await?);
    }
    Ok(reports)
}

/// Whether the digest of a slot without a draft must not go out by itself: the settings want an editor's approval, and the
/// program did not run in time to ask for it. Its draft is made now.
pub(in crate::app::digests) async fn waits_for_an_editor(app: &App, due: &Due) -> anyhow::Result<bool> {
    let editor = &app.config.settings.editor;
    if !editor.has_drafts() || editor.when_silent == WhenSilent::Send {
        return Ok(false);
    }
    let Some(id) = make(app, due).await? else { return Ok(false) };
    attend_to(app, id).await?;
    Ok(true)
}

/// Does what the time requires, until nothing is left to do now. An editor may act at any moment; the version tells.
async fn attend_to(app: &App, id: i64) -> anyhow::Result<Option<DigestReport>> {
    for _ in 0..TRIES {
        let Some(row) = app.store.digests().draft(id).await? else { return Ok(None) };
        let now = app.clock.now();
        let silent = match is_empty(&row.draft) {
            // There is nothing to look at.
            true => WhenSilent::Send,
            false => app.config.settings.editor.when_silent,
        };
        match next(row.draft.status(), silent, row.due, row.cadence.period(), now) {
            Next::Nothing => {
                tell(app, &row).await?;
                return Ok(None);
            }
            Next::Send => match publish(app, Edition::of_draft(app, row)).await {
                Err(error) if matches!(error.downcast_ref(), Some(Error::DraftChanged)) => {}
                report => return report.map(Some),
            },
            Next::Wait => does(app, &row, Act::Wait).await?,
            Next::RollOn => does(app, &row, Act::RollOn).await?,
        }
    }
    // The editors are quick; the next round is soon.
    Ok(None)
}

fn is_empty(draft: &Draft) -> bool {
    draft.stories().iter().all(|story| story.is_listed)
}

/// Records what the program does to a draft by itself. If an editor was first, the next round sees what they did.
async fn does(app: &App, row: &DraftRow, act: Act) -> anyhow::Result<()> {
    let (mut draft, now) = (row.draft.clone(), app.clock.now());
    let what = act.sentence("");
    draft.apply(act, PROGRAM, now)?;
    if let Some(entry) = draft.ledger().last().cloned()
        && app.store.digests().record_act(row.id, entry, draft.status()).await? == Recorded::Done
    {
        tracing::info!(draft = row.id, cadence = %row.cadence, slot = row.slot, "the draft: {what}");
    }
    Ok(())
}

/// Writes to the editors: once when the draft is made, and each day while it waits for them after its slot.
async fn tell(app: &App, row: &DraftRow) -> anyhow::Result<()> {
    let now = app.clock.now();
    let is_news = match (row.draft.status(), row.told) {
        (Status::Sent | Status::RolledOn, _) => false,
        (_, None) => true,
        (Status::Held, Some(told)) => now >= row.due && (told < row.due || now - told >= REMIND_EVERY),
        _ => false,
    };
    if is_news && app.config.settings.editor.has_drafts() {
        let is_worth_it = learn::is_to_be_told(app).await?;
        let mails = telling::mails(app, row, is_worth_it).await?;
        app.store.digests().tell_editors(row.id, mails, now).await?;
        if is_worth_it {
            learn::told(app).await?;
        }
    }
    Ok(())
}

/// Makes the draft of a slot. `None` if there is nothing to edit, or it was made already.
async fn make(app: &App, due: &Due) -> anyhow::Result<Option<i64>> {
    rescore(app).await?;
    let now = app.clock.now();
    let digests = app.store.digests();
    let windows = digests.windows(Some(due.cadence)).await?;
    let Some(Window { cursor: after, .. }) = windows.into_iter().max_by_key(|window| window.people) else {
        return Ok(None);
    };
    let through_seq = digests.highest_seq().await?;
    let excerpt_chars = app.config.settings.digest.excerpt_chars;
    let carried = digests.postponed(due.cadence).await?;
    let is_carried = |story: &Story| carried.iter().any(|carried| carried.seq == story.seq);
    let mut stories = app.store.items().stories(after, through_seq, excerpt_chars).await?;
    stories.retain(|story| !is_carried(story));
    let least = f64::from(app.config.topic.threshold * NEAR);
    let items = app.store.items();
    let mut near_misses = items.near_misses((after, through_seq), least, NEAR_MISSES, excerpt_chars).await?;
    let near = near_misses.len();
    let rolled_on = digests.latest_draft(due.cadence).await?.filter(|row| row.draft.status() == Status::RolledOn);
    if let Some(row) = &rolled_on {
        let known: Vec<i64> = stories.iter().chain(&near_misses).map(|story| story.seq).collect();
        let extras = row.draft.extras().into_iter().filter(|seq| *seq > after && !known.contains(seq));
        near_misses.extend(extras.filter_map(|seq| Some(row.draft.piece(seq)?.story.clone())));
    }
    let sample: Vec<i64> = learning::sample(app, due.cadence, &due.slot.key(), after, through_seq).await?;
    if carried.is_empty() && stories.is_empty() && near_misses.is_empty() && sample.is_empty() {
        return Ok(None);
    }
    let drawn: Vec<i64> =
        sample.iter().copied().filter(|seq| near_misses.iter().all(|known| known.seq != *seq)).collect();
    near_misses.extend(items.not_selected(drawn, excerpt_chars).await?);
    let carried_seqs = carried.iter().map(|story| story.seq).collect();
    let stories: Vec<Story> = carried.into_iter().chain(stories).collect();
    let all: Vec<Story> = stories.iter().chain(&near_misses).cloned().collect();
    let pins = Arrangement::pinned(&app.config.settings.digest.pin);
    let base = Base {
        order: digest::order(&all, &outlines(&app.config.topic), &pins),
        stories,
        carried: carried_seqs,
        near_misses,
        near,
        sample,
        note: note::next(app, Some(due.cadence)).await?.markdown,
        corrections: digests.unannounced(Some(due.cadence)).await?,
        missed: quiet::missed(app.words(), &due.missed),
        earlier: digests.last_subjects(Some(due.cadence)).await?,
        quality: quality::shown(app).await?,
    };
    let name = page_name(app, Some(due.cadence), due.slot.utc);
    let new = NewDraft {
        cadence: due.cadence,
        slot: due.slot.key(),
        due: due.slot.utc,
        now,
        after_seq: after,
        through_seq,
        archive: app.store.archive().free_archive_name(name).await?,
        acts: rolled_on.map_or_else(Vec::new, |row| still_valid(&base, &row.draft)),
        base,
    };
    let id = digests.make_draft(new).await?;
    if let Some(id) = id {
        tracing::info!(draft = id, cadence = %due.cadence, slot = due.slot.key(), "made a draft");
    }
    Ok(id)
}

/// What editors said about the stories of a draft that rolled on holds for the next one too; where stories were and who
/// approved does not.
fn still_valid(base: &Base, rolled_on: &Draft) -> Vec<LedgerEntry> {
    let mut draft = Draft::new(base.clone());
    for LedgerEntry { at, by, act, .. } in rolled_on.ledger() {
        let is_kept = act.story().is_some() && !matches!(act, Act::Add { .. } | Act::Move { .. } | Act::Lead { .. });
        if is_kept {
            // What the new draft does not have needs no decision.
            let _ = draft.apply(act.clone(), by, *at);
        }
    }
    draft.ledger().to_vec()
}
