//! Imports subscribers from another program's file, with the consent that they gave there. Anyone who is not subscribed
//! in that file, or who has unsubscribed here, is skipped; a line that cannot be read does not affect the others.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use anyhow::Context as _;

use super::subscribe::{Asker, Request, check_themes, newcomer};
use crate::app::{App, Listener, Progress};
use crate::domain::items::text::{single_line, truncate_at_word};
use crate::domain::subscribers::subscriber::{Cadence, EmailAddress, Preferences};
use crate::parse;
use crate::store::{Joined, NewSubscriber};
use crate::transfer::csv::{self, Row, Standing};

/// People in each transaction: enough that the disk does not dominate the time, and few enough that other writers
/// hardly wait.
const BATCH: usize = 1_000;

/// The result of an import.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImportReport {
    /// Added, or confirmed by the import.
    pub added: usize,
    /// Already pending or active: unchanged.
    pub known: usize,
    /// On the suppression list: skipped.
    pub suppressed: usize,
    /// Unsubscribed here: skipped, because only they themselves can come back.
    pub left: usize,
    /// Skipped because the file says that they are not subscribed, by the file's word for their status.
    pub not_subscribed: BTreeMap<String, usize>,
    /// Of those read, at domains that may not sign up on the page; an administrator may add them.
    pub outside: usize,
    /// Further lines of the same person.
    pub duplicates: usize,
    /// Lines that could not be read: their numbers and the reasons.
    pub rejected: Vec<(u64, String)>,
    /// Those lines as a file to be corrected; empty if there are none.
    pub rejects: String,
}

/// A person in the file, from one or more lines.
struct Person {
    request: Request,
    /// The file's word for their status, if they are not subscribed there.
    not_subscribed: Option<String>,
}

/// Imports people from a CSV file; `consent` says where their consent is recorded.
///
/// # Errors
/// The file cannot be read, or has no `email` column; or the database fails.
pub async fn import(app: &App, path: &Path, consent: &str, listener: Listener<'_>) -> anyhow::Result<ImportReport> {
    let bytes = std::fs::read(path).with_context(|| format!("cannot read `{}`", path.display()))?;
    let sheet = csv::read(&parse::text(&bytes)).with_context(|| format!("cannot import `{}`", path.display()))?;
    let mut report = ImportReport::default();
    let mut people: Vec<Person> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for line in &sheet.lines {
        let read = line.row.as_ref().map_err(ToString::to_string).and_then(|row| person(app, row, consent));
        match read {
            Err(reason) => report.rejected.push((line.number, reason)),
            Ok(person) => match places.get(&person.request.address.key()) {
                Some(&place) => {
                    report.duplicates += 1;
                    people[place].merge(person);
                }
                None => {
                    places.insert(person.request.address.key(), people.len());
                    people.push(person);
                }
            },
        }
    }
    report.rejects = if report.rejected.is_empty() { String::new() } else { csv::rejects(&sheet, &report.rejected) };
    join(app, people, &mut report, listener).await?;
    Ok(report)
}

async fn join(app: &App, people: Vec<Person>, report: &mut ImportReport, listener: Listener<'_>) -> anyhow::Result<()> {
    let mut newcomers: Vec<NewSubscriber> = Vec::new();
    for person in people {
        match person.not_subscribed {
            Some(word) => *report.not_subscribed.entry(word).or_default() += 1,
            None => {
                report.outside += usize::from(!app.may_sign_up(&person.request.address));
                newcomers.push(newcomer(app, person.request)?);
            }
        }
    }
    listener(Progress::Started { what: "importing", steps: newcomers.len().div_ceil(BATCH) });
    while !newcomers.is_empty() {
        let rest = newcomers.split_off(newcomers.len().min(BATCH));
        for joined in app.store.subscribers().join_all(newcomers, app.clock.now()).await? {
            match joined {
                Joined::Added | Joined::Confirmed => report.added += 1,
                Joined::AlreadyPending | Joined::AlreadyActive => report.known += 1,
                Joined::Suppressed => report.suppressed += 1,
                Joined::HasLeft => report.left += 1,
            }
        }
        listener(Progress::Step("subscribers"));
        newcomers = rest;
    }
    listener(Progress::Finished);
    Ok(())
}

impl Person {
    /// Combines the lines of one person: one line that says "not subscribed" decides, and the first name given is kept.
    fn merge(&mut self, other: Self) {
        self.not_subscribed = self.not_subscribed.take().or(other.not_subscribed);
        if self.request.name.is_empty() {
            self.request.name = other.request.name;
        }
    }
}

fn person(app: &App, row: &Row, consent: &str) -> Result<Person, String> {
    let address = EmailAddress::parse_new(&row.email).map_err(|error| error.to_string())?;
    let not_subscribed = match &row.standing {
        Standing::Subscribed => None,
        Standing::Not(word) => Some(single_line(word)),
        Standing::Unknown(word) => return Err(format!("`{word}` is not a status; write subscribed or unsubscribed")),
    };
    let cadence = match row.cadence.as_str() {
        "" => Cadence::Weekly,
        word => word.parse().map_err(|_| format!("`{word}` is not a cadence; write daily, weekly or monthly"))?,
    };
    let language = match row.language.as_str() {
        "" => String::new(),
        code => {
            let known = app.config.languages.get(code).map(|words| words.code().to_owned());
            known.ok_or_else(|| format!("`{code}` is not one of the `languages` in digest.toml"))?
        }
    };
    let mut themes: Vec<String> =
        row.themes.split(';').map(|theme| theme.trim().to_owned()).filter(|theme| !theme.is_empty()).collect();
    themes.sort();
    themes.dedup();
    check_themes(app, &themes).map_err(|error| error.to_string())?;
    let preferences = Preferences { cadence, themes: (!themes.is_empty()).then_some(themes), language };
    let agreed = truncate_at_word(&single_line(&row.agreed), 40);
    let consent = if agreed.is_empty() { consent.to_owned() } else { format!("{consent} (given {agreed})") };
    let name = truncate_at_word(&single_line(&row.name), 200);
    let request = Request { address, name, preferences, consent: Some(consent), asker: Asker::List };
    Ok(Person { request, not_subscribed })
}
