//! Rules for search engines. Each response says itself whether it may be indexed (`X-Robots-Tag`, or a `<meta>` in
//! `page/base.html.j2`). `robots.txt` cannot say so: a crawler that it keeps out never sees the `noindex` and lists the
//! bare address.

use axum::extract::State;
use axum::http::{HeaderName, HeaderValue};
use axum::response::Response;

use crate::app::App;

const X_ROBOTS_TAG: HeaderName = HeaderName::from_static("x-robots-tag");

/// RFC 9309: crawlers may read everything.
pub(crate) async fn show(State(app): State<App>) -> &'static str {
    if app.config.settings.web.robots {
        "User-agent: *\nDisallow:\n"
    } else {
        "# Crawling is allowed; every page is marked noindex.\nUser-agent: *\nDisallow:\n"
    }
}

/// Marks a response `noindex` unless it may be indexed.
pub(crate) fn mark(response: &mut Response, is_listed: bool) {
    if !is_listed {
        response.headers_mut().insert(X_ROBOTS_TAG, HeaderValue::from_static("noindex"));
    }
}
