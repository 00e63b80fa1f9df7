//! `feeds`: the list of feeds, and what a document looks like to this program.

mod add;
mod check;
mod edit;
mod exchange;
mod letter;
mod parse;
pub(super) mod poll;
mod reopen;

use clap::Subcommand;
use serde_json::json;

use super::terminal::table;
use super::{Ending, Global, print};
use crate::domain::feeds::without_login;

#[derive(Debug, Subcommand)]
pub(super) enum Feeds {
    /// The feeds in feeds.toml
    #[command(after_help = "Example:\n  policy-digest feeds list --json")]
    List,
    /// Find the feed of an address, show its posts, and add it to feeds.toml
    Add(add::Add),
    /// Remove feeds from feeds.toml
    Remove(edit::Remove),
    /// Stop polling feeds, but keep them in feeds.toml
    Disable(edit::Disable),
    /// Poll disabled feeds again
    Enable(edit::Enable),
    /// Include posts in the next digest that were too old when their feed was first read
    Reopen(reopen::Reopen),
    /// Fetch feeds without storing anything, and say what is wrong with each
    Check(check::Check),
    /// Draft an email to the webmaster of a site that blocks this program
    Letter(letter::Letter),
    /// Add the feeds of an OPML file, or of a list of addresses, to feeds.toml
    Import(exchange::Import),
    /// Export the list of feeds as OPML, for other programs
    Export(exchange::Export),
    /// Parse feed documents and print one JSON line for each file
    Parse(parse::Parse),
}

impl Feeds {
    pub(super) async fn run(self, global: &Global) -> anyhow::Result<Ending> {
        match self {
            Self::List => list(global),
            Self::Add(add) => add.run(global).await,
            Self::Remove(remove) => remove.run(global),
            Self::Disable(disable) => disable.run(global),
            Self::Enable(enable) => enable.run(global),
            Self::Reopen(reopen) => reopen.run(global).await,
            Self::Check(check) => check.run(global).await,
            Self::Letter(letter) => letter.run(global).await,
            Self::Import(import) => import.run(global),
            Self::Export(export) => export.run(global),
            Self::Parse(parse) => parse.run(),
        }
    }
}

/// An address of the list as it may be shown.
fn shown(url: &str) -> String {
    url::Url::parse(url).map_or_else(|_| url.to_owned(), |url| without_login(&url).to_string())
}

fn list(global: &Global) -> anyhow::Result<Ending> {
    let feeds = global.load()?.feeds;
    if global.json {
        let feeds: Vec<_> = feeds
            .iter()
            .map(|feed| {
                json!({ "id": feed.id.as_str(), "title": feed.title, "url": without_login(&feed.url).as_str(), "tags": feed.tags, "enabled": feed.enabled })
            })
            .collect();
        print(serde_json::Value::from(feeds));
        return Ok(Ending::Done);
    }
    let mut table = table::new(["id", "title", "address", "tags"]);
    for feed in feeds {
        let title = if feed.enabled { feed.title } else { format!("{} (disabled)", feed.title) };
        table.add_row([feed.id.to_string(), title, without_login(&feed.url).to_string(), feed.tags.join(", ")]);
    }
    print(table);
    Ok(Ending::Done)
}
