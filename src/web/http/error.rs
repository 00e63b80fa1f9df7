//! Error pages: a short text that tells the visitor what to do. The causes of an internal error are logged once. An
//! invalid link is not an error here; it has a page of its own.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

/// An internal error: the database or a template failed.
pub(crate) struct Failure(anyhow::Error);

impl<E: Into<anyhow::Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        tracing::error!("a page could not be served: {:#}", self.0);
        StatusCode::INTERNAL_SERVER_ERROR.into_response()
    }
}

/// The title and the text of the page for a status.
pub(crate) fn words(status: StatusCode) -> (&'static str, &'static str) {
    match status {
        StatusCode::NOT_FOUND => (
            "Page not found",
            "There is no page at this address. If you followed a link from an email, it may have been cut off. Copy the whole link.",
        ),
        StatusCode::METHOD_NOT_ALLOWED => (
            "This doesn't work here",
            "Nothing was changed. Open this address in a browser, or go back to the page you came from.",
        ),
        StatusCode::REQUEST_TIMEOUT => (
            "This took too long",
            "What you sent did not arrive in time, and nothing was changed. Please go back and send it again.",
        ),
        StatusCode::PAYLOAD_TOO_LARGE => (
            "This is too large",
            "What you sent is larger than our forms allow, and nothing was changed. Please go back and send less.",
        ),
        StatusCode::URI_TOO_LONG => (
            "This address is too long",
            "None of our pages has such a long address. Please use the link exactly as it is in the email.",
        ),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => (
            "We can't read this form",
            "It was sent in a format that we don't support, and nothing was changed. Please send the form from its page in a browser.",
        ),
        StatusCode::TOO_MANY_REQUESTS => {
            ("Please wait a little", "There were too many requests. Please try again later.")
        }
        StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => (
            "Your browser sent too much",
            "The request headers are larger than we accept. Please try again in a private window, or in another browser.",
        ),
        StatusCode::MISDIRECTED_REQUEST => (
            "These pages have another host name",
            "Open them by IP address, or add this host name to `admin_hosts` in `[web]` of digest.toml.",
        ),
        StatusCode::SERVICE_UNAVAILABLE => (
            "We are busy at the moment",
            "We couldn't answer in time. Please check again in half a minute whether your request was carried out.",
        ),
        other if other.is_server_error() => {
            ("Something went wrong", "This is our fault, and we have logged it. Please try again later.")
        }
        _ => (
            "We can't read this request",
            "It arrived damaged, and nothing was changed. Please go back, reload the page and send it again.",
        ),
    }
}
