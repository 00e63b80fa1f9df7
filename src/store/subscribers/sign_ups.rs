//! Sign-ups: a sign-up with the email that answers it, and a confirmation with its welcome, each in one transaction. Who may
//! join is decided in the room above; what the emails say, in `app`.

use crate::store::database::sql::{OptionalExtension as _, Transaction, named_params, params};
use crate::store::{SignUpChanges, SignUps};
use chrono::{DateTime, TimeDelta, Utc};

use super::{Confirmed, confirm, join};
use crate::domain::subscribers::subscriber::EmailAddress;
use crate::store::operations::keys;
use crate::store::{Body, Error, Joined, Kind, NewSubscriber, outbox, seconds};

/// The least time between two confirmation emails to one subscriber.
pub const BETWEEN_CONFIRMATIONS: TimeDelta = TimeDelta::hours(1);

/// The least time between two emails that say "you are already subscribed".
pub const BETWEEN_REMINDERS: TimeDelta = TimeDelta::days(1);

/// The least time between two emails with a subscriber's link.
const BETWEEN_LINKS: TimeDelta = TimeDelta::hours(1);

/// The wording of the consent that the page asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wording {
    /// A hash of the text.
    pub version: String,
    /// As the page shows it.
    pub text: String,
}

/// An email to one subscriber, ready to be queued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// What it is.
    pub kind: Kind,
    /// Its text.
    pub body: Body,
    /// Made once.
    pub message_id: String,
}

impl SignUpChanges<'_> {
    /// Handles a sign-up from the page: a new or pending subscriber is asked to confirm, an active one is reminded that they
    /// are subscribed, a suppressed one gets nothing. `answers` were written for the id in `new`. Something is committed in
    /// every case, so that the time it takes does not give them away.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn sign_up(
        self,
        new: NewSubscriber,
        wording: Wording,
        answers: [Answer; 2],
        now: DateTime<Utc>,
    ) -> Result<(), Error> {
        self.store
            .write(move |tx| {
                keys::mark(tx, "last sign-up", now)?;
                tx.execute(KEEP_WORDING, params![wording.version, wording.text, seconds(now)])?;
                let written_for = new.id.clone();
                let (joined, id) = join(tx, new, now)?;
                let wanted = match joined {
                    Joined::Added | Joined::AlreadyPending => Kind::Confirmation,
                    Joined::AlreadyActive => Kind::Known,
                    Joined::Confirmed | Joined::Suppressed | Joined::HasLeft => return Ok(()),
                };
                // Two sign-ups at the same moment: the other one's email is queued already, with the id that was kept.
                if id == written_for {
                    for answer in answers.iter().filter(|answer| answer.kind == wanted) {
                        queue(tx, &id, answer, now)?;
                    }
                }
                Ok(())
            })
            .await
    }

    /// A pending subscriber confirms: active from now on, served from their cadence's last run, and no longer suppressed if
    /// their address had bounced; `hash` keys an address. The first time, `welcome` is queued.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn confirm(
        self,
        id: String,
        welcome: Answer,
        now: DateTime<Utc>,
        hash: impl Fn(&EmailAddress) -> String + Send + 'static,
    ) -> Result<Confirmed, Error> {
        self.store
            .write(move |tx| {
                let confirmed = confirm(tx, &id, now, &hash)?;
                if confirmed == Confirmed::Now {
                    queue(tx, &id, &welcome, now)?;
                }
                Ok(confirmed)
            })
            .await
    }

    /// Queues an email for a subscriber, unless one of its kind is open or was made too recently. True if queued.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn queue_answer(self, subscriber: String, answer: Answer, now: DateTime<Utc>) -> Result<bool, Error> {
        self.store.write(move |tx| queue(tx, &subscriber, &answer, now)).await
    }

    /// The same for a link that was asked for by address, which may be no subscriber's. Something is committed in either
    /// case, so that the time it takes does not give them away.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn queue_link(self, subscriber: Option<String>, link: Answer, now: DateTime<Utc>) -> Result<bool, Error> {
        self.store
            .write(move |tx| {
                keys::mark(tx, "last link", now)?;
                subscriber.map_or(Ok(false), |subscriber| queue(tx, &subscriber, &link, now))
            })
            .await
    }
}

impl SignUps<'_> {
    /// The text of a wording that a subscriber has agreed to.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn wording(self, version: String) -> Result<Option<String>, Error> {
        self.reader
            .read(move |connection| Ok(connection.query_row(WORDING, [&version], |row| row.get("text")).optional()?))
            .await
    }
}

const KEEP_WORDING: &str =
    "INSERT INTO wordings (version, text, made) VALUES (?1, ?2, ?3) ON CONFLICT (version) DO NOTHING";

const WORDING: &str = "SELECT text FROM wordings WHERE version = ?1";

const IS_RECENT: &str = "SELECT EXISTS (SELECT 1 FROM messages WHERE subscriber = :subscriber AND kind = :kind
    AND (made BETWEEN :from AND :now OR turn IS NOT NULL))";

const ADDRESS: &str = "SELECT address FROM subscribers WHERE id = ?1";

fn queue(tx: &Transaction<'_>, subscriber: &str, answer: &Answer, now: DateTime<Utc>) -> Result<bool, Error> {
    let pause = match answer.kind {
        Kind::Confirmation => BETWEEN_CONFIRMATIONS,
        Kind::Known => BETWEEN_REMINDERS,
        Kind::Link => BETWEEN_LINKS,
        _ => TimeDelta::zero(),
    };
    let parameters = named_params! {
        ":subscriber": subscriber,
        ":kind": answer.kind.as_str(),
        ":from": seconds(now - pause) + 1,
        ":now": seconds(now),
    };
    if tx.prepare(IS_RECENT)?.query_row(parameters, |row| row.get::<_, bool>(0))? {
        return Ok(false);
    }
    let address: Option<String> = tx.prepare(ADDRESS)?.query_row([subscriber], |row| row.get("address")).optional()?;
    let Some(address) = address else { return Ok(false) };
    outbox::queue(tx, answer.kind, (subscriber, &address), (&answer.body, &answer.message_id), now)?;
    Ok(true)
}
