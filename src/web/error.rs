//! What a page answers when the program fails: a plain word to the visitor, the causes to the log, once. A link
//! that does not hold is no failure; its page says so.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

/// The database or a template failed.
pub(super) struct Failure(anyhow::Error);

impl<E: Into<anyhow::Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        tracing::error!("a page could not be served: {:#}", self.0);
        let text = "something went wrong here, and it was logged; please try again later\n";
        (StatusCode::INTERNAL_SERVER_ERROR, text).into_response()
    }
}
