//! What the pages say about themselves: data and accessibility.

use axum::http::HeaderMap;
use axum::response::{IntoResponse as _, Response};

use crate::app::subscribers::statements;
use crate::web::http::caching;
use crate::web::http::error::Failure;
use crate::web::http::site::Site;
use crate::web::not_found;

/// What is kept about subscribers.
pub(crate) async fn privacy(site: Site, asked: HeaderMap) -> Result<Response, Failure> {
    Ok(caching::answer(&asked, caching::HTML, statements::privacy(&site, &site.words)?))
}

/// The accessibility statement; 404 if there is none.
pub(crate) async fn accessibility(site: Site, asked: HeaderMap) -> Result<Response, Failure> {
    match statements::accessibility(&site, &site.words)? {
        Some(page) => Ok(caching::answer(&asked, caching::HTML, page)),
        None => Ok(not_found().await.into_response()),
    }
}
