//! Confirming a subscription: the page behind the link in the confirmation email, its button, and a new email for a link
//! that has expired.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;

use super::sign_up::too_often;
use crate::app::digests::archive;
use crate::app::operations::keys::LinkError;
use crate::app::subscribers::subscribe;
use crate::app::subscribers::subscribe::{AskedAgain, ask_again};
use crate::domain::subscribers::token::{Purpose, TokenError};
use crate::render::{MessageView, PageForm, PageLink};
use crate::web::http::error::Failure;
use crate::web::http::site::Site;
use crate::web::http::visitor::Visitor;
use crate::web::{Help, refused};

const SIGN_UP_AGAIN: Help = Help { text: "confirming.sign_up_again", link: ("", "confirming.sign_up_link") };

/// Shows the button; changes nothing.
pub(crate) async fn ask(site: Site, Path(token): Path<String>) -> Result<Response, Failure> {
    if let Err(error) = subscribe::check(&site, Purpose::Confirm, &token).await {
        return unusable(&site, error, token);
    }
    // Relative to this page, so that it works under any path prefix of a proxy.
    let form = PageForm { action: token, button: site.words.words("confirming.button") };
    site.page(StatusCode::OK, "confirming.title", &[site.named("confirming.ask")], Some(form))
}

/// The button.
pub(crate) async fn confirm(site: Site, Path(token): Path<String>) -> Result<Response, Failure> {
    match subscribe::confirm(&site, &token).await {
        Ok(true) => subscribed(&site, &token).await,
        Ok(false) => closed(&site),
        Err(error) => unusable(&site, error, token),
    }
}

/// The button on the page of an expired link.
pub(crate) async fn again(site: Site, from: Visitor, Path(token): Path<String>) -> Result<Response, Failure> {
    if let Err(wait) = site.limits.visitor(from.0) {
        return too_often(&site, wait);
    }
    match ask_again(&site, &token).await {
        Ok(AskedAgain::Mailed) => {
            site.page(StatusCode::OK, "page.check_email", &[site.words.words("confirming.again")], None)
        }
        Ok(AskedAgain::Subscribed) => subscribed(&site, &token).await,
        Ok(AskedAgain::Closed) => closed(&site),
        Err(error) => refused(&site, error, &SIGN_UP_AGAIN),
    }
}

async fn subscribed(site: &Site, token: &str) -> Result<Response, Failure> {
    let mut text = site.named("confirming.done");
    let outlook = subscribe::outlook(site, &site.words, token).await?;
    if let Some(outlook) = outlook.as_ref().filter(|outlook| !outlook.next.is_empty()) {
        text = format!("{text} {}", site.text("confirming.next", &[("date", (&outlook.next).into())]));
    }
    let latest = archive::latest(site).await?;
    let link = latest.map(|path| PageLink { href: site.page_address(&path), text: site.words.words("welcome.latest") });
    let own_page = |outlook: subscribe::Outlook| PageLink {
        href: site.page_address(&outlook.own_page),
        text: site.words.words("confirming.preferences"),
    };
    let more_links = outlook.map(own_page).into_iter().collect();
    let title = site.words.words("confirming.done_title");
    site.rendered(StatusCode::OK, &MessageView { link, more_links, ..MessageView::new(&title, &[text]) })
}

fn closed(site: &Site) -> Result<Response, Failure> {
    site.page(StatusCode::GONE, "confirming.closed_title", &[site.words.words(SIGN_UP_AGAIN.text)], None)
}

/// The page of a link that does not work; for an expired one it offers a new email.
fn unusable(site: &Site, error: LinkError, token: String) -> Result<Response, Failure> {
    let LinkError::Refused(TokenError::Expired) = error else { return refused(site, error, &SIGN_UP_AGAIN) };
    let form = PageForm { action: format!("{token}/again"), button: site.words.words("confirming.new_link") };
    site.page(StatusCode::GONE, "unusable.expired", &[site.words.words("confirming.expired")], Some(form))
}
