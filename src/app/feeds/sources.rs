//! The public list of sources: which feeds are read, how often each publishes and whether it can be read; also as OPML
//! for feed readers. It shows no log-ins or secrets of addresses, no local files, and no reasons of failures.

use std::collections::HashMap;

use crate::app::{App, Document};
use crate::domain::catalogue::Catalogue;
use crate::domain::feeds::frequency;
use crate::domain::feeds::frequency::{Frequency, Period};
use crate::domain::feeds::{Feed, public_address};
use crate::render::SourcesView;
use crate::render::view::SourceView;
use crate::store::Activity;
pub use crate::transfer::opml::MEDIA_TYPE as OPML;
use crate::transfer::opml::{self, Outline};

/// The page of sources.
///
/// # Errors
/// The database or a template fails.
pub async fn page(app: &App, words: &Catalogue) -> anyhow::Result<Document> {
    let activity = app.store.feeds().feed_activity(frequency::LOOK_BACK).await?;
    let checked = activity.iter().filter_map(|feed| feed.checked).max();
    let activity: HashMap<String, Activity> = activity.into_iter().map(|feed| (feed.feed.clone(), feed)).collect();
    let sources = in_use(app).map(|feed| source(app, words, feed, activity.get(feed.id.as_str())));
    let view = SourcesView {
        title: words.text("sources.title", &[("name", app.name(words).into())]),
        topic: app.topic(words).to_owned(),
        canonical: app.page_in(words, "sources"),
        sources: sources.collect(),
    };
    Ok(Document::new(app, app.renderer.page(words, &view)?, checked))
}

/// The list as OPML.
#[must_use]
pub fn list(app: &App, words: &Catalogue) -> Document {
    let outlines = in_use(app)
        .filter_map(|feed| Some(Outline { title: feed.title.clone(), url: shown(feed)?, ..Outline::default() }));
    let title = words.text("sources.title", &[("name", app.name(words).into())]);
    Document::new(app, opml::write(&title, &outlines.collect::<Vec<_>>()), None)
}

/// The enabled feeds, sorted by title.
fn in_use(app: &App) -> impl Iterator<Item = &Feed> {
    let mut feeds: Vec<&Feed> = app.config.feeds.iter().filter(|feed| feed.enabled).collect();
    feeds.sort_by_cached_key(|feed| feed.title.to_lowercase());
    feeds.into_iter()
}

/// The public form of a feed's address; `None` if it must not be shown.
fn shown(feed: &Feed) -> Option<String> {
    matches!(feed.url.scheme(), "http" | "https").then(|| public_address(&feed.url).into())
}

fn source(app: &App, words: &Catalogue, feed: &Feed, activity: Option<&Activity>) -> SourceView {
    let rhythm = activity.and_then(|activity| {
        let Activity { items, oldest, .. } = *activity;
        Some(rhythm(words, frequency::frequency(items, oldest, activity.first_polled?, activity.succeeded?)))
    });
    SourceView {
        title: feed.title.clone(),
        link: shown(feed).unwrap_or_default(),
        rhythm: rhythm.unwrap_or_default(),
        last_read: activity.and_then(|activity| activity.succeeded).map(|at| app.day(words, at)).unwrap_or_default(),
        is_failing: activity.is_some_and(|activity| activity.is_failing),
        is_gone: activity.is_some_and(|activity| activity.is_gone),
    }
}

/// How often a feed publishes, in words.
pub(super) fn rhythm(words: &Catalogue, frequency: Frequency) -> String {
    let about = |key: &str, rate: u64| words.text(key, &[("n", rate.into())]);
    match frequency {
        Frequency::Silent => words.words("sources.silent"),
        Frequency::Seldom => words.words("sources.seldom"),
        Frequency::About(rate, Period::Day) => about("sources.a_day", rate),
        Frequency::About(rate, Period::Week) => about("sources.a_week", rate),
        Frequency::About(rate, Period::Month) => about("sources.a_month", rate),
    }
}
