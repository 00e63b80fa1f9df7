//! The web pages: the table of routes and the layers around every response. A GET never changes anything, because mail
//! scanners follow links; only a POST does. The token in a personal link is the only authority: there are no cookies, so
//! cross-site request forgery has nothing to use. Tokens are never logged.

mod digests;
mod feeds;
mod http;
pub mod operations;
mod serving;
mod subscribers;

use digests::archive;
use digests::editing;
use digests::public_feeds;
use http::answer;
use http::host;
use http::paths;
use http::robots;
use operations::admin;
use operations::health;
use std::future::Future;
use subscribers::preferences;
use subscribers::sign_up;
use subscribers::statements;
use subscribers::subscriptions;
use subscribers::unsubscribe;
use subscribers::vote;

use axum::Router;
use axum::extract::FromRef;
use axum::http::StatusCode;
use axum::middleware;
use axum::response::Response;
use axum::routing::{MethodRouter, get, post};
use tokio::net::TcpListener;

use crate::app::App;
use crate::app::operations::keys::LinkError;
use crate::app::operations::reload::Live;
use crate::domain::subscribers::token::TokenError;
use crate::render::{MessageView, PageLink};
pub use http::bounds::Bounds;
use http::error::Failure;
use http::site::Site;

/// Who a page is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// Anyone.
    Public,
    /// The holder of the token in its address. No cache keeps the response, and no search engine lists it.
    Holder,
    /// A supervisor, which gets plain text.
    Machine,
}

/// Every page: its path, its audience and its handlers. Nothing else is served.
fn table() -> Vec<(&'static str, Audience, MethodRouter<Live>)> {
    use Audience::{Holder, Machine, Public};
    vec![
        ("/", Public, get(sign_up::show).post(sign_up::submit)),
        ("/p", Public, get(preferences::ask_link).post(preferences::send_link)),
        ("/archive", Public, get(archive::list)),
        ("/archive/{name}", Public, get(archive::show)),
        ("/archive/feed.xml", Public, get(public_feeds::digests)),
        ("/feed.xml", Public, get(public_feeds::stories_as_atom)),
        ("/feed.json", Public, get(public_feeds::stories_as_json)),
        ("/sources", Public, get(feeds::show)),
        ("/sources.opml", Public, get(feeds::list)),
        ("/privacy", Public, get(statements::privacy)),
        ("/accessibility", Public, get(statements::accessibility)),
        ("/robots.txt", Public, get(robots::show)),
        ("/confirm/{token}", Holder, get(subscriptions::ask).post(subscriptions::confirm)),
        ("/confirm/{token}/again", Holder, post(subscriptions::again)),
        ("/unsubscribe/{token}", Holder, get(unsubscribe::ask).post(unsubscribe::unsubscribe)),
        ("/off-topic/{token}", Holder, get(vote::ask).post(vote::vote)),
        ("/p/{token}", Holder, get(preferences::show)),
        ("/p/{token}/choices", Holder, get(preferences::redirect_to_page).post(preferences::choose)),
        ("/p/{token}/pause", Holder, get(preferences::redirect_to_page).post(preferences::pause)),
        ("/p/{token}/resume", Holder, get(preferences::redirect_to_page).post(preferences::resume)),
        ("/p/{token}/address", Holder, get(preferences::redirect_to_page).post(preferences::ask_address)),
        ("/p/{token}/data", Holder, get(preferences::data)),
        ("/p/{token}/delete", Holder, get(preferences::ask_erase).post(preferences::erase)),
        ("/address/{token}", Holder, get(preferences::ask_change_address).post(preferences::change_address)),
        ("/edit/{token}", Holder, get(editing::show)),
        ("/edit/{token}/preview", Holder, get(editing::preview)),
        ("/edit/{token}/act", Holder, get(editing::redirect_to_page).post(editing::act)),
        ("/health/live", Machine, get(health::live)),
        ("/health/ready", Machine, get(health::ready)),
    ]
}

/// The path of every page, with `{token}` or `{name}` as placeholders, and its audience.
pub fn addresses() -> impl Iterator<Item = (&'static str, Audience)> {
    table().into_iter().map(|(address, audience, _)| (address, audience))
}

/// Serves the pages until `stop`, then answers the requests in progress and drops the rest.
pub async fn serve(live: Live, listener: TcpListener, stop: impl Future<Output = ()> + Send + 'static) {
    serve_within(live, listener, Bounds::default(), stop).await;
}

/// The same with other limits.
pub async fn serve_within(
    live: Live,
    listener: TcpListener,
    bounds: Bounds,
    stop: impl Future<Output = ()> + Send + 'static,
) {
    serving::serve(&live, router(live.clone(), bounds), listener, bounds, stop).await;
}

/// Serves the operator's pages until `stop`.
pub async fn serve_admin(live: Live, listener: TcpListener, stop: impl Future<Output = ()> + Send + 'static) {
    let bounds = Bounds::default();
    serving::serve(&live, admin::router(live.clone(), bounds), listener, bounds, stop).await;
}

/// The router of all pages. Each request is answered with the configuration that is current when it arrives.
fn router(live: Live, bounds: Bounds) -> Router {
    let of = |wanted: Audience| {
        let pages = table().into_iter().filter(move |(_, audience, _)| *audience == wanted);
        pages.fold(Router::new(), |router, (address, _, methods)| router.route(address, methods))
    };
    let error_pages = middleware::from_fn_with_state(live.clone(), answer::error_pages);
    let pages = Router::new()
        .merge(of(Audience::Public))
        .merge(of(Audience::Holder).layer(middleware::map_response(answer::personal)))
        .merge(of(Audience::Machine).layer(middleware::map_response(answer::machine)))
        .fallback(not_found)
        .layer(middleware::from_fn_with_state(bounds, answer::bounded))
        .layer(middleware::from_fn(host::named))
        .layer(error_pages)
        .layer(middleware::from_fn_with_state(live.clone(), answer::headers))
        .with_state(live.clone());
    paths::under_any(live, pages)
}

impl FromRef<Live> for App {
    fn from_ref(live: &Live) -> Self {
        live.app()
    }
}

async fn not_found() -> StatusCode {
    StatusCode::NOT_FOUND
}

/// What to do about a link that does not work.
struct Help {
    /// The key of the text.
    text: &'static str,
    /// The path of the page to go to, and the key of the text of the link to it.
    link: (&'static str, &'static str),
}

/// For links to the subscriber's own page and to unsubscribe: a new link opens a page for both.
const NEW_LINK: Help = Help { text: "unusable.new_link", link: ("p", "unusable.new_link_link") };

/// The page that explains why a personal link does not work, and how to get a new one.
fn refused(site: &Site, error: LinkError, help: &Help) -> Result<Response, Failure> {
    let (status, title) = match error {
        LinkError::Refused(TokenError::Invalid) => (StatusCode::BAD_REQUEST, "unusable.invalid"),
        LinkError::Refused(TokenError::Expired) => (StatusCode::GONE, "unusable.expired"),
        LinkError::Failed(error) => return Err(error.into()),
    };
    let (path, text) = help.link;
    let link = PageLink { href: site.page_address(path), text: site.words.words(text) };
    let message = MessageView::new(&site.words.words(title), &[site.words.words(help.text)]);
    site.rendered(status, &MessageView { link: Some(link), ..message })
}
