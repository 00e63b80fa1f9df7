//! Error pages: a short text that tells the visitor what to do. The causes of an internal error are logged once. An
//! invalid link is not an error here; it has a page of its own.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::app::operations::status;

/// When to try again while the database is away, in seconds.
const AWAY_SECONDS: &str = "10";

/// An internal error: the database or a template failed.
pub(crate) struct Failure(anyhow::Error);

impl<E: Into<anyhow::Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        if status::is_away(&self.0) {
            // That the database is away is logged where it is opened again.
            tracing::debug!("a page could not be served: {:#}", self.0);
            return (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, AWAY_SECONDS)]).into_response();
        }
        tracing::error!("a page could not be served: {:#}", self.0);
        StatusCode::INTERNAL_SERVER_ERROR.into_response()
    }
}

/// The keys of the title and of the text of the page for a status.
pub(crate) fn keys(status: StatusCode) -> (&'static str, &'static str) {
    match status {
        StatusCode::NOT_FOUND => ("refusal.not_found", "refusal.not_found_text"),
        StatusCode::METHOD_NOT_ALLOWED => ("refusal.method", "refusal.method_text"),
        StatusCode::REQUEST_TIMEOUT => ("refusal.timeout", "refusal.timeout_text"),
        StatusCode::PAYLOAD_TOO_LARGE => ("refusal.too_large", "refusal.too_large_text"),
        StatusCode::URI_TOO_LONG => ("refusal.too_long", "refusal.too_long_text"),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => ("refusal.media_type", "refusal.media_type_text"),
        StatusCode::TOO_MANY_REQUESTS => ("refusal.too_many", "refusal.too_many_text"),
        StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => ("refusal.headers", "refusal.headers_text"),
        StatusCode::MISDIRECTED_REQUEST => ("refusal.misdirected", "refusal.misdirected_text"),
        StatusCode::SERVICE_UNAVAILABLE => ("refusal.busy", "refusal.busy_text"),
        other if other.is_server_error() => ("refusal.failed", "refusal.failed_text"),
        _ => ("refusal.bad", "refusal.bad_text"),
    }
}
