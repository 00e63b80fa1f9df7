//! `subscribers`: the people who receive the digest. Each question about them has its file.

mod add;
mod export;
mod import;
mod leave;
mod list;
mod set;
mod show;

use chrono::{DateTime, SecondsFormat, Utc};
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand};

use super::{Ending, Global, Usage};
use crate::domain::subscribers::subscriber::{AddressError, Cadence, Changes, EmailAddress, Status};

#[derive(Debug, Subcommand)]
pub(super) enum Subscribers {
    /// List subscribers, in the order in which they joined
    List(list::List),
    /// Show one subscriber: choices, consent, emails, bounces
    Show(show::Show),
    /// Add a subscriber, who gets an email to confirm unless consent is recorded elsewhere
    Add(add::Add),
    /// Change a subscriber's cadence, themes or name
    Set(set::Set),
    /// Unsubscribe a subscriber
    Remove(leave::Remove),
    /// Erase a subscriber's address, name and consent everywhere; the counts stay
    Forget(leave::Forget),
    /// Import subscribers from a CSV file of Mailchimp, listmonk or a spreadsheet
    Import(import::Import),
    /// Write people as CSV (or JSON, with `--json`), for other programs
    Export(export::Export),
}

impl Subscribers {
    pub(super) async fn run(self, global: &Global) -> anyhow::Result<Ending> {
        match self {
            Self::List(list) => list.run(global).await,
            Self::Show(show) => show.run(global).await,
            Self::Add(add) => add.run(global).await,
            Self::Set(set) => set.run(global).await,
            Self::Remove(remove) => remove.run(global).await,
            Self::Forget(forget) => forget.run(global).await,
            Self::Import(import) => import.run(global).await,
            Self::Export(export) => export.run(global).await,
        }
    }
}

/// What may be said of a person.
#[derive(Debug, Args)]
struct Wishes {
    /// Their name
    #[arg(long)]
    name: Option<String>,
    /// How often (new subscribers: weekly)
    #[arg(long, value_parser = cadence())]
    cadence: Option<Cadence>,
    /// Only these themes, separated by commas; `all` for all
    #[arg(long, value_delimiter = ',')]
    themes: Option<Vec<String>>,
    /// The language of their emails: one of `languages` in digest.toml
    #[arg(long)]
    language: Option<String>,
}

impl Wishes {
    fn into_changes(self) -> Changes {
        let all = |themes: Vec<String>| if themes == ["all"] { Vec::new() } else { themes };
        Changes { name: self.name, cadence: self.cadence, themes: self.themes.map(all), language: self.language }
    }
}

fn time(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

fn parse(address: &str) -> anyhow::Result<EmailAddress> {
    EmailAddress::parse(address).map_err(|error| refused(address, error))
}

/// An address that is to join the list.
fn parse_new(address: &str) -> anyhow::Result<EmailAddress> {
    EmailAddress::parse_new(address).map_err(|error| refused(address, error))
}

fn refused(address: &str, error: AddressError) -> anyhow::Error {
    Usage(format!("`{address}`: {error}")).into()
}

fn cadence() -> impl TypedValueParser<Value = Cadence> {
    let words = PossibleValuesParser::new(Cadence::ALL.iter().map(|cadence| cadence.as_str()));
    words.map(|word| word.parse().expect("it is one of the words"))
}

fn status() -> impl TypedValueParser<Value = Status> {
    let words = PossibleValuesParser::new(Status::ALL.iter().map(|status| status.as_str()));
    words.map(|word| word.parse().expect("it is one of the words"))
}
