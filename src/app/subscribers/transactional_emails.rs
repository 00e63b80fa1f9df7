//! Emails that answer a subscriber's own step: requests to confirm a sign-up or a new address, the welcome, the notice
//! that they are already subscribed, and the link to their page. None contains anything that a visitor typed. The store
//! decides when they may be queued.

use anyhow::Context as _;

use crate::app::digests::archive;
use crate::app::operations::status;
use crate::app::{App, hex, random};
use crate::domain::subscribers::subscriber::Cadence;
use crate::domain::subscribers::token;
use crate::domain::subscribers::token::Purpose;
use crate::render::view::LinksView;
use crate::render::{
    ConfirmView, KnownView, LinkPurpose, LinkView, PREFERENCES_PLACEHOLDER, Rendered, UNSUBSCRIBE_PLACEHOLDER,
    WelcomeView,
};
use crate::store::{Answer, Body, Kind};

/// The request to confirm a sign-up.
pub(crate) fn confirmation(app: &App, id: &str, cadence: Cadence) -> anyhow::Result<Answer> {
    let expires = app.clock.now() + token::CONFIRM_FOR;
    let token = token::sign(&app.keys.token, Purpose::Confirm, id, Some(expires));
    let settings = &app.config.settings;
    let view = ConfirmView {
        lang: settings.locale.to_string(),
        dir: settings.locale.direction().to_owned(),
        name: settings.name.clone(),
        what: what(app, cadence),
        confirm_url: app.page(&format!("confirm/{token}")),
        valid_for: confirm_for(),
        sender: app.sender(),
    };
    let rendered = app.renderer.email(&view).context("cannot render the confirmation")?;
    answer(app, Kind::Confirmation, 'c', rendered)
}

/// The notice to an active subscriber that they are already subscribed.
pub(crate) fn known(app: &App) -> anyhow::Result<Answer> {
    let settings = &app.config.settings;
    let view = KnownView {
        lang: settings.locale.to_string(),
        dir: settings.locale.direction().to_owned(),
        name: settings.name.clone(),
        links: links(),
        sender: app.sender(),
    };
    let rendered = app.renderer.email(&view).context("cannot render the answer to a subscriber")?;
    answer(app, Kind::Known, 'k', rendered)
}

/// The welcome after confirming.
pub(crate) async fn welcome(app: &App, cadence: Cadence) -> anyhow::Result<Answer> {
    let settings = &app.config.settings;
    let slots = status::next_slots(&app.config.settings, app.clock.now(), 1)?;
    let next = slots.iter().find(|(of, _)| *of == cadence);
    let latest = archive::latest(app).await?;
    let view = WelcomeView {
        lang: settings.locale.to_string(),
        dir: settings.locale.direction().to_owned(),
        name: settings.name.clone(),
        what: what(app, cadence),
        next: next.map_or_else(String::new, |(_, slot)| {
            settings.locale.date_with_weekday(&slot.utc.with_timezone(&settings.timezone))
        }),
        latest: latest.map_or_else(String::new, |path| app.page(&path)),
        links: links(),
        sender: app.sender(),
    };
    let rendered = app.renderer.email(&view).context("cannot render the welcome")?;
    answer(app, Kind::Welcome, 'w', rendered)
}

/// The request to confirm a new address, with a link that contains this token.
pub(crate) fn address_change(app: &App, token: &str) -> anyhow::Result<Answer> {
    let view = link_view(app, LinkPurpose::NewAddress, app.page(&format!("address/{token}")), confirm_for());
    let rendered = app.renderer.email(&view).context("cannot render the email to a new address")?;
    answer(app, Kind::AddressChange, 'a', rendered)
}

/// The link to the preferences page, which does not expire.
pub(crate) fn link(app: &App, id: &str) -> anyhow::Result<Answer> {
    let token = token::sign(&app.keys.token, Purpose::Preferences, id, None);
    let view = link_view(app, LinkPurpose::OwnPage, app.page(&format!("p/{token}")), String::new());
    let rendered = app.renderer.email(&view).context("cannot render the email with a link")?;
    answer(app, Kind::Link, 'l', rendered)
}

fn link_view(app: &App, purpose: LinkPurpose, url: String, valid_for: String) -> LinkView {
    let settings = &app.config.settings;
    LinkView {
        lang: settings.locale.to_string(),
        dir: settings.locale.direction().to_owned(),
        name: settings.name.clone(),
        url,
        valid_for,
        sender: app.sender(),
        purpose,
    }
}

fn confirm_for() -> String {
    format!("{} days", token::CONFIRM_FOR.num_days())
}

fn what(app: &App, cadence: Cadence) -> String {
    format!("the {cadence} digest of posts about {}", app.config.topic.title)
}

/// Placeholders, which are replaced when the email is sent.
fn links() -> LinksView {
    LinksView {
        preferences: PREFERENCES_PLACEHOLDER.to_owned(),
        unsubscribe: UNSUBSCRIBE_PLACEHOLDER.to_owned(),
        ..LinksView::default()
    }
}

fn answer(app: &App, kind: Kind, letter: char, rendered: Rendered) -> anyhow::Result<Answer> {
    Ok(Answer {
        kind,
        body: Body { subject: rendered.subject, text: rendered.text, html: rendered.html, run: None },
        message_id: format!("<{letter}.{}@{}>", hex(&random(12)?), app.mail_domain()),
    })
}
