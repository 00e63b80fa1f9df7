//! Leaving: with the page's button, or with one click in the mail program (RFC 8058). Repeating it is no error.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::error::Failure;
use super::{page, refused};
use crate::app::{App, subscribe};
use crate::domain::token::Purpose;
use crate::render::PageForm;

const NEXT: &str = "Please use the link in the latest mail; it may have been cut off when it was copied.";

/// Shows the button; changes nothing.
pub(super) async fn ask(State(app): State<Arc<App>>, Path(token): Path<String>) -> Result<Response, Failure> {
    if let Err(error) = subscribe::check(&app, Purpose::Unsubscribe, &token) {
        return refused(&app, error, NEXT);
    }
    let text =
        format!("With this button you leave the {}: no further digest is sent to you.", app.config.settings.name);
    let form = PageForm { action: token, button: "Unsubscribe".to_owned() };
    page(&app, StatusCode::OK, "Unsubscribe", &[text], Some(&form))
}

/// RFC 8058 §3.2: the mail program posts `List-Unsubscribe=One-Click`, as multipart/form-data or urlencoded, and
/// follows no redirect. The button posts nothing. All mean the same, so the body is read to its end and ignored.
pub(super) async fn leave(
    State(app): State<Arc<App>>,
    Path(token): Path<String>,
    _body: Bytes,
) -> Result<Response, Failure> {
    match subscribe::unsubscribe(&app, &token).await? {
        Ok(()) => {
            let text = format!("You will not be sent the {} any more.", app.config.settings.name);
            page(&app, StatusCode::OK, "You are unsubscribed", &[text], None)
        }
        Err(error) => refused(&app, error, NEXT),
    }
}
