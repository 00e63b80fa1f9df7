//! What comes of a person's own steps on the pages: a sign-up with the mail that answers to it, a confirmation with its
//! welcome, each in one transaction. Who may join is `subscribers`' to say; which mail is written, `app`'s.

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{OptionalExtension as _, Transaction, params};

use super::{Confirmed, confirm, join};
use crate::domain::subscribers::subscriber::EmailAddress;
use crate::store::{Error, Joined, Kind, NewSubscriber, Part, Reader, Store, outbox, seconds};

/// The least time between two confirmations to one person.
pub const BETWEEN_CONFIRMATIONS: TimeDelta = TimeDelta::hours(1);

/// The least time between two mails that say "you are already subscribed".
pub const BETWEEN_REMINDERS: TimeDelta = TimeDelta::days(1);

/// The least time between two mails with a person's link.
const BETWEEN_LINKS: TimeDelta = TimeDelta::hours(1);

/// What consent the page asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wording {
    /// A hash of the text.
    pub version: String,
    /// As the page says it.
    pub text: String,
}

/// A mail to one person, ready to be queued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// What it is.
    pub kind: Kind,
    /// What it says.
    pub part: Part,
    /// Made once.
    pub message_id: String,
}

impl Store {
    /// Takes a sign-up from the page: a new or pending person is asked to confirm, an active one is told that they are
    /// subscribed, a suppressed one gets nothing. `answers` were written for the id in `new`. Something is committed in
    /// every case, so that the time that it takes does not tell them apart.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn sign_up(
        &self,
        new: NewSubscriber,
        wording: Wording,
        answers: [Answer; 2],
        now: DateTime<Utc>,
    ) -> Result<(), Error> {
        self.write(move |tx| {
            tx.execute("INSERT OR REPLACE INTO marks (name, made) VALUES ('last sign-up', ?1)", [seconds(now)])?;
            tx.execute(
                "INSERT OR IGNORE INTO wordings (version, text, made) VALUES (?1, ?2, ?3)",
                params![wording.version, wording.text, seconds(now)],
            )?;
            let written_for = new.id.clone();
            let (joined, id) = join(tx, new, now)?;
            let wanted = match joined {
                Joined::Added | Joined::AlreadyPending => Kind::Confirmation,
                Joined::AlreadyActive => Kind::Known,
                Joined::Confirmed | Joined::Suppressed | Joined::HasLeft => return Ok(()),
            };
            // Two sign-ups at the same moment: the other one's mail is queued already, with the id that holds.
            if id == written_for {
                for answer in answers.iter().filter(|answer| answer.kind == wanted) {
                    queue(tx, &id, answer, now)?;
                }
            }
            Ok(())
        })
        .await
    }

    /// A pending person confirms: active from now on, served from their cadence's last run, and no longer suppressed if
    /// their address had bounced; `hash` keys an address. The first time, `welcome` is queued.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn confirm(
        &self,
        id: String,
        welcome: Answer,
        now: DateTime<Utc>,
        hash: impl Fn(&EmailAddress) -> String + Send + 'static,
    ) -> Result<Confirmed, Error> {
        self.write(move |tx| {
            let confirmed = confirm(tx, &id, now, &hash)?;
            if confirmed == Confirmed::Now {
                queue(tx, &id, &welcome, now)?;
            }
            Ok(confirmed)
        })
        .await
    }

    /// Queues a mail for a person, unless one of its kind is open or was made too short a time ago. True if queued.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn queue_answer(&self, subscriber: String, answer: Answer, now: DateTime<Utc>) -> Result<bool, Error> {
        self.write(move |tx| queue(tx, &subscriber, &answer, now)).await
    }

    /// The same for a link that was asked for by address; nobody may have it. Something is committed in either case, so
    /// that the time that it takes does not tell them apart.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn queue_link(
        &self,
        subscriber: Option<String>,
        link: Answer,
        now: DateTime<Utc>,
    ) -> Result<bool, Error> {
        self.write(move |tx| {
            tx.execute("INSERT OR REPLACE INTO marks (name, made) VALUES ('last link', ?1)", [seconds(now)])?;
            subscriber.map_or(Ok(false), |subscriber| queue(tx, &subscriber, &link, now))
        })
        .await
    }
}

impl Reader {
    /// The text of a wording that somebody has agreed to.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn wording(&self, version: String) -> Result<Option<String>, Error> {
        self.read(move |connection| {
            let text =
                connection.query_row("SELECT text FROM wordings WHERE version = ?1", [&version], |row| row.get(0));
            Ok(text.optional()?)
        })
        .await
    }
}

fn queue(tx: &Transaction<'_>, subscriber: &str, answer: &Answer, now: DateTime<Utc>) -> Result<bool, Error> {
    let pause = match answer.kind {
        Kind::Confirmation => BETWEEN_CONFIRMATIONS,
        Kind::Known => BETWEEN_REMINDERS,
        Kind::Link => BETWEEN_LINKS,
        _ => TimeDelta::zero(),
    };
    let kind = answer.kind.as_str();
    let is_recent: bool = tx.query_row(
        "SELECT EXISTS (SELECT 1 FROM messages WHERE subscriber = ?1 AND kind = ?2
         AND (made BETWEEN ?3 + 1 AND ?4 OR state IN ('queued', 'sending', 'unknown', 'retry')))",
        params![subscriber, kind, seconds(now - pause), seconds(now)],
        |row| row.get(0),
    )?;
    if is_recent {
        return Ok(false);
    }
    let address: Option<String> =
        tx.query_row("SELECT address FROM subscribers WHERE id = ?1", [subscriber], |row| row.get(0)).optional()?;
    let Some(address) = address else { return Ok(false) };
    outbox::queue(tx, answer.kind, (subscriber, &address), (&answer.part, &answer.message_id), now)?;
    Ok(true)
}
