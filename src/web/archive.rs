//! The archive's pages: one a run, as it was frozen, and the list of them. They are for everybody.

use axum::extract::{Path, RawQuery, State};
use axum::http::HeaderMap;
use axum::response::Response;

use super::error::Failure;
use super::{caching, not_found};
use crate::app::{App, archive};

pub(super) async fn show(
    State(app): State<App>,
    Path(name): Path<String>,
    asked: HeaderMap,
) -> Result<Response, Failure> {
    match archive::show(&app, &name).await? {
        Some(page) => Ok(caching::answer(&asked, caching::HTML, page)),
        None => not_found(State(app)).await,
    }
}

/// `?page=2`; the first page without it, or with anything that is no number.
pub(super) async fn list(
    State(app): State<App>,
    RawQuery(query): RawQuery,
    asked: HeaderMap,
) -> Result<Response, Failure> {
    let page = query.as_deref().and_then(|query| query.strip_prefix("page=")).and_then(|page| page.parse().ok());
    let page = archive::list(&app, page.unwrap_or(1)).await?;
    Ok(caching::answer(&asked, caching::HTML, page))
}
