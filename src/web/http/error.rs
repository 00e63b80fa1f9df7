//! What is said when there is no page: a plain word to the visitor on what to do, and the causes of a failure of our own
//! to the log, once. A link that does not hold is no failure; its page says so.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

/// The database or a template failed.
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
            "There is no page at this address. A link in a mail may have been broken over two lines.",
        ),
        StatusCode::METHOD_NOT_ALLOWED => (
            "This does not work here",
            "Nothing was changed. Open this address in a browser, or go back to the page that you came from.",
        ),
        StatusCode::REQUEST_TIMEOUT => (
            "This took too long",
            "What you sent did not arrive in time, and nothing was changed. Please go back and send it again.",
        ),
        StatusCode::PAYLOAD_TOO_LARGE => (
            "This is too much",
            "What you sent is larger than any form of ours, and nothing was changed. Please go back and send less.",
        ),
        StatusCode::URI_TOO_LONG => (
            "This address is too long",
            "No page of ours has so long an address. Please use the link as it stands in the mail.",
        ),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => (
            "This form cannot be read",
            "It came in a way that we do not read, and nothing was changed. Please send the form from its page in a browser.",
        ),
        StatusCode::TOO_MANY_REQUESTS => {
            ("Please wait a little", "There were too many requests. Please try again later.")
        }
        StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => (
            "Your browser sent too much",
            "Beside the address it sent more than we read. Please try again in a private window, or in another browser.",
        ),
        StatusCode::MISDIRECTED_REQUEST => (
            "These pages are not known by this name",
            "Ask for them by an IP address, or write the name into `admin_hosts` in `[web]` of digest.toml.",
        ),
        StatusCode::SERVICE_UNAVAILABLE => (
            "We are busy just now",
            "Your request could not be answered in time. Please look again in half a minute whether it was done.",
        ),
        other if other.is_server_error() => {
            ("Something went wrong here", "It is not your fault, and it was logged. Please try again later.")
        }
        _ => (
            "This request cannot be read",
            "It was broken on its way, and nothing was changed. Please go back, load the page again and send it once more.",
        ),
    }
}
