//! Unsubscribing: with the page's button, or with one click in the mail program (RFC 8058); and undoing it, at the same
//! address with `?undo`. Both may be repeated. A subscriber who has been deleted counts as unsubscribed.

use axum::extract::{Path, RawQuery, Request, State};
use axum::http::StatusCode;
use axum::response::Response;

use crate::app::App;
use crate::app::subscribers::preferences::Return;
use crate::app::subscribers::{preferences, subscribe};
use crate::render::PageForm;
use crate::web::http::error::Failure;
use crate::web::http::form;
use crate::web::{NEW_LINK, page, refused};

/// Shows the button; changes nothing.
pub(crate) async fn ask(State(app): State<App>, Path(token): Path<String>) -> Result<Response, Failure> {
    match preferences::has_left(&app, &token).await {
        Err(error) => refused(&app, error, &NEW_LINK),
        Ok(Some(may_undo)) => done(&app, may_undo),
        Ok(None) => {
            let name = &app.config.settings.name;
            let text = format!("Do you want to unsubscribe from the {name}? You won't get any more emails.");
            let form = PageForm { action: token, button: "Unsubscribe".to_owned() };
            page(&app, StatusCode::OK, "Unsubscribe", &[text], Some(form))
        }
    }
}

/// RFC 8058 §3.2: the mail program posts `List-Unsubscribe=One-Click`, as multipart/form-data or urlencoded, and follows
/// no redirect. The button posts nothing. Every POST unsubscribes, regardless of its body and even if that never ends; the
/// body is read only so that the client gets the response.
pub(crate) async fn unsubscribe(
    State(app): State<App>,
    Path(token): Path<String>,
    RawQuery(query): RawQuery,
    request: Request,
) -> Result<Response, Failure> {
    let answer =
        if query.as_deref() == Some("undo") { undo(&app, &token).await } else { unsubscribed(&app, &token).await };
    form::ignore(form::bounds(&request), request.into_body()).await;
    answer
}

async fn unsubscribed(app: &App, token: &str) -> Result<Response, Failure> {
    if let Err(error) = subscribe::unsubscribe(app, token).await {
        return refused(app, error, &NEW_LINK);
    }
    match preferences::has_left(app, token).await {
        Ok(may_undo) => done(app, may_undo == Some(true)),
        Err(error) => refused(app, error, &NEW_LINK),
    }
}

async fn undo(app: &App, token: &str) -> Result<Response, Failure> {
    let name = &app.config.settings.name;
    match preferences::come_back(app, token).await {
        Ok(Return::Back) => {
            let text = format!("Your subscription to the {name} and your choices are back as they were.");
            page(app, StatusCode::OK, "You are subscribed again", &[text], None)
        }
        Ok(Return::Unconfirmed) => {
            let text = "Open the link in the email that we sent when you signed up. We won't send anything else until you \
                        do.";
            page(app, StatusCode::OK, "You have not confirmed your subscription yet", &[text.to_owned()], None)
        }
        Ok(Return::Not) => {
            let text = "This can no longer be undone. If you want the digest, please sign up again.".to_owned();
            page(app, StatusCode::OK, "You are unsubscribed", &[text], None)
        }
        Err(error) => refused(app, error, &NEW_LINK),
    }
}

fn done(app: &App, may_undo: bool) -> Result<Response, Failure> {
    let text = format!("You won't get the {} any more.", app.config.settings.name);
    // Only the query changes, so that it works under any path prefix of a proxy.
    let form = PageForm { action: "?undo".to_owned(), button: "Undo: keep my subscription".to_owned() };
    page(app, StatusCode::OK, "You are unsubscribed", &[text], may_undo.then_some(form))
}
