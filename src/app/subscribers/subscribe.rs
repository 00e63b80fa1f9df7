//! People come and go: added and changed by hand, asked to confirm, confirmed, removed.

use super::{sign_up, transactional_emails};
use crate::app::operations::keys::{self, LinkError};
use crate::app::{App, ReadOnly, hex, random};
use crate::domain::operations::shell::quoted;
use crate::domain::subscribers::subscriber::{Cadence, Changes, ConsentBy, EmailAddress, Preferences, Status};
use crate::domain::subscribers::token::Purpose;
use crate::store::{Confirmed, Joined, NewSubscriber, Subscriber};

/// Who wants a person to be added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asker {
    /// The person, on a page: they may come back after a bounce, once they confirm.
    Person,
    /// A file that is imported: as an administrator.
    List,
    /// An administrator: what bounced or complained stays out, and so does who has left.
    Administrator,
    /// An administrator, for somebody who has left and asks to come back.
    AdministratorAgain,
}

/// Someone to be added.
#[derive(Debug, Clone)]
pub struct Request {
    /// Their address.
    pub address: EmailAddress,
    /// Their name; may be empty.
    pub name: String,
    /// What they want.
    pub preferences: Preferences,
    /// Where their consent is recorded; without it they are asked by mail.
    pub consent: Option<String>,
    /// Who asks.
    pub asker: Asker,
}

/// What came of adding one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddReport {
    /// Their id.
    pub id: String,
    /// What happened.
    pub joined: Joined,
    /// Whether a confirmation was queued.
    pub is_asked: bool,
}

/// Adds a person. Without recorded consent a confirmation is queued.
///
/// # Errors
/// An unknown theme; or the database or a template fails.
pub async fn add(app: &App, request: Request) -> anyhow::Result<AddReport> {
    check_themes(app, request.preferences.themes.as_deref().unwrap_or_default())?;
    let cadence = request.preferences.cadence;
    let new = newcomer(app, request)?;
    let is_confirmed = new.is_confirmed;
    let (joined, id) = app.store.join(new, app.clock.now()).await?;
    let asks = !is_confirmed && matches!(joined, Joined::Added | Joined::AlreadyPending);
    let is_asked = asks && ask(app, id.clone(), cadence).await?;
    Ok(AddReport { id, joined, is_asked })
}

/// Somebody whom an administrator adds.
#[derive(Debug, Clone)]
pub struct Addition {
    /// Their address.
    pub address: EmailAddress,
    /// What they want. Where it says nothing, what they chose before holds, or weekly and all themes.
    pub wishes: Changes,
    /// Where their consent is recorded; without it they are asked by mail.
    pub consent: Option<String>,
    /// They have left, and ask to come back.
    pub again: bool,
}

/// Adds a person by hand. What they chose before is kept, save for what is said of it now.
///
/// # Errors
/// [`Refusal`]; an unknown theme; or the database or a template fails.
pub async fn add_by_hand(app: &App, addition: Addition) -> anyhow::Result<AddReport> {
    let Addition { address, wishes, consent, again } = addition;
    let known = app.store.subscriber_at(&address).await?;
    if let Some(status) = known.as_ref().map(|person| person.status) {
        let is_kept = status == Status::Active || (status == Status::Pending && consent.is_none());
        if is_kept && (wishes != Changes::default() || consent.is_some()) {
            return Err(Refusal::Kept { address, status, wishes: Box::new(wishes) }.into());
        }
    }
    let before = known.map_or(Preferences { cadence: Cadence::Weekly, themes: None }, |person| person.preferences);
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

/// Changes what an active or pending person gets, or their name, and gives what holds now.
///
/// # Errors
/// [`Refusal`]; an unknown theme; or the database fails.
pub async fn change(app: &App, address: &EmailAddress, changes: Changes) -> anyhow::Result<Subscriber> {
    check_themes(app, changes.themes.as_deref().unwrap_or_default())?;
    let is_changed = app.store.change_person(address, changes).await?;
    match app.store.subscriber_at(address).await? {
        Some(person) if is_changed => Ok(person),
        Some(person) if person.status == Status::Left => Err(Refusal::HasLeft(address.clone()).into()),
        Some(_) => Err(Refusal::Suppressed(address.clone()).into()),
        None => Err(Refusal::Unknown(address.clone()).into()),
    }
}

/// Why an administrator's command on a person was not carried out: nothing has changed. Shows the address, since it was
/// typed by the one who reads this.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// They are here already, and keep what they chose.
    #[error("{} {}, so what this command says of them would not be applied", .address.reveal(), state(*.status))]
    Kept {
        /// Whose.
        address: EmailAddress,
        /// Active or pending.
        status: Status,
        /// What was said.
        wishes: Box<Changes>,
    },
    /// They have unsubscribed.
    #[error("{} has unsubscribed", .0.reveal())]
    HasLeft(EmailAddress),
    /// Mail to them failed, or they complained.
    #[error("{} has bounced or complained before", .0.reveal())]
    Suppressed(EmailAddress),
    /// Nobody has this address.
    #[error("nobody is subscribed as {}", .0.reveal())]
    Unknown(EmailAddress),
}

fn state(status: Status) -> &'static str {
    if status == Status::Pending { "has been asked to confirm" } else { "is subscribed already" }
}

impl Refusal {
    /// What to do instead.
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

/// The row of somebody who is to be added.
pub(crate) fn newcomer(app: &ReadOnly, request: Request) -> anyhow::Result<NewSubscriber> {
    let is_confirmed = request.consent.is_some();
    let (consent_by, wording) = match request.asker {
        Asker::Person => (ConsentBy::Page, Some(sign_up::wording(app).version)),
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
            Asker::Person => "asked themselves; to be confirmed by mail".to_owned(),
            Asker::List | Asker::Administrator | Asker::AdministratorAgain => {
                "asked by an administrator; to be confirmed by mail".to_owned()
            }
        }),
        consent_by,
        consent_wording: wording,
        is_confirmed,
        is_own_wish: request.asker == Asker::Person,
        may_return: matches!(request.asker, Asker::Person | Asker::AdministratorAgain),
    })
}

/// Queues the question whether this person really wants the digest. False if they were asked within the hour.
async fn ask(app: &App, id: String, cadence: Cadence) -> anyhow::Result<bool> {
    let question = transactional_emails::confirmation(app, &id, cadence)?;
    Ok(app.store.queue_answer(id, question, app.clock.now()).await?)
}

/// Whether this token serves `purpose` now; nothing changes.
///
/// # Errors
/// [`LinkError`].
pub async fn check(app: &App, purpose: Purpose, token: &str) -> Result<(), LinkError> {
    keys::named(app, purpose, token).await.map(drop)
}

/// The person who holds this token confirms; the first time, a welcome is queued.
///
/// # Errors
/// [`LinkError`].
pub async fn confirm(app: &App, token: &str) -> Result<bool, LinkError> {
    let now = app.clock.now();
    let id = keys::named(app, Purpose::Confirm, token).await?;
    let Some(person) = app.store.subscriber(id.clone()).await? else { return Ok(false) };
    let welcome = transactional_emails::welcome(app, person.preferences.cadence).await?;
    let keys = app.keys.clone();
    let confirmed = app.store.confirm(id, welcome, now, move |address| keys.address_hash(address)).await?;
    Ok(confirmed != Confirmed::Nobody)
}

/// What came of asking for a new confirmation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AskedAgain {
    /// It is on its way, or one of the last hour is.
    Mailed,
    /// They have confirmed already.
    Subscribed,
    /// The sign-up is not open any more.
    Closed,
}

/// Mails a new confirmation to the person whose token has expired, at most one in an hour.
///
/// # Errors
/// [`LinkError`].
pub async fn ask_again(app: &App, token: &str) -> Result<AskedAgain, LinkError> {
    let id = keys::named_once(app, Purpose::Confirm, token).await?;
    let Some(person) = app.store.subscriber(id.clone()).await? else { return Ok(AskedAgain::Closed) };
    Ok(match person.status {
        Status::Active => AskedAgain::Subscribed,
        Status::Left | Status::Suppressed => AskedAgain::Closed,
        Status::Pending => {
            ask(app, id, person.preferences.cadence).await?;
            AskedAgain::Mailed
        }
    })
}

/// The person who holds this token leaves. Who is not here any more has left.
///
/// # Errors
/// [`LinkError`].
pub async fn unsubscribe(app: &App, token: &str) -> Result<(), LinkError> {
    let id = keys::named(app, Purpose::Unsubscribe, token).await?;
    app.store.leave(id, app.clock.now()).await?;
    Ok(())
}

/// Unsubscribes an address. False if nobody has it.
///
/// # Errors
/// The database fails.
pub async fn remove(app: &App, address: &EmailAddress) -> anyhow::Result<bool> {
    match app.store.subscriber_at(address).await? {
        Some(subscriber) => Ok(app.store.leave(subscriber.id, app.clock.now()).await?),
        None => Ok(false),
    }
}

/// Nobody files anything under this theme.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no theme `{theme}`; the themes are {known}")]
pub struct UnknownTheme {
    theme: String,
    known: String,
}

pub(crate) fn check_themes(app: &ReadOnly, themes: &[String]) -> Result<(), UnknownTheme> {
    let known = || app.config.topic.themes.iter().map(|theme| theme.name.as_str());
    match themes.iter().find(|theme| known().all(|name| name != *theme)) {
        Some(theme) => Err(UnknownTheme { theme: theme.clone(), known: known().collect::<Vec<_>>().join(", ") }),
        None => Ok(()),
    }
}
