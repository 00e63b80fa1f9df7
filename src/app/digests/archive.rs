//! The archive: the public page of each run, and the list of these pages.

use chrono::{DateTime, Utc};

use crate::app::{App, Document};
use crate::domain::catalogue::{Catalogue, Value};
use crate::domain::digests::correction::{Correction, Kind};
use crate::render;
use crate::render::ArchivesView;
use crate::render::view::ArchiveView;

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
    let modified = corrections.iter().map(|(_, at)| *at).max().map_or(page.made, |at| at.max(page.made));
    let notices: Vec<String> = corrections.iter().map(|(correction, at)| notice(app, words, correction, *at)).collect();
    let is_listed = app.config.settings.web.robots && page.is_listed;
    let body = if notices.is_empty() {
        page.html
    } else {
        render::with_notices(&page.html, &words.words("correction.title"), &notices)
    };
    Ok(Some(Document { is_listed, modified: modified.min(app.clock.now()), body }))
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
    let digests = rows.into_iter().map(|row| ArchiveView {
        link: format!("archive/{}", row.name),
        title: row.title,
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
