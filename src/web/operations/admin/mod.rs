//! The operator's pages, on a separate address: `/status` for people, `/metrics` for Prometheus, and health checks. They
//! show no email addresses, and change nothing.

mod metrics;
mod parts;
mod view;

use anyhow::Context as _;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::middleware;
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use axum::routing::get;

use super::health;
use crate::app::App;
use crate::app::operations::reload::Live;
use crate::app::operations::status;
use crate::render::StatusView;
use crate::web::Bounds;
use crate::web::http::error::Failure;
use crate::web::http::{answer, host};

/// The media type of OpenMetrics, which Prometheus reads.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The router of these pages.
pub(crate) fn router(live: Live, bounds: Bounds) -> Router {
    let error_pages = middleware::from_fn_with_state(live.clone(), answer::error_pages);
    Router::new()
        .route("/", get(async || Redirect::to("/status")))
        .route("/status", get(show))
        .route("/status/runs/{run}", get(show_run))
        .route("/status/messages/{state}", get(show_messages))
        .route("/metrics", get(measure))
        .route("/health/live", get(health::live))
        .route("/health/ready", get(health::ready))
        .layer(middleware::from_fn_with_state(bounds, answer::bounded))
        .layer(middleware::from_fn_with_state(live.clone(), host::ours))
        .layer(middleware::from_fn(host::named))
        .layer(error_pages)
        .layer(middleware::from_fn_with_state(live.clone(), answer::headers))
        .with_state(live)
}

async fn show(State(app): State<App>) -> Result<Response, Failure> {
    let report = status::status(&app).await?;
    rendered(&app, Some(view::of(&app, &report)))
}

async fn show_run(State(app): State<App>, Path(run): Path<String>) -> Result<Response, Failure> {
    let view = match run.parse() {
        Ok(run) => parts::run(&app, run).await?,
        Err(_) => None,
    };
    rendered(&app, view)
}

async fn show_messages(State(app): State<App>, Path(state): Path<String>) -> Result<Response, Failure> {
    rendered(&app, parts::messages(&app, &state).await?)
}

/// A page of the operator's; 404 for what does not exist.
fn rendered(app: &App, view: Option<StatusView>) -> Result<Response, Failure> {
    let Some(view) = view else { return Ok(StatusCode::NOT_FOUND.into_response()) };
    let html = app.renderer.operator_page(app.words(), &view).context("cannot render the operator's page")?;
    Ok(([(header::CACHE_CONTROL, "no-store")], Html(html)).into_response())
}

async fn measure(State(app): State<App>) -> Result<Response, Failure> {
    let text = metrics::text(&status::figures(&app).await?).context("cannot write the metrics")?;
    Ok(([(header::CONTENT_TYPE, OPEN_METRICS), (header::CACHE_CONTROL, "no-store")], text).into_response())
}
