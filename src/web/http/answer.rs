//! Layers around every response: security headers, an error page in place of a bare status, a time limit, and a panic
//! handler, so that a panic ends only one request.

use std::panic::AssertUnwindSafe;

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse as _, Response};
use futures::FutureExt as _;

use super::bounds::{ADDRESS_BYTES, Bounds, HEAD_BYTES, HEADERS};
use super::site::Site;
use super::{error, styles};
use crate::app::App;
use crate::render::{HERE_PLACEHOLDER, MessageView};

/// The Retry-After of a request that took too long, in seconds.
const BUSY_SECONDS: u16 = 30;

/// Headers of every response. The content security policy is added for each page: see [`styles`].
const ON_ALL: [(HeaderName, &str); 6] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    // A token in the page's address must not leak to the sites that it links to.
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (
        HeaderName::from_static("permissions-policy"),
        "browsing-topics=(), camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    ),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

/// A year, the minimum for browsers' preload lists. Subdomains are left out because they may not be ours.
const HSTS: &str = "max-age=31536000";

const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");
const NO_INDEX: (HeaderName, HeaderValue) =
    (HeaderName::from_static("x-robots-tag"), HeaderValue::from_static("noindex"));

/// Forbids caching and indexing.
pub(crate) async fn personal(mut response: Response) -> Response {
    keep_private(response.headers_mut());
    response
}

/// Forbids caching, and keeps the response plain text even if it is an error.
pub(crate) async fn machine(mut response: Response) -> Response {
    response.headers_mut().insert(header::CACHE_CONTROL, NO_STORE);
    response.extensions_mut().insert(Plain);
    response
}

/// Marks a response that gets no error page.
#[derive(Clone)]
struct Plain;

fn keep_private(headers: &mut HeaderMap) {
    headers.insert(header::CACHE_CONTROL, NO_STORE);
    headers.insert(NO_INDEX.0, NO_INDEX.1);
}

/// Adds the headers to a finished response, and this page's own address to its links to other languages.
pub(crate) async fn headers(State(app): State<App>, request: Request, next: Next) -> Response {
    let here = here(&request);
    let mut response = next.run(request).await;
    for (name, value) in ON_ALL {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    if app.config.settings.public_url.scheme() == "https" {
        response.headers_mut().insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(HSTS));
    }
    if response.status().is_client_error() || response.status().is_server_error() {
        keep_private(response.headers_mut());
    }
    // RFC 9111 §3.2: a 304 updates the headers of the cached page, which already has its own policy.
    if response.status() != StatusCode::NOT_MODIFIED {
        response = with_policy(response, &here).await;
    }
    response
}

/// The path and the query of a page, as an attribute holds them; empty if they are far too long for a page of ours.
fn here(request: &Request) -> String {
    let address = request.uri().path_and_query().map_or("", |address| address.as_str());
    let escaped = address.trim_start_matches('/').replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;");
    if escaped.len() > ADDRESS_BYTES { String::new() } else { escaped }
}

async fn with_policy(response: Response, here: &str) -> Response {
    if !is_html(response.headers()) {
        return policed(response, styles::POLICY_WITHOUT);
    }
    let (parts, body) = response.into_parts();
    match to_bytes(body, usize::MAX).await {
        Ok(html) => {
            let html = String::from_utf8_lossy(&html).replace(HERE_PLACEHOLDER, here);
            let policy = styles::policy(html.as_bytes());
            policed(Response::from_parts(parts, Body::from(html)), &policy)
        }
        // Our pages are complete in memory, so this does not happen.
        Err(error) => error::Failure::from(error).into_response(),
    }
}

fn policed(mut response: Response, policy: &str) -> Response {
    let value = HeaderValue::from_str(policy).expect("a policy is made of plain words and base64");
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, value);
    response
}

fn is_html(headers: &HeaderMap) -> bool {
    headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"))
}

/// Gives an error response a page if it has none. Its other headers (`Allow`, `Retry-After`) are kept.
pub(crate) async fn error_pages(State(app): State<App>, request: Request, next: Next) -> Response {
    let site = Site::of_request(app, &request);
    let response = next.run(request).await;
    let status = response.status();
    let has_text = is_html(response.headers()) || response.extensions().get::<Plain>().is_some();
    if has_text || !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    let (title, text) = error::keys(status);
    let (title, text) = (site.words.words(title), site.words.words(text));
    let (mut parts, _) = response.into_parts();
    parts.headers.remove(header::CONTENT_TYPE);
    parts.headers.remove(header::CONTENT_LENGTH);
    match site.renderer.page(&site.words, &MessageView::new(&title, std::slice::from_ref(&text))) {
        Ok(html) => (parts.status, parts.headers, Html(html)).into_response(),
        Err(error) => {
            tracing::error!("a page could not be rendered: {error:#}");
            (parts.status, parts.headers, format!("{title}. {text}\n")).into_response()
        }
    }
}

/// Refuses requests that are too large, abandons those that take too long, and catches panics.
pub(crate) async fn bounded(State(bounds): State<Bounds>, mut request: Request, next: Next) -> Response {
    if let Some(status) = too_large(&request) {
        return status.into_response();
    }
    request.extensions_mut().insert(bounds);
    let answer = AssertUnwindSafe(next.run(request)).catch_unwind();
    match tokio::time::timeout(bounds.request, answer).await {
        Ok(Ok(response)) => response,
        // The panic has been logged to standard error.
        Ok(Err(_)) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        Err(_) => {
            tracing::warn!("a request took too long and was abandoned");
            (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, HeaderValue::from(BUSY_SECONDS))]).into_response()
        }
    }
}

fn too_large(request: &Request) -> Option<StatusCode> {
    let address = request.uri().path_and_query().map_or(0, |address| address.as_str().len());
    if address > ADDRESS_BYTES {
        return Some(StatusCode::URI_TOO_LONG);
    }
    let headers = request.headers();
    let bytes: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    (headers.len() > HEADERS || bytes > HEAD_BYTES).then_some(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE)
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::middleware;
    use axum::routing::get;
    use hyper::service::Service as _;
    use hyper_util::service::TowerToHyperService;

    use super::*;
    use crate::config::built_in_languages;

    async fn status(address: &str, bounds: Bounds) -> StatusCode {
        let pages = Router::new()
            .route("/panics", get(async || -> StatusCode { panic!("in a test") }))
            .route("/hangs", get(std::future::pending::<StatusCode>))
            .layer(middleware::from_fn_with_state(bounds, bounded));
        let request = Request::get(address).body(Body::empty()).unwrap();
        TowerToHyperService::new(pages).call(request).await.unwrap().status()
    }

    #[tokio::test(start_paused = true)]
    async fn a_panic_and_a_page_that_hangs_end_one_request() {
        assert_eq!(status("/panics", Bounds::default()).await, StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(status("/hangs", Bounds::default()).await, StatusCode::SERVICE_UNAVAILABLE);
    }

    #[test]
    fn every_status_has_a_page_that_says_what_to_do() {
        for code in 400..600 {
            let (title, text) = error::keys(StatusCode::from_u16(code).unwrap());
            let words = built_in_languages().first().clone();
            assert!(words.words(title) != title && words.words(text).ends_with('.'), "{code}");
        }
    }
}
