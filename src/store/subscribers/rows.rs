//! Rows of `subscribers`, read whole.

use crate::store::database::sql::{self, Connection, Row};

use crate::domain::subscribers::subscriber::{EmailAddress, Preferences};
use crate::store::{Error, Subscriber, from_json, optional_time, time, word};

/// Conditions for [`select`].
pub(super) const WITH_ID: &str = "WHERE id = ?1";
pub(super) const AT_ADDRESS: &str = "WHERE address_key = ?1";
pub(super) const PAUSED: &str = "WHERE id = ?1 AND paused_until IS NOT NULL";
pub(super) const PAUSE_IS_OVER: &str = "WHERE paused_until <= ?1";
pub(super) const ALL: &str = "ORDER BY joined, number";

pub(super) fn select(connection: &Connection, which: &str, values: impl sql::Params) -> Result<Vec<Subscriber>, Error> {
    let mut statement = connection.prepare(&format!(
        "SELECT id, address, name, status, cadence, themes, language, cursor, consent, joined, confirmed, ended, paused_until,
         consent_by, consent_wording, consented FROM subscribers {which}"
    ))?;
    let mut rows = statement.query(values)?;
    let mut people = Vec::new();
    while let Some(row) = rows.next()? {
        people.push(subscriber(row)?);
    }
    Ok(people)
}

fn subscriber(row: Row<'_>) -> Result<Subscriber, Error> {
    let themes: Option<String> = row.get("themes")?;
    let consent_by: Option<String> = row.get("consent_by")?;
    Ok(Subscriber {
        id: row.get("id")?,
        address: email_address(&row.get::<_, String>("address")?)?,
        name: row.get("name")?,
        status: word("a status", row.get("status")?)?,
        preferences: Preferences {
            cadence: word("a cadence", row.get("cadence")?)?,
            themes: themes.map(|themes| from_json("a list of themes", &themes)).transpose()?,
            language: row.get("language")?,
        },
        cursor: row.get("cursor")?,
        consent: row.get("consent")?,
        joined: time(row.get("joined")?)?,
        confirmed: optional_time(row.get("confirmed")?)?,
        ended: optional_time(row.get("ended")?)?,
        paused_until: optional_time(row.get("paused_until")?)?,
        consent_by: consent_by.map(|by| word("a way of consent", by)).transpose()?,
        consent_wording: row.get("consent_wording")?,
        consented: optional_time(row.get("consented")?)?,
    })
}

/// An address from the database; an error does not show it.
pub(super) fn email_address(text: &str) -> Result<EmailAddress, Error> {
    EmailAddress::parse(text).map_err(|_| Error::content("an address", "…"))
}
