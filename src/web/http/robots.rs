//! What search engines are told. Whether a page may be listed stands in its own answer (`X-Robots-Tag`, or a `<meta>` in
//! `page/base.html.j2`), never in `robots.txt`: a crawler that is kept out never reads that a page is not to be listed,
//! and lists its bare address.

use axum::extract::State;
use axum::http::{HeaderName, HeaderValue};
use axum::response::Response;

use crate::app::App;

const X_ROBOTS_TAG: HeaderName = HeaderName::from_static("x-robots-tag");

/// RFC 9309: everything may be read.
pub(crate) async fn show(State(app): State<App>) -> &'static str {
    if app.config.settings.web.robots {
        "User-agent: *\nDisallow:\n"
    } else {
        "# Come in, and list nothing: every page says noindex.\nUser-agent: *\nDisallow:\n"
    }
}

/// Says that a page is not to be listed, unless it may be.
pub(crate) fn tell(response: &mut Response, is_listed: bool) {
    if !is_listed {
        response.headers_mut().insert(X_ROBOTS_TAG, HeaderValue::from_static("noindex"));
    }
}
