//! `subscribers set`: what a person gets, changed at their wish.

use clap::Args;
use serde_json::json;

use super::{Wishes, parse};
use crate::app::subscribers::subscribe;
use crate::cli::{Ending, Global, print};

#[derive(Debug, Args)]
#[command(
    group = clap::ArgGroup::new("changes").args(["name", "cadence", "themes", "language"]).multiple(true).required(true),
    after_help = "\
Options that are not given keep their values. A change of cadence or themes repeats nothing and skips \
nothing.

Examples:
  policy-digest subscribers set ada@example.org --cadence daily
  policy-digest subscribers set ada@example.org --themes all --name \"Ada Byron\""
)]
pub(in crate::cli) struct Set {
    /// Their address
    address: String,
    #[command(flatten)]
    wishes: Wishes,
}

impl Set {
    pub(super) async fn run(self, global: &Global) -> anyhow::Result<Ending> {
        let (address, app) = (parse(&self.address)?, global.edit().await?);
        let person = subscribe::change(&app, &address, self.wishes.into_changes()).await?;
        let (address, wanted) = (person.address.reveal(), &person.preferences);
        if global.json {
            print(json!({
                "address": address, "name": person.name, "status": person.status.as_str(),
                "cadence": wanted.cadence.as_str(), "themes": wanted.themes,
                "language": wanted.language,
            }));
            return Ok(Ending::Done);
        }
        let themes = wanted.themes.as_ref().map_or("all themes".to_owned(), |themes| themes.join(", "));
        let name = if person.name.is_empty() { String::new() } else { format!(" ({})", person.name) };
        print(format_args!("{}{name}: {}; {themes}", person.address.shown(), wanted.cadence));
        Ok(Ending::Done)
    }
}
