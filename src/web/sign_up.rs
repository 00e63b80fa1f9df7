//! The page to sign up on, and its form. What is typed is shown again to the one who typed it, escaped, and to nobody
//! else: no mail and no log holds it. The answer to a form that is right does not depend on whose address it is.

use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse as _, Response};

use super::error::Failure;
use super::form::Fields;
use super::visitor::Visitor;
use super::{page, robots, tick};
use crate::app::App;
use crate::app::limits::TooOften;
use crate::app::sign_up::{self, Form};

const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// The empty form.
pub(super) async fn show(State(app): State<App>) -> Result<Response, Failure> {
    let mut response = unstored(StatusCode::OK, sign_up::page(&app).await?);
    robots::tell(&mut response, app.config.settings.web.robots);
    Ok(response)
}

/// Takes the form: urlencoded, as browsers send it.
pub(super) async fn take(State(app): State<App>, from: Visitor, fields: Fields) -> Result<Response, Failure> {
    if let Err(wait) = app.limits.visitor(from.0) {
        return too_often(&app, wait);
    }
    let form = read(&fields);
    let wanted = match sign_up::check(&app, &form) {
        Ok(wanted) => wanted,
        Err(mistakes) => {
            let html = sign_up::page_again(&app, form, mistakes).await?;
            return Ok(unstored(StatusCode::UNPROCESSABLE_ENTITY, html));
        }
    };
    if let Err(wait) = app.limits.address(&wanted.address) {
        return too_often(&app, wait);
    }
    let sent_to = format!("We are sending a mail to {}.", wanted.address.shown());
    tick::at_the_next(sign_up::sign_up(&app, wanted)).await?;
    let paragraphs = [
        sent_to,
        "Open it and follow its link: nothing else is sent to you until you have.".to_owned(),
        "Nothing there after ten minutes? Look among the unwanted mail, and check the address above: if it is wrong, sign \
         up again. We send this mail once an hour at most."
            .to_owned(),
    ];
    let mut response = page(&app, StatusCode::OK, "Check your mail", &paragraphs, None)?;
    response.headers_mut().insert(header::CACHE_CONTROL, NO_STORE);
    Ok(response)
}

/// The answer to whoever asks too often.
pub(super) fn too_often(app: &App, TooOften(wait): TooOften) -> Result<Response, Failure> {
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    let minutes = match seconds.div_ceil(60) {
        1 => "a minute".to_owned(),
        minutes => format!("{minutes} minutes"),
    };
    let text = [
        format!("There were too many requests from your network, or for this address. Please try again in {minutes}."),
        "Nothing was changed.".to_owned(),
    ];
    let mut response = page(app, StatusCode::TOO_MANY_REQUESTS, "Please wait a little", &text, None)?;
    response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    Ok(response)
}

/// The page holds a time stamp, and perhaps an address: no cache keeps it.
fn unstored(status: StatusCode, html: String) -> Response {
    (status, [(header::CACHE_CONTROL, NO_STORE)], Html(html)).into_response()
}

fn read(fields: &Fields) -> Form {
    Form {
        address: fields.first("address"),
        cadence: fields.first("cadence"),
        themes: fields.all("theme").collect(),
        trap: fields.first("company"),
        stamp: fields.first("stamp"),
    }
}
