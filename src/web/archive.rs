//! The archive's pages: one a run, as it was frozen, and the list of them. They are for everybody.

use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse as _, Response};

use super::error::Failure;
use super::not_found;
use crate::app::{App, archive};

pub(super) async fn show(State(app): State<App>, Path(name): Path<String>) -> Result<Response, Failure> {
    match archive::show(&app, &name).await? {
        Some(html) => Ok((StatusCode::OK, Html(html)).into_response()),
        None => not_found(State(app)).await,
    }
}

/// `?page=2`; the first page without it, or with anything that is no number.
pub(super) async fn list(State(app): State<App>, RawQuery(query): RawQuery) -> Result<Response, Failure> {
    let page = query.as_deref().and_then(|query| query.strip_prefix("page=")).and_then(|page| page.parse().ok());
    let html = archive::list(&app, page.unwrap_or(1)).await?;
    Ok((StatusCode::OK, Html(html)).into_response())
}
