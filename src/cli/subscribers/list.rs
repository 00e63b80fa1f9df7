//! `subscribers list`: who is here.

use clap::Args;
use serde_json::{Value as Json, json};

use super::{cadence, status, time};
use crate::app::subscribers::people;
use crate::app::subscribers::people::Which;
use crate::cli::terminal::table;
use crate::cli::terminal::table::count;
use crate::cli::{Ending, Global, print};
use crate::domain::subscribers::subscriber::{Cadence, ConsentBy, Status};
use crate::store::Subscriber;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  policy-digest subscribers list --status active --cadence daily
  policy-digest subscribers list --theme integration --json")]
pub(in crate::cli) struct List {
    #[command(flatten)]
    filter: Filter,
}

/// Which people; all of them without.
#[derive(Debug, Args)]
pub(super) struct Filter {
    /// Only these, separated by commas
    #[arg(long, value_name = "STATUS", value_delimiter = ',', value_parser = status())]
    status: Vec<Status>,
    /// Only those with this cadence
    #[arg(long, value_name = "CADENCE", value_delimiter = ',', value_parser = cadence())]
    cadence: Vec<Cadence>,
    /// Only those who get this theme (or all themes)
    #[arg(long, value_name = "THEME")]
    theme: Option<String>,
}

impl Filter {
    pub(super) fn which(self) -> Which {
        Which { statuses: self.status, cadences: self.cadence, theme: self.theme }
    }
}

impl List {
    pub(super) async fn run(self, global: &Global) -> anyhow::Result<Ending> {
        let app = global.look().await?;
        let people = people::list(&app, &self.filter.which()).await?;
        if global.json {
            print(Json::from(people.iter().map(to_json).collect::<Vec<_>>()));
            return Ok(Ending::Done);
        }
        let mut table = table::new(["address", "status", "cadence", "themes", "since"]);
        for person in &people {
            let themes = person.preferences.themes.as_ref().map_or("all".to_owned(), |themes| themes.join(", "));
            table.add_row([
                person.address.shown(),
                person.status.to_string(),
                person.preferences.cadence.to_string(),
                themes,
                person.joined.format("%Y-%m-%d").to_string(),
            ]);
        }
        print(format_args!("{table}\n\n{}", count(people.len(), "subscriber")));
        Ok(Ending::Done)
    }
}

/// A person for machines, as `export` has them, too.
pub(super) fn to_json(person: &Subscriber) -> Json {
    json!({
        "address": person.address.reveal(),
        "name": person.name,
        "status": person.status.as_str(),
        "cadence": person.preferences.cadence.as_str(),
        "themes": person.preferences.themes,
        "language": person.preferences.language,
        "consent": {
            "by": person.consent_by.map(ConsentBy::as_str),
            "note": person.consent,
            "wording": person.consent_wording,
            "at": person.consented.map(time),
            "confirmed": person.confirmed.map(time),
        },
        "joined": time(person.joined),
        "ended": person.ended.map(time),
        "paused_until": person.paused_until.map(time),
    })
}
