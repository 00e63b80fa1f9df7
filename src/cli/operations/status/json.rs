//! The report of `status` as JSON.

use serde_json::json;

use super::alarm;
use crate::app::operations::status::{DraftRow, StatusReport};
use crate::cli::digests::draft::ledger_json;
use crate::cli::digests::once::held_json;
use crate::cli::outbox::pause::pause_json;
use crate::cli::selection::labels::quality_json;
use crate::domain::feeds::Cut;

/// How much was left out of a feed's document; null for nothing.
pub(in crate::cli) fn cut(cut: &Cut) -> serde_json::Value {
    let Cut { entries, items, texts, authors, categories } = *cut;
    if cut.is_nothing() {
        return serde_json::Value::Null;
    }
    json!({ "entries": entries, "items": items, "texts": texts, "authors": authors, "categories": categories })
}

fn draft(row: &DraftRow) -> serde_json::Value {
    json!({ "id": row.id, "cadence": row.cadence.as_str(), "slot": row.slot, "due": row.due.to_rfc3339(),
        "status": row.draft.status().as_str(), "version": row.draft.version(), "ledger": ledger_json(row) })
}

/// The whole report.
pub(super) fn report(report: &StatusReport) -> serde_json::Value {
    let feeds: Vec<_> = report
        .feeds
        .iter()
        .map(|feed| {
            json!({
                "id": feed.id, "items": feed.items, "picked": feed.selected, "failures": feed.failures, "error": feed.error,
                "checked": feed.checked.map(|at| at.to_rfc3339()), "succeeded": feed.succeeded.map(|at| at.to_rfc3339()),
                "next_check": feed.next_check.to_rfc3339(), "because": feed.because.map(|because| because.as_str()),
                "outcome": feed.outcome, "entries": feed.entries, "bytes": feed.bytes,
                "took_ms": feed.took.map(|took| u64::try_from(took.as_millis()).unwrap_or(u64::MAX)),
                "moved_to": feed.moved.as_ref().map(|moved| &moved.to), "address": feed.address, "gone": feed.gone.map(|at| at.to_rfc3339()),
                "gap": feed.gap.map(|at| at.to_rfc3339()), "cut": cut(&feed.cut),
                "weeks": report.weeks.feeds.get(&feed.id).copied().unwrap_or_default().map(|week| week.items),
            })
        })
        .collect();
    let next: Vec<_> = report
        .next
        .iter()
        .map(|(cadence, slot)| json!({ "cadence": cadence.as_str(), "utc": slot.utc.to_rfc3339() }))
        .collect();
    let last = report.last_run.as_ref().map(|run| {
        json!({ "id": run.id, "cadence": run.cadence, "slot": run.slot, "made": run.made.to_rfc3339(), "is_early": run.is_early(), "upto": run.through_seq,
            "stories": run.stories, "messages": run.messages })
    });
    let returned: serde_json::Map<_, _> = report
        .returned
        .iter()
        .map(|(what, known)| (what.clone(), json!({ "count": known.count, "last": known.last.to_rfc3339() })))
        .collect();
    let items = report.weeks.items();
    let weeks: Vec<_> = items
        .iter()
        .zip(&report.weeks.mails)
        .map(|(items, mails)| {
            json!({ "items": items.items, "picked": items.selected, "sent": mails.sent, "bounced": mails.bounced })
        })
        .collect();
    let held_slots = report.held_slots.iter().map(|due| {
        let reach = due.thin.unwrap_or_default();
        json!({ "cadence": due.cadence.as_str(), "slot": due.slot.key(), "utc": due.slot.utc.to_rfc3339(),
            "feeds": reach.alive, "unread": reach.unread })
    });
    let held_slots: Vec<_> = held_slots.collect();
    let drafts: Vec<_> = report.drafts.iter().map(draft).collect();
    let pauses: Vec<_> = report.pauses.iter().map(pause_json).collect();
    let alarms: Vec<_> = report.alarms.iter().map(alarm::to_json).collect();
    let processes: Vec<_> = report
        .processes
        .iter()
        .map(|it| {
            json!({ "command": it.command, "version": it.version, "schema": it.schema, "process": it.id,
                "address": it.address, "since": it.since.to_rfc3339(), "is_worker": it.is_worker })
        })
        .collect();
    json!({ "processes": processes, "alarms": alarms, "feeds": feeds, "messages": report.messages, "pauses": pauses, "subscribers": report.subscribers, "held_slots": held_slots, "held": held_json(&report.held),
        "returned": returned, "drafts": drafts, "last_run": last, "next": next,
        "weeks": weeks, "quality": quality_json(&report.quality), "disk": { "database": report.disk.database, "free": report.disk.free },
        "untaken": report.untaken.as_ref().map(|untaken| json!({
            "refused": untaken.is_refused, "text": untaken.text, "since": untaken.since.to_rfc3339() })) })
}
