//! `subscribers remove` and `subscribers forget`: a person goes, at their wish.

use clap::Args;
use serde_json::json;

use super::parse;
use crate::app::subscribers::{preferences, subscribe};
use crate::cli::terminal::ask;
use crate::cli::{Ending, Global, Usage, print};
use crate::domain::subscribers::subscriber::EmailAddress;

#[derive(Debug, Args)]
#[command(after_help = "\
The address is erased 28 days later. Until then the subscriber can undo it, on the page linked from each digest.

Example:
  policy-digest subscribers remove ada@example.org")]
pub(in crate::cli) struct Remove {
    /// Their address
    address: String,
}

#[derive(Debug, Args)]
#[command(after_help = "\
This cannot be undone, so you are asked first. For an address that bounced or complained, a keyed \
hash is kept, so that it is never emailed again.

Examples:
  policy-digest subscribers forget ada@example.org
  policy-digest subscribers forget ada@example.org --yes    # from a script")]
pub(in crate::cli) struct Forget {
    /// The address
    address: String,
    /// Do it without asking
    #[arg(long)]
    yes: bool,
}

impl Remove {
    pub(super) async fn run(self, global: &Global) -> anyhow::Result<Ending> {
        let (address, app) = (parse(&self.address)?, global.edit().await?);
        let is_done = subscribe::remove(&app, &address).await?;
        tell(global, &address, is_done, "is unsubscribed", "nobody is subscribed as")
    }
}

impl Forget {
    pub(super) async fn run(self, global: &Global) -> anyhow::Result<Ending> {
        let address = parse(&self.address)?;
        if !self.yes {
            let question = format!("Erase all that is kept of {} for good?", address.reveal());
            if !ask::confirms(&question)? {
                print("nothing was erased");
                return Ok(Ending::Done);
            }
        }
        let app = global.edit().await?;
        let is_done = preferences::forget(&app, &address).await?;
        tell(global, &address, is_done, "is erased", "nothing is kept of")
    }
}

fn tell(global: &Global, address: &EmailAddress, is_done: bool, done: &str, not: &str) -> anyhow::Result<Ending> {
    let (address, shown) = (address.reveal(), address.shown());
    if !is_done {
        return Err(Usage(format!("{not} {shown}")).into());
    }
    let text = format!("{shown} {done}");
    if global.json {
        print(json!({ "address": address, "result": text }));
    } else {
        print(text);
    }
    Ok(Ending::Done)
}
