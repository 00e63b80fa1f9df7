//! `status`: how the installation is, on one screen: what needs a person first, then
//! the rest, feeds in trouble before others.

pub(super) mod alarm;
mod feed;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use clap::Args;
use serde_json::json;

use super::once::{held, held_json, unread};
use super::pause::{pause_json, pause_line};
use super::{Ending, Global, print, table};
use crate::app::clock::Clock;
use crate::app::digest::Due;
use crate::app::status::{self, StatusReport, status};
use crate::config::{Findings, data_folder};
use crate::store::Untaken;

#[derive(Debug, Args)]
pub(super) struct Status {}

impl Status {
    pub(super) async fn run(self, global: &Global) -> anyhow::Result<Ending> {
        let config = match global.load() {
            Ok(config) => config,
            Err(findings) => return without_configuration(global, &findings).await,
        };
        let app = global.open_from(config).await?;
        let report = status(&app).await?;
        if global.json {
            print(to_json(&report));
        } else {
            tell(report, app.config.settings.timezone, app.clock.now());
        }
        Ok(Ending::Done)
    }
}

/// What the database knows, beside what is wrong with the configuration: the daemon may be at work by the one before.
async fn without_configuration(global: &Global, findings: &Findings) -> anyhow::Result<Ending> {
    let data = data_folder(&global.config, global.data.as_deref());
    let clock = Clock::System;
    let Some(mut report) = status::without_configuration(&data, &clock).await? else {
        return Err(findings.clone().into());
    };
    if global.json {
        let mut answer = to_json(&report);
        answer["findings"] = findings.iter().map(|finding| finding.to_string()).collect::<Vec<_>>().into();
        print(answer);
    } else {
        print(format_args!("{findings}\n"));
        if let Some(untaken) = report.untaken.as_mut().filter(|untaken| untaken.text == findings.to_string()) {
            untaken.text = "it has the mistakes above".to_owned();
        }
        tell(report, chrono_tz::UTC, clock.now());
    }
    Ok(Ending::Misconfigured)
}

fn tell(report: StatusReport, zone: Tz, now: DateTime<Utc>) {
    if let Some(untaken) = &report.untaken {
        print(edit(untaken, zone));
    }
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
    for due in &report.held_slots {
        print(format_args!("held {:8} {}", due.cadence, held_slot(due, zone)));
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
        let next = feed::next(&feed, zone, now);
        let state = feed::state(&feed, zone);
        table.add_row([feed.id, feed.items.to_string(), feed.picked.to_string(), read, next, state]);
    }
    print(table);
}

/// The edit that the daemon has not taken over, in two lines or with its diagnostic.
fn edit(untaken: &Untaken, zone: Tz) -> String {
    let since = untaken.since.with_timezone(&zone).format("%a %-d %b %Y %H:%M %Z");
    if untaken.is_refused {
        let text = untaken.text.replace('\n', "\n  ");
        format!("configuration edit refused since {since}; the daemon goes on with the one before:\n  {text}\n")
    } else {
        format!("configuration since {since} changed: {} need a restart of the daemon", untaken.text)
    }
}

/// Which slot is held, why, and until when.
fn held_slot(due: &Due, zone: Tz) -> String {
    let local = |at: DateTime<Utc>| at.with_timezone(&zone).format("%a %-d %b %Y %H:%M %Z");
    let rolled = due.slot.utc + due.cadence.period() / 2;
    let reach = due.thin.unwrap_or_default();
    format!("{}: {}; rolled into the next after {}", local(due.slot.utc), unread(&reach), local(rolled))
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
                "moved_to": feed.moved.as_ref().map(|moved| &moved.to), "address": feed.address, "gone": feed.gone.map(|at| at.to_rfc3339()),
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
    let held_slots = report.held_slots.iter().map(|due| {
        let reach = due.thin.unwrap_or_default();
        json!({ "cadence": due.cadence.as_str(), "slot": due.slot.key(), "utc": due.slot.utc.to_rfc3339(),
            "feeds": reach.alive, "unread": reach.unread })
    });
    let held_slots: Vec<_> = held_slots.collect();
    let pauses: Vec<_> = report.pauses.iter().map(pause_json).collect();
    let alarms: Vec<_> = report.alarms.iter().map(alarm::to_json).collect();
    json!({ "alarms": alarms, "feeds": feeds, "messages": report.messages, "pauses": pauses,
        "subscribers": report.subscribers, "held_slots": held_slots, "held": held_json(&report.held),
        "returned": returned, "last_run": last, "next": next,
        "untaken": report.untaken.as_ref().map(|untaken| json!({
            "refused": untaken.is_refused, "text": untaken.text, "since": untaken.since.to_rfc3339() })) })
}
