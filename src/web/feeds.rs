//! The list of sources: a web page, and OPML for feed readers.

use axum::http::HeaderMap;
use axum::response::Response;

use super::http::caching;
use super::http::error::Failure;
use super::http::site::Site;
use crate::app::feeds::sources;
use crate::app::feeds::sources::OPML;

pub(super) async fn show(site: Site, asked: HeaderMap) -> Result<Response, Failure> {
    Ok(caching::answer(&asked, caching::HTML, sources::page(&site, &site.words).await?))
}

pub(super) async fn list(site: Site, asked: HeaderMap) -> Response {
    caching::answer(&asked, OPML, sources::list(&site, &site.words))
}
