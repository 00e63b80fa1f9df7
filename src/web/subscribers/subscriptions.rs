//! Confirming a subscription: the page behind the link in the confirmation email, its button, and a new email for a link
//! that has expired.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::sign_up::too_often;
use crate::app::App;
use crate::app::operations::keys::LinkError;
use crate::app::subscribers::subscribe;
use crate::app::subscribers::subscribe::{AskedAgain, ask_again};
use crate::domain::subscribers::token::{Purpose, TokenError};
use crate::render::PageForm;
use crate::web::http::error::Failure;
use crate::web::http::visitor::Visitor;
use crate::web::{Help, page, refused};

const SIGN_UP_AGAIN: Help = Help {
    text: "Please sign up again: we'll email you a new link. You won't get anything else until you have confirmed.",
    link: ("", "Sign up again"),
};

/// Shows the button; changes nothing.
pub(crate) async fn ask(State(app): State<App>, Path(token): Path<String>) -> Result<Response, Failure> {
    if let Err(error) = subscribe::check(&app, Purpose::Confirm, &token).await {
        return unusable(&app, error, token);
    }
    let name = &app.config.settings.name;
    let text = format!("Please confirm that you want to get the {name} by email.");
    // Relative to this page, so that it works under any path prefix of a proxy.
    let form = PageForm { action: token, button: "Yes, send me the digest".to_owned() };
    page(&app, StatusCode::OK, "Confirm your subscription", &[text], Some(form))
}

/// The button.
pub(crate) async fn confirm(State(app): State<App>, Path(token): Path<String>) -> Result<Response, Failure> {
    match subscribe::confirm(&app, &token).await {
        Ok(true) => subscribed(&app),
        Ok(false) => closed(&app),
        Err(error) => unusable(&app, error, token),
    }
}

/// The button on the page of an expired link.
pub(crate) async fn again(
    State(app): State<App>,
    from: Visitor,
    Path(token): Path<String>,
) -> Result<Response, Failure> {
    if let Err(wait) = app.limits.visitor(from.0) {
        return too_often(&app, wait);
    }
    match ask_again(&app, &token).await {
        Ok(AskedAgain::Mailed) => {
            let text = "We've sent you a new email, unless we sent one within the last hour. Open the latest one and click \
                        the link.";
            page(&app, StatusCode::OK, "Check your email", &[text.to_owned()], None)
        }
        Ok(AskedAgain::Subscribed) => subscribed(&app),
        Ok(AskedAgain::Closed) => closed(&app),
        Err(error) => refused(&app, error, &SIGN_UP_AGAIN),
    }
}

fn subscribed(app: &App) -> Result<Response, Failure> {
    let text = format!("You'll get the {} by email. You can unsubscribe from any email.", app.config.settings.name);
    page(app, StatusCode::OK, "You are subscribed", &[text], None)
}

fn closed(app: &App) -> Result<Response, Failure> {
    page(app, StatusCode::GONE, "This sign-up is no longer open", &[SIGN_UP_AGAIN.text.to_owned()], None)
}

/// The page of a link that does not work; for an expired one it offers a new email.
fn unusable(app: &App, error: LinkError, token: String) -> Result<Response, Failure> {
    let LinkError::Refused(TokenError::Expired) = error else { return refused(app, error, &SIGN_UP_AGAIN) };
    let text = "Confirmation links work for seven days. We won't send you anything until you have confirmed.";
    let form = PageForm { action: format!("{token}/again"), button: "Send me a new link".to_owned() };
    page(app, StatusCode::GONE, "This link has expired", &[text.to_owned()], Some(form))
}
