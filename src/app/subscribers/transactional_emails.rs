//! Emails that answer a subscriber's own step: requests to confirm a sign-up or a new address, the notice to the old one,
//! the welcome, the notice that they are already subscribed, and the link to their page. None contains anything that a visitor typed. The store
//! decides when they may be queued.

use anyhow::Context as _;

use crate::app::App;
use crate::app::digests::archive;
use crate::app::operations::status;
use crate::app::outbox::{body, message_id};
use crate::domain::catalogue::Catalogue;
use crate::domain::subscribers::subscriber::Cadence;
use crate::domain::subscribers::token;
use crate::domain::subscribers::token::Purpose;
use crate::render::view::LinksView;
use crate::render::{
    ChangedView, ConfirmView, KnownView, LinkPurpose, LinkView, PREFERENCES_PLACEHOLDER, Rendered,
    UNSUBSCRIBE_PLACEHOLDER, WelcomeView,
};
use crate::store::{Answer, Kind};

/// The request to confirm a sign-up.
pub(crate) fn confirmation(app: &App, words: &Catalogue, id: &str, cadence: Cadence) -> anyhow::Result<Answer> {
    let expires = app.clock.now() + token::CONFIRM_FOR;
    let token = token::sign(&app.keys.token, Purpose::Confirm, id, Some(expires));
    let view = ConfirmView {
        name: app.name(words).to_owned(),
        what: what(app, words, cadence),
        confirm_url: app.page_in(words, &format!("confirm/{token}")),
        valid_for: confirm_for(words),
        sender: app.sender(words),
    };
    let rendered = app.renderer.email(words, &view).context("cannot render the confirmation")?;
    answer(app, words, Kind::Confirmation, 'c', rendered)
}

/// The notice to an active subscriber that they are already subscribed.
pub(crate) fn known(app: &App, words: &Catalogue) -> anyhow::Result<Answer> {
    let view = KnownView { name: app.name(words).to_owned(), links: links(), sender: app.sender(words) };
    let rendered = app.renderer.email(words, &view).context("cannot render the answer to a subscriber")?;
    answer(app, words, Kind::Known, 'k', rendered)
}

/// The welcome after confirming.
pub(crate) async fn welcome(app: &App, words: &Catalogue, cadence: Cadence) -> anyhow::Result<Answer> {
    let settings = &app.config.settings;
    let slots = status::next_slots(&app.config.settings, app.clock.now(), 1)?;
    let next = slots.iter().find(|(of, _)| *of == cadence);
    let latest = archive::latest(app).await?;
    let view = WelcomeView {
        name: app.name(words).to_owned(),
        what: what(app, words, cadence),
        next: next.map_or_else(String::new, |(_, slot)| {
            words.locale().date_with_weekday(&slot.utc.with_timezone(&settings.timezone))
        }),
        latest: latest.map_or_else(String::new, |path| app.page_in(words, &path)),
        links: links(),
        sender: app.sender(words),
    };
    let rendered = app.renderer.email(words, &view).context("cannot render the welcome")?;
    answer(app, words, Kind::Welcome, 'w', rendered)
}

/// The request to confirm a new address, with a link that contains this token.
pub(crate) fn address_change(app: &App, words: &Catalogue, token: &str) -> anyhow::Result<Answer> {
    let view = link_view(
        app,
        words,
        LinkPurpose::NewAddress,
        app.page_in(words, &format!("address/{token}")),
        confirm_for(words),
    );
    let rendered = app.renderer.email(words, &view).context("cannot render the email to a new address")?;
    answer(app, words, Kind::AddressChange, 'a', rendered)
}

/// The notice to the old address after a change. It does not name the new one, and says how to sign up again to those who may.
pub(crate) fn address_changed(app: &App, words: &Catalogue, may_sign_up: bool) -> anyhow::Result<Answer> {
    let view = ChangedView {
        name: app.name(words).to_owned(),
        date: app.day(words, app.clock.now()),
        sign_up_url: if may_sign_up { app.page_in(words, "") } else { String::new() },
        sender: app.sender(words),
    };
    let rendered = app.renderer.email(words, &view).context("cannot render the notice to an old address")?;
    answer(app, words, Kind::AddressChanged, 'o', rendered)
}

/// The link to the preferences page, which does not expire.
pub(crate) fn link(app: &App, words: &Catalogue, id: &str) -> anyhow::Result<Answer> {
    let token = token::sign(&app.keys.token, Purpose::Preferences, id, None);
    let view = link_view(app, words, LinkPurpose::OwnPage, app.page_in(words, &format!("p/{token}")), String::new());
    let rendered = app.renderer.email(words, &view).context("cannot render the email with a link")?;
    answer(app, words, Kind::Link, 'l', rendered)
}

fn link_view(app: &App, words: &Catalogue, purpose: LinkPurpose, url: String, valid_for: String) -> LinkView {
    LinkView { name: app.name(words).to_owned(), url, valid_for, sender: app.sender(words), purpose }
}

fn confirm_for(words: &Catalogue) -> String {
    words.text("what.days", &[("n", token::CONFIRM_FOR.num_days().unsigned_abs().into())])
}

fn what(app: &App, words: &Catalogue, cadence: Cadence) -> String {
    let key = match cadence {
        Cadence::Daily => "what.daily",
        Cadence::Weekly => "what.weekly",
        Cadence::Monthly => "what.monthly",
    };
    words.text(key, &[("topic", app.topic(words).into())])
}

/// Placeholders, which are replaced when the email is sent.
fn links() -> LinksView {
    LinksView {
        preferences: PREFERENCES_PLACEHOLDER.to_owned(),
        unsubscribe: UNSUBSCRIBE_PLACEHOLDER.to_owned(),
        ..LinksView::default()
    }
}

fn answer(app: &App, words: &Catalogue, kind: Kind, letter: char, rendered: Rendered) -> anyhow::Result<Answer> {
    Ok(Answer { kind, body: body(rendered, words.code()), message_id: message_id(app, letter)? })
}
