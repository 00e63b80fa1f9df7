//! `subscribers add`: one person, asked by mail to confirm unless their consent is recorded elsewhere.

use clap::Args;
use serde_json::json;

use super::{cadence, parse_new};
use crate::app::deliver::deliver;
use crate::app::silent;
use crate::app::subscribe::{self, Asker, Request};
use crate::cli::{Ending, Global, Usage, print};
use crate::domain::subscriber::{Cadence, Preferences};
use crate::store::Joined;

#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  policy-digest subscribers add ada@example.org --confirmed-by \"paper form, 3 May\""
)]
pub(in crate::cli) struct Add {
    /// Their address
    address: String,
    /// Their name
    #[arg(long, default_value = "", hide_default_value = true)]
    name: String,
    /// Where their consent is recorded; without it a confirmation is mailed
    #[arg(long, value_name = "NOTE")]
    confirmed_by: Option<String>,
    /// How often
    #[arg(long, default_value = "weekly", value_parser = cadence())]
    cadence: Cadence,
    /// Only these themes, separated by commas
    #[arg(long, value_delimiter = ',')]
    themes: Vec<String>,
}

impl Add {
    pub(super) async fn run(self, global: &Global) -> anyhow::Result<Ending> {
        let app = global.open().await?;
        let address = parse_new(&self.address)?;
        let mut themes = self.themes;
        themes.sort();
        let preferences = Preferences { cadence: self.cadence, themes: (!themes.is_empty()).then_some(themes) };
        let request = Request {
            address: address.clone(),
            name: self.name,
            preferences,
            consent: self.confirmed_by,
            asker: Asker::Administrator,
        };
        let report = subscribe::add(&app, request).await?;
        // A running daemon holds the lock and sends it; without one it goes out now.
        let is_sent = report.is_asked
            && match app.lock("policy-digest subscribers add").await {
                Ok(_lock) => deliver(&app, &silent).await?.sent > 0,
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
