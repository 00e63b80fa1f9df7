//! A subscriber's own page and its forms, the page that emails the link to it, and the page that confirms a new address.
//! After a change the browser is redirected to the page, so that reloading it does not post the form again.

use anyhow::Context as _;
use axum::extract::{Path, RawQuery, State};
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse as _, Response};
use url::form_urlencoded;

use super::sign_up::too_often;
use crate::app::App;
use crate::app::operations::keys::LinkError;
use crate::app::subscribers::preferences;
use crate::app::subscribers::preferences::{PageState, Step};
use crate::app::subscribers::subscribe;
use crate::domain::subscribers::subscriber::EmailAddress;
use crate::domain::subscribers::token::Purpose;
use crate::render::{AskLinkView, PageForm};
use crate::web::http::error::Failure;
use crate::web::http::form::Fields;
use crate::web::http::timing;
use crate::web::http::visitor::Visitor;
use crate::web::{Help, NEW_LINK, page, refused};

const ASK_AGAIN: Help = Help {
    text: "Please ask for the change again on your own page: we'll email a new link to the new address.",
    link: ("p", "Get a link to your own page by email"),
};

/// The page; `?done=…` names the change that was just made. Changes nothing.
pub(crate) async fn show(
    State(app): State<App>,
    Path(token): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Failure> {
    let done = query.as_deref().and_then(|query| query.strip_prefix("done=")).unwrap_or_default().to_owned();
    let state = PageState { base: format!("{token}/"), done, ..PageState::default() };
    shown(&app, &token, state, StatusCode::OK).await
}

async fn shown(app: &App, token: &str, state: PageState, status: StatusCode) -> Result<Response, Failure> {
    match preferences::show(app, token, state).await {
        Ok(Some(html)) => Ok((status, Html(html)).into_response()),
        Ok(None) => gone(app),
        Err(error) => refused(app, error, &NEW_LINK),
    }
}

/// Redirects a GET of a form's address to the page.
pub(crate) async fn redirect_to_page(Path(token): Path<String>) -> Response {
    redirect(&token, "")
}

pub(crate) async fn choose(app: State<App>, token: Path<String>, fields: Fields) -> Result<Response, Failure> {
    let themes: Vec<String> = fields.all("theme").collect();
    let cadence = fields.first("cadence");
    let step = preferences::choose(&app, &token, &cadence, &themes).await;
    let state = PageState { chosen: Some((cadence, themes)), ..PageState::default() };
    answer(&app, &token, "choices", step, state).await
}

pub(crate) async fn pause(app: State<App>, token: Path<String>, fields: Fields) -> Result<Response, Failure> {
    let typed = fields.first("until");
    let step = preferences::pause(&app, &token, &typed).await;
    answer(&app, &token, "pause", step, PageState { typed, ..PageState::default() }).await
}

pub(crate) async fn resume(app: State<App>, token: Path<String>, _fields: Fields) -> Result<Response, Failure> {
    let step = preferences::resume(&app, &token).await;
    answer(&app, &token, "resume", step, PageState::default()).await
}

pub(crate) async fn ask_address(
    app: State<App>,
    from: Visitor,
    token: Path<String>,
    fields: Fields,
) -> Result<Response, Failure> {
    if let Err(wait) = app.limits.visitor(from.0) {
        return too_often(&app, wait);
    }
    if let Err(error) = subscribe::check(&app, Purpose::Preferences, &token).await {
        return refused(&app, error, &NEW_LINK);
    }
    let typed = fields.first("address");
    if let Ok(address) = EmailAddress::parse(&typed)
        && let Err(wait) = app.limits.address(&address)
    {
        return too_often(&app, wait);
    }
    let step = timing::until_next_tick(preferences::ask_address(&app, &token, &typed)).await;
    answer(&app, &token, "address", step, PageState { typed, ..PageState::default() }).await
}

/// A redirect to the page, or the page with the field to correct.
async fn answer(
    app: &App,
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
            shown(app, token, state, StatusCode::UNPROCESSABLE_ENTITY).await
        }
        Err(error) => refused(app, error, &NEW_LINK),
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
pub(crate) async fn data(State(app): State<App>, Path(token): Path<String>) -> Result<Response, Failure> {
    match preferences::data(&app, &token).await {
        Ok(Some(data)) => {
            let json = serde_json::to_string_pretty(&data).context("cannot write a person's data")?;
            let headers = [
                (header::CONTENT_TYPE, "application/json"),
                (header::CONTENT_DISPOSITION, "attachment; filename=\"my-data.json\""),
            ];
            Ok((headers, json).into_response())
        }
        Ok(None) => gone(&app),
        Err(error) => refused(&app, error, &NEW_LINK),
    }
}

/// Shows the button; changes nothing.
pub(crate) async fn ask_erase(State(app): State<App>, Path(token): Path<String>) -> Result<Response, Failure> {
    if let Err(error) = subscribe::check(&app, Purpose::Preferences, &token).await {
        return refused(&app, error, &NEW_LINK);
    }
    let text = [
        "We'll delete your address, your name, your choices and the record of your consent. This cannot be undone, and you \
         won't get the digest any more.",
        "If our emails bounced or you marked them as spam, we keep a code made from your address so that we never email it \
         again.",
    ];
    let form = PageForm { action: "delete".to_owned(), button: "Delete my data".to_owned() };
    page(&app, StatusCode::OK, "Delete your data", &text.map(str::to_owned), Some(form))
}

pub(crate) async fn erase(app: State<App>, token: Path<String>, _fields: Fields) -> Result<Response, Failure> {
    match preferences::erase(&app, &token).await {
        Ok(()) => page(
            &app,
            StatusCode::OK,
            "Your data is deleted",
            &["You won't get any more emails from us.".to_owned()],
            None,
        ),
        Err(error) => refused(&app, error, &NEW_LINK),
    }
}

/// Shows the button; changes nothing.
pub(crate) async fn ask_change_address(State(app): State<App>, Path(token): Path<String>) -> Result<Response, Failure> {
    if let Err(error) = subscribe::check(&app, Purpose::Address, &token).await {
        return refused(&app, error, &ASK_AGAIN);
    }
    let text = format!("From now on we'll send the {} to this address.", app.config.settings.name);
    let form = PageForm { action: token, button: "Use this address".to_owned() };
    page(&app, StatusCode::OK, "Is this your new address?", &[text], Some(form))
}

pub(crate) async fn change_address(app: State<App>, token: Path<String>, _fields: Fields) -> Result<Response, Failure> {
    use crate::app::subscribers::preferences::AddressTaken::{NotOpen, Occupied, Taken};
    let (status, title, text) = match preferences::take_address(&app, &token).await {
        Ok(Taken) => {
            (StatusCode::OK, "Your address is changed", "From now on we'll send the digest to your new address.")
        }
        Ok(Occupied) => {
            (StatusCode::CONFLICT, "This address already has a subscription", "Both subscriptions stay as they are.")
        }
        Ok(NotOpen) => (StatusCode::GONE, "This change is no longer open", ASK_AGAIN.text),
        Err(error) => return refused(&app, error, &ASK_AGAIN),
    };
    page(&app, status, title, &[text.to_owned()], None)
}

/// The page that asks for an address.
pub(crate) async fn ask_link(State(app): State<App>) -> Result<Response, Failure> {
    asking(&app, StatusCode::OK, AskLinkView::default())
}

/// Sends the link. The response and its timing are the same whether or not the address is known.
pub(crate) async fn send_link(State(app): State<App>, from: Visitor, fields: Fields) -> Result<Response, Failure> {
    if let Err(wait) = app.limits.visitor(from.0) {
        return too_often(&app, wait);
    }
    let typed = fields.first("address");
    let Ok(address) = EmailAddress::parse(&typed) else {
        let view = AskLinkView { is_wrong: true, typed, ..AskLinkView::default() };
        return asking(&app, StatusCode::UNPROCESSABLE_ENTITY, view);
    };
    if let Err(wait) = app.limits.address(&address) {
        return too_often(&app, wait);
    }
    timing::until_next_tick(preferences::send_link(&app, &address)).await?;
    let text = "If we send the digest to this address, we've emailed your link. We send it once an hour at most.";
    page(&app, StatusCode::OK, "Check your email", &[text.to_owned()], None)
}

fn asking(app: &App, status: StatusCode, view: AskLinkView) -> Result<Response, Failure> {
    let view = AskLinkView { lang: "en".to_owned(), dir: "ltr".to_owned(), ..view };
    let html = app.renderer.page(&view).context("cannot render a page")?;
    Ok((status, Html(html)).into_response())
}

fn gone(app: &App) -> Result<Response, Failure> {
    let text =
        "It was deleted, or you unsubscribed some time ago. If you want the digest, please sign up again.".to_owned();
    page(app, StatusCode::GONE, "We hold no data about you", &[text], None)
}
