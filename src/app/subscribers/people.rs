//! Who is here, as an administrator asks: some of the people, or all that is known of one.

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value as Json, json};

use super::preferences;
use crate::app::ReadOnly;
use crate::domain::subscribers::subscriber::{Cadence, ConsentBy, EmailAddress, Status};
use crate::store::{OwnRecord, Subscriber, Suppressed};
use crate::transfer::csv;

/// Which people.
#[derive(Debug, Clone, Default)]
pub struct Which {
    /// In one of these states; in any, if there are none.
    pub statuses: Vec<Status>,
    /// With one of these cadences; with any, if there are none.
    pub cadences: Vec<Cadence>,
    /// Who get this theme, be it because they want all.
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

/// Some of the people, in the order in which they joined.
///
/// # Errors
/// There is no such theme; or the database fails.
pub async fn list(app: &ReadOnly, which: &Which) -> anyhow::Result<Vec<Subscriber>> {
    super::subscribe::check_themes(app, which.theme.as_slice())?;
    let mut people = app.store.subscribers().await?;
    people.retain(|person| which.takes(person));
    Ok(people)
}

/// All that is known of an address.
#[derive(Debug, Clone)]
pub struct Dossier {
    /// The person who has it, with their messages.
    pub record: Option<OwnRecord>,
    /// What they agreed to on the page.
    pub wording: Option<String>,
    /// Why it is not mailed any more; this outlives the person.
    pub suppressed: Option<Suppressed>,
}

/// Looks up all that is known of an address; `None` when nothing is.
///
/// # Errors
/// The database fails.
pub async fn show(app: &ReadOnly, address: &EmailAddress) -> anyhow::Result<Option<Dossier>> {
    let suppressed = app.store.suppression(app.keys.address_hash(address)).await?;
    let Some(person) = app.store.subscriber_at(address).await? else {
        let nobody = |suppressed| Dossier { record: None, wording: None, suppressed };
        return Ok(suppressed.map(|suppressed| nobody(Some(suppressed))));
    };
    let wording = match person.consent_wording {
        Some(version) => app.store.wording(version).await?,
        None => None,
    };
    let record = app.store.own_record(person.id).await?;
    Ok(Some(Dossier { record, wording, suppressed }))
}

impl Dossier {
    /// For machines.
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

/// People as CSV, one line each.
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
        consent: &person.consent,
        consent_by: person.consent_by.map_or("", ConsentBy::as_str),
        consented: time(person.consented),
        confirmed: time(person.confirmed),
        joined: time(Some(person.joined)),
        ended: time(person.ended),
    }))
}
