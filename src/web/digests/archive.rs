//! The public archive: one page for each run, as it was frozen, and the list of them.

use axum::extract::{Path, RawQuery};
use axum::http::HeaderMap;
use axum::response::{IntoResponse as _, Response};

use crate::app::digests::archive;
use crate::web::http::caching;
use crate::web::http::error::Failure;
use crate::web::http::site::Site;
use crate::web::not_found;

pub(crate) async fn show(site: Site, Path(name): Path<String>, asked: HeaderMap) -> Result<Response, Failure> {
    match archive::show(&site, &site.words, &name).await? {
        Some(page) => Ok(caching::answer(&asked, caching::HTML, page)),
        None => Ok(not_found().await.into_response()),
    }
}

/// `?page=2`; the first page without it or with an invalid number.
pub(crate) async fn list(site: Site, RawQuery(query): RawQuery, asked: HeaderMap) -> Result<Response, Failure> {
    let page = query.as_deref().and_then(|query| query.strip_prefix("page=")).and_then(|page| page.parse().ok());
    let page = archive::list(&site, &site.words, page.unwrap_or(1)).await?;
    Ok(caching::answer(&asked, caching::HTML, page))
}
