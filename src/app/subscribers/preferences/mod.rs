//! What subscribers can do with the link in their emails: change their choices, pause, change their address, download
//! their data, be erased, and come back after unsubscribing. The link's token is the only authorisation, and every step
//! checks it again.

mod page;

use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta, Utc};
use serde_json::{Value as Json, json};

use super::transactional_emails;
use crate::app::App;
use crate::app::operations::keys::{self, LinkError};
use crate::domain::digests::schedule;
use crate::domain::subscribers::subscriber::{Cadence, ConsentBy, EmailAddress, Preferences, Status};
use crate::domain::subscribers::token;
use crate::domain::subscribers::token::{Purpose, TokenError};
pub use crate::store::AddressTaken;
use crate::store::{OwnRecord, Subscriber};
pub use page::{PageState, show};

/// How long unsubscribing can be undone.
pub const UNDO_FOR: TimeDelta = TimeDelta::days(28);

/// The longest pause.
const LONGEST_PAUSE: Days = Days::new(366);

/// An invalid request, by the field to correct.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Problem {
    /// Not one of our cadences.
    Cadence,
    /// No theme is chosen, so nothing would be sent.
    Themes,
    /// Not a date between tomorrow and a year from now.
    Pause,
    /// Not an email address.
    Address,
    /// An address at a domain that may not sign up.
    Domain,
}

/// The outcome of a step. A step is not possible for the holder of a link who has unsubscribed, has not confirmed, or
/// was erased.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// It is done.
    Done,
    /// A field must be corrected; nothing has changed.
    Problem(Problem),
    /// They do not get the digest; nothing has changed.
    NotActive,
}

/// The id that the token names, and the subscriber if they are still stored.
async fn holder(app: &App, purpose: Purpose, token: &str) -> Result<(String, Option<Subscriber>), LinkError> {
    let id = keys::named(app, purpose, token).await?;
    let known = app.store.subscribers().subscriber(id.clone()).await?;
    Ok((id, known))
}

/// The active subscriber who holds a preferences link; `None` if they are not active.
async fn active(app: &App, token: &str) -> Result<Option<Subscriber>, LinkError> {
    let (_, known) = holder(app, Purpose::Preferences, token).await?;
    Ok(known.filter(|person| person.status == Status::Active))
}

/// Sets cadence and themes. Choosing all themes includes any that are added later.
///
/// # Errors
/// [`LinkError`].
pub async fn choose(
    app: &App,
    token: &str,
    cadence: &str,
    themes: &[String],
    language: &str,
) -> Result<Step, LinkError> {
    let Some(person) = active(app, token).await? else { return Ok(Step::NotActive) };
    let Ok(cadence) = cadence.parse::<Cadence>() else { return Ok(Step::Problem(Problem::Cadence)) };
    // A form without the field, as before there was a choice, changes nothing.
    let language =
        app.config.languages.get(language).map_or(person.preferences.language, |words| words.code().to_owned());
    let known: Vec<&str> = app.config.topic.themes.iter().map(|theme| theme.name.as_str()).collect();
    let mut chosen: Vec<String> =
        known.iter().filter(|name| themes.iter().any(|theme| theme == *name)).map(|&name| name.to_owned()).collect();
    if chosen.is_empty() && !known.is_empty() {
        return Ok(Step::Problem(Problem::Themes));
    }
    chosen.sort();
    let themes = (chosen.len() < known.len()).then_some(chosen);
    app.store.subscribers().change_preferences(person.id, Preferences { cadence, themes, language }).await?;
    Ok(Step::Done)
}

/// Pauses the digest until the morning of a day, written as 2026-12-31.
///
/// # Errors
/// [`LinkError`].
pub async fn pause(app: &App, token: &str, day: &str) -> Result<Step, LinkError> {
    let Some(person) = active(app, token).await? else { return Ok(Step::NotActive) };
    let (first, last) = pause_days(app);
    let Some(day) = day.trim().parse::<NaiveDate>().ok().filter(|day| (first..=last).contains(day)) else {
        return Ok(Step::Problem(Problem::Pause));
    };
    app.store.subscribers().pause_person(person.id, morning(app, day), app.clock.now()).await?;
    Ok(Step::Done)
}

/// Ends a pause now.
///
/// # Errors
/// [`LinkError`].
pub async fn resume(app: &App, token: &str) -> Result<Step, LinkError> {
    let Some(person) = active(app, token).await? else { return Ok(Step::NotActive) };
    app.store.subscribers().end_pause(person.id, app.clock.now()).await?;
    Ok(Step::Done)
}

/// The first and the last day that a pause may end on.
fn pause_days(app: &App) -> (NaiveDate, NaiveDate) {
    let today = app.clock.now().with_timezone(&app.config.settings.timezone).date_naive();
    (today + Days::new(1), today + LONGEST_PAUSE)
}

/// The first instant of a day in the configured zone.
fn morning(app: &App, day: NaiveDate) -> DateTime<Utc> {
    let midnight = day.and_time(NaiveTime::MIN);
    schedule::instant(app.config.settings.timezone, midnight).unwrap_or_else(|| midnight.and_utc())
}

/// Sends a confirmation request to a new address. The answer does not reveal whether somebody else has the address.
///
/// # Errors
/// The database or a template fails.
pub async fn ask_address(app: &App, token: &str, address: &str) -> Result<Step, LinkError> {
    let Some(person) = active(app, token).await? else { return Ok(Step::NotActive) };
    let Ok(address) = EmailAddress::parse_new(address) else { return Ok(Step::Problem(Problem::Address)) };
    if !app.may_sign_up(&address) {
        return Ok(Step::Problem(Problem::Domain));
    }
    let (now, hash) = (app.clock.now(), app.keys.address_hash(&address));
    let named = format!("{}-{hash}", person.id);
    let token = token::sign(&app.keys.token, Purpose::Address, &named, Some(now + token::CONFIRM_FOR));
    let question =
        transactional_emails::address_change(app, app.config.languages.of(&person.preferences.language), &token)?;
    app.store.subscribers().ask_address((person.id, address, hash), question, now).await?;
    Ok(Step::Done)
}

/// Changes the address to the one that the link names, and tells the old one.
///
/// # Errors
/// [`LinkError`].
pub async fn take_address(app: &App, token: &str) -> Result<AddressTaken, LinkError> {
    let now = app.clock.now();
    let named = keys::named(app, Purpose::Address, token).await?;
    let (id, hash) = named.split_once('-').ok_or(TokenError::Invalid)?;
    let (keys, hash) = (app.keys.clone(), hash.to_owned());
    let person = app.store.subscribers().subscriber(id.to_owned()).await?;
    let words = app.config.languages.of(person.as_ref().map_or("", |person| &person.preferences.language));
    // An administrator may have added an address that could not sign up by itself.
    let may_return = person.is_none_or(|person| app.may_sign_up(&person.address));
    let notice = transactional_emails::address_changed(app, words, may_return)?;
    let is_it = move |address: &EmailAddress| keys.address_hash(address) == hash;
    Ok(app.store.subscribers().take_address(id.to_owned(), is_it, notice, now).await?)
}

/// Emails an active subscriber the link to their page, at most once an hour. The caller must not reveal the result; the
/// work is the same for every address.
///
/// # Errors
/// The database or a template fails.
pub async fn send_link(app: &App, address: &EmailAddress) -> anyhow::Result<bool> {
    let known = app.store.subscribers().subscriber_at(address).await?;
    let known = known.filter(|person| person.status == Status::Active);
    let words = app.config.languages.of(known.as_ref().map_or("", |person| &person.preferences.language));
    let active = known.as_ref().map(|person| person.id.clone());
    let link = transactional_emails::link(app, words, active.as_deref().unwrap_or("nobody"))?;
    Ok(app.store.sign_ups().queue_link(active, link, app.clock.now()).await?)
}

/// Everything that is stored about the holder of the link; `None` if nothing is.
///
/// # Errors
/// [`LinkError`].
pub async fn data(app: &App, token: &str) -> Result<Option<Json>, LinkError> {
    let id = keys::named(app, Purpose::Preferences, token).await?;
    let Some(record) = app.store.subscribers().own_record(id.clone()).await? else { return Ok(None) };
    let wording = match &record.subscriber.consent_wording {
        Some(version) => app.store.sign_ups().wording(version.clone()).await?,
        None => None,
    };
    let mut data = record_json(&record, wording.as_deref());
    let votes = app.store.labels().votes_of(id).await?;
    data["votes"] =
        votes.iter().map(|(title, at)| json!({ "title": title, "at": at.to_rfc3339() })).collect::<Vec<_>>().into();
    Ok(Some(data))
}

/// Everything that is stored about a subscriber, as JSON; `wording` is what they agreed to.
pub(crate) fn record_json(record: &OwnRecord, wording: Option<&str>) -> Json {
    let person = &record.subscriber;
    let messages = record.messages.iter().map(|message| {
        json!({ "kind": message.kind, "to": message.address, "subject": message.subject, "state": message.state,
            "made": message.made.to_rfc3339(), "settled": message.settled.map(|at| at.to_rfc3339()),
            "error": message.error })
    });
    let reports = record.reports.iter().map(|report| {
        json!({ "kind": report.kind, "at": report.at.to_rfc3339(), "source": report.source, "fault": report.fault,
            "code": report.code })
    });
    json!({
        "id": person.id,
        "address": person.address.reveal(),
        "new_address": record.new_address.as_ref().map(EmailAddress::reveal),
        "name": person.name,
        "status": person.status.as_str(),
        "cadence": person.preferences.cadence.as_str(),
        "themes": person.preferences.themes,
        "language": person.preferences.language,
        "paused_until": person.paused_until.map(|at| at.to_rfc3339()),
        "consent": person.consent,
        "consent_by": person.consent_by.map(ConsentBy::as_str),
        "consent_wording": wording,
        "consented": person.consented.map(|at| at.to_rfc3339()),
        "joined": person.joined.to_rfc3339(),
        "confirmed": person.confirmed.map(|at| at.to_rfc3339()),
        "ended": person.ended.map(|at| at.to_rfc3339()),
        "messages": messages.collect::<Vec<_>>(),
        "returned": reports.collect::<Vec<_>>(),
    })
}

/// Erases the holder of the link. Succeeds if they were erased before.
///
/// # Errors
/// [`LinkError`].
pub async fn erase(app: &App, token: &str) -> Result<(), LinkError> {
    let id = keys::named(app, Purpose::Preferences, token).await?;
    app.store.subscribers().erase(id, app.clock.now()).await?;
    Ok(())
}

/// Erases an address everywhere. False if it was not stored.
///
/// # Errors
/// The database fails.
pub async fn forget(app: &App, address: &EmailAddress) -> anyhow::Result<bool> {
    Ok(app.store.subscribers().forget(address, app.clock.now()).await?)
}

/// Whether the holder of an unsubscribe link has unsubscribed and can undo it.
///
/// # Errors
/// [`LinkError`].
pub async fn has_left(app: &App, token: &str) -> Result<Option<bool>, LinkError> {
    let (_, known) = holder(app, Purpose::Unsubscribe, token).await?;
    Ok(match known {
        Some(person) if person.status != Status::Left => None,
        Some(person) => Some(person.ended.is_some_and(|ended| ended >= app.clock.now() - UNDO_FOR)),
        None => Some(false),
    })
}

/// The result of undoing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Return {
    /// They are subscribed.
    Back,
    /// They have not confirmed their latest sign-up; only the link in the confirmation email can do that.
    Unconfirmed,
    /// It is too late, or the address is suppressed.
    Not,
}

/// Undoes unsubscribing.
///
/// # Errors
/// [`LinkError`].
pub async fn come_back(app: &App, token: &str) -> Result<Return, LinkError> {
    let now = app.clock.now();
    let (id, Some(person)) = holder(app, Purpose::Unsubscribe, token).await? else { return Ok(Return::Not) };
    if person.status == Status::Left {
        let keys = app.keys.clone();
        app.store
            .subscribers()
            .come_back(id.clone(), now - UNDO_FOR, now, move |address| keys.address_hash(address))
            .await?;
    }
    let known = app.store.subscribers().subscriber(id).await?;
    Ok(match known.map(|person| person.status) {
        Some(Status::Active) => Return::Back,
        Some(Status::Pending) => Return::Unconfirmed,
        Some(Status::Left | Status::Suppressed) | None => Return::Not,
    })
}
