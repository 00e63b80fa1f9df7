//! A reader's vote that a story of their digest is not on topic. Nothing else about them is recorded: not that they opened
//! the page, nor what they read. Only stories of digests that were sent to them can be voted on, once each.

use crate::app::App;
use crate::app::operations::keys::{self, LinkError};
use crate::domain::selection::labels::Kind;
use crate::domain::subscribers::token::Purpose;
use crate::store::NewLabel;
pub use crate::store::VotableStory;

/// The stories that the holder of a link may vote on: those of the last digest that was sent to them, and `chosen` if it
/// was in an earlier one; in the order of arrival. `None` if they are no subscriber any more, or votes are switched off.
///
/// # Errors
/// [`LinkError`].
pub async fn stories(app: &App, token: &str, chosen: Option<i64>) -> Result<Option<Vec<VotableStory>>, LinkError> {
    let id = keys::named(app, Purpose::Vote, token).await?;
    if !app.config.settings.digest.reader_votes || app.store.subscribers().subscriber(id.clone()).await?.is_none() {
        return Ok(None);
    }
    Ok(Some(app.store.labels().votable(id, chosen).await?))
}

/// Records a vote. `false` if the story was not in a digest that was sent to them, or they are no subscriber any more, or
/// votes are switched off; nothing is recorded then. A second vote on a story changes nothing.
///
/// # Errors
/// [`LinkError`].
pub async fn vote(app: &App, token: &str, story: Option<i64>) -> Result<bool, LinkError> {
    let Some(stories) = stories(app, token, story).await? else { return Ok(false) };
    let Some(story) = story.filter(|story| stories.iter().any(|known| known.seq == *story)) else { return Ok(false) };
    let who = keys::named(app, Purpose::Vote, token).await?;
    let Some(item) = app.store.items().item(story).await? else { return Ok(false) };
    let (item, now) = (super::labels::labelled(&item, &app.scorer), app.clock.now());
    app.store.labels().record(vec![NewLabel { item, who, kind: Kind::ReaderOffTopic, at: now }], now).await?;
    Ok(true)
}
