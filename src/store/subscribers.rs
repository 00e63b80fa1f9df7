//! People: who joined, how they consented, what they want, and up to where they have been served.

pub(super) mod erasure;
pub(super) mod imports;
pub(super) mod preferences;
pub(super) mod sign_ups;

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension as _, Row, Transaction, params};

use super::outbox::suppressions;
use super::outbox::suppressions::Suppression;
use super::{Error, Reader, Store, from_json, optional_time, seconds, time, to_json, word};
use crate::domain::subscribers::subscriber::{Cadence, Changes, ConsentBy, EmailAddress, Preferences, Status};

/// One person.
#[derive(Debug, Clone)]
pub struct Subscriber {
    /// Random, never reused.
    pub id: String,
    /// Where their mail goes.
    pub address: EmailAddress,
    /// As they gave it; may be empty.
    pub name: String,
    /// Where they stand.
    pub status: Status,
    /// What they chose.
    pub preferences: Preferences,
    /// Everything up to this number was sent to them or holds nothing for them.
    pub covered: i64,
    /// How they consented, in words.
    pub consent: String,
    /// By which way it came; `None` for people from before that was kept.
    pub consent_by: Option<ConsentBy>,
    /// Which version of the page's wording they saw, if they signed up there: see [`Reader::wording`].
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

/// Someone who asks to join.
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
    /// By which way it came.
    pub consent_by: ConsentBy,
    /// The version of the page's wording, if they signed up there.
    pub consent_wording: Option<String>,
    /// Consent was recorded elsewhere: no confirmation is needed.
    pub is_confirmed: bool,
    /// The person asks themselves, rather than somebody for them.
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
    /// Nothing is done: they have left, and nobody says that they want to come back.
    HasLeft,
}

/// What came of a confirmation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Confirmed {
    /// They are active from now on.
    Now,
    /// They were active already.
    Before,
    /// Nobody is pending under this id, or they complained.
    Nobody,
}

impl Store {
    /// Adds a person, or brings back one who had left.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn join(&self, new: NewSubscriber, now: DateTime<Utc>) -> Result<(Joined, String), Error> {
        self.write(move |tx| join(tx, new, now)).await
    }

    /// A person leaves. True also when they had left before; false if nobody has this id.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn leave(&self, id: String, now: DateTime<Utc>) -> Result<bool, Error> {
        self.write(move |tx| {
            let left = tx.execute(
                "UPDATE subscribers SET status = 'left', ended = coalesce(ended, ?2) WHERE id = ?1",
                params![id, seconds(now)],
            )?;
            Ok(left == 1)
        })
        .await
    }

    /// Changes what a person wants. What they have been sent stays counted.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn change_preferences(&self, id: String, preferences: Preferences) -> Result<bool, Error> {
        self.write(move |tx| {
            let changed = tx.execute(
                "UPDATE subscribers SET cadence = ?2, themes = ?3 WHERE id = ?1",
                params![id, preferences.cadence.as_str(), preferences.themes.as_deref().map(to_json)],
            )?;
            Ok(changed == 1)
        })
        .await
    }

    /// Changes what is kept of a pending or active person. False if nobody who is one has this address.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn change_person(&self, address: &EmailAddress, changes: Changes) -> Result<bool, Error> {
        let key = address.key();
        self.write(move |tx| {
            let Some(known) = select(tx, "WHERE address_key = ?1 AND status IN ('pending', 'active')", [&key])?.pop()
            else {
                return Ok(false);
            };
            let preferences = changes.of(known.preferences);
            tx.execute(
                "UPDATE subscribers SET name = ?2, cadence = ?3, themes = ?4 WHERE id = ?1",
                params![
                    known.id,
                    changes.name.unwrap_or(known.name),
                    preferences.cadence.as_str(),
                    preferences.themes.as_deref().map(to_json),
                ],
            )?;
            Ok(true)
        })
        .await
    }
}

impl Reader {
    /// Everybody, in the order in which they joined.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn subscribers(&self) -> Result<Vec<Subscriber>, Error> {
        self.read(|connection| select(connection, "ORDER BY joined, rowid", [])).await
    }

    /// Subscribers by status.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn subscriber_counts(&self) -> Result<BTreeMap<&'static str, u64>, Error> {
        self.read(|connection| {
            let mut statement = connection
                .prepare_cached("SELECT state, count FROM totals WHERE subject = 'subscribers' AND count > 0")?;
            let mut rows = statement.query([])?;
            let mut counts = BTreeMap::new();
            while let Some(row) = rows.next()? {
                let status: Status = word("a status", row.get(0)?)?;
                counts.insert(status.as_str(), row.get(1)?);
            }
            Ok(counts)
        })
        .await
    }

    /// One person, by id.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn subscriber(&self, id: String) -> Result<Option<Subscriber>, Error> {
        self.read(move |connection| Ok(select(connection, "WHERE id = ?1", [&id])?.pop())).await
    }

    /// One person, by address.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn subscriber_at(&self, address: &EmailAddress) -> Result<Option<Subscriber>, Error> {
        let key = address.key();
        self.read(move |connection| Ok(select(connection, "WHERE address_key = ?1", [&key])?.pop())).await
    }
}

/// Adds a person, or brings back one who had left; of one who is pending, the latest own wish counts.
pub(super) fn join(tx: &Transaction<'_>, new: NewSubscriber, now: DateTime<Utc>) -> Result<(Joined, String), Error> {
    join_from(tx, new, &mut Starts::default(), now)
}

/// Where new people of each cadence start, looked up once for all who come together.
#[derive(Default)]
pub(super) struct Starts(HashMap<Cadence, i64>);

impl Starts {
    fn of(&mut self, tx: &Transaction<'_>, new: &NewSubscriber, now: DateTime<Utc>) -> Result<i64, Error> {
        let cadence = new.preferences.cadence;
        match self.0.get(&cadence) {
            // Whoever has not confirmed starts when they do.
            _ if !new.is_confirmed => Ok(0),
            Some(known) => Ok(*known),
            None => Ok(*self.0.entry(cadence).or_insert(start(tx, cadence, now)?)),
        }
    }
}

/// As [`join`], for one of many.
pub(super) fn join_from(
    tx: &Transaction<'_>,
    new: NewSubscriber,
    starts: &mut Starts,
    now: DateTime<Utc>,
) -> Result<(Joined, String), Error> {
    let known: Option<(String, String)> = tx
        .prepare_cached("SELECT id, status FROM subscribers WHERE address_key = ?1")?
        .query_row([new.address.key()], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    if let Some((id, status)) = &known
        && status == Status::Left.as_str()
        && new.is_confirmed
        && !new.may_return
    {
        return Ok((Joined::HasLeft, id.clone()));
    }
    // Nobody but the person brings back an address that bounced, and then by confirming; after a complaint nobody does.
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
    tx.execute(
        "UPDATE subscribers SET status = ?2, covered = ?3, joined = ?4, confirmed = ?5, ended = NULL, paused_until = NULL
         WHERE id = ?1",
        params![id, status_of(&new).as_str(), starts.of(tx, &new, now)?, seconds(now), confirmed(&new, now)],
    )?;
    Ok((joined, id))
}

fn status_of(new: &NewSubscriber) -> Status {
    if new.is_confirmed { Status::Active } else { Status::Pending }
}

fn confirmed(new: &NewSubscriber, now: DateTime<Utc>) -> Option<i64> {
    new.is_confirmed.then(|| seconds(now))
}

fn insert(tx: &Transaction<'_>, new: &NewSubscriber, covered: i64, now: DateTime<Utc>) -> Result<(), Error> {
    tx.prepare_cached(
        "INSERT INTO subscribers (id, address, address_key, name, status, cadence, covered, consent, joined, confirmed)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, '', ?8, ?9)",
    )?
    .execute(params![
        new.id,
        new.address.reveal(),
        new.address.key(),
        new.name,
        status_of(new).as_str(),
        new.preferences.cadence.as_str(),
        covered,
        seconds(now),
        confirmed(new, now),
    ])?;
    consent(tx, &new.id, new, now)
}

/// Keeps what they want, how they consented to it, and their name if it is given.
fn consent(tx: &Transaction<'_>, id: &str, new: &NewSubscriber, now: DateTime<Utc>) -> Result<(), Error> {
    tx.prepare_cached(
        "UPDATE subscribers SET cadence = ?2, themes = ?3, consent = ?4, consent_by = ?5, consent_wording = ?6,
         consented = ?7, name = coalesce(nullif(?8, ''), name) WHERE id = ?1",
    )?
    .execute(params![
        id,
        new.preferences.cadence.as_str(),
        new.preferences.themes.as_deref().map(to_json),
        new.consent,
        new.consent_by.as_str(),
        new.consent_wording,
        seconds(now),
        new.name,
    ])?;
    Ok(())
}

/// See [`Store::confirm`].
pub(super) fn confirm(
    tx: &Transaction<'_>,
    id: &str,
    now: DateTime<Utc>,
    hash: &impl Fn(&EmailAddress) -> String,
) -> Result<Confirmed, Error> {
    let Some(known) = select(tx, "WHERE id = ?1", [id])?.pop() else { return Ok(Confirmed::Nobody) };
    match known.status {
        Status::Active => Ok(Confirmed::Before),
        Status::Left | Status::Suppressed => Ok(Confirmed::Nobody),
        Status::Pending if !suppressions::lift(tx, &hash(&known.address))? => Ok(Confirmed::Nobody),
        Status::Pending => {
            let covered = start(tx, known.preferences.cadence, now)?;
            tx.execute(
                "UPDATE subscribers SET status = 'active', confirmed = ?2, covered = ?3 WHERE id = ?1",
                params![id, seconds(now), covered],
            )?;
            Ok(Confirmed::Now)
        }
    }
}

const LAST_COVERED: &str = "SELECT max(upto) FROM (SELECT max(upto) AS upto FROM runs WHERE cadence = ?1
    UNION ALL SELECT max(upto) FROM runs WHERE cadence = 'once')";
const ARRIVED_UNTIL: &str = "SELECT seq FROM items WHERE arrived <= ?1 ORDER BY arrived DESC, seq DESC LIMIT 1";

/// Where a new, resumed or returning person starts: after the last run of their cadence (or a `once`); without
/// one, one period ago.
pub(super) fn start(connection: &Connection, cadence: Cadence, now: DateTime<Utc>) -> Result<i64, Error> {
    let last: Option<i64> = connection.prepare_cached(LAST_COVERED)?.query_row([cadence.as_str()], |row| row.get(0))?;
    if let Some(upto) = last {
        return Ok(upto);
    }
    let period_ago = seconds(now - cadence.period());
    let seq = connection.prepare_cached(ARRIVED_UNTIL)?.query_row([period_ago], |row| row.get(0)).optional()?;
    Ok(seq.unwrap_or(0))
}

pub(super) fn select(
    connection: &Connection,
    rest: &str,
    values: impl rusqlite::Params,
) -> Result<Vec<Subscriber>, Error> {
    let mut statement = connection.prepare(&format!(
        "SELECT id, address, name, status, cadence, themes, covered, consent, joined, confirmed, ended, paused_until,
         consent_by, consent_wording, consented FROM subscribers {rest}"
    ))?;
    let mut rows = statement.query(values)?;
    let mut people = Vec::new();
    while let Some(row) = rows.next()? {
        people.push(subscriber(row)?);
    }
    Ok(people)
}

fn subscriber(row: &Row<'_>) -> Result<Subscriber, Error> {
    let address: String = row.get(1)?;
    let themes: Option<String> = row.get(5)?;
    Ok(Subscriber {
        id: row.get(0)?,
        address: EmailAddress::parse(&address).map_err(|_| Error::content("an address", "…"))?,
        name: row.get(2)?,
        status: word("a status", row.get(3)?)?,
        preferences: Preferences {
            cadence: word("a cadence", row.get(4)?)?,
            themes: themes.map(|themes| from_json("a list of themes", &themes)).transpose()?,
        },
        covered: row.get(6)?,
        consent: row.get(7)?,
        joined: time(row.get(8)?)?,
        confirmed: optional_time(row.get(9)?)?,
        ended: optional_time(row.get(10)?)?,
        paused_until: optional_time(row.get(11)?)?,
        consent_by: row.get::<_, Option<String>>(12)?.map(|by| word("a way of consent", by)).transpose()?,
        consent_wording: row.get(13)?,
        consented: optional_time(row.get(14)?)?,
    })
}
