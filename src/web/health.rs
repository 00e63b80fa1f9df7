//! Health for a supervisor: `live` says that the process answers, `ready` that its database does too.

use axum::extract::State;
use axum::http::StatusCode;

use crate::app::{App, status};

pub(super) async fn live() -> &'static str {
    "live\n"
}

pub(super) async fn ready(State(app): State<App>) -> (StatusCode, &'static str) {
    match status::ready(&app).await {
        Ok(()) => (StatusCode::OK, "ready\n"),
        Err(error) => {
            tracing::error!("not ready: {error:#}");
            (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n")
        }
    }
}
