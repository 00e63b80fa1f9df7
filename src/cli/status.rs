//! `status`: how the installation is, on one screen: what needs a person first, then the rest, feeds in trouble before others.

pub(super) mod alarm;
mod feed;

use clap::Args;
use serde_json::json;

use super::once::{held, held_json};
use super::pause::{pause_json, pause_line};
use super::{Ending, Global, print, table};
use crate::app::status::{StatusReport, status};

#[derive(Debug, Args)]
pub(super) struct Status {}

impl Status {
    pub(super) async fn run(self, global: &Global) -> anyhow::Result<Ending> {
        let app = global.open().await?;
        let report = status(&app).await?;
        if global.json {
            print(to_json(&report));
            return Ok(Ending::Done);
        }
        let zone = app.config.settings.timezone;
        for notice in &report.alarms {
            print(format_args!("{}\n", alarm::lines(notice, zone)));
        }
        for pause in &report.pauses {
            print(format_args!("delivery      paused {}", pause_line(pause, zone)));
        }
        match &report.last_run {
            Some(run) => print(format_args!(
                "last run      {} {}: {} stories, {} messages",
                run.cadence,
                run.made.with_timezone(&zone).format("%a %-d %b %Y %H:%M"),
                run.stories,
                run.messages
            )),
            None => print("last run      none yet"),
        }
        for (cadence, slot) in &report.next {
            print(format_args!("next {cadence:8} {}", slot.utc.with_timezone(&zone).format("%a %-d %b %Y %H:%M %Z")));
        }
        print(format_args!("subscribers   {}", counts(report.subscribers.iter())));
        print(format_args!("messages      {}", counts(report.messages.iter())));
        let returned = report.returned.iter().map(|(what, known)| (what.replace('_', " "), known.count));
        print(format_args!("returned      {}", counts(returned)));
        for run in &report.held {
            print(format_args!("\n{}", held(run)));
        }
        print("");
        let mut feeds = report.feeds;
        feeds.sort_by(|a, b| b.failures.cmp(&a.failures).then_with(|| a.id.cmp(&b.id)));
        let mut table = table::new(["feed", "items", "picked", "last read", "next", "state"]);
        for feed in feeds {
            let read = feed
                .succeeded
                .map_or("never".to_owned(), |at| at.with_timezone(&zone).format("%Y-%m-%d %H:%M").to_string());
            let next = feed::next(&feed, zone, app.clock.now());
            let state = feed::state(&feed, zone);
            table.add_row([feed.id, feed.items.to_string(), feed.picked.to_string(), read, next, state]);
        }
        print(table);
        Ok(Ending::Done)
    }
}

fn counts(counts: impl Iterator<Item = (impl std::fmt::Display, impl std::fmt::Display)>) -> String {
    let parts: Vec<_> = counts.map(|(word, number)| format!("{number} {word}")).collect();
    if parts.is_empty() { "none".to_owned() } else { parts.join(", ") }
}

fn to_json(report: &StatusReport) -> serde_json::Value {
    let feeds: Vec<_> = report
        .feeds
        .iter()
        .map(|feed| {
            json!({
                "id": feed.id, "items": feed.items, "picked": feed.picked, "failures": feed.failures, "error": feed.error,
                "checked": feed.checked.map(|at| at.to_rfc3339()), "succeeded": feed.succeeded.map(|at| at.to_rfc3339()),
                "next_check": feed.next_check.to_rfc3339(), "because": feed.because.map(|because| because.as_str()),
                "outcome": feed.outcome, "entries": feed.entries, "bytes": feed.bytes,
                "took_ms": feed.took.map(|took| u64::try_from(took.as_millis()).unwrap_or(u64::MAX)),
                "moved_to": feed.moved_to, "gone": feed.gone.map(|at| at.to_rfc3339()),
                "gap": feed.gap.map(|at| at.to_rfc3339()),
            })
        })
        .collect();
    let next: Vec<_> = report
        .next
        .iter()
        .map(|(cadence, slot)| json!({ "cadence": cadence.as_str(), "utc": slot.utc.to_rfc3339() }))
        .collect();
    let last = report.last_run.as_ref().map(|run| {
        json!({ "id": run.id, "cadence": run.cadence, "slot": run.slot, "made": run.made.to_rfc3339(), "upto": run.upto,
            "stories": run.stories, "messages": run.messages })
    });
    let returned: serde_json::Map<_, _> = report
        .returned
        .iter()
        .map(|(what, known)| (what.clone(), json!({ "count": known.count, "last": known.last.to_rfc3339() })))
        .collect();
    let pauses: Vec<_> = report.pauses.iter().map(pause_json).collect();
    let alarms: Vec<_> = report.alarms.iter().map(alarm::to_json).collect();
    json!({ "alarms": alarms, "feeds": feeds, "messages": report.messages, "pauses": pauses, "subscribers": report.subscribers, "held": held_json(&report.held),
        "returned": returned, "last_run": last, "next": next })
}
