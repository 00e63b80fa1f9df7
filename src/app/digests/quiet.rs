//! Messages for when there is nothing to report, so that silence always means a fault: a quiet note to subscribers for
//! whom a slot has nothing, if `digest.quiet_week` asks for it; and the sentence about slots without a digest.

use std::sync::Arc;

use anyhow::Context as _;

use super::due;
use crate::app::{ReadOnly, blocking};
use crate::domain::catalogue::Catalogue;
use crate::domain::digests::schedule::Slot;
use crate::domain::subscribers::subscriber::Cadence;
use crate::render::view::LinksView;
use crate::render::{PREFERENCES_PLACEHOLDER, QuietView, Rendered, SINCE_PLACEHOLDER, UNSUBSCRIBE_PLACEHOLDER};
use crate::store::NewBody;

/// The quiet note of a slot, if it is wanted.
pub(super) async fn note(
    app: &ReadOnly,
    words: &Arc<Catalogue>,
    language: &str,
    (cadence, slot): (Cadence, Slot),
    missed: &str,
) -> anyhow::Result<Option<NewBody>> {
    let settings = &app.config.settings;
    if !settings.digest.quiet_week {
        return Ok(None);
    }
    let (read, feeds) = due::read(app, cadence, slot).await?;
    let next = due::schedule(settings, cadence)?.slots_after(slot.utc).next();
    let view = QuietView {
        name: app.name(words).to_owned(),
        topic: app.topic(words).to_owned(),
        date: long_day(words, &slot),
        read: words.text("quiet.read", &[("read", read.into()), ("sources", feeds.into())]),
        feeds_read: read,
        feeds,
        missed: missed.to_owned(),
        next: next.map_or_else(String::new, |slot| long_day(words, &slot)),
        why: app.why(words),
        since: SINCE_PLACEHOLDER.to_owned(),
        links: LinksView {
            preferences: PREFERENCES_PLACEHOLDER.to_owned(),
            unsubscribe: UNSUBSCRIBE_PLACEHOLDER.to_owned(),
            vote: String::new(),
            archive: app.page_in(words, "archive"),
            ..LinksView::default()
        },
        sender: app.sender(words),
    };
    let (renderer, words) = (app.clone(), Arc::clone(words));
    let rendered = blocking(move || renderer.renderer.email(&words, &view)).await?;
    let Rendered { subject, text, html } = rendered.context("cannot render the quiet note")?;
    Ok(Some(NewBody { language: language.to_owned(), subject, text, html, stories: Vec::new(), listed: Vec::new() }))
}

/// The sentence about slots without a digest; empty if there are none.
pub(super) fn missed(words: &Catalogue, slots: &[Slot]) -> String {
    let (Some(first), Some(last)) = (slots.first(), slots.last()) else { return String::new() };
    let (first, last) = (long_day(words, first), long_day(words, last));
    words.text("digest.missed", &[("n", slots.len().into()), ("first", (&first).into()), ("last", (&last).into())])
}

/// The day of a slot in its own zone, as subscribers write it.
fn long_day(words: &Catalogue, slot: &Slot) -> String {
    words.locale().date_with_weekday(&slot.local)
}

impl ReadOnly {
    /// Why a subscriber gets the emails of a run.
    pub(super) fn why(&self, words: &Catalogue) -> String {
        words.text("email.why", &[("topic", self.topic(words).into())])
    }
}
