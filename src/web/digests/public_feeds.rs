//! Our own feeds: selected stories as Atom and JSON Feed, and digests as Atom.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;

use crate::app::App;
use crate::app::digests::public_feeds;
use crate::app::digests::public_feeds::{ATOM, Form, JSON};
use crate::web::http::caching;
use crate::web::http::error::Failure;

pub(crate) async fn stories_as_atom(State(app): State<App>, asked: HeaderMap) -> Result<Response, Failure> {
    Ok(caching::answer(&asked, ATOM, public_feeds::stories(&app, Form::Atom).await?))
}

pub(crate) async fn stories_as_json(State(app): State<App>, asked: HeaderMap) -> Result<Response, Failure> {
    Ok(caching::answer(&asked, JSON, public_feeds::stories(&app, Form::Json).await?))
}

pub(crate) async fn digests(State(app): State<App>, asked: HeaderMap) -> Result<Response, Failure> {
    Ok(caching::answer(&asked, ATOM, public_feeds::digests(&app).await?))
}
