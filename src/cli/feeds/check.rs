//! `feeds check`: whether each address answers with a feed, and what is wrong with it; nothing is stored.

use clap::Args;
use serde_json::json;

use crate::app::feeds::{CheckReport, CheckResult, Unread, check};
use crate::cli::operations::status::cut_json;
use crate::cli::terminal::marked::{plain, wrap};
use crate::cli::terminal::progress::Bar;
use crate::cli::terminal::table;
use crate::cli::terminal::table::count;
use crate::cli::{Ending, Global, print};

/// The output fits a terminal of this width, in columns.
const WIDTH: u16 = 80;

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  policy-digest feeds check civil-service")]
pub(in crate::cli) struct Check {
    /// Ids of the feeds to check (default: all enabled feeds)
    #[arg(value_name = "ID")]
    feeds: Vec<String>,
}

impl Check {
    pub(super) async fn run(self, global: &Global) -> anyhow::Result<Ending> {
        let app = global.look_ahead().await?;
        let bar = Bar::default();
        let report = check(&app, &self.feeds, &|progress| bar.show(progress)).await?;
        if global.json {
            let checks: Vec<_> = report.feeds.iter().map(|(id, result)| line(id, result)).collect();
            print(serde_json::Value::from(checks));
        } else {
            tell(&report);
        }
        let all_failed = !report.feeds.is_empty() && report.feeds.iter().all(|(_, result)| result.is_err());
        Ok(if all_failed { Ending::Failed } else { Ending::Done })
    }
}

/// A table of all; below it, what there is to do about each that wants it.
fn tell(report: &CheckReport) {
    let mut table = table::new(["feed", "state", "posts", "selected", "publishes"]);
    table.set_width(WIDTH);
    for (id, result) in &report.feeds {
        table.add_row(match result {
            Ok(found) => [
                id.clone(),
                state(found).to_owned(),
                found.items.to_string(),
                share(found),
                found.rhythm.trim_start_matches("about ").to_owned(),
            ],
            Err(_) => [id.as_str(), "failed", "-", "-", "-"].map(str::to_owned),
        });
    }
    print(table);
    let notes: Vec<String> = report.feeds.iter().flat_map(|(id, result)| notes(id, result)).collect();
    if !notes.is_empty() {
        print("");
        notes.iter().for_each(print);
    }
    print(format_args!("\n{}", summary(report)));
    if report.is_behind_proxy {
        print(wrap(PROXY, WIDTH.into()));
    }
}

/// Whose duty the guard's is.
const PROXY: &str = "fetched by the proxy of `polling.proxy`: it resolves the names, so see to it that it refuses \
                     addresses inside your network";

/// The one word that matters most.
fn state(found: &CheckResult) -> &'static str {
    match found {
        CheckResult { moved_to: Some(_), .. } => "moved",
        CheckResult { gap: Some(_), .. } => "gap",
        CheckResult { cut, .. } if !cut.is_nothing() => "cut",
        CheckResult { repairs, .. } if !repairs.is_empty() => "repaired",
        CheckResult { items: 0, .. } => "empty",
        _ => "ok",
    }
}

fn share(found: &CheckResult) -> String {
    match found.items {
        0 => "0".to_owned(),
        items => format!("{} ({}%)", found.selected, (found.selected * 100 + items / 2) / items),
    }
}

fn notes(id: &str, result: &Result<CheckResult, Unread>) -> Vec<String> {
    let mut notes = Vec::new();
    match result {
        Ok(found) => {
            if let Some(address) = &found.moved_to {
                notes.push(format!("moved to {address}: change `url` in feeds.toml"));
            }
            if let Some(at) = found.gap {
                let at = at.format("%Y-%m-%d %H:%M UTC");
                notes.push(format!("items may have been missed before {at}: poll it more often"));
            }
            if !found.repairs.is_empty() {
                notes.push(format!("repaired {}", found.repairs.join(", ")));
            }
            if let Some(flaw) = &found.flaw {
                notes.push(format!("read although {flaw}; the document is complete"));
            }
            for (what, key) in found.cut.in_words() {
                notes.push(format!("left out {what}: raise `polling.limits.{key}` if you want them"));
            }
            if found.undated > 0 {
                notes.push(format!("{} undated", count(found.undated, "post")));
            }
        }
        Err(unread) => {
            notes.push(unread.error.clone());
            for proposal in &unread.proposals {
                let title = proposal.title.as_deref().unwrap_or("no title");
                notes.push(format!("perhaps {} ({title}, {})", proposal.url, count(proposal.items, "post")));
            }
            if !unread.proposals.is_empty() {
                notes.push("write the one you want as its `url` into feeds.toml".to_owned());
            }
        }
    }
    notes.iter().map(|note| wrap(&format!("{id}: {}", plain(note)), WIDTH.into())).collect()
}

fn summary(report: &CheckReport) -> String {
    let found: Vec<_> = report.feeds.iter().filter_map(|(_, result)| result.as_ref().ok()).collect();
    let (items, selected) =
        found.iter().fold((0, 0), |(items, selected), feed| (items + feed.items, selected + feed.selected));
    let all = count(report.feeds.len(), "feed");
    format!("{} of {all} can be read; {selected} of {} would be selected", found.len(), count(items, "post"))
}

fn line(id: &str, result: &Result<CheckResult, Unread>) -> serde_json::Value {
    match result {
        Ok(found) => json!({
            "id": id, "ok": true, "error": null, "items": found.items, "picked": found.selected, "undated": found.undated,
            "rhythm": found.rhythm, "newest": found.newest.map(|at| at.to_rfc3339()),
            "moved_to": found.moved_to, "repairs": found.repairs, "flaw": found.flaw, "cut": cut_json(&found.cut), "gap": found.gap.map(|at| at.to_rfc3339()),
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
