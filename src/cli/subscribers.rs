//! `subscribers`: the people who receive the digest.

use std::path::PathBuf;

use chrono::{DateTime, SecondsFormat, Utc};
use clap::{Args, Subcommand};
use serde_json::json;

use super::{Ending, Global, Usage, print, table};
use crate::app::deliver::deliver;
use crate::app::preferences;
use crate::app::subscribe::{self, Asker, Request};
use crate::app::{App, silent};
use crate::domain::subscriber::{Cadence, ConsentBy, EmailAddress, Preferences};
use crate::store::Joined;

#[derive(Debug, Subcommand)]
pub(super) enum Subscribers {
    /// Everybody, in the order in which they joined
    List,
    /// Add a person: they are asked by mail to confirm, unless their consent is recorded elsewhere
    Add(Add),
    /// Unsubscribe a person
    Remove {
        /// Their address
        address: String,
    },
    /// Erase an address, with name and consent, wherever it stands; what was counted stays
    Forget {
        /// The address
        address: String,
    },
    /// Import people from a CSV file with an `email` column (and `name`, `cadence`, `themes`)
    Import(Import),
}

#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  policy-digest subscribers add ada@example.org --confirmed-by \"paper form, 3 May\""
)]
pub(super) struct Add {
    /// Their address
    address: String,
    /// Where their consent is recorded; without it a confirmation is mailed
    #[arg(long, value_name = "NOTE")]
    confirmed_by: Option<String>,
    /// daily, weekly or monthly
    #[arg(long, default_value = "weekly")]
    cadence: String,
    /// Only these themes, separated by commas
    #[arg(long, value_delimiter = ',')]
    themes: Vec<String>,
}

#[derive(Debug, Args)]
pub(super) struct Import {
    /// The CSV file
    csv: PathBuf,
    /// Where their consent is recorded
    #[arg(long, value_name = "NOTE")]
    consent: String,
}

impl Subscribers {
    pub(super) async fn run(self, global: &Global) -> anyhow::Result<Ending> {
        let app = global.open().await?;
        match self {
            Self::List => list(&app, global).await,
            Self::Add(add) => add.run(&app, global).await,
            Self::Remove { address } => {
                let address = parse(&address)?;
                if subscribe::remove(&app, &address).await? {
                    print(format_args!("{} is unsubscribed", address.reveal()));
                    Ok(Ending::Done)
                } else {
                    Err(Usage(format!("nobody is subscribed as {}", address.reveal())).into())
                }
            }
            Self::Forget { address } => {
                let address = parse(&address)?;
                if preferences::forget(&app, &address).await? {
                    print(format_args!("{} is erased", address.reveal()));
                    Ok(Ending::Done)
                } else {
                    Err(Usage(format!("{} is nowhere here", address.reveal())).into())
                }
            }
            Self::Import(import) => import.run(&app, global).await,
        }
    }
}

async fn list(app: &App, global: &Global) -> anyhow::Result<Ending> {
    let people = app.store.subscribers().await?;
    if global.json {
        let people: Vec<_> = people
            .iter()
            .map(|person| {
                json!({
                    "address": person.address.reveal(),
                    "status": person.status.as_str(),
                    "cadence": person.preferences.cadence.as_str(),
                    "themes": person.preferences.themes,
                    "consent": {
                        "by": person.consent_by.map(ConsentBy::as_str),
                        "note": person.consent,
                        "wording": person.consent_wording,
                        "at": person.consented.map(time),
                        "confirmed": person.confirmed.map(time),
                    },
                })
            })
            .collect();
        print(serde_json::Value::from(people));
        return Ok(Ending::Done);
    }
    let mut table = table::new(["address", "status", "cadence", "themes", "since"]);
    for person in people {
        let themes = person.preferences.themes.map_or("all".to_owned(), |themes| themes.join(", "));
        table.add_row([
            person.address.reveal().to_owned(),
            person.status.to_string(),
            person.preferences.cadence.to_string(),
            themes,
            person.joined.format("%Y-%m-%d").to_string(),
        ]);
    }
    print(table);
    Ok(Ending::Done)
}

impl Add {
    async fn run(self, app: &App, global: &Global) -> anyhow::Result<Ending> {
        let address = parse(&self.address)?;
        let cadence: Cadence = self
            .cadence
            .parse()
            .map_err(|_| Usage(format!("`{}` is no cadence; write daily, weekly or monthly", self.cadence)))?;
        let mut themes = self.themes;
        themes.sort();
        let preferences = Preferences { cadence, themes: (!themes.is_empty()).then_some(themes) };
        let request = Request {
            address: address.clone(),
            name: String::new(),
            preferences,
            consent: self.confirmed_by,
            asker: Asker::Administrator,
        };
        let report = subscribe::add(app, request).await?;
        // A running daemon holds the lock and sends it; without one it goes out now.
        let is_sent = report.is_asked
            && match app.lock("policy-digest subscribers add").await {
                Ok(_lock) => deliver(app, &silent).await?.sent > 0,
                Err(_) => false,
            };
        let address = address.reveal();
        let text = match report.joined {
            Joined::Added | Joined::AlreadyPending if is_sent => format!("{address} was sent a mail to confirm"),
            Joined::Added | Joined::AlreadyPending if report.is_asked => {
                format!("{address} will be sent a mail to confirm, with the next delivery")
            }
            Joined::Added | Joined::Confirmed => format!("{address} is subscribed"),
            Joined::AlreadyPending => format!("{address} was asked within the hour, and has not confirmed yet"),
            Joined::AlreadyActive => format!("{address} is subscribed already"),
            Joined::Suppressed => {
                return Err(Usage(format!(
                    "{address} has bounced or complained before; only a sign-up of their own brings them back"
                ))
                .into());
            }
        };
        if global.json {
            print(json!({ "address": address, "asked": report.is_asked, "result": text }));
        } else {
            print(text);
        }
        Ok(Ending::Done)
    }
}

impl Import {
    async fn run(self, app: &App, global: &Global) -> anyhow::Result<Ending> {
        let report = subscribe::import(app, &self.csv, &self.consent).await?;
        if global.json {
            let rejected: Vec<_> =
                report.rejected.iter().map(|(line, reason)| json!({ "line": line, "reason": reason })).collect();
            print(
                json!({ "added": report.added, "known": report.known, "suppressed": report.suppressed, "rejected": rejected }),
            );
            return Ok(Ending::Done);
        }
        print(format_args!(
            "{} added, {} there already, {} suppressed, {} rejected",
            report.added,
            report.known,
            report.suppressed,
            report.rejected.len()
        ));
        for (line, reason) in &report.rejected {
            print(format_args!("{}:{line}: {reason}", self.csv.display()));
        }
        Ok(Ending::Done)
    }
}

fn time(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

fn parse(address: &str) -> anyhow::Result<EmailAddress> {
    Ok(EmailAddress::parse(address).map_err(|error| Usage(format!("`{address}`: {error}")))?)
}
