//! `feeds reopen`: posts that were too old when their feed was first read come with the next digest.

use std::time::Duration;

use clap::Args;
use serde_json::json;

use crate::app::feeds::reopen::reopen;
use crate::cli::terminal::table::count;
use crate::cli::{Ending, Global, print};

#[derive(Debug, Args)]
#[command(after_help = "\
When a feed is first read, posts older than `first_poll_window` are stored but not sent. This command \
includes those published within a longer time. Posts without a date stay out, and so do posts that \
were in a digest from another feed. `preview` shows the result.

Example:
  policy-digest feeds reopen what-works --since 90d")]
pub(in crate::cli) struct Reopen {
    /// The feed's id
    #[arg(value_name = "ID")]
    feed: String,
    /// Posts published within this time: 30d, 12w, 1year
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    since: Duration,
}

impl Reopen {
    pub(super) async fn run(self, global: &Global) -> anyhow::Result<Ending> {
        let app = global.edit().await?;
        let reopened = reopen(&app, &self.feed, self.since).await?;
        if global.json {
            print(json!({ "feed": self.feed, "posts": reopened.items, "selected": reopened.selected }));
            return Ok(Ending::Done);
        }
        let since = reopened.since.with_timezone(&app.config.settings.timezone).format("%-d %b %Y");
        match reopened.items {
            0 => print(format_args!("`{}`: no post published since {since} was too old so far", self.feed)),
            posts => print(format_args!(
                "`{}`: {} published since {since} may be in the next digest, {} selected",
                self.feed,
                count(posts, "post"),
                reopened.selected
            )),
        }
        Ok(Ending::Done)
    }
}
