//! `feeds check`: whether each address answers with a feed, and what is wrong with it; nothing is stored.

use clap::Args;
use serde_json::json;

use crate::app::feeds::{CheckReport, CheckResult, Unread, check};
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
        let CheckReport { feeds: checks, is_behind_proxy } =
            check(&app, &self.feeds, &|progress| bar.show(progress)).await?;
        if global.json {
            let checks: Vec<_> = checks.iter().map(|(id, result)| line(id, result)).collect();
            print(serde_json::Value::from(checks));
        } else {
            let mut table = table::new(["feed", "items", "picked", "state"]);
            for (id, result) in &checks {
                table.add_row(match result {
                    Ok(found) => [id.clone(), found.items.to_string(), found.picked.to_string(), state(found)],
                    Err(unread) => [id.clone(), "-".to_owned(), "-".to_owned(), failure(unread)],
                });
            }
            print(table);
            if is_behind_proxy {
                print(PROXY);
            }
        }
        let all_failed = !checks.is_empty() && checks.iter().all(|(_, result)| result.is_err());
        Ok(if all_failed { Ending::Failed } else { Ending::Done })
    }
}

/// Whose duty the guard's is.
const PROXY: &str = "fetched by the proxy of `polling.proxy`: it resolves the names, so see to it that it refuses \
                     addresses inside your network";

fn failure(unread: &Unread) -> String {
    let mut lines = vec![format!("failed: {}", unread.error)];
    for proposal in &unread.proposals {
        let title = proposal.title.as_deref().unwrap_or("no title");
        lines.push(format!("perhaps {} ({title}, {})", proposal.url, count(proposal.items, "item")));
    }
    if !unread.proposals.is_empty() {
        lines.push("write the one you want as its `url` into feeds.toml".to_owned());
    }
    lines.join("\n")
}

fn state(found: &CheckResult) -> String {
    let mut notes = Vec::new();
    if let Some(address) = &found.moved_to {
        notes.push(format!("moved to {address}: change `url` in feeds.toml"));
    }
    if !found.repairs.is_empty() {
        notes.push(format!("repaired: {}", found.repairs.join(", ")));
    }
    if let Some(at) = found.gap {
        notes
            .push(format!("items may have been missed before {}: poll it more often", at.format("%Y-%m-%d %H:%M UTC")));
    }
    if found.undated > 0 {
        notes.push(format!("{} undated", count(found.undated, "item")));
    }
    if notes.is_empty() { "ok".to_owned() } else { format!("ok; {}", notes.join("; ")) }
}

fn line(id: &str, result: &Result<CheckResult, Unread>) -> serde_json::Value {
    match result {
        Ok(found) => json!({
            "id": id, "ok": true, "error": null, "items": found.items, "picked": found.picked, "undated": found.undated,
            "moved_to": found.moved_to, "repairs": found.repairs, "gap": found.gap.map(|at| at.to_rfc3339()),
        }),
        Err(Unread { error, proposals }) => {
            let proposals: Vec<_> = proposals
                .iter()
                .map(|proposal| json!({ "url": proposal.url, "title": proposal.title, "items": proposal.items }))
                .collect();
            json!({ "id": id, "ok": false, "error": error, "proposals": proposals })
        }
    }
}
