//! Messages for when there is nothing to report, so that silence always means a fault: a quiet note to subscribers for
//! whom a slot has nothing, if `digest.quiet_week` asks for it; and the sentence about slots without a digest.

use anyhow::Context as _;

use super::due;
use crate::app::{ReadOnly, blocking};
use crate::domain::digests::schedule::Slot;
use crate::domain::subscribers::subscriber::Cadence;
use crate::render::view::LinksView;
use crate::render::{PREFERENCES_PLACEHOLDER, QuietView, Rendered, SINCE_PLACEHOLDER, UNSUBSCRIBE_PLACEHOLDER};
use crate::store::NewBody;

/// The quiet note of a slot, if it is wanted.
pub(super) async fn note(
    app: &ReadOnly,
    cadence: Cadence,
    slot: Slot,
    missed: &str,
) -> anyhow::Result<Option<NewBody>> {
    let settings = &app.config.settings;
    if !settings.digest.quiet_week {
        return Ok(None);
    }
    let (read, feeds) = due::read(app, cadence, slot).await?;
    let next = due::schedule(settings, cadence)?.slots_after(slot.utc).next();
    let topic = &app.config.topic.title;
    let view = QuietView {
        lang: settings.locale.to_string(),
        dir: settings.locale.direction().to_owned(),
        name: settings.name.clone(),
        topic: topic.clone(),
        date: app.long_day(&slot),
        read: format!("{read} of {feeds} sources"),
        missed: missed.to_owned(),
        next: next.map_or_else(String::new, |slot| app.long_day(&slot)),
        why: app.why(),
        since: SINCE_PLACEHOLDER.to_owned(),
        links: LinksView {
            preferences: PREFERENCES_PLACEHOLDER.to_owned(),
            unsubscribe: UNSUBSCRIBE_PLACEHOLDER.to_owned(),
            archive: app.page("archive"),
            ..LinksView::default()
        },
        sender: app.sender(),
    };
    let renderer = app.clone();
    let rendered = blocking(move || renderer.renderer.email(&view)).await?;
    let Rendered { subject, text, html } = rendered.context("cannot render the quiet note")?;
    Ok(Some(NewBody { subject, text, html, stories: Vec::new(), listed: Vec::new() }))
}

/// The sentence about slots without a digest; empty if there are none.
pub(super) fn missed(app: &ReadOnly, slots: &[Slot]) -> String {
    match slots {
        [] => String::new(),
        [slot] => format!("No digest came out on {}: this one has its posts too.", app.long_day(slot)),
        [first, .., last] => format!(
            "No digest came out on {} dates, from {} to {}: this one has their posts too.",
            slots.len(),
            app.long_day(first),
            app.long_day(last)
        ),
    }
}

impl ReadOnly {
    /// The day of a slot in its own zone, as readers write it.
    fn long_day(&self, slot: &Slot) -> String {
        self.config.settings.locale.date_with_weekday(&slot.local)
    }

    /// Why a subscriber gets the emails of a run.
    pub(super) fn why(&self) -> String {
        format!("You get this because you asked for posts about {}.", self.config.topic.title)
    }
}
