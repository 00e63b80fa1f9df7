//! Our own feeds: selected stories as Atom and JSON Feed, and digests as Atom.

use axum::http::HeaderMap;
use axum::response::Response;

use crate::app::digests::public_feeds;
use crate::app::digests::public_feeds::{ATOM, Form, JSON};
use crate::web::http::caching;
use crate::web::http::error::Failure;
use crate::web::http::site::Site;

pub(crate) async fn stories_as_atom(site: Site, asked: HeaderMap) -> Result<Response, Failure> {
    Ok(caching::answer(&asked, ATOM, public_feeds::stories(&site, &site.words, Form::Atom).await?))
}

pub(crate) async fn stories_as_json(site: Site, asked: HeaderMap) -> Result<Response, Failure> {
    Ok(caching::answer(&asked, JSON, public_feeds::stories(&site, &site.words, Form::Json).await?))
}

pub(crate) async fn digests(site: Site, asked: HeaderMap) -> Result<Response, Failure> {
    Ok(caching::answer(&asked, ATOM, public_feeds::digests(&site, &site.words).await?))
}
