//! `subscribers add`: one person, asked by mail to confirm unless their consent is recorded elsewhere.

use clap::Args;
use serde_json::json;

use super::{Wishes, parse_new};
use crate::app::outbox::deliver::deliver;
use crate::app::silent;
use crate::app::subscribers::subscribe;
use crate::app::subscribers::subscribe::Addition;
use crate::cli::{Ending, Global, print};
use crate::store::Joined;

#[derive(Debug, Args)]
#[command(after_help = "\
For an address that is known here, options that are not given keep their values. To change an existing \
subscriber, use `subscribers set`.

Examples:
  policy-digest subscribers add ada@example.org --cadence daily
  policy-digest subscribers add ben@example.org --confirmed-by \"paper form, 3 May\"
  policy-digest subscribers add cy@example.org --again --confirmed-by \"by phone, 4 May\"")]
pub(in crate::cli) struct Add {
    /// Their address
    address: String,
    /// Where consent is recorded; without this, a confirmation email is sent
    #[arg(long, value_name = "NOTE")]
    confirmed_by: Option<String>,
    /// Subscribe them again, at their request, although they have unsubscribed
    #[arg(long, requires = "confirmed_by")]
    again: bool,
    #[command(flatten)]
    wishes: Wishes,
}

impl Add {
    pub(super) async fn run(self, global: &Global) -> anyhow::Result<Ending> {
        let (address, app) = (parse_new(&self.address)?, global.begin().await?);
        let addition = Addition {
            address: address.clone(),
            wishes: self.wishes.into_changes(),
            consent: self.confirmed_by,
            again: self.again,
        };
        let report = subscribe::add_by_hand(&app, addition).await?;
        // A running daemon holds the lock and sends it; without one it goes out now.
        let is_sent = report.is_asked
            && match app.lock(&global.name()).await {
                Ok(_lock) => deliver(&app, &silent).await?.sent > 0,
                Err(_) => false,
            };
        let (address, shown) = (address.reveal(), address.shown());
        let text = match report.joined {
            Joined::Added | Joined::AlreadyPending if is_sent => format!("confirmation email sent to {shown}"),
            Joined::Added | Joined::AlreadyPending if report.is_asked => {
                format!("confirmation email queued for {shown}; it goes out with the next delivery")
            }
            Joined::AlreadyPending => format!("{shown} was asked within the hour, and has not confirmed yet"),
            Joined::AlreadyActive => format!("{shown} is subscribed already"),
            _ => format!("{shown} is subscribed"),
        };
        if global.json {
            print(json!({ "address": address, "asked": report.is_asked, "result": text }));
        } else {
            print(text);
        }
        Ok(Ending::Done)
    }
}
