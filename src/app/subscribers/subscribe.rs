//! Subscribing and unsubscribing: adding and changing subscribers by hand, confirming, and removing them.

use super::{sign_up, transactional_emails};
use crate::app::operations::keys::{self, LinkError};
use crate::app::operations::status;
use crate::app::{App, ReadOnly, hex, random};
use crate::domain::catalogue::Catalogue;
use crate::domain::digests::schedule::Slot;
use crate::domain::operations::shell::quoted;
use crate::domain::subscribers::subscriber::{Cadence, Changes, ConsentBy, EmailAddress, Preferences, Status};
use crate::domain::subscribers::token::{Purpose, sign};
use crate::store::{Confirmed, Joined, NewSubscriber, Subscriber};

/// Who asks for a subscriber to be added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asker {
    /// The person, on a page: after a bounce they may come back, once they confirm.
    Person,
    /// An imported file; treated like an administrator.
    List,
    /// An administrator: addresses that bounced, complained or unsubscribed stay out.
    Administrator,
    /// An administrator, for a person who has unsubscribed and asks to come back.
    AdministratorAgain,
}

/// A subscriber to be added.
#[derive(Debug, Clone)]
pub struct Request {
    /// Their address.
    pub address: EmailAddress,
    /// Their name; may be empty.
    pub name: String,
    /// Their choices.
    pub preferences: Preferences,
    /// Where their consent is recorded; without it, they get an email to confirm.
    pub consent: Option<String>,
    /// Who asks.
    pub asker: Asker,
}

/// The result of adding a subscriber.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddReport {
    /// Their id.
    pub id: String,
    /// What happened to their record.
    pub joined: Joined,
    /// Whether a confirmation email was queued.
    pub is_asked: bool,
}

/// Adds a subscriber. Without recorded consent, a confirmation email is queued.
///
/// # Errors
/// An unknown theme; or the database or a template fails.
pub async fn add(app: &App, request: Request) -> anyhow::Result<AddReport> {
    check_themes(app, request.preferences.themes.as_deref().unwrap_or_default())?;
    check_language(app, &request.preferences.language)?;
    let (cadence, language) = (request.preferences.cadence, request.preferences.language.clone());
    let new = newcomer(app, request)?;
    let is_confirmed = new.is_confirmed;
    let (joined, id) = app.store.subscribers().join(new, app.clock.now()).await?;
    let asks = !is_confirmed && matches!(joined, Joined::Added | Joined::AlreadyPending);
    let is_asked = asks && ask(app, id.clone(), &language, cadence).await?;
    Ok(AddReport { id, joined, is_asked })
}

/// A subscriber whom an administrator adds.
#[derive(Debug, Clone)]
pub struct Addition {
    /// Their address.
    pub address: EmailAddress,
    /// Their choices. Missing ones default to their earlier choices, or to weekly and all themes.
    pub wishes: Changes,
    /// Where their consent is recorded; without it, they get an email to confirm.
    pub consent: Option<String>,
    /// Whether they have unsubscribed and ask to come back.
    pub again: bool,
}

/// Adds a subscriber by hand. Their earlier choices are kept, except for those given now.
///
/// # Errors
/// [`Refusal`]; an unknown theme; or the database or a template fails.
pub async fn add_by_hand(app: &App, addition: Addition) -> anyhow::Result<AddReport> {
    let Addition { address, wishes, consent, again } = addition;
    let known = app.store.subscribers().subscriber_at(&address).await?;
    if let Some(status) = known.as_ref().map(|person| person.status) {
        let is_kept = status == Status::Active || (status == Status::Pending && consent.is_none());
        if is_kept && (wishes != Changes::default() || consent.is_some()) {
            return Err(Refusal::Kept { address, status, wishes: Box::new(wishes) }.into());
        }
    }
    let before = known.map_or(Preferences::default(), |person| person.preferences);
    let request = Request {
        address: address.clone(),
        preferences: wishes.of(before),
        name: wishes.name.unwrap_or_default(),
        consent,
        asker: if again { Asker::AdministratorAgain } else { Asker::Administrator },
    };
    let report = add(app, request).await?;
    match report.joined {
        Joined::HasLeft => Err(Refusal::HasLeft(address).into()),
        Joined::Suppressed => Err(Refusal::Suppressed(address).into()),
        _ => Ok(report),
    }
}

/// Changes the choices or the name of an active or pending subscriber, and returns the resulting record.
///
/// # Errors
/// [`Refusal`]; an unknown theme; or the database fails.
pub async fn change(app: &App, address: &EmailAddress, changes: Changes) -> anyhow::Result<Subscriber> {
    check_themes(app, changes.themes.as_deref().unwrap_or_default())?;
    check_language(app, changes.language.as_deref().unwrap_or_default())?;
    let is_changed = app.store.subscribers().change_person(address, changes).await?;
    match app.store.subscribers().subscriber_at(address).await? {
        Some(person) if is_changed => Ok(person),
        Some(person) if person.status == Status::Left => Err(Refusal::HasLeft(address.clone()).into()),
        Some(_) => Err(Refusal::Suppressed(address.clone()).into()),
        None => Err(Refusal::Unknown(address.clone()).into()),
    }
}

/// Why an administrator's command was refused; nothing has changed. It shows the address in full, because the reader
/// typed it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// They are already subscribed, and keep their choices.
    #[error("{} {}, so the options of this command would have no effect", .address.reveal(), state(*.status))]
    Kept {
        /// Their address.
        address: EmailAddress,
        /// Active or pending.
        status: Status,
        /// The choices in the command.
        wishes: Box<Changes>,
    },
    /// They have unsubscribed.
    #[error("{} has unsubscribed", .0.reveal())]
    HasLeft(EmailAddress),
    /// Emails to them bounced, or they complained.
    #[error("{} has bounced or complained before", .0.reveal())]
    Suppressed(EmailAddress),
    /// No subscriber has this address.
    #[error("nobody is subscribed as {}", .0.reveal())]
    Unknown(EmailAddress),
}

fn state(status: Status) -> &'static str {
    if status == Status::Pending { "has been asked to confirm" } else { "is subscribed already" }
}

impl Refusal {
    /// What the administrator can do instead.
    #[must_use]
    pub fn next(&self) -> String {
        match self {
            Self::Kept { address, wishes, .. } if **wishes == Changes::default() => {
                format!(
                    "nothing needs to be done; `policy-digest subscribers show {}` shows it",
                    quoted(address.reveal())
                )
            }
            Self::Kept { address, .. } => format!(
                "change what they get with `policy-digest subscribers set {}` and the same options",
                quoted(address.reveal())
            ),
            Self::HasLeft(address) => format!(
                "if they ask to come back, run `policy-digest subscribers add {} --again --confirmed-by NOTE`, which \
                 records where they said so",
                quoted(address.reveal())
            ),
            Self::Suppressed(_) => "only a sign-up of their own on the page brings them back".to_owned(),
            Self::Unknown(address) => {
                format!("add them with `policy-digest subscribers add {}`", quoted(address.reveal()))
            }
        }
    }
}

/// The record of a subscriber to be added.
pub(crate) fn newcomer(app: &ReadOnly, request: Request) -> anyhow::Result<NewSubscriber> {
    let is_confirmed = request.consent.is_some();
    let (consent_by, wording) = match request.asker {
        Asker::Person => (ConsentBy::Page, Some(sign_up::wording(app, app.words()).version)),
        Asker::List => (ConsentBy::Import, None),
        Asker::Administrator | Asker::AdministratorAgain => (ConsentBy::Admin, None),
    };
    Ok(NewSubscriber {
        id: hex(&random(12)?),
        hash: app.keys.address_hash(&request.address),
        address: request.address,
        name: request.name,
        preferences: request.preferences,
        consent: request.consent.unwrap_or_else(|| match request.asker {
            Asker::Person => "asked for it; to be confirmed by email".to_owned(),
            Asker::List | Asker::Administrator | Asker::AdministratorAgain => {
                "added by an administrator; to be confirmed by email".to_owned()
            }
        }),
        consent_by,
        consent_wording: wording,
        is_confirmed,
        is_own_wish: request.asker == Asker::Person,
        may_return: matches!(request.asker, Asker::Person | Asker::AdministratorAgain),
    })
}

/// Queues the confirmation email. False if one was queued within the last hour.
async fn ask(app: &App, id: String, language: &str, cadence: Cadence) -> anyhow::Result<bool> {
    let words = app.config.languages.of(language);
    let question = transactional_emails::confirmation(app, words, &id, cadence)?;
    Ok(app.store.sign_ups().queue_answer(id, question, app.clock.now()).await?)
}

/// Checks that this token is valid for `purpose`; changes nothing.
///
/// # Errors
/// [`LinkError`].
pub async fn check(app: &App, purpose: Purpose, token: &str) -> Result<(), LinkError> {
    keys::named(app, purpose, token).await.map(drop)
}

/// Confirms the subscriber who holds this token; the first time, a welcome email is queued.
///
/// # Errors
/// [`LinkError`].
pub async fn confirm(app: &App, token: &str) -> Result<bool, LinkError> {
    let now = app.clock.now();
    let id = keys::named(app, Purpose::Confirm, token).await?;
    let Some(person) = app.store.subscribers().subscriber(id.clone()).await? else { return Ok(false) };
    let words = app.config.languages.of(&person.preferences.language);
    let welcome = transactional_emails::welcome(app, words, person.preferences.cadence).await?;
    let keys = app.keys.clone();
    let confirmed = app.store.sign_ups().confirm(id, welcome, now, move |address| keys.address_hash(address)).await?;
    Ok(confirmed != Confirmed::Nobody)
}

/// What the holder of a confirmation token is shown after confirming.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outlook {
    /// The day of their next digest; empty if it is not known.
    pub next: String,
    /// The path of their own page.
    pub own_page: String,
}

/// What comes next for the subscriber who holds a confirmation token; `None` for a link that no longer works.
///
/// # Errors
/// The database fails.
pub async fn outlook(app: &App, words: &Catalogue, token: &str) -> anyhow::Result<Option<Outlook>> {
    let Ok(id) = keys::named(app, Purpose::Confirm, token).await else { return Ok(None) };
    let Some(person) = app.store.subscribers().subscriber(id).await? else { return Ok(None) };
    let slots = status::next_slots(&app.config.settings, app.clock.now(), 1)?;
    let next = slots.iter().find(|(of, _)| *of == person.preferences.cadence);
    let zone = app.config.settings.timezone;
    let day = |slot: &Slot| words.locale().date_with_weekday(&slot.utc.with_timezone(&zone));
    Ok(Some(Outlook {
        next: next.map_or_else(String::new, |(_, slot)| day(slot)),
        own_page: format!("p/{}", sign(&app.keys.token, Purpose::Preferences, &person.id, None)),
    }))
}

/// The result of asking for another confirmation email.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AskedAgain {
    /// It is queued, or one was sent within the last hour.
    Mailed,
    /// They are already confirmed.
    Subscribed,
    /// The sign-up is no longer open.
    Closed,
}

/// Emails another confirmation to the subscriber whose token has expired, at most once an hour.
///
/// # Errors
/// [`LinkError`].
pub async fn ask_again(app: &App, token: &str) -> Result<AskedAgain, LinkError> {
    let id = keys::named_once(app, Purpose::Confirm, token).await?;
    let Some(person) = app.store.subscribers().subscriber(id.clone()).await? else { return Ok(AskedAgain::Closed) };
    Ok(match person.status {
        Status::Active => AskedAgain::Subscribed,
        Status::Left | Status::Suppressed => AskedAgain::Closed,
        Status::Pending => {
            ask(app, id, &person.preferences.language, person.preferences.cadence).await?;
            AskedAgain::Mailed
        }
    })
}

/// Unsubscribes the holder of this token. Succeeds if they are already unsubscribed or erased.
///
/// # Errors
/// [`LinkError`].
pub async fn unsubscribe(app: &App, token: &str) -> Result<(), LinkError> {
    let id = keys::named(app, Purpose::Unsubscribe, token).await?;
    app.store.subscribers().leave(id, app.clock.now()).await?;
    Ok(())
}

/// Unsubscribes an address. False if no subscriber has it.
///
/// # Errors
/// The database fails.
pub async fn remove(app: &App, address: &EmailAddress) -> anyhow::Result<bool> {
    match app.store.subscribers().subscriber_at(address).await? {
        Some(subscriber) => Ok(app.store.subscribers().leave(subscriber.id, app.clock.now()).await?),
        None => Ok(false),
    }
}

/// No theme has this name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no theme `{theme}`; the themes are {known}")]
pub struct UnknownTheme {
    theme: String,
    known: String,
}

/// The installation does not have this language.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no language `{language}`; the languages are {known}")]
pub struct UnknownLanguage {
    language: String,
    known: String,
}

fn check_language(app: &ReadOnly, language: &str) -> Result<(), UnknownLanguage> {
    let languages = &app.config.languages;
    if language.is_empty() || languages.get(language).is_some() {
        return Ok(());
    }
    let known: Vec<&str> = languages.iter().map(|words| words.code()).collect();
    Err(UnknownLanguage { language: language.to_owned(), known: known.join(", ") })
}

pub(crate) fn check_themes(app: &ReadOnly, themes: &[String]) -> Result<(), UnknownTheme> {
    let known = || app.config.topic.themes.iter().map(|theme| theme.name.as_str());
    match themes.iter().find(|theme| known().all(|name| name != *theme)) {
        Some(theme) => Err(UnknownTheme { theme: theme.clone(), known: known().collect::<Vec<_>>().join(", ") }),
        None => Ok(()),
    }
}
