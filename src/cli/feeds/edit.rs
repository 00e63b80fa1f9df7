//! `feeds remove`, `feeds disable`, `feeds enable`: the list, edited in place.

use clap::Args;
use serde_json::json;

use crate::app::feeds::edit::{Change, EditReport, edit};
use crate::cli::{Ending, Global, print};
use crate::domain::feeds::Feed;

#[derive(Debug, Args)]
#[command(after_help = "\
The entry is removed from feeds.toml, with the comment directly above it. The feed's posts and state are kept for \
90 days, and are used again if you add it under the same id.

Example:
  policy-digest feeds remove what-works")]
pub(in crate::cli) struct Remove {
    #[command(flatten)]
    which: Which,
}

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  policy-digest feeds disable what-works")]
pub(in crate::cli) struct Disable {
    #[command(flatten)]
    which: Which,
}

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  policy-digest feeds enable what-works")]
pub(in crate::cli) struct Enable {
    #[command(flatten)]
    which: Which,
}

#[derive(Debug, Args)]
struct Which {
    /// Ids of the feeds
    #[arg(required = true, value_name = "ID")]
    feeds: Vec<String>,
}

impl Remove {
    pub(super) fn run(&self, global: &Global) -> anyhow::Result<Ending> {
        change(global, &self.which, Change::Remove, ["is removed", "is removed"])
    }
}

impl Disable {
    pub(super) fn run(&self, global: &Global) -> anyhow::Result<Ending> {
        change(global, &self.which, Change::Disable, ["is disabled", "was disabled already"])
    }
}

impl Enable {
    pub(super) fn run(&self, global: &Global) -> anyhow::Result<Ending> {
        change(global, &self.which, Change::Enable, ["is enabled", "was enabled already"])
    }
}

fn change(global: &Global, which: &Which, change: Change, [now, before]: [&str; 2]) -> anyhow::Result<Ending> {
    let config = global.load()?;
    let EditReport { changed, unchanged } = edit(&config, &which.feeds, change)?;
    let ids = |feeds: &[Feed]| feeds.iter().map(|feed| feed.id.to_string()).collect::<Vec<_>>();
    if global.json {
        print(json!({ "changed": ids(&changed), "unchanged": ids(&unchanged) }));
        return Ok(Ending::Done);
    }
    for (feeds, word) in [(&changed, now), (&unchanged, before)] {
        for feed in feeds {
            print(format_args!("`{}` {word}: {}", feed.id, feed.title));
        }
    }
    Ok(Ending::Done)
}
