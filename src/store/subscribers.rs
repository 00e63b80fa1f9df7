//! People: who joined, how they consented, what they want, and up to where they have been served.

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::suppressions::{self, Suppression};
use super::{Error, Store, from_json, optional_time, seconds, time, to_json, word};
use crate::domain::subscriber::{Cadence, EmailAddress, Preferences, Status};

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
    /// How they consented.
    pub consent: String,
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
    /// Consent was recorded elsewhere: no confirmation is needed.
    pub is_confirmed: bool,
    /// The person asks themselves, rather than somebody for them.
    pub is_own_wish: bool,
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
}

impl Store {
    /// Adds a person, or brings back one who had left.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn join(&self, new: NewSubscriber, now: DateTime<Utc>) -> Result<(Joined, String), Error> {
        self.write(move |tx| {
            // Nobody but the person brings back an address that bounced, and then by confirming; after a complaint
            // nobody does.
            let suppressed = match suppressions::of(tx, &new.hash)? {
                None => false,
                Some(Suppression::UntilConfirmed) => !new.is_own_wish || new.is_confirmed,
                Some(Suppression::ForGood) => true,
            };
            let known: Option<(String, String)> = tx
                .query_row("SELECT id, status FROM subscribers WHERE address_key = ?1", [new.address.key()], |row| {
                    Ok((row.get(0)?, row.get(1)?))
                })
                .optional()?;
            if suppressed {
                return Ok((Joined::Suppressed, known.map_or(new.id, |(id, _)| id)));
            }
            let status = if new.is_confirmed { Status::Active } else { Status::Pending };
            let covered = if new.is_confirmed { start(tx, new.preferences.cadence, now)? } else { 0 };
            let confirmed = new.is_confirmed.then(|| seconds(now));
            let Some((id, known_status)) = known else {
                tx.execute(
                    "INSERT INTO subscribers (id, address, address_key, name, status, cadence, themes, covered, consent,
                     joined, confirmed) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
                    params![
                        new.id,
                        new.address.reveal(),
                        new.address.key(),
                        new.name,
                        status.as_str(),
                        new.preferences.cadence.as_str(),
                        new.preferences.themes.as_deref().map(to_json),
                        covered,
                        new.consent,
                        seconds(now),
                        confirmed,
                    ],
                )?;
                return Ok((Joined::Added, new.id));
            };
            let joined = match (word::<Status>("a status", known_status)?, new.is_confirmed) {
                (Status::Active, _) => return Ok((Joined::AlreadyActive, id)),
                (Status::Pending, false) => return Ok((Joined::AlreadyPending, id)),
                (Status::Pending, true) => Joined::Confirmed,
                (Status::Left | Status::Suppressed, _) => Joined::Added,
            };
            tx.execute(
                "UPDATE subscribers SET status = ?2, cadence = ?3, themes = ?4, covered = ?5, consent = ?6, joined = ?7,
                 confirmed = ?8, ended = NULL, paused_until = NULL WHERE id = ?1",
                params![
                    id,
                    status.as_str(),
                    new.preferences.cadence.as_str(),
                    new.preferences.themes.as_deref().map(to_json),
                    covered,
                    new.consent,
                    seconds(now),
                    confirmed,
                ],
            )?;
            Ok((joined, id))
        })
        .await
    }

    /// A pending person confirms: active from now on, served from their cadence's last run, and no longer suppressed if
    /// their address had bounced; `hash` keys an address. False if there is nobody pending under this id, or they
    /// complained; an active one stays as they are, and is true.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn confirm(
        &self,
        id: String,
        now: DateTime<Utc>,
        hash: impl Fn(&EmailAddress) -> String + Send + 'static,
    ) -> Result<bool, Error> {
        self.write(move |tx| {
            let Some(known) = select(tx, "WHERE id = ?1", [&id])?.pop() else { return Ok(false) };
            match known.status {
                Status::Active => Ok(true),
                Status::Left | Status::Suppressed => Ok(false),
                Status::Pending if !suppressions::lift(tx, &hash(&known.address))? => Ok(false),
                Status::Pending => {
                    let covered = start(tx, known.preferences.cadence, now)?;
                    tx.execute(
                        "UPDATE subscribers SET status = 'active', confirmed = ?2, covered = ?3 WHERE id = ?1",
                        params![id, seconds(now), covered],
                    )?;
                    Ok(true)
                }
            }
        })
        .await
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

    /// Everybody, in the order in which they joined.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn subscribers(&self) -> Result<Vec<Subscriber>, Error> {
        self.read(|connection| select(connection, "ORDER BY joined, rowid", [])).await
    }

    /// One person, by id.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn subscriber(&self, id: String) -> Result<Option<Subscriber>, Error> {
        self.read(move |connection| Ok(select(connection, "WHERE id = ?1", [id])?.pop())).await
    }

    /// One person, by address.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn subscriber_at(&self, address: &EmailAddress) -> Result<Option<Subscriber>, Error> {
        let key = address.key();
        self.read(move |connection| Ok(select(connection, "WHERE address_key = ?1", [key])?.pop())).await
    }
}

/// Where a new, resumed or returning person starts: after the last run of their cadence (or a `once`); without
/// one, one period ago.
pub(super) fn start(connection: &Connection, cadence: Cadence, now: DateTime<Utc>) -> Result<i64, Error> {
    let last: Option<i64> = connection.query_row(
        "SELECT max(upto) FROM runs WHERE cadence IN (?1, 'once')",
        [cadence.as_str()],
        |row| row.get(0),
    )?;
    match last {
        Some(upto) => Ok(upto),
        None => Ok(connection.query_row(
            "SELECT coalesce(max(seq), 0) FROM items WHERE arrived <= ?1",
            [seconds(now - cadence.period())],
            |row| row.get(0),
        )?),
    }
}

pub(super) fn select(
    connection: &Connection,
    rest: &str,
    values: impl rusqlite::Params,
) -> Result<Vec<Subscriber>, Error> {
    let mut statement = connection.prepare(&format!(
        "SELECT id, address, name, status, cadence, themes, covered, consent, joined, confirmed, ended,
         paused_until FROM subscribers {rest}"
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
    })
}
