//! Signing up on the page: the page itself, form validation, and the result of a valid form. New, pending, active,
//! unsubscribed and suppressed addresses take the same work and get the same answer, so that the page does not reveal
//! who is subscribed.

use chrono::{DateTime, TimeDelta, Utc};

use super::{choices, transactional_emails};
use crate::app::digests::archive;
use crate::app::{App, ReadOnly, hex, random, sha256};
use crate::domain::catalogue::Catalogue;
use crate::domain::subscribers::subscriber::{Cadence, ConsentBy, EmailAddress, Preferences};
use crate::domain::subscribers::token;
use crate::domain::subscribers::token::Purpose;
use crate::render::SignUpView;
use crate::render::view::ErrorsView;
use crate::store::{NewSubscriber, Wording};

/// A form that arrives sooner than this after its page was made was filled in by a program.
const MIN_FILL: TimeDelta = TimeDelta::seconds(3);

/// The submitted form, field by field.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Form {
    /// The address, as typed.
    pub address: String,
    /// The cadence.
    pub cadence: String,
    /// The names of the themes.
    pub themes: Vec<String>,
    /// The language's code.
    pub language: String,
    /// A honeypot: a field that people do not see.
    pub trap: String,
    /// When the page was made, signed.
    pub stamp: String,
}

/// A valid form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignUp {
    /// The subscriber's address.
    pub address: EmailAddress,
    /// Their choices.
    pub preferences: Preferences,
}

/// The errors of an invalid form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistakes(Box<ErrorsView>);

/// The empty form: weekly, all themes.
///
/// # Errors
/// The database or a template fails.
pub async fn page(app: &App, words: &Catalogue) -> anyhow::Result<String> {
    let themes = app.config.topic.themes.iter().map(|theme| theme.name.clone()).collect();
    let language = words.code().to_owned();
    let form = Form { language, cadence: Cadence::Weekly.to_string(), themes, ..Form::default() };
    render(app, words, form, ErrorsView::default()).await
}

/// The page with the submitted values and their errors.
///
/// # Errors
/// The database or a template fails.
pub async fn page_again(app: &App, words: &Catalogue, form: Form, mistakes: Mistakes) -> anyhow::Result<String> {
    render(app, words, form, *mistakes.0).await
}

/// Validates a form.
///
/// # Errors
/// [`Mistakes`], with all errors at once.
pub fn check(app: &App, words: &Catalogue, form: &Form) -> Result<SignUp, Mistakes> {
    let mut errors = ErrorsView::default();
    let address = EmailAddress::parse_new(&form.address).map_err(|_| {
        let is_empty = form.address.trim().is_empty();
        errors.address = words.words(if is_empty { "sign_up.no_address" } else { "sign_up.bad_address" });
    });
    if address.as_ref().is_ok_and(|address| !app.may_sign_up(address)) {
        errors.address = words.text("sign_up.bad_domain", &[("domains", (&app.domains_in_words(words)).into())]);
    }
    let cadence = form.cadence.parse().map_err(|_| errors.cadence = words.words("sign_up.no_cadence"));
    let known = &app.config.topic.themes;
    let mut themes: Vec<_> =
        known.iter().filter(|theme| form.themes.contains(&theme.name)).map(|theme| theme.name.clone()).collect();
    if themes.is_empty() && !known.is_empty() {
        errors.themes = words.words("sign_up.no_theme");
    }
    if !form.trap.is_empty() {
        errors.trap = words.words("sign_up.trapped");
    }
    let language = app.config.languages.get(&form.language).map_or(words.code(), |words| words.code()).to_owned();
    // Report an error of the whole form only if it is the only one: a person who corrects a field has waited long
    // enough.
    if let Some(key) = hurry(app, &form.stamp).filter(|_| errors == ErrorsView::default()) {
        errors.other = words.words(key);
    }
    match (address, cadence) {
        (Ok(address), Ok(cadence)) if errors == ErrorsView::default() => {
            themes.sort();
            let themes = (themes.len() < known.len()).then_some(themes);
            Ok(SignUp { address, preferences: Preferences { cadence, themes, language } })
        }
        _ => Err(Mistakes(Box::new(ErrorsView { any: true, ..errors }))),
    }
}

/// Stores a pending subscriber and queues the confirmation email, or whichever email fits the status of their address.
///
/// # Errors
/// The database or a template fails.
pub async fn sign_up(app: &App, wanted: SignUp) -> anyhow::Result<()> {
    let words = app.config.languages.of(&wanted.preferences.language);
    let known = app.store.subscribers().subscriber_at(&wanted.address).await?;
    let fresh = hex(&random(12)?);
    let id = known.map_or(fresh, |person| person.id);
    // Both are rendered whichever is sent, so that the response time reveals nothing.
    let answers = [
        transactional_emails::confirmation(app, words, &id, wanted.preferences.cadence)?,
        transactional_emails::known(app, words)?,
    ];
    let wording = wording(app, words);
    let new = NewSubscriber {
        id,
        hash: app.keys.address_hash(&wanted.address),
        address: wanted.address,
        name: String::new(),
        preferences: wanted.preferences,
        consent: "signed up on the page; to be confirmed by email".to_owned(),
        consent_by: ConsentBy::Page,
        consent_wording: Some(wording.version.clone()),
        is_confirmed: false,
        is_own_wish: true,
        may_return: true,
    };
    Ok(app.store.sign_ups().sign_up(new, wording, answers, app.clock.now()).await?)
}

/// The wording that people currently agree to on the page.
pub(crate) fn wording(app: &ReadOnly, words: &Catalogue) -> Wording {
    let text = app.consent(words);
    Wording { version: sha256(text.as_bytes())[..16].to_owned(), text }
}

fn stamp(app: &App, made: DateTime<Utc>) -> String {
    token::sign(&app.keys.token, Purpose::Form, &format!("{:x}", made.timestamp()), Some(made + token::FORM_FOR))
}

/// When the page of a form was made, if the stamp is ours and has not expired.
fn made(app: &App, stamp: &str) -> Option<DateTime<Utc>> {
    let made = token::verify(&app.keys.token, Purpose::Form, stamp, app.clock.now()).ok()?.subject;
    DateTime::from_timestamp(i64::from_str_radix(&made, 16).ok()?, 0)
}

/// The message for a form that came too soon or too late.
fn hurry(app: &App, stamp: &str) -> Option<&'static str> {
    match made(app, stamp) {
        None => Some("sign_up.too_old"),
        Some(made) if app.clock.now() - made < MIN_FILL => Some("sign_up.too_fast"),
        Some(_) => None,
    }
}

async fn render(app: &App, words: &Catalogue, form: Form, errors: ErrorsView) -> anyhow::Result<String> {
    let now = app.clock.now();
    let sources = app.config.feeds.iter().filter(|feed| feed.enabled).count();
    let view = SignUpView {
        title: app.name(words).to_owned(),
        canonical: app.page_in(words, ""),
        topic: app.topic(words).to_owned(),
        sources: words.text("sign_up.sources", &[("n", sources.into())]),
        source_count: sources,
        latest: archive::latest(app).await?.unwrap_or_default(),
        domains: app.domains_in_words(words),
        cadences: choices::cadences(words, |cadence| form.cadence == cadence.as_str()),
        themes: choices::themes(app, words, |name| form.themes.iter().any(|theme| theme == name)),
        consent: app.consent(words),
        languages: choices::languages(app, &form.language),
        // Keep the original time, so that correcting a mistake does not require another wait.
        stamp: stamp(app, made(app, &form.stamp).unwrap_or(now)),
        address: form.address,
        errors,
        sender: app.sender(words),
    };
    Ok(app.renderer.page(words, &view)?)
}
