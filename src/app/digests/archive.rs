//! The archive: the public page of each run, and the list of these pages.

use chrono::{DateTime, Utc};

use crate::app::{App, Document};
use crate::domain::catalogue::{Catalogue, Value};
use crate::domain::digests::correction::{Correction, Kind};
use crate::render;
use crate::render::view::{ArchiveView, TitleView};
use crate::render::{ArchivesView, Foot, PageLink};
use crate::store::Neighbour;

/// The number of digests on one page of the list.
pub const DIGESTS_A_PAGE: usize = 20;

/// The frozen page of the run with this name. A page that is not in the list is only for readers who have its link from
/// an email.
///
/// # Errors
/// The database fails.
pub async fn show(app: &App, words: &Catalogue, name: &str) -> anyhow::Result<Option<Document>> {
    let page = app.store.archive().page(name.to_owned(), words.code().to_owned()).await?;
    let Some(page) = page else { return Ok(None) };
    let corrections = app.store.archive().corrections(name.to_owned()).await?;
    let neighbours = app.store.archive().neighbours(name.to_owned()).await?;
    // The next digest and a correction change the page, and both change the list.
    let changed = app.store.archive().changed().await?.map_or(page.made, |at| at.max(page.made));
    let notices: Vec<String> = corrections.iter().map(|(correction, at)| notice(app, words, correction, *at)).collect();
    let is_listed = app.config.settings.web.robots && page.is_listed;
    let body = if notices.is_empty() {
        page.html
    } else {
        render::with_notices(&page.html, &words.words("correction.title"), &notices)
    };
    let body = with_foot(app, words, &body, neighbours);
    Ok(Some(Document { is_listed, ..Document::new(app, body, Some(changed)) }))
}

/// The page with links to the digests before and after it, and to what every page links to.
fn with_foot(app: &App, words: &Catalogue, html: &str, neighbours: [Option<Neighbour>; 2]) -> String {
    let to_digest = |(key, neighbour): (&str, Option<Neighbour>)| {
        let Neighbour { name, due } = neighbour?;
        Some(PageLink { href: name, text: words.text(key, &[("date", (&app.day(words, due)).into())]) })
    };
    let digests: Vec<PageLink> =
        ["archive.previous", "archive.next"].into_iter().zip(neighbours).filter_map(to_digest).collect();
    let link = |path: &str, key: &str| PageLink { href: app.page_in(words, path), text: words.words(key) };
    let mut about = vec![link("privacy", "page.privacy")];
    if app.config.settings.accessibility.has_statement() {
        about.push(link("accessibility", "page.accessibility"));
    }
    render::with_foot(
        html,
        &Foot {
            label: &words.words("archive.others"),
            digests: &digests,
            about_label: &words.words("page.about_these_pages"),
            about: &about,
            accent: &app.config.settings.accent.to_string(),
        },
    )
}

/// What the page of a digest says about a story that was corrected since.
fn notice(app: &App, words: &Catalogue, correction: &Correction, at: DateTime<Utc>) -> String {
    let date = app.day(words, at);
    let values =
        [("date", Value::from(&date)), ("title", (&correction.title).into()), ("words", (&correction.words).into())];
    match correction.kind {
        Kind::Withdrawn => words.text("correction.notice_withdrawn", &values),
        Kind::Corrected => words.text("correction.notice_corrected", &values),
    }
}

/// The path of the latest page relative to the public URL; `None` while there is no digest.
///
/// # Errors
/// The database fails.
pub(crate) async fn latest(app: &App) -> anyhow::Result<Option<String>> {
    Ok(app.store.archive().pages(String::new(), 0, 1).await?.pop().map(|row| format!("archive/{}", row.name)))
}

/// A page of the list, newest digests first; pages are counted from 1.
///
/// # Errors
/// The database or a template fails.
pub async fn list(app: &App, words: &Catalogue, page: u32) -> anyhow::Result<Document> {
    let page = page.max(1) as usize;
    let skip = (page - 1) * DIGESTS_A_PAGE;
    let changed = app.store.archive().changed().await?;
    let mut rows = app.store.archive().pages(words.code().to_owned(), skip, DIGESTS_A_PAGE + 1).await?;
    let has_older = rows.len() > DIGESTS_A_PAGE;
    rows.truncate(DIGESTS_A_PAGE);
    // A story in the default language is in another one than this page if that is translated.
    let default = app.words();
    let language = |own: &str| match own {
        "" if words.code() == default.code() => String::new(),
        "" => default.locale().to_string(),
        own if own == words.code() => String::new(),
        own => own.to_owned(),
    };
    let digests = rows.into_iter().map(|row| ArchiveView {
        link: format!("archive/{}", row.name),
        others: match row.stories.saturating_sub(row.headlines.len()) {
            more if more > 0 && !row.headlines.is_empty() => words.text("archive.and_others", &[("n", more.into())]),
            _ => String::new(),
        },
        title: row.title,
        titles: row
            .headlines
            .iter()
            .map(|it| TitleView { title: it.title.clone(), lang: language(&it.language) })
            .collect(),
        headlines: row.headlines.into_iter().map(|it| it.title).collect(),
        date: app.day(words, row.due),
        count: words.text("digest.posts", &[("n", row.stories.into())]),
    });
    let query = |page: usize| if page > 1 { format!("?page={page}") } else { String::new() };
    let view = ArchivesView {
        title: words.text("archive.title", &[("name", app.name(words).into())]),
        canonical: app.page_in(words, &format!("archive{}", query(page))),
        digests: digests.collect(),
        newer: if page > 1 { format!("archive{}", query(page - 1)) } else { String::new() },
        older: if has_older { format!("archive{}", query(page + 1)) } else { String::new() },
    };
    Ok(Document::new(app, app.renderer.page(words, &view)?, changed))
}
