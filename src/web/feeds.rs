//! The list of sources: a web page, and OPML for feed readers.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;

use super::http::caching;
use super::http::error::Failure;
use crate::app::App;
use crate::app::feeds::sources;
use crate::app::feeds::sources::OPML;

pub(super) async fn show(State(app): State<App>, asked: HeaderMap) -> Result<Response, Failure> {
    Ok(caching::answer(&asked, caching::HTML, sources::page(&app).await?))
}

pub(super) async fn list(State(app): State<App>, asked: HeaderMap) -> Response {
    caching::answer(&asked, OPML, sources::list(&app))
}
