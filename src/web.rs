//! The pages: the table of routes, and what holds for every answer. A GET shows, only a POST changes anything,
//! since mail scanners follow links. A personal link's token is its whole authority: there are no cookies, so
//! nothing that another site could ride on, and tokens are never logged.

pub mod admin;
mod archive;
mod caching;
mod error;
mod health;
mod preferences;
mod robots;
mod sign_up;
mod sources;
mod subscriptions;
mod syndication;
mod unsubscribe;
mod visitor;

use std::future::Future;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context as _;
use axum::Router;
use axum::extract::{DefaultBodyLimit, FromRef, Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{Html, IntoResponse as _, Response};
use axum::routing::{get, post};
use futures::FutureExt as _;
use tokio::net::TcpListener;

use crate::app::App;
use crate::app::reload::Live;
use crate::domain::token::TokenError;
use crate::render::PageForm;
use error::Failure;

/// The largest body that is read: a form with an address and a few choices is far below it.
const MAX_BODY_BYTES: usize = 16 * 1024;

/// The most that one request may take, and that open connections are given when the server stops.
const REQUEST_LIMIT: Duration = Duration::from_secs(10);

/// On every answer. The styles of `page/base.html.j2` stand in its `<style>`; there are no scripts or images.
const HEADERS: [(HeaderName, HeaderValue); 4] = [
    (
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(
            "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
        ),
    ),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
];

/// On every answer under a personal link.
const PERSONAL_HEADERS: [(HeaderName, HeaderValue); 2] = [
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (HeaderName::from_static("x-robots-tag"), HeaderValue::from_static("noindex")),
];

/// Serves the pages until `stop`; then requests in flight are answered, and connections that dawdle are dropped.
///
/// # Errors
/// The listener fails.
pub async fn serve(
    live: Live,
    listener: TcpListener,
    stop: impl Future<Output = ()> + Send + 'static,
) -> anyhow::Result<()> {
    serve_on(router(live), listener, stop).await
}

/// Serves the operator's pages, in the same way.
///
/// # Errors
/// The listener fails.
pub async fn serve_admin(
    live: Live,
    listener: TcpListener,
    stop: impl Future<Output = ()> + Send + 'static,
) -> anyhow::Result<()> {
    serve_on(admin::router(live), listener, stop).await
}

async fn serve_on(
    router: Router,
    listener: TcpListener,
    stop: impl Future<Output = ()> + Send + 'static,
) -> anyhow::Result<()> {
    let stop = stop.shared();
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let serving = axum::serve(listener, service).with_graceful_shutdown(stop.clone());
    let limit = async {
        stop.await;
        tokio::time::sleep(REQUEST_LIMIT).await;
    };
    tokio::select! {
        served = serving => served.context("the web server failed"),
        () = limit => Ok(()),
    }
}

/// Every page under its address. A request is answered by the newest installation, whole.
pub fn router(live: Live) -> Router {
    let personal = Router::new()
        .route("/confirm/{token}", get(subscriptions::ask).post(subscriptions::confirm))
        .route("/confirm/{token}/again", post(subscriptions::again))
        .route("/unsubscribe/{token}", get(unsubscribe::ask).post(unsubscribe::leave))
        .route("/p/{token}", get(preferences::show))
        .route("/p/{token}/choices", get(preferences::back).post(preferences::choose))
        .route("/p/{token}/pause", get(preferences::back).post(preferences::pause))
        .route("/p/{token}/resume", get(preferences::back).post(preferences::resume))
        .route("/p/{token}/address", get(preferences::back).post(preferences::ask_address))
        .route("/p/{token}/data", get(preferences::data))
        .route("/p/{token}/delete", get(preferences::ask_erase).post(preferences::erase))
        .route("/address/{token}", get(preferences::ask_take).post(preferences::take_address))
        .layer(middleware::map_response(personal_headers));
    Router::new()
        .merge(personal)
        .route("/", get(sign_up::show).post(sign_up::take))
        .route("/p", get(preferences::ask_link).post(preferences::send_link))
        .route("/archive", get(archive::list))
        .route("/archive/{name}", get(archive::show))
        .route("/archive/feed.xml", get(syndication::digests))
        .route("/feed.xml", get(syndication::stories_as_atom))
        .route("/feed.json", get(syndication::stories_as_json))
        .route("/sources", get(sources::show))
        .route("/sources.opml", get(sources::list))
        .route("/robots.txt", get(robots::show))
        .route("/health/live", get(health::live))
        .route("/health/ready", get(health::ready))
        .fallback(not_found)
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(middleware::from_fn(limit_time))
        .layer(middleware::map_response(headers))
        .with_state(live)
}

impl FromRef<Live> for App {
    fn from_ref(live: &Live) -> Self {
        live.app()
    }
}

async fn not_found(State(app): State<App>) -> Result<Response, Failure> {
    let text = "There is no page at this address. A link in a mail may have been broken over two lines.";
    page(&app, StatusCode::NOT_FOUND, "Page not found", &[text.to_owned()], None)
}

/// The page that says why a personal link does nothing.
fn refused(app: &App, error: TokenError, next: &str) -> Result<Response, Failure> {
    let (status, title) = match error {
        TokenError::Invalid => (StatusCode::BAD_REQUEST, "This link is not valid"),
        TokenError::Expired => (StatusCode::GONE, "This link has expired"),
    };
    page(app, status, title, &[next.to_owned()], None)
}

fn page(
    app: &App,
    status: StatusCode,
    title: &str,
    paragraphs: &[String],
    form: Option<&PageForm>,
) -> Result<Response, Failure> {
    let html = app.renderer.render_page(title, paragraphs, form).context("cannot render a page")?;
    Ok((status, Html(html)).into_response())
}

async fn limit_time(request: Request, next: Next) -> Response {
    match tokio::time::timeout(REQUEST_LIMIT, next.run(request)).await {
        Ok(response) => response,
        Err(_) => (StatusCode::REQUEST_TIMEOUT, "this took too long; please try again\n").into_response(),
    }
}

async fn headers(mut response: Response) -> Response {
    response.headers_mut().extend(HEADERS);
    response
}

async fn personal_headers(mut response: Response) -> Response {
    response.headers_mut().extend(PERSONAL_HEADERS);
    response
}
