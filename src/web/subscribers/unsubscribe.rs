//! Unsubscribing: with the page's button, or with one click in the mail program (RFC 8058); and undoing it, at the same
//! address with `?undo`. Both may be repeated. A subscriber who has been deleted counts as unsubscribed.

use axum::extract::{Path, RawQuery, Request};
use axum::http::StatusCode;
use axum::response::Response;

use crate::app::subscribers::preferences::Return;
use crate::app::subscribers::{preferences, subscribe};
use crate::render::PageForm;
use crate::web::http::error::Failure;
use crate::web::http::form;
use crate::web::http::site::Site;
use crate::web::{NEW_LINK, refused};

/// Shows the button; changes nothing.
pub(crate) async fn ask(site: Site, Path(token): Path<String>) -> Result<Response, Failure> {
    match preferences::has_left(&site, &token).await {
        Err(error) => refused(&site, error, &NEW_LINK),
        Ok(Some(may_undo)) => done(&site, may_undo),
        Ok(None) => {
            let form = PageForm { action: token, button: site.words.words("unsubscribing.button") };
            site.page(StatusCode::OK, "unsubscribing.title", &[site.named("unsubscribing.ask")], Some(form))
        }
    }
}

/// RFC 8058 §3.2: the mail program posts `List-Unsubscribe=One-Click`, as multipart/form-data or urlencoded, and follows
/// no redirect. The button posts nothing. Every POST unsubscribes, regardless of its body and even if that never ends; the
/// body is read only so that the client gets the response.
pub(crate) async fn unsubscribe(
    site: Site,
    Path(token): Path<String>,
    RawQuery(query): RawQuery,
    request: Request,
) -> Result<Response, Failure> {
    let answer =
        if query.as_deref() == Some("undo") { undo(&site, &token).await } else { unsubscribed(&site, &token).await };
    form::ignore(form::bounds(&request), request.into_body()).await;
    answer
}

async fn unsubscribed(site: &Site, token: &str) -> Result<Response, Failure> {
    if let Err(error) = subscribe::unsubscribe(site, token).await {
        return refused(site, error, &NEW_LINK);
    }
    match preferences::has_left(site, token).await {
        Ok(may_undo) => done(site, may_undo == Some(true)),
        Err(error) => refused(site, error, &NEW_LINK),
    }
}

async fn undo(site: &Site, token: &str) -> Result<Response, Failure> {
    let (title, text) = match preferences::come_back(site, token).await {
        Ok(Return::Back) => ("unsubscribing.back_title", "unsubscribing.back"),
        Ok(Return::Unconfirmed) => ("unsubscribing.unconfirmed_title", "unsubscribing.unconfirmed"),
        Ok(Return::Not) => ("unsubscribing.done_title", "unsubscribing.too_late"),
        Err(error) => return refused(site, error, &NEW_LINK),
    };
    site.page(StatusCode::OK, title, &[site.named(text)], None)
}

fn done(site: &Site, may_undo: bool) -> Result<Response, Failure> {
    // Only the query changes, so that it works under any path prefix of a proxy.
    let form = PageForm { action: "?undo".to_owned(), button: site.words.words("unsubscribing.undo") };
    let text = site.named("unsubscribing.done");
    site.page(StatusCode::OK, "unsubscribing.done_title", &[text], may_undo.then_some(form))
}
