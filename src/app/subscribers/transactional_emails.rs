//! The mails that answer to one person's own step: the questions to confirm a sign-up or a new address, the welcome, the
//! word that they are subscribed already, the link to their own page. None holds anything that a visitor typed. When they may be queued is the store's to say.

use anyhow::Context as _;

use crate::app::digests::archive;
use crate::app::operations::status;
use crate::app::{App, hex, random};
use crate::domain::subscribers::subscriber::Cadence;
use crate::domain::subscribers::token;
use crate::domain::subscribers::token::Purpose;
use crate::render::view::LinksView;
use crate::render::{
    ConfirmView, KnownView, LinkView, PREFERENCES_PLACEHOLDER, Rendered, UNSUBSCRIBE_PLACEHOLDER, WelcomeView,
};
use crate::store::{Answer, Body, Kind};

/// The question whether this person really wants the digest.
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
    let rendered = app.renderer.render_confirm(&view).context("cannot render the confirmation")?;
    answer(app, Kind::Confirmation, 'c', rendered)
}

/// The word to an active person that they are subscribed already.
pub(crate) fn known(app: &App) -> anyhow::Result<Answer> {
    let settings = &app.config.settings;
    let view = KnownView {
        lang: settings.locale.to_string(),
        dir: settings.locale.direction().to_owned(),
        name: settings.name.clone(),
        links: links(),
        sender: app.sender(),
    };
    let rendered = app.renderer.render_known(&view).context("cannot render the answer to a subscriber")?;
    answer(app, Kind::Known, 'k', rendered)
}

/// The welcome to one who has just confirmed.
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
    let rendered = app.renderer.render_welcome(&view).context("cannot render the welcome")?;
    answer(app, Kind::Welcome, 'w', rendered)
}

/// The question at a new address whether it is its person's, by the link with this token.
pub(crate) fn address_change(app: &App, token: &str) -> anyhow::Result<Answer> {
    let view = link_view(app, app.page(&format!("address/{token}")), confirm_for());
    let rendered = app.renderer.render_address(&view).context("cannot render the mail to a new address")?;
    answer(app, Kind::AddressChange, 'a', rendered)
}

/// The link to a person's own page, which does not expire.
pub(crate) fn link(app: &App, id: &str) -> anyhow::Result<Answer> {
    let token = token::sign(&app.keys.token, Purpose::Preferences, id, None);
    let view = link_view(app, app.page(&format!("p/{token}")), String::new());
    let rendered = app.renderer.render_link(&view).context("cannot render the mail with a link")?;
    answer(app, Kind::Link, 'l', rendered)
}

fn link_view(app: &App, url: String, valid_for: String) -> LinkView {
    let settings = &app.config.settings;
    LinkView {
        lang: settings.locale.to_string(),
        dir: settings.locale.direction().to_owned(),
        name: settings.name.clone(),
        url,
        valid_for,
        sender: app.sender(),
    }
}

fn confirm_for() -> String {
    format!("{} days", token::CONFIRM_FOR.num_days())
}

fn what(app: &App, cadence: Cadence) -> String {
    format!("the {cadence} digest of posts about {}", app.config.topic.title)
}

/// Stand-ins: the mail is personal only when it is sent.
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
