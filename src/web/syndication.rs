//! The feeds of our own, for feed readers.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;

use super::caching;
use super::error::Failure;
use crate::app::App;
use crate::app::syndication::{self, ATOM, Form, JSON};

pub(super) async fn stories_as_atom(State(app): State<App>, asked: HeaderMap) -> Result<Response, Failure> {
    Ok(caching::answer(&asked, ATOM, syndication::stories(&app, Form::Atom).await?))
}

pub(super) async fn stories_as_json(State(app): State<App>, asked: HeaderMap) -> Result<Response, Failure> {
    Ok(caching::answer(&asked, JSON, syndication::stories(&app, Form::Json).await?))
}

pub(super) async fn digests(State(app): State<App>, asked: HeaderMap) -> Result<Response, Failure> {
    Ok(caching::answer(&asked, ATOM, syndication::digests(&app).await?))
}
