//! `poll`: fetch feeds and keep what is new.

use clap::Args;
use comfy_table::Table;
use serde_json::json;

use crate::app::feeds::poll::{FeedReport, FeedResult, PollReport, Which, poll};
use crate::cli::terminal::progress::Bar;
use crate::cli::terminal::table;
use crate::cli::terminal::table::count;
use crate::cli::{Ending, Global, print};

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  policy-digest poll civil-service kings-fund")]
pub(crate) struct Poll {
    /// Ids of the feeds to poll (default: all enabled feeds)
    feeds: Vec<String>,
}

impl Poll {
    pub(crate) async fn run(self, global: &Global) -> anyhow::Result<Ending> {
        let app = global.work(global.load()?).await?;
        let which = if self.feeds.is_empty() { Which::All } else { Which::Named(self.feeds) };
        let bar = Bar::default();
        let report = poll(&app, &which, &|progress| bar.show(progress)).await?;
        if global.json {
            print(json!({ "feeds": feeds_json(&report) }));
        } else {
            print(feed_rows(&report));
        }
        Ok(if report.is_total_failure() { Ending::Failed } else { Ending::Done })
    }
}

/// One row a feed.
pub(crate) fn feed_rows(report: &PollReport) -> Table {
    let mut table = table::new(["feed", "items", "new", "selected", "state"]);
    for feed in &report.feeds {
        let [items, new, selected] = match &feed.result {
            FeedResult::Read { entries, saved } => {
                [*entries, saved.new, saved.selected].map(|number| number.to_string())
            }
            _ => ["-"; 3].map(str::to_owned),
        };
        table.add_row([feed.id.clone(), items, new, selected, state(feed)]);
    }
    table
}

fn state(feed: &FeedReport) -> String {
    match &feed.result {
        FeedResult::Read { saved, .. } => {
            let mut notes = vec!["ok".to_owned()];
            if saved.gap {
                notes.push("nothing of it was known, so items may have been missed: poll it more often".to_owned());
            }
            if saved.old > 0 {
                notes.push(format!("{} too old to mail", count(saved.old, "item")));
            } else if saved.changed > 0 {
                notes.push(format!("{} edited", count(saved.changed, "item")));
            }
            notes.join("; ")
        }
        FeedResult::Unchanged => "unchanged".to_owned(),
        FeedResult::Waiting(until) => format!("left alone until {}, as it asked", until.format("%Y-%m-%d %H:%M UTC")),
        FeedResult::Gone(since) => format!(
            "gone for good since {}, says its server: take it out of feeds.toml, or give it its new `url`",
            since.format("%Y-%m-%d")
        ),
        FeedResult::Failed(error) => format!("failed: {error}"),
    }
}

/// The same for machines.
pub(crate) fn feeds_json(report: &PollReport) -> Vec<serde_json::Value> {
    let feed = |feed: &FeedReport| match &feed.result {
        FeedResult::Read { entries, saved } => json!({
            "id": feed.id, "state": "read", "items": entries, "new": saved.new, "changed": saved.changed,
            "picked": saved.selected, "borderline": saved.listed, "too_old": saved.old, "gap": saved.gap,
        }),
        FeedResult::Unchanged => json!({ "id": feed.id, "state": "unchanged" }),
        FeedResult::Waiting(until) => json!({ "id": feed.id, "state": "waiting", "until": until.to_rfc3339() }),
        FeedResult::Gone(since) => json!({ "id": feed.id, "state": "gone", "since": since.to_rfc3339() }),
        FeedResult::Failed(error) => json!({ "id": feed.id, "state": "failed", "error": error }),
    };
    report.feeds.iter().map(feed).collect()
}
