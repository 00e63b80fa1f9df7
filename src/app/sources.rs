//! The sources: which feeds are read, how often each publishes and how it is, for everybody to see; and the same list
//! for feed readers. No log-in of an address is shown, no file of this machine, and no reason of a failure.

use std::collections::HashMap;

use chrono::{DateTime, Utc};

use super::{App, Document};
use crate::domain::feed::{Feed, without_login};
use crate::domain::rhythm;
use crate::render::SourcesView;
use crate::render::view::SourceView;
use crate::store::{Activity, FeedState};
pub use crate::transfer::opml::MEDIA_TYPE as OPML;
use crate::transfer::opml::{self, Outline};

/// The page.
///
/// # Errors
/// The database or a template fails.
pub async fn page(app: &App) -> anyhow::Result<Document> {
    let settings = &app.config.settings;
    let states: HashMap<String, FeedState> =
        app.store.feed_states().await?.into_iter().map(|state| (state.id.clone(), state)).collect();
    let activity = app.store.feed_activity(rhythm::LOOK_BACK).await?;
    let activity: HashMap<String, Activity> = activity.into_iter().map(|feed| (feed.feed.clone(), feed)).collect();
    let sources = in_use(app).map(|feed| {
        let id = feed.id.as_str();
        source(app, feed, states.get(id), activity.get(id))
    });
    let view = SourcesView {
        lang: "en".to_owned(),
        dir: "ltr".to_owned(),
        title: format!("{}: sources", settings.name),
        topic: app.config.topic.title.clone(),
        canonical: app.page("sources"),
        sources: sources.collect(),
    };
    let checked = states.values().filter_map(|state| state.checked).max();
    Ok(Document::new(app, app.renderer.render_sources(&view)?, checked))
}

/// The list as OPML.
#[must_use]
pub fn list(app: &App) -> Document {
    let outlines = in_use(app).filter_map(|feed| Some(Outline { title: feed.title.clone(), url: shown(feed)? }));
    let title = format!("{}: sources", app.config.settings.name);
    Document::new(app, opml::write(&title, &outlines.collect::<Vec<_>>()), None)
}

/// The feeds that are polled, by title.
fn in_use(app: &App) -> impl Iterator<Item = &Feed> {
    let mut feeds: Vec<&Feed> = app.config.feeds.iter().filter(|feed| feed.enabled).collect();
    feeds.sort_by_cached_key(|feed| feed.title.to_lowercase());
    feeds.into_iter()
}

/// A feed's address as everybody may see it, if they may at all.
fn shown(feed: &Feed) -> Option<String> {
    matches!(feed.url.scheme(), "http" | "https").then(|| without_login(&feed.url).into())
}

fn source(app: &App, feed: &Feed, state: Option<&FeedState>, activity: Option<&Activity>) -> SourceView {
    let rhythm = activity.and_then(|activity| {
        let Activity { items, oldest, .. } = *activity;
        Some(rhythm::in_words(items, oldest, activity.first_polled?, activity.succeeded?))
    });
    let day = |at: DateTime<Utc>| app.day(at);
    SourceView {
        title: feed.title.clone(),
        link: shown(feed).unwrap_or_default(),
        rhythm: rhythm.unwrap_or_default(),
        last_read: state.and_then(|state| state.succeeded).map(day).unwrap_or_default(),
        is_failing: state.is_some_and(|state| state.failures > 0),
        is_gone: state.is_some_and(|state| state.gone.is_some()),
    }
}
