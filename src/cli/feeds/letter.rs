//! `feeds letter`: the email to a site that keeps us out.

use clap::Args;
use serde_json::json;

use crate::app::feeds::letter::write;
use crate::cli::{Ending, Global, print};

#[derive(Debug, Args)]
#[command(after_help = "\
Asks the feed's address once. If a firewall, a consent page or a log-in page answers in its place, this \
command prints a short email to the site's webmaster that says what blocks the program, with which request ID, \
how seldom it asks, and which rule would let it in. Nothing is sent.

Example:
  policy-digest feeds letter what-works > letter.txt")]
pub(in crate::cli) struct Letter {
    /// The feed's id
    #[arg(value_name = "ID")]
    feed: String,
}

impl Letter {
    pub(super) async fn run(self, global: &Global) -> anyhow::Result<Ending> {
        let app = global.look_ahead().await?;
        let letter = write(&app, &self.feed).await?;
        if global.json {
            print(json!({ "feed": self.feed, "letter": letter }));
        } else {
            print(letter.trim_end());
        }
        Ok(Ending::Done)
    }
}
