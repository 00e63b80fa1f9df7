//! The sign-up page and its form. What visitors enter is shown only to themselves, escaped: it is neither emailed nor
//! logged. The response to a valid form does not depend on whether the address is known.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse as _, Response};

use crate::app::subscribers::rate_limits::TooOften;
use crate::app::subscribers::sign_up;
use crate::app::subscribers::sign_up::Form;
use crate::web::http::error::Failure;
use crate::web::http::form::Fields;
use crate::web::http::site::Site;
use crate::web::http::visitor::Visitor;
use crate::web::http::{robots, timing};

const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// The empty form.
pub(crate) async fn show(site: Site) -> Result<Response, Failure> {
    let mut response = unstored(StatusCode::OK, sign_up::page(&site, &site.words).await?);
    robots::mark(&mut response, site.config.settings.web.robots);
    Ok(response)
}

/// Handles the form.
pub(crate) async fn submit(site: Site, from: Visitor, fields: Fields) -> Result<Response, Failure> {
    if let Err(wait) = site.limits.visitor(from.0) {
        return too_often(&site, wait);
    }
    let form = read(&fields);
    let wanted = match sign_up::check(&site, &site.words, &form) {
        Ok(wanted) => wanted,
        Err(mistakes) => {
            let html = sign_up::page_again(&site, &site.words, form, mistakes).await?;
            return Ok(unstored(StatusCode::UNPROCESSABLE_ENTITY, html));
        }
    };
    if let Err(wait) = site.limits.address(&wanted.address) {
        return too_often(&site, wait);
    }
    let address = wanted.address.shown();
    timing::until_next_tick(sign_up::sign_up(&site, wanted)).await?;
    let paragraphs = [
        site.text("sign_up.sent", &[("address", (&address).into())]),
        site.words.words("sign_up.open"),
        site.words.words("sign_up.missing"),
    ];
    let mut response = site.page(StatusCode::OK, "page.check_email", &paragraphs, None)?;
    response.headers_mut().insert(header::CACHE_CONTROL, NO_STORE);
    Ok(response)
}

/// The response to a visitor who sends too many requests.
pub(crate) fn too_often(site: &Site, TooOften(wait): TooOften) -> Result<Response, Failure> {
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    let text =
        [site.text("too_often.minutes", &[("n", seconds.div_ceil(60).into())]), site.words.words("too_often.nothing")];
    let mut response = site.page(StatusCode::TOO_MANY_REQUESTS, "too_often.title", &text, None)?;
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
        language: fields.first("language"),
        trap: fields.first("company"),
        stamp: fields.first("stamp"),
    }
}
