//! Health checks in plain text: `live` means that the process answers, `ready` that it accepts requests and its database
//! answers.

use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;

use crate::app::App;
use crate::app::operations::status;

/// The time limit for the database: supervisors ask every few seconds.
const ANSWERS_WITHIN: Duration = Duration::from_secs(2);

pub(crate) async fn live() -> &'static str {
    "live\n"
}

pub(crate) async fn ready(State(app): State<App>) -> (StatusCode, &'static str) {
    if app.stop.is_requested() {
        return (StatusCode::SERVICE_UNAVAILABLE, "stopping\n");
    }
    match tokio::time::timeout(ANSWERS_WITHIN, status::ready(&app)).await {
        Ok(Ok(())) => (StatusCode::OK, "ready\n"),
        Ok(Err(error)) => {
            tracing::error!("not ready: {error:#}");
            (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n")
        }
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer in time\n"),
    }
}
