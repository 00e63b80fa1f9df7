//! `feeds check`: whether each address answers with a feed, and what is wrong with it; nothing is stored.

use clap::Args;
use serde_json::json;

use crate::app::poll::{CheckResult, check};
use crate::cli::progress::Bar;
use crate::cli::table::{self, count};
use crate::cli::{Ending, Global, print};

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  policy-digest feeds check civil-service")]
pub(in crate::cli) struct Check {
    /// Ids of the feeds to check; all enabled ones without
    feeds: Vec<String>,
}

impl Check {
    pub(super) async fn run(self, global: &Global) -> anyhow::Result<Ending> {
        let app = global.open().await?;
        let bar = Bar::default();
        let checks = check(&app, &self.feeds, &|progress| bar.show(progress)).await?;
        if global.json {
            let checks: Vec<_> = checks.iter().map(|(id, result)| line(id, result)).collect();
            print(serde_json::Value::from(checks));
        } else {
            let mut table = table::new(["feed", "items", "picked", "state"]);
            for (id, result) in &checks {
                table.add_row(match result {
                    Ok(found) => [id.clone(), found.items.to_string(), found.picked.to_string(), state(found)],
                    Err(error) => [id.clone(), "-".to_owned(), "-".to_owned(), format!("failed: {error}")],
                });
            }
            print(table);
        }
        let all_failed = !checks.is_empty() && checks.iter().all(|(_, result)| result.is_err());
        Ok(if all_failed { Ending::Failed } else { Ending::Done })
    }
}

fn state(found: &CheckResult) -> String {
    let mut notes = Vec::new();
    if let Some(address) = &found.moved_to {
        notes.push(format!("moved to {address}: change `url` in feeds.toml"));
    }
    if !found.repairs.is_empty() {
        notes.push(format!("repaired: {}", found.repairs.join(", ")));
    }
    if found.undated > 0 {
        notes.push(format!("{} undated", count(found.undated, "item")));
    }
    if notes.is_empty() { "ok".to_owned() } else { format!("ok; {}", notes.join("; ")) }
}

fn line(id: &str, result: &Result<CheckResult, String>) -> serde_json::Value {
    match result {
        Ok(found) => json!({
            "id": id, "ok": true, "error": null, "items": found.items, "picked": found.picked, "undated": found.undated,
            "moved_to": found.moved_to, "repairs": found.repairs,
        }),
        Err(error) => json!({ "id": id, "ok": false, "error": error }),
    }
}
