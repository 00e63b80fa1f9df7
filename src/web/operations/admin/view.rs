//! The report of `status` as a view for the operator's page: facts, four charts, and the feeds, those in trouble first.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use crate::app::App;
use crate::app::operations::status::{DraftRow, FeedState, StatusReport, WEEKS, needs_attention, parts};
use crate::domain::items::text::count;
use crate::render::view::{BarView, ChartView, FactView, FeedView, StatusView};

/// The size of a chart's parts, in its own units.
const HEIGHT: f64 = 100.0;
const STEP: usize = 20;
const BAR: usize = 14;

pub(super) fn of(app: &App, report: &StatusReport) -> StatusView {
    let zone = app.config.settings.timezone;
    let now = app.clock.now();
    let (mut feeds, fine): (Vec<_>, Vec<_>) = report.feeds.iter().partition(|feed| needs_attention(feed));
    feeds.sort_by(|a, b| b.failures.cmp(&a.failures).then_with(|| a.id.cmp(&b.id)));
    feeds.extend(fine);
    StatusView {
        name: app.config.settings.name.clone(),
        now: moment(now, zone),
        facts: facts(report, zone),
        charts: charts(report),
        feeds: feeds.into_iter().map(|feed| view_of(report, feed, zone)).collect(),
    }
}

fn facts(report: &StatusReport, zone: Tz) -> Vec<FactView> {
    let fact = |name: &str, value: String| FactView { name: name.to_owned(), value, is_bad: false };
    let bad = |name: &str, value: String| FactView { is_bad: true, ..fact(name, value) };
    let mut facts = Vec::new();
    for notice in &report.alarms {
        let since = moment(notice.since, zone);
        facts.push(bad("Alarm", format!("{}, since {since}. {} Next: {}", notice.title, notice.what, notice.next)));
    }
    for (part, process) in parts(&report.processes) {
        facts.push(fact(part, format!("{process}, since {}", moment(process.since, zone))));
    }
    if let Some(edit) = report.untaken.as_ref().filter(|edit| edit.is_refused) {
        let since = moment(edit.since, zone);
        facts
            .push(bad("Configuration", format!("the edit of {since} has errors; still running with the previous one")));
    }
    for due in &report.held_slots {
        let slot = moment(due.slot.utc, zone);
        facts.push(bad("Held", format!("the {} digest of {slot}: most feeds cannot be read", due.cadence)));
    }
    for pause in &report.pauses {
        facts.push(bad("Delivery", format!("paused since {}: {}", moment(pause.since, zone), pause.reason)));
    }
    for run in &report.held {
        facts.push(bad(
            "Held",
            format!("run {} ({}): {}; {} waiting", run.id, run.cadence, run.because, count(run.waiting, "email")),
        ));
    }
    for row in &report.drafts {
        facts.push(fact("Draft", draft(row, zone)));
    }
    facts.push(fact(
        "Last run",
        match &report.last_run {
            Some(run) => format!("{}, {}: {}", run.cadence, moment(run.made, zone), run.size()),
            None => "none yet".to_owned(),
        },
    ));
    for (cadence, slot) in &report.next {
        facts.push(fact(&format!("Next {cadence}"), moment(slot.utc, zone)));
    }
    facts.extend(report.quality.summary().map(|quality| fact("Selection, last 12 weeks", quality)));
    facts.push(fact(
        "Subscribers",
        counts(report.subscribers.iter().map(|(word, number)| ((*word).to_owned(), *number))),
    ));
    facts.push(fact("Messages", counts(report.messages.iter().map(|(word, number)| (word.clone(), *number)))));
    facts.push(fact(
        "Bounces and complaints",
        counts(report.returned.iter().map(|(word, known)| (word.replace('_', " "), known.count))),
    ));
    facts.push(fact("Disk", report.disk.to_string()));
    facts
}

fn charts(report: &StatusReport) -> Vec<ChartView> {
    let items = report.weeks.items();
    let share = items.map(|week| (week.selected * 100).checked_div(week.items).unwrap_or(0));
    let mails = report.weeks.mails;
    vec![
        chart("Items", "", items.map(|week| week.items), None),
        chart("Selected share", "%", share, Some(100)),
        chart("Digests delivered", "", mails.map(|week| week.sent), None),
        chart("Bounces and complaints", "", mails.map(|week| week.bounced), None),
    ]
}

/// A bar for each of the last weeks. `most` is the value at the top of the chart, by default the highest one.
fn chart(title: &str, unit: &str, values: [u64; WEEKS], most: Option<u64>) -> ChartView {
    let highest = values.iter().copied().max().unwrap_or(0);
    let most = most.unwrap_or(highest).max(1);
    let bars = values.iter().enumerate().map(|(week, &value)| {
        let height = value as f64 / most as f64 * HEIGHT;
        let age = WEEKS - 1 - week;
        let when = if age == 0 { "the last 7 days".to_owned() } else { format!("{} before", count(age, "week")) };
        BarView {
            x: (week * STEP).to_string(),
            y: format!("{:.1}", HEIGHT - height),
            width: BAR.to_string(),
            height: format!("{height:.1}"),
            label: format!("{value}{unit}, {when}"),
        }
    });
    let all: Vec<_> = values.iter().map(|value| format!("{value}{unit}")).collect();
    ChartView {
        title: title.to_owned(),
        alt: format!("{title} a week, the last {WEEKS} weeks, oldest first: {}", all.join(", ")),
        latest: format!("{}{unit} in the last 7 days (peak {highest}{unit})", values[WEEKS - 1]),
        bars: bars.collect(),
    }
}

fn view_of(report: &StatusReport, feed: &FeedState, zone: Tz) -> FeedView {
    let weeks = report.weeks.feeds.get(&feed.id).copied().unwrap_or_default().map(|week| week.items);
    let most = weeks.iter().copied().max().unwrap_or(0).max(1);
    let points = weeks
        .iter()
        .enumerate()
        .map(|(week, value)| format!("{},{:.1}", week * 8, 19.0 - *value as f64 / most as f64 * 18.0));
    let mut notes = Vec::new();
    match (&feed.error, feed.checked) {
        (Some(error), _) if feed.failures == 1 => notes.push(format!("failed: {error}")),
        (Some(error), _) => notes.push(format!("failed {} times: {error}", feed.failures)),
        (None, None) => notes.push("not polled yet".to_owned()),
        (None, Some(_)) => {}
    }
    notes.extend(feed.moved.as_ref().map(|moved| format!("moved to {}", moved.to)));
    notes.extend(feed.gap.map(|at| format!("items may have been missed before {}", moment(at, zone))));
    FeedView {
        id: feed.id.clone(),
        note: notes.join("; "),
        is_bad: needs_attention(feed),
        items: feed.items.to_string(),
        selected: feed.selected.to_string(),
        read: feed.succeeded.map_or("never".to_owned(), |at| short(at, zone)),
        next: if feed.gone.is_some() { "never".to_owned() } else { short(feed.next_check, zone) },
        points: points.collect::<Vec<_>>().join(" "),
        alt: format!("{} items in {WEEKS} weeks", weeks.iter().sum::<u64>()),
    }
}

/// The acts on a draft that are shown.
const LAST_ACTS: usize = 3;

/// A draft in a line. Editors' addresses are not shown here.
fn draft(row: &DraftRow, zone: Tz) -> String {
    let ledger = row.draft.ledger();
    let acts = match ledger.last() {
        Some(last) => format!("{}, the last one {}", count(ledger.len(), "change"), moment(last.at, zone)),
        None => "no changes".to_owned(),
    };
    let status = row.draft.status().as_str().replace('_', " ");
    let last = ledger.iter().rev().take(LAST_ACTS).map(|entry| {
        let title = entry.act.story().map_or("", |seq| row.draft.title(seq));
        format!("; {}: {}", short(entry.at, zone), entry.act.sentence(title))
    });
    format!("{} of {}: {status}; {acts}{}", row.cadence, moment(row.due, zone), last.collect::<String>())
}

fn moment(at: DateTime<Utc>, zone: Tz) -> String {
    at.with_timezone(&zone).format("%a %-d %b %Y %H:%M %Z").to_string()
}

/// A moment in the near past or future.
fn short(at: DateTime<Utc>, zone: Tz) -> String {
    at.with_timezone(&zone).format("%-d %b %H:%M").to_string()
}

fn counts(counts: impl Iterator<Item = (String, u64)>) -> String {
    let parts: Vec<_> = counts.map(|(word, number)| format!("{number} {word}")).collect();
    if parts.is_empty() { "none".to_owned() } else { parts.join(", ") }
}
