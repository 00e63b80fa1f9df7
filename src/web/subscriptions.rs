//! Joining: the page behind the link of a confirmation mail, and its button.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::error::Failure;
use super::{page, refused};
use crate::app::{App, subscribe};
use crate::domain::token::Purpose;
use crate::render::PageForm;

const NEXT: &str = "Please sign up again: a new mail with a new link will follow. Without it nothing is sent to you.";

/// Shows the button; changes nothing.
pub(super) async fn ask(State(app): State<Arc<App>>, Path(token): Path<String>) -> Result<Response, Failure> {
    if let Err(error) = subscribe::check(&app, Purpose::Confirm, &token) {
        return refused(&app, error, NEXT);
    }
    let name = &app.config.settings.name;
    let text =
        format!("You were asked by mail whether you want to receive the {name}. Nothing is sent until you say so.");
    // Relative to this page, so that it holds under whatever path a proxy serves us.
    let form = PageForm { action: token, button: "Yes, send me the digest".to_owned() };
    page(&app, StatusCode::OK, "Confirm your subscription", &[text], Some(&form))
}

pub(super) async fn confirm(State(app): State<Arc<App>>, Path(token): Path<String>) -> Result<Response, Failure> {
    match subscribe::confirm(&app, &token).await? {
        Ok(true) => {
            let text = format!("The {} will come by mail. Every mail has a link to leave.", app.config.settings.name);
            page(&app, StatusCode::OK, "You are subscribed", &[text], None)
        }
        Ok(false) => page(&app, StatusCode::GONE, "This sign-up is not open any more", &[NEXT.to_owned()], None),
        Err(error) => refused(&app, error, NEXT),
    }
}
