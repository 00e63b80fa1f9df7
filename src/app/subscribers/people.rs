//! Subscribers as an administrator looks them up: a filtered list, or everything about one address.

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value as Json, json};

use super::preferences;
use crate::app::ReadOnly;
use crate::domain::subscribers::subscriber::{Cadence, ConsentBy, EmailAddress, Status};
use crate::store::{OwnRecord, Subscriber, Suppressed};
use crate::transfer::csv;

/// A filter for subscribers.
#[derive(Debug, Clone, Default)]
pub struct Which {
    /// With one of these statuses; any status if empty.
    pub statuses: Vec<Status>,
    /// With one of these cadences; any cadence if empty.
    pub cadences: Vec<Cadence>,
    /// Who get this theme, including those who want all themes.
    pub theme: Option<String>,
}

impl Which {
    fn takes(&self, person: &Subscriber) -> bool {
        let wants = |theme: &String| person.preferences.themes.as_ref().is_none_or(|themes| themes.contains(theme));
        (self.statuses.is_empty() || self.statuses.contains(&person.status))
            && (self.cadences.is_empty() || self.cadences.contains(&person.preferences.cadence))
            && self.theme.as_ref().is_none_or(wants)
    }
}

/// The subscribers that match, in the order in which they joined.
///
/// # Errors
/// The theme does not exist; or the database fails.
pub async fn list(app: &ReadOnly, which: &Which) -> anyhow::Result<Vec<Subscriber>> {
    super::subscribe::check_themes(app, which.theme.as_slice())?;
    let mut people = app.store.subscribers().list().await?;
    people.retain(|person| which.takes(person));
    Ok(people)
}

/// Everything that is stored about an address.
#[derive(Debug, Clone)]
pub struct Dossier {
    /// The subscriber with this address and their messages.
    pub record: Option<OwnRecord>,
    /// The wording that they agreed to on the page.
    pub wording: Option<String>,
    /// Why the address is no longer emailed; this is kept when the subscriber is erased.
    pub suppressed: Option<Suppressed>,
}

/// Looks up everything about an address; `None` if nothing is stored.
///
/// # Errors
/// The database fails.
pub async fn show(app: &ReadOnly, address: &EmailAddress) -> anyhow::Result<Option<Dossier>> {
    let suppressed = app.store.outbox().suppression(app.keys.address_hash(address)).await?;
    let Some(person) = app.store.subscribers().subscriber_at(address).await? else {
        let without_record = |suppressed| Dossier { record: None, wording: None, suppressed };
        return Ok(suppressed.map(|suppressed| without_record(Some(suppressed))));
    };
    let wording = match person.consent_wording {
        Some(version) => app.store.sign_ups().wording(version).await?,
        None => None,
    };
    let record = app.store.subscribers().own_record(person.id).await?;
    Ok(Some(Dossier { record, wording, suppressed }))
}

impl Dossier {
    /// The JSON form.
    #[must_use]
    pub fn to_json(&self) -> Json {
        json!({
            "person": self.record.as_ref().map(|record| preferences::record_json(record, self.wording.as_deref())),
            "suppressed": self.suppressed.as_ref().map(|suppressed| {
                json!({ "reason": suppressed.reason, "since": suppressed.since.to_rfc3339() })
            }),
        })
    }
}

/// Subscribers as CSV, one line each.
#[must_use]
pub fn to_csv(people: &[Subscriber]) -> String {
    let time =
        |at: Option<DateTime<Utc>>| at.map_or_else(String::new, |at| at.to_rfc3339_opts(SecondsFormat::Secs, true));
    csv::write(people.iter().map(|person| csv::Exported {
        email: person.address.reveal(),
        name: &person.name,
        status: person.status.as_str(),
        cadence: person.preferences.cadence.as_str(),
        themes: person.preferences.themes.as_deref().unwrap_or_default(),
        language: &person.preferences.language,
        consent: &person.consent,
        consent_by: person.consent_by.map_or("", ConsentBy::as_str),
        consented: time(person.consented),
        confirmed: time(person.confirmed),
        joined: time(Some(person.joined)),
        ended: time(person.ended),
    }))
}
