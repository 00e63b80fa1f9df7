//! The sign-up page and its form. What visitors enter is shown only to themselves, escaped: it is neither emailed nor
//! logged. The response to a valid form does not depend on whether the address is known.

use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse as _, Response};

use crate::app::App;
use crate::app::subscribers::rate_limits::TooOften;
use crate::app::subscribers::sign_up;
use crate::app::subscribers::sign_up::Form;
use crate::web::http::error::Failure;
use crate::web::http::form::Fields;
use crate::web::http::visitor::Visitor;
use crate::web::http::{robots, timing};
use crate::web::page;

const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// The empty form.
pub(crate) async fn show(State(app): State<App>) -> Result<Response, Failure> {
    let mut response = unstored(StatusCode::OK, sign_up::page(&app).await?);
    robots::mark(&mut response, app.config.settings.web.robots);
    Ok(response)
}

/// Handles the form.
pub(crate) async fn submit(State(app): State<App>, from: Visitor, fields: Fields) -> Result<Response, Failure> {
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
    let sent_to = format!("We've sent an email to {}.", wanted.address.shown());
    timing::until_next_tick(sign_up::sign_up(&app, wanted)).await?;
    let paragraphs = [
        sent_to,
        "Open it and click the link. We won't send anything else until you do.".to_owned(),
        "Nothing there after ten minutes? Check your spam or junk folder, and check the address above: if it is wrong, sign \
         up again. We send this email once an hour at most."
            .to_owned(),
    ];
    let mut response = page(&app, StatusCode::OK, "Check your email", &paragraphs, None)?;
    response.headers_mut().insert(header::CACHE_CONTROL, NO_STORE);
    Ok(response)
}

/// The response to a visitor who sends too many requests.
pub(crate) fn too_often(app: &App, TooOften(wait): TooOften) -> Result<Response, Failure> {
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

/// The page contains a time stamp, and perhaps an address, so it must not be cached.
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
