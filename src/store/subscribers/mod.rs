//! Subscribers: who joined, how they consented, what they want, and the cursor up to which they have been served.

pub(super) mod erasure;
pub(super) mod imports;
pub(super) mod preferences;
pub(super) mod recipients;
mod rows;
pub(super) mod sign_ups;
pub(super) mod suppressed;

use crate::store::{SubscriberChanges, Subscribers};
use std::collections::{BTreeMap, HashMap};

use crate::store::database::sql::{Connection, OptionalExtension as _, Transaction, named_params, params};
use chrono::{DateTime, Utc};
use rows::{ALL, AT_ADDRESS, WITH_ID, select};

use super::outbox::suppressions;
use super::outbox::suppressions::Suppression;
use super::{Error, seconds, to_json, word};
use crate::domain::subscribers::subscriber::{Cadence, Changes, ConsentBy, EmailAddress, Preferences, Status};

/// A subscriber.
#[derive(Debug, Clone)]
pub struct Subscriber {
    /// Random, never reused.
    pub id: String,
    /// Where their email goes.
    pub address: EmailAddress,
    /// As they gave it; may be empty.
    pub name: String,
    /// Whether they are pending, active, gone or suppressed.
    pub status: Status,
    /// What they chose.
    pub preferences: Preferences,
    /// Everything up to this number was sent to them or holds nothing for them.
    pub cursor: i64,
    /// How they consented, in words.
    pub consent: String,
    /// How it was recorded; `None` if that was before this was kept.
    pub consent_by: Option<ConsentBy>,
    /// Which version of the page's wording they saw, if they signed up there: see [`SignUps::wording`](crate::store::SignUps::wording).
    pub consent_wording: Option<String>,
    /// When they gave it; they confirmed it at `confirmed`.
    pub consented: Option<DateTime<Utc>>,
    /// When they asked.
    pub joined: DateTime<Utc>,
    /// When they confirmed.
    pub confirmed: Option<DateTime<Utc>>,
    /// When they left, or were suppressed.
    pub ended: Option<DateTime<Utc>>,
    /// No digest before.
    pub paused_until: Option<DateTime<Utc>>,
}

/// A sign-up.
#[derive(Debug, Clone)]
pub struct NewSubscriber {
    /// Random id, used if they are new.
    pub id: String,
    /// Their address.
    pub address: EmailAddress,
    /// Their name; may be empty.
    pub name: String,
    /// What they chose.
    pub preferences: Preferences,
    /// How they consented; shown to them on request.
    pub consent: String,
    /// How it is recorded.
    pub consent_by: ConsentBy,
    /// The version of the page's wording, if they signed up there.
    pub consent_wording: Option<String>,
    /// Consent was recorded elsewhere: no confirmation is needed.
    pub is_confirmed: bool,
    /// The subscriber asks, rather than someone else for them.
    pub is_own_wish: bool,
    /// Recorded consent brings them back also when they have left.
    pub may_return: bool,
    /// Keyed hash of the address, for the suppression list.
    pub hash: String,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Joined {
    /// A new row, or one that had left: pending or active now.
    Added,
    /// Was pending; is active now.
    Confirmed,
    /// Nothing to do: pending already.
    AlreadyPending,
    /// Nothing to do: active already.
    AlreadyActive,
    /// The address bounced or complained: it can only come back by its own confirmation.
    Suppressed,
    /// Nothing is done: they have left, and it is not certain that they want to come back.
    HasLeft,
}

/// What came of a confirmation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Confirmed {
    /// They are active from now on.
    Now,
    /// They were active already.
    Before,
    /// No one with this id is pending, or they complained.
    Nobody,
}

const LEAVE: &str = "UPDATE subscribers SET status = ?2, ended = coalesce(ended, ?3) WHERE id = ?1";

const CHANGE_PREFERENCES: &str = "UPDATE subscribers SET cadence = ?2, themes = ?3, language = ?4 WHERE id = ?1";

const CHANGE_PERSON: &str =
    "UPDATE subscribers SET name = :name, cadence = :cadence, themes = :themes, language = :language WHERE id = :id";

impl SubscriberChanges<'_> {
    /// Adds a subscriber, or brings back one who had left.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn join(self, new: NewSubscriber, now: DateTime<Utc>) -> Result<(Joined, String), Error> {
        self.store.write(move |tx| join(tx, new, now)).await
    }

    /// A subscriber leaves. True also when they had left before; false if no one has this id.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn leave(self, id: String, now: DateTime<Utc>) -> Result<bool, Error> {
        self.store.write(move |tx| Ok(tx.execute(LEAVE, params![id, Status::Left.as_str(), seconds(now)])? == 1)).await
    }

    /// Changes a subscriber's cadence and themes. Their cursor stays.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn change_preferences(self, id: String, preferences: Preferences) -> Result<bool, Error> {
        self.store
            .write(move |tx| {
                let themes = preferences.themes.as_deref().map(to_json);
                Ok(tx.execute(
                    CHANGE_PREFERENCES,
                    params![id, preferences.cadence.as_str(), themes, preferences.language],
                )? == 1)
            })
            .await
    }

    /// Changes the record of a pending or active subscriber. False if there is none at this address.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn change_person(self, address: &EmailAddress, changes: Changes) -> Result<bool, Error> {
        let key = address.key();
        self.store
            .write(move |tx| {
                let Some(known) = select(tx, AT_ADDRESS, [&key])?.pop() else { return Ok(false) };
                if !matches!(known.status, Status::Pending | Status::Active) {
                    return Ok(false);
                }
                let preferences = changes.of(known.preferences);
                tx.prepare(CHANGE_PERSON)?.execute(named_params! {
                    ":id": known.id,
                    ":name": changes.name.unwrap_or(known.name),
                    ":cadence": preferences.cadence.as_str(),
                    ":themes": preferences.themes.as_deref().map(to_json),
                    ":language": preferences.language,
                })?;
                Ok(true)
            })
            .await
    }
}

const BY_STATUS: &str = "SELECT state, count FROM totals WHERE subject = 'subscribers' AND count > 0";

impl Subscribers<'_> {
    /// All subscribers, in the order in which they joined.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn list(self) -> Result<Vec<Subscriber>, Error> {
        self.reader.read(|connection| select(connection, ALL, [])).await
    }

    /// Subscribers by status.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn subscriber_counts(self) -> Result<BTreeMap<&'static str, u64>, Error> {
        self.reader
            .read(|connection| {
                let mut statement = connection.prepare(BY_STATUS)?;
                let mut rows = statement.query([])?;
                let mut counts = BTreeMap::new();
                while let Some(row) = rows.next()? {
                    let status: Status = word("a status", row.get("state")?)?;
                    counts.insert(status.as_str(), row.get("count")?);
                }
                Ok(counts)
            })
            .await
    }

    /// A subscriber, by id.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn subscriber(self, id: String) -> Result<Option<Subscriber>, Error> {
        self.reader.read(move |connection| Ok(select(connection, WITH_ID, [&id])?.pop())).await
    }

    /// A subscriber, by address.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn subscriber_at(self, address: &EmailAddress) -> Result<Option<Subscriber>, Error> {
        let key = address.key();
        self.reader.read(move |connection| Ok(select(connection, AT_ADDRESS, [&key])?.pop())).await
    }
}

/// Adds a subscriber, or brings back one who had left; if one is pending, their latest own wish counts.
pub(super) fn join(tx: &Transaction<'_>, new: NewSubscriber, now: DateTime<Utc>) -> Result<(Joined, String), Error> {
    join_from(tx, new, &mut Starts::default(), now)
}

/// Where new subscribers of each cadence start, looked up once for all who are added together.
#[derive(Default)]
pub(super) struct Starts(HashMap<Cadence, i64>);

impl Starts {
    fn of(&mut self, tx: &Transaction<'_>, new: &NewSubscriber, now: DateTime<Utc>) -> Result<i64, Error> {
        let cadence = new.preferences.cadence;
        match self.0.get(&cadence) {
            // Those who have not confirmed start when they do.
            _ if !new.is_confirmed => Ok(0),
            Some(known) => Ok(*known),
            None => Ok(*self.0.entry(cadence).or_insert(start(tx, cadence, now)?)),
        }
    }
}

/// The same as [`join`], for one of many.
pub(super) fn join_from(
    tx: &Transaction<'_>,
    new: NewSubscriber,
    starts: &mut Starts,
    now: DateTime<Utc>,
) -> Result<(Joined, String), Error> {
    let known: Option<(String, String)> = tx
        .prepare(STATUS_AT)?
        .query_row([new.address.key()], |row| Ok((row.get("id")?, row.get("status")?)))
        .optional()?;
    if let Some((id, status)) = &known
        && status == Status::Left.as_str()
        && new.is_confirmed
        && !new.may_return
    {
        return Ok((Joined::HasLeft, id.clone()));
    }
    // Only the subscriber can bring back an address that bounced, by confirming; after a complaint no one can.
    let suppressed = match suppressions::of(tx, &new.hash)? {
        None => false,
        Some(Suppression::UntilConfirmed) => !new.is_own_wish || new.is_confirmed,
        Some(Suppression::ForGood) => true,
    };
    if suppressed {
        return Ok((Joined::Suppressed, known.map_or(new.id, |(id, _)| id)));
    }
    let Some((id, status)) = known else {
        insert(tx, &new, starts.of(tx, &new, now)?, now)?;
        return Ok((Joined::Added, new.id));
    };
    let joined = match (word::<Status>("a status", status)?, new.is_confirmed) {
        (Status::Active, _) => return Ok((Joined::AlreadyActive, id)),
        (Status::Pending, false) if new.is_own_wish => {
            consent(tx, &id, &new, now)?;
            return Ok((Joined::AlreadyPending, id));
        }
        (Status::Pending, false) => return Ok((Joined::AlreadyPending, id)),
        (Status::Pending, true) => Joined::Confirmed,
        (Status::Left | Status::Suppressed, _) => Joined::Added,
    };
    consent(tx, &id, &new, now)?;
    tx.prepare(JOIN_AGAIN)?.execute(named_params! {
        ":id": id,
        ":status": status_of(&new).as_str(),
        ":cursor": starts.of(tx, &new, now)?,
        ":now": seconds(now),
        ":confirmed": confirmed(&new, now),
    })?;
    Ok((joined, id))
}

const STATUS_AT: &str = "SELECT id, status FROM subscribers WHERE address_key = ?1";

const JOIN_AGAIN: &str =
    "UPDATE subscribers SET status = :status, cursor = :cursor, joined = :now, confirmed = :confirmed,
    ended = NULL, paused_until = NULL WHERE id = :id";

const INSERT: &str = "INSERT INTO subscribers
    (id, address, address_key, name, status, cadence, cursor, consent, joined, confirmed, number)
    VALUES (:id, :address, :address_key, :name, :status, :cadence, :cursor, '', :now, :confirmed,
    (SELECT coalesce(max(number), 0) + 1 FROM subscribers))";

const CONSENT: &str =
    "UPDATE subscribers SET cadence = :cadence, themes = :themes, language = :language, consent = :consent,
    consent_by = :consent_by, consent_wording = :wording, consented = :now, name = coalesce(nullif(:name, ''), name)
    WHERE id = :id";

const CONFIRM: &str = "UPDATE subscribers SET status = :active, confirmed = :now, cursor = :cursor WHERE id = :id";

fn status_of(new: &NewSubscriber) -> Status {
    if new.is_confirmed { Status::Active } else { Status::Pending }
}

fn confirmed(new: &NewSubscriber, now: DateTime<Utc>) -> Option<i64> {
    new.is_confirmed.then(|| seconds(now))
}

fn insert(tx: &Transaction<'_>, new: &NewSubscriber, cursor: i64, now: DateTime<Utc>) -> Result<(), Error> {
    tx.prepare(INSERT)?.execute(named_params! {
        ":id": new.id,
        ":address": new.address.reveal(),
        ":address_key": new.address.key(),
        ":name": new.name,
        ":status": status_of(new).as_str(),
        ":cadence": new.preferences.cadence.as_str(),
        ":cursor": cursor,
        ":now": seconds(now),
        ":confirmed": confirmed(new, now),
    })?;
    consent(tx, &new.id, new, now)
}

/// Keeps what they want, how they consented to it, and their name if it is given.
fn consent(tx: &Transaction<'_>, id: &str, new: &NewSubscriber, now: DateTime<Utc>) -> Result<(), Error> {
    tx.prepare(CONSENT)?.execute(named_params! {
        ":id": id,
        ":cadence": new.preferences.cadence.as_str(),
        ":themes": new.preferences.themes.as_deref().map(to_json),
        ":language": new.preferences.language,
        ":consent": new.consent,
        ":consent_by": new.consent_by.as_str(),
        ":wording": new.consent_wording,
        ":now": seconds(now),
        ":name": new.name,
    })?;
    Ok(())
}

/// See [`Store::confirm`].
pub(super) fn confirm(
    tx: &Transaction<'_>,
    id: &str,
    now: DateTime<Utc>,
    hash: &impl Fn(&EmailAddress) -> String,
) -> Result<Confirmed, Error> {
    let Some(known) = select(tx, WITH_ID, [id])?.pop() else { return Ok(Confirmed::Nobody) };
    match known.status {
        Status::Active => Ok(Confirmed::Before),
        Status::Left | Status::Suppressed => Ok(Confirmed::Nobody),
        Status::Pending if !suppressions::lift(tx, &hash(&known.address))? => Ok(Confirmed::Nobody),
        Status::Pending => {
            tx.prepare(CONFIRM)?.execute(named_params! {
                ":id": id,
                ":active": Status::Active.as_str(),
                ":now": seconds(now),
                ":cursor": start(tx, known.preferences.cadence, now)?,
            })?;
            Ok(Confirmed::Now)
        }
    }
}

const LAST_COVERED: &str =
    "SELECT max(through_seq) AS through_seq FROM (SELECT max(through_seq) AS through_seq FROM runs WHERE cadence = ?1
    UNION ALL SELECT max(through_seq) FROM runs WHERE cadence = 'once') reached";
const ARRIVED_UNTIL: &str = "SELECT seq FROM items WHERE arrived <= ?1 ORDER BY arrived DESC, seq DESC LIMIT 1";

/// Where a new, resumed or returning subscriber starts: after the last run of their cadence (or a `once`); without
/// one, one period ago.
pub(super) fn start(connection: &Connection, cadence: Cadence, now: DateTime<Utc>) -> Result<i64, Error> {
    let last: Option<i64> =
        connection.prepare(LAST_COVERED)?.query_row([cadence.as_str()], |row| row.get("through_seq"))?;
    if let Some(through_seq) = last {
        return Ok(through_seq);
    }
    let period_ago = seconds(now - cadence.period());
    let seq = connection.prepare(ARRIVED_UNTIL)?.query_row([period_ago], |row| row.get("seq")).optional()?;
    Ok(seq.unwrap_or(0))
}
