//! A subscriber's own page and its forms, the page that emails the link to it, and the page that confirms a new address.
//! After a change the browser is redirected to the page, so that reloading it does not post the form again.

use anyhow::Context as _;
use axum::extract::{Path, RawQuery};
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse as _, Response};
use url::form_urlencoded;

use super::sign_up::too_often;
use crate::app::operations::keys::LinkError;
use crate::app::subscribers::preferences;
use crate::app::subscribers::preferences::{PageState, Step};
use crate::app::subscribers::subscribe;
use crate::domain::subscribers::subscriber::EmailAddress;
use crate::domain::subscribers::token::Purpose;
use crate::render::{AskLinkView, PageForm};
use crate::web::http::error::Failure;
use crate::web::http::form::Fields;
use crate::web::http::site::Site;
use crate::web::http::timing;
use crate::web::http::visitor::Visitor;
use crate::web::{Help, NEW_LINK, refused};

const ASK_AGAIN: Help = Help { text: "unusable.ask_again", link: ("p", "unusable.ask_again_link") };

/// The page; `?done=…` names the change that was just made. Changes nothing.
pub(crate) async fn show(
    site: Site,
    Path(token): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Failure> {
    let done = query.as_deref().and_then(|query| query.strip_prefix("done=")).unwrap_or_default().to_owned();
    let state = PageState { base: format!("{token}/"), done, ..PageState::default() };
    shown(&site, &token, state, StatusCode::OK).await
}

async fn shown(site: &Site, token: &str, state: PageState, status: StatusCode) -> Result<Response, Failure> {
    match preferences::show(site, &site.words, token, state).await {
        Ok(Some(html)) => Ok((status, Html(html)).into_response()),
        Ok(None) => gone(site),
        Err(error) => refused(site, error, &NEW_LINK),
    }
}

/// Redirects a GET of a form's address to the page.
pub(crate) async fn redirect_to_page(Path(token): Path<String>) -> Response {
    redirect(&token, "")
}

pub(crate) async fn choose(site: Site, token: Path<String>, fields: Fields) -> Result<Response, Failure> {
    let themes: Vec<String> = fields.all("theme").collect();
    let (cadence, language) = (fields.first("cadence"), fields.first("language"));
    let step = preferences::choose(&site, &token, &cadence, &themes, &language).await;
    let state = PageState { chosen: Some((cadence, themes)), ..PageState::default() };
    answer(&site, &token, "choices", step, state).await
}

pub(crate) async fn pause(site: Site, token: Path<String>, fields: Fields) -> Result<Response, Failure> {
    let typed = fields.first("until");
    let step = preferences::pause(&site, &token, &typed).await;
    answer(&site, &token, "pause", step, PageState { typed, ..PageState::default() }).await
}

pub(crate) async fn resume(site: Site, token: Path<String>, _fields: Fields) -> Result<Response, Failure> {
    let step = preferences::resume(&site, &token).await;
    answer(&site, &token, "resume", step, PageState::default()).await
}

pub(crate) async fn ask_address(
    site: Site,
    from: Visitor,
    token: Path<String>,
    fields: Fields,
) -> Result<Response, Failure> {
    if let Err(wait) = site.limits.visitor(from.0) {
        return too_often(&site, wait);
    }
    if let Err(error) = subscribe::check(&site, Purpose::Preferences, &token).await {
        return refused(&site, error, &NEW_LINK);
    }
    let typed = fields.first("address");
    if let Ok(address) = EmailAddress::parse(&typed)
        && let Err(wait) = site.limits.address(&address)
    {
        return too_often(&site, wait);
    }
    let step = timing::until_next_tick(preferences::ask_address(&site, &token, &typed)).await;
    answer(&site, &token, "address", step, PageState { typed, ..PageState::default() }).await
}

/// A redirect to the page, or the page with the field to correct.
async fn answer(
    site: &Site,
    token: &str,
    done: &str,
    step: Result<Step, LinkError>,
    state: PageState,
) -> Result<Response, Failure> {
    match step {
        Ok(Step::Done) => Ok(redirect(token, done)),
        Ok(Step::NotActive) => Ok(redirect(token, "")),
        Ok(Step::Problem(problem)) => {
            let state = PageState { problem: Some(problem), ..state };
            shown(site, token, state, StatusCode::UNPROCESSABLE_ENTITY).await
        }
        Err(error) => refused(site, error, &NEW_LINK),
    }
}

/// A 303 (RFC 9110 §15.4.4), relative to the address of a form.
fn redirect(token: &str, done: &str) -> Response {
    // The token comes from the request, so it is escaped before it goes into a header.
    let token: String = form_urlencoded::byte_serialize(token.as_bytes()).collect();
    let query = if done.is_empty() { String::new() } else { format!("?done={done}") };
    (StatusCode::SEE_OTHER, [(header::LOCATION, format!("../{token}{query}"))]).into_response()
}

/// The subscriber's data as a file to download.
pub(crate) async fn data(site: Site, Path(token): Path<String>) -> Result<Response, Failure> {
    match preferences::data(&site, &token).await {
        Ok(Some(data)) => {
            let json = serde_json::to_string_pretty(&data).context("cannot write a person's data")?;
            let headers = [
                (header::CONTENT_TYPE, "application/json"),
                (header::CONTENT_DISPOSITION, "attachment; filename=\"my-data.json\""),
            ];
            Ok((headers, json).into_response())
        }
        Ok(None) => gone(&site),
        Err(error) => refused(&site, error, &NEW_LINK),
    }
}

/// Shows the button; changes nothing.
pub(crate) async fn ask_erase(site: Site, Path(token): Path<String>) -> Result<Response, Failure> {
    if let Err(error) = subscribe::check(&site, Purpose::Preferences, &token).await {
        return refused(&site, error, &NEW_LINK);
    }
    let text = [site.words.words("erasing.what"), site.words.words("erasing.kept")];
    let form = PageForm { action: "delete".to_owned(), button: site.words.words("erasing.button") };
    site.page(StatusCode::OK, "erasing.title", &text, Some(form))
}

pub(crate) async fn erase(site: Site, token: Path<String>, _fields: Fields) -> Result<Response, Failure> {
    match preferences::erase(&site, &token).await {
        Ok(()) => site.page(StatusCode::OK, "erasing.done_title", &[site.words.words("erasing.done")], None),
        Err(error) => refused(&site, error, &NEW_LINK),
    }
}

/// Shows the button; changes nothing.
pub(crate) async fn ask_change_address(site: Site, Path(token): Path<String>) -> Result<Response, Failure> {
    if let Err(error) = subscribe::check(&site, Purpose::Address, &token).await {
        return refused(&site, error, &ASK_AGAIN);
    }
    let form = PageForm { action: token, button: site.words.words("new_address.button") };
    site.page(StatusCode::OK, "new_address.title", &[site.named("new_address.ask")], Some(form))
}

pub(crate) async fn change_address(site: Site, token: Path<String>, _fields: Fields) -> Result<Response, Failure> {
    use crate::app::subscribers::preferences::AddressTaken::{NotOpen, Occupied, Taken};
    let (status, title, text) = match preferences::take_address(&site, &token).await {
        Ok(Taken) => (StatusCode::OK, "new_address.done_title", "new_address.done"),
        Ok(Occupied) => (StatusCode::CONFLICT, "new_address.taken_title", "new_address.taken"),
        Ok(NotOpen) => (StatusCode::GONE, "new_address.closed_title", ASK_AGAIN.text),
        Err(error) => return refused(&site, error, &ASK_AGAIN),
    };
    site.page(status, title, &[site.words.words(text)], None)
}

/// The page that asks for an address.
pub(crate) async fn ask_link(site: Site) -> Result<Response, Failure> {
    site.rendered(StatusCode::OK, &AskLinkView::default())
}

/// Sends the link. The response and its timing are the same whether or not the address is known.
pub(crate) async fn send_link(site: Site, from: Visitor, fields: Fields) -> Result<Response, Failure> {
    if let Err(wait) = site.limits.visitor(from.0) {
        return too_often(&site, wait);
    }
    let typed = fields.first("address");
    let Ok(address) = EmailAddress::parse(&typed) else {
        return site.rendered(StatusCode::UNPROCESSABLE_ENTITY, &AskLinkView { is_wrong: true, typed });
    };
    if let Err(wait) = site.limits.address(&address) {
        return too_often(&site, wait);
    }
    timing::until_next_tick(preferences::send_link(&site, &address)).await?;
    site.page(StatusCode::OK, "page.check_email", &[site.words.words("ask_link.sent")], None)
}

fn gone(site: &Site) -> Result<Response, Failure> {
    site.page(StatusCode::GONE, "erasing.gone_title", &[site.words.words("erasing.gone")], None)
}
