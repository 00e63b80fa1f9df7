//! The pages: the table of routes, and what holds for every answer. A GET shows, only a POST changes anything,
//! since mail scanners follow links. A personal link's token is its whole authority: there are no cookies, so
//! nothing that another site could ride on, and tokens are never logged.

mod digests;
mod feeds;
mod http;
pub mod operations;
mod serving;
mod subscribers;

use digests::archive;
use digests::public_feeds;
use http::answer;
use http::host;
use http::robots;
use operations::admin;
use operations::health;
use std::future::Future;
use subscribers::preferences;
use subscribers::sign_up;
use subscribers::subscriptions;
use subscribers::unsubscribe;

use anyhow::Context as _;
use axum::Router;
use axum::extract::FromRef;
use axum::http::StatusCode;
use axum::middleware;
use axum::response::{Html, IntoResponse as _, Response};
use axum::routing::{MethodRouter, get, post};
use tokio::net::TcpListener;

use crate::app::App;
use crate::app::operations::reload::Live;
use crate::domain::subscribers::token::TokenError;
use crate::render::{MessageView, PageForm, PageLink, PageView};
pub use http::bounds::Bounds;
use http::error::Failure;

/// Who a page is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// Whoever comes by.
    Everybody,
    /// Whoever holds the token in its address: no cache keeps the answer, and no search engine lists it.
    Holder,
    /// A supervisor, in plain text.
    Machine,
}

/// Every page: its address, who it is for, and who answers. Nothing is served that is not in this table.
fn table() -> Vec<(&'static str, Audience, MethodRouter<Live>)> {
    use Audience::{Everybody, Holder, Machine};
    vec![
        ("/", Everybody, get(sign_up::show).post(sign_up::take)),
        ("/p", Everybody, get(preferences::ask_link).post(preferences::send_link)),
        ("/archive", Everybody, get(archive::list)),
        ("/archive/{name}", Everybody, get(archive::show)),
        ("/archive/feed.xml", Everybody, get(public_feeds::digests)),
        ("/feed.xml", Everybody, get(public_feeds::stories_as_atom)),
        ("/feed.json", Everybody, get(public_feeds::stories_as_json)),
        ("/sources", Everybody, get(feeds::show)),
        ("/sources.opml", Everybody, get(feeds::list)),
        ("/robots.txt", Everybody, get(robots::show)),
        ("/confirm/{token}", Holder, get(subscriptions::ask).post(subscriptions::confirm)),
        ("/confirm/{token}/again", Holder, post(subscriptions::again)),
        ("/unsubscribe/{token}", Holder, get(unsubscribe::ask).post(unsubscribe::leave)),
        ("/p/{token}", Holder, get(preferences::show)),
        ("/p/{token}/choices", Holder, get(preferences::back).post(preferences::choose)),
        ("/p/{token}/pause", Holder, get(preferences::back).post(preferences::pause)),
        ("/p/{token}/resume", Holder, get(preferences::back).post(preferences::resume)),
        ("/p/{token}/address", Holder, get(preferences::back).post(preferences::ask_address)),
        ("/p/{token}/data", Holder, get(preferences::data)),
        ("/p/{token}/delete", Holder, get(preferences::ask_erase).post(preferences::erase)),
        ("/address/{token}", Holder, get(preferences::ask_take).post(preferences::take_address)),
        ("/health/live", Machine, get(health::live)),
        ("/health/ready", Machine, get(health::ready)),
    ]
}

/// The address of every page, with `{token}` or `{name}` where one belongs, and who it is for.
pub fn addresses() -> impl Iterator<Item = (&'static str, Audience)> {
    table().into_iter().map(|(address, audience, _)| (address, audience))
}

/// Serves the pages until `stop`; then requests in flight are answered, and connections that dawdle are dropped.
pub async fn serve(live: Live, listener: TcpListener, stop: impl Future<Output = ()> + Send + 'static) {
    serve_within(live, listener, Bounds::default(), stop).await;
}

/// The same within other bounds.
pub async fn serve_within(
    live: Live,
    listener: TcpListener,
    bounds: Bounds,
    stop: impl Future<Output = ()> + Send + 'static,
) {
    serving::serve(&live, router(live.clone(), bounds), listener, bounds, stop).await;
}

/// Serves the operator's pages, in the same way.
pub async fn serve_admin(live: Live, listener: TcpListener, stop: impl Future<Output = ()> + Send + 'static) {
    let bounds = Bounds::default();
    serving::serve(&live, admin::router(live.clone(), bounds), listener, bounds, stop).await;
}

/// Every page under its address. A request is answered by the newest installation, whole.
fn router(live: Live, bounds: Bounds) -> Router {
    let of = |wanted: Audience| {
        let pages = table().into_iter().filter(move |(_, audience, _)| *audience == wanted);
        pages.fold(Router::new(), |router, (address, _, methods)| router.route(address, methods))
    };
    let error_pages = middleware::map_response_with_state(live.clone(), answer::error_pages);
    Router::new()
        .merge(of(Audience::Everybody))
        .merge(of(Audience::Holder).layer(middleware::map_response(answer::personal)))
        .merge(of(Audience::Machine).layer(middleware::map_response(answer::machine)))
        .fallback(not_found)
        .layer(middleware::from_fn_with_state(bounds, answer::bounded))
        .layer(middleware::from_fn(host::named))
        .layer(error_pages)
        .layer(middleware::map_response_with_state(live.clone(), answer::headers))
        .with_state(live)
}

impl FromRef<Live> for App {
    fn from_ref(live: &Live) -> Self {
        live.app()
    }
}

async fn not_found() -> StatusCode {
    StatusCode::NOT_FOUND
}

/// What helps a person whose link does not hold.
struct Help {
    text: &'static str,
    /// The page where it goes on, and what the link to it says.
    link: (&'static str, &'static str),
}

/// For the links to a person's own page and to leave: both are also on the page behind a new link.
const NEW_LINK: Help = Help {
    text: "It may have been cut off when it was copied, or it may be from an old email. Use the link in our latest email, or \
           enter your address to get a new link: on the page that it opens you can change your subscription or unsubscribe.",
    link: ("p", "Get a new link by email"),
};

/// The page that says why a personal link does nothing, and how to get one that works.
fn refused(app: &App, error: TokenError, help: &Help) -> Result<Response, Failure> {
    let (status, title) = match error {
        TokenError::Invalid => (StatusCode::BAD_REQUEST, "This link is not valid"),
        TokenError::Expired => (StatusCode::GONE, "This link has expired"),
    };
    let (path, text) = help.link;
    let link = PageLink { href: app.page(path), text: text.to_owned() };
    let view = MessageView { link: Some(link), ..MessageView::new(title, &[help.text.to_owned()]) };
    rendered(app, status, &view)
}

fn page(
    app: &App,
    status: StatusCode,
    title: &str,
    paragraphs: &[String],
    form: Option<PageForm>,
) -> Result<Response, Failure> {
    rendered(app, status, &MessageView { form, ..MessageView::new(title, paragraphs) })
}

fn rendered(app: &App, status: StatusCode, view: &impl PageView) -> Result<Response, Failure> {
    let html = app.renderer.page(view).context("cannot render a page")?;
    Ok((status, Html(html)).into_response())
}
