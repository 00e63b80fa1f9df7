//! The archive: the page that each run left for everybody, and the list of these pages.

use super::App;
use crate::render::ArchivesView;
use crate::render::view::ArchiveView;

/// Digests on one page of the list.
pub const DIGESTS_A_PAGE: usize = 20;

/// The page of the run of this name, as it was frozen.
///
/// # Errors
/// The database fails.
pub async fn show(app: &App, name: &str) -> anyhow::Result<Option<String>> {
    Ok(app.store.archive(name.to_owned()).await?)
}

/// The path of the latest page, from the public URL; none while there is no digest.
///
/// # Errors
/// The database fails.
pub(crate) async fn latest(app: &App) -> anyhow::Result<Option<String>> {
    Ok(app.store.archives(0, 1).await?.pop().map(|row| format!("archive/{}", row.name)))
}

/// The list, newest first, in pages counted from 1.
///
/// # Errors
/// The database or a template fails.
pub async fn list(app: &App, page: u32) -> anyhow::Result<String> {
    let settings = &app.config.settings;
    let page = page.max(1) as usize;
    let skip = (page - 1) * DIGESTS_A_PAGE;
    let mut rows = app.store.archives(skip, DIGESTS_A_PAGE + 1).await?;
    let has_older = rows.len() > DIGESTS_A_PAGE;
    rows.truncate(DIGESTS_A_PAGE);
    let digests = rows.into_iter().map(|row| ArchiveView {
        link: format!("archive/{}", row.name),
        title: row.title,
        date: app.day(row.due),
    });
    let view = ArchivesView {
        lang: settings.locale.to_string(),
        dir: settings.locale.direction().to_owned(),
        title: format!("{}: all digests", settings.name),
        digests: digests.collect(),
        newer: if page > 1 { format!("?page={}", page - 1) } else { String::new() },
        older: if has_older { format!("?page={}", page + 1) } else { String::new() },
    };
    Ok(app.renderer.render_archives(&view)?)
}
