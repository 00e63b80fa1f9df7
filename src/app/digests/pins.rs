//! Pins that move no story: which they are in the next digest, and why.

use url::Url;

use crate::app::ReadOnly;
use crate::domain::digests::digest::Story;
use crate::domain::items::canonical::canonical;
use crate::domain::selection::topic::Topic;
use crate::domain::subscribers::subscriber::Cadence;
use crate::store::{ItemRow, Reader, Window};

/// A pin that is not the link of a story of the next digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnusedPin {
    /// As it is configured.
    pub link: Url,
    /// Why, without a full stop: "no stored post has this link".
    pub why: String,
}

/// The pins that no story of a digest has, with the reasons; the digest covers the items after `after`.
///
/// # Errors
/// The database fails.
pub(super) async fn unused(
    app: &ReadOnly,
    store: &Reader,
    stories: &[Story],
    after: i64,
) -> anyhow::Result<Vec<UnusedPin>> {
    let mut unused = Vec::new();
    for pin in without_story(&app.config.settings.digest.pin, stories) {
        let item = store.items().item_by_link(canonical(pin)).await?;
        unused.push(UnusedPin { link: pin.clone(), why: why(item.as_ref(), &app.config.topic, after) });
    }
    Ok(unused)
}

/// The pins that move no story of any digest that is still to be made.
///
/// # Errors
/// The database fails.
pub(crate) async fn of_no_digest(app: &ReadOnly) -> anyhow::Result<Vec<UnusedPin>> {
    if app.config.settings.digest.pin.is_empty() {
        return Ok(Vec::new());
    }
    let store = super::rescored(app).await?;
    let mut first = i64::MAX;
    for cadence in Cadence::ALL.iter().copied() {
        if app.store.digests().has_readers(cadence).await? {
            first = first.min(covered(app, cadence).await?);
        }
    }
    if first == i64::MAX {
        first = covered(app, Cadence::Weekly).await?;
    }
    let through_seq = app.store.digests().highest_seq().await?;
    let stories = store.items().stories(first, through_seq, 0).await?;
    unused(app, &store, &stories, first).await
}

/// The last item that most subscribers of a cadence have been served.
///
/// # Errors
/// The database fails.
pub(super) async fn covered(app: &ReadOnly, cadence: Cadence) -> anyhow::Result<i64> {
    let windows = app.store.digests().windows(Some(cadence)).await?;
    Ok(match windows.iter().max_by_key(|window| window.people) {
        Some(Window { cursor, .. }) => *cursor,
        None => {
            let last = app.store.digests().last_run(cadence, app.clock.now()).await?;
            last.map_or(0, |run| run.through_seq)
        }
    })
}

/// The pins that are not the link of any of these stories.
pub(super) fn without_story<'p>(pins: &'p [Url], stories: &[Story]) -> Vec<&'p Url> {
    if pins.is_empty() {
        return Vec::new();
    }
    let links: Vec<String> =
        stories.iter().filter(|story| !story.is_listed).map(|story| canonical(&story.link)).collect();
    pins.iter().filter(|pin| !links.contains(&canonical(pin))).collect()
}

fn why(item: Option<&ItemRow>, topic: &Topic, after: i64) -> String {
    let Some(item) = item else { return "no stored post has this link".to_owned() };
    let (scale, score) = (topic.scale(), &item.score);
    let figures = format!("{}, threshold {}", scale.show(score.total), scale.show(topic.threshold));
    match () {
        () if score.is_listed() => format!("the post is borderline and only listed ({figures})"),
        () if !score.selected => format!("the post is not selected ({figures})"),
        () if !item.is_mailable => "the post is older than its feed's first-poll window".to_owned(),
        () if item.seq <= after => "the post was in an earlier digest".to_owned(),
        () => "another feed's post leads its story; pin the link that the digest has".to_owned(),
    }
}
