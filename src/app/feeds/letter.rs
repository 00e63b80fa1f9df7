//! The email to the webmaster of a site that keeps us out: the feed is asked once, and who answers in its place is named.

use super::look::{Unreadable, look};
use super::{address, refuse_unknown};
use crate::app::{ReadOnly, fetch_options};
use crate::domain::feeds::block::{Block, Visitor, letter};
use crate::domain::feeds::without_login;
use crate::fetch;

/// There is nobody to write to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoLetter {
    /// The feed can be read.
    #[error("nothing blocks this program from `{0}`: the feed can be read")]
    Readable(String),
    /// It cannot, for another reason.
    #[error("it is not known that anybody keeps us out of `{0}`: {1}")]
    Other(String, String),
}

/// Asks a feed's address, and writes the letter if somebody keeps us out. Nothing is stored or sent.
///
/// # Errors
/// The feed is not in the list, [`NoLetter`], or the database fails.
pub async fn write(app: &ReadOnly, id: &str) -> anyhow::Result<String> {
    refuse_unknown(app, &[id.to_owned()])?;
    let feed = app.config.feeds.iter().find(|feed| feed.id.as_str() == id).expect("it is in the list");
    let state = app.store.feeds().feed_states().await?.into_iter().find(|state| state.id == id);
    let url = state.as_ref().map_or_else(|| feed.url.clone(), |state| address(feed, state));
    let other = |why: String| NoLetter::Other(id.to_owned(), why);
    let block = match look(app, &app.readers, &url).await {
        Ok(_) => return Err(NoLetter::Readable(id.to_owned()).into()),
        Err(Unreadable::Blocked(block)) => block,
        Err(Unreadable::Page(page, error)) => page.block.clone().ok_or_else(|| other(error.to_string()))?,
        Err(Unreadable::Unfetched(fetch::Error::Status { block: Some(block), .. })) => *block,
        Err(Unreadable::Unfetched(error)) => return Err(other(error.explain()).into()),
        Err(Unreadable::Unparsed(error)) => return Err(other(error.to_string()).into()),
        Err(Unreadable::GivenUp(why)) => return Err(other(why).into()),
    };
    Ok(of(app, &without_login(&url), &block))
}

fn of(app: &ReadOnly, feed: &url::Url, block: &Block) -> String {
    let (user_agent, settings) = (fetch_options(&app.config).user_agent, &app.config.settings);
    let visitor =
        Visitor { feed, user_agent: &user_agent, interval: settings.polling.interval, digest: &settings.name };
    letter(block, &visitor)
}
