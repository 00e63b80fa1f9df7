//! Drafts of digests, and the editors who look over them. `making` makes a draft before its slot and sends it in time,
//! `acts` carries out what editors do, `adding` reads a post that an editor adds by hand, `page` shows a draft, `telling`
//! writes to the editors, and `learning` hands what they did to the selection.

pub mod acts;
pub mod adding;
mod learning;
mod making;
pub mod page;
mod sentences;
mod signals;
mod telling;

use chrono::{DateTime, TimeDelta, Utc};

use crate::app::operations::keys::LinkError;
use crate::app::{App, ReadOnly};
use crate::domain::catalogue::Catalogue;
use crate::domain::digests::draft;
use crate::domain::subscribers::subscriber::{Cadence, EmailAddress};
use crate::domain::subscribers::token;
use crate::domain::subscribers::token::{Purpose, TokenError};
use crate::store::DraftRow;
pub(super) use learning::record as record_labels;
pub(super) use making::{attend, waits_for_an_editor};

/// How long an editor's link is valid after the slot, or after it was written if that is later.
const VALID_FOR: TimeDelta = TimeDelta::days(1);

/// The number of hex digits by which a link names its editor.
const NAME_DIGITS: usize = 16;

/// A draft, and the editor who opened it with a link.
#[derive(Debug, Clone)]
pub struct Desk {
    /// The draft.
    pub row: DraftRow,
    /// The editor.
    pub editor: EmailAddress,
}

/// The token of an editor's own link to a draft. It works until a day after the slot.
#[must_use]
pub fn token(app: &ReadOnly, row: &DraftRow, editor: &EmailAddress) -> String {
    let expires = row.due.max(app.clock.now()) + VALID_FOR;
    let subject = format!("{:x}-{}", row.id, name(app, editor));
    token::sign(&app.keys.token, Purpose::Edit, &subject, Some(expires))
}

/// Opens a draft with an editor's link. A link of somebody who is no editor any more is not valid.
///
/// # Errors
/// [`LinkError`].
pub async fn open(app: &App, token: &str) -> Result<Desk, LinkError> {
    let verified = token::verify(&app.keys.token, Purpose::Edit, token, app.clock.now())?;
    let named = verified.subject.split_once('-').and_then(|(id, editor)| {
        let to = &app.config.settings.editor.to;
        Some((i64::from_str_radix(id, 16).ok()?, to.iter().find(|address| name(app, address) == editor)?))
    });
    let (id, editor) = named.ok_or(TokenError::Invalid)?;
    let row = app.store.digests().draft(id).await?.ok_or(TokenError::Invalid)?;
    if !verified.opens(row.made) {
        return Err(TokenError::Invalid.into());
    }
    Ok(Desk { row, editor: editor.clone() })
}

fn name(app: &ReadOnly, editor: &EmailAddress) -> String {
    app.keys.address_hash(editor).chars().take(NAME_DIGITS).collect()
}

/// A day and a time in the configured zone: "3 December 2026, 20:00".
fn day_and_time(app: &ReadOnly, words: &Catalogue, at: DateTime<Utc>) -> String {
    let (date, time) = (app.day(words, at), app.time_of_day(at));
    words.text("draft.day_and_time", &[("date", (&date).into()), ("time", (&time).into())])
}

/// The last moment at which a draft may be sent.
#[must_use]
pub fn limit(row: &DraftRow) -> DateTime<Utc> {
    draft::limit(row.due, row.cadence.period())
}

/// The draft that a command means: of this cadence, else the only open one, else the newest of the weekly digest.
///
/// # Errors
/// [`NoDraft`], or the database fails.
pub async fn wanted(app: &ReadOnly, cadence: Option<Cadence>) -> anyhow::Result<DraftRow> {
    let open = app.store.digests().open_drafts().await?;
    let mut of_cadence: Vec<_> = open.into_iter().filter(|row| cadence.is_none_or(|it| it == row.cadence)).collect();
    match (of_cadence.pop(), of_cadence.is_empty()) {
        (Some(row), true) => return Ok(row),
        (Some(_), false) => return Err(NoDraft::Several.into()),
        (None, _) => {}
    }
    let latest = app.store.digests().latest_draft(cadence.unwrap_or(Cadence::Weekly)).await?;
    Ok(latest.ok_or(NoDraft::None)?)
}

/// Why no draft is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoDraft {
    /// There is none.
    #[error(
        "there is no draft yet: one is made before each digest if `to` in `[editor]` of digest.toml names an editor"
    )]
    None,
    /// There are several.
    #[error("there are several drafts: choose one with `--cadence`")]
    Several,
}
