//! The report of `status` as a view for the operator's page: facts, four charts, and the feeds, those in trouble first.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use crate::app::App;
use crate::app::operations::status::{DraftRow, FeedState, StatusReport, WEEKS, needs_attention, parts};
use crate::domain::feeds::public_address;
use crate::domain::items::text::count;
use crate::domain::operations::alarm::{Kind, Notice};
use crate::render::view::{BarView, ChartView, FactView, FeedView, StatusView, TextView};

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
        feeds: feeds.into_iter().map(|feed| view_of(app, report, feed)).collect(),
        ..StatusView::default()
    }
}

/// A fact in plain text.
pub(super) fn fact(name: &str, value: impl Into<String>) -> FactView {
    FactView { name: name.to_owned(), value: vec![TextView::plain(value)], ..FactView::default() }
}

/// A fact in plain text that needs a person, with an anchor for the alarm about it.
fn bad(id: &str, name: &str, value: String) -> FactView {
    FactView { id: id.to_owned(), is_bad: true, ..fact(name, value) }
}

/// A run's number, as a link to its page.
pub(super) fn run_link(run: i64) -> TextView {
    TextView::link(format!("run {run}"), format!("/status/runs/{run}"))
}

/// An alarm, whose title leads to what it is about.
fn alarm(notice: &Notice, zone: Tz) -> FactView {
    let href = match (notice.kind, notice.subjects.as_slice()) {
        (Kind::RunHeld, [run]) => format!("/status/runs/{run}"),
        (kind, [feed]) if kind.is_of_a_feed() => format!("#feed-{feed}"),
        (kind, _) if kind.is_of_a_feed() || kind == Kind::Network => "#feeds".to_owned(),
        (Kind::Disk, _) => "#disk".to_owned(),
        (Kind::Configuration, _) => "#configuration".to_owned(),
        (Kind::Relay | Kind::Restored, _) => "#delivery".to_owned(),
        (Kind::Refused, _) => "#returned".to_owned(),
        (Kind::DigestHeld, _) => "#held".to_owned(),
        (Kind::DraftHeld, _) => "#drafts".to_owned(),
        _ => "#last-run".to_owned(),
    };
    let rest = format!(", since {}. {} Next: {}", moment(notice.since, zone), notice.what, notice.next);
    FactView {
        name: "Alarm".to_owned(),
        value: vec![TextView::link(&notice.title, href), TextView::plain(rest)],
        is_bad: true,
        ..FactView::default()
    }
}

fn facts(report: &StatusReport, zone: Tz) -> Vec<FactView> {
    let mut facts: Vec<FactView> = report.alarms.iter().map(|notice| alarm(notice, zone)).collect();
    for (part, process) in parts(&report.processes) {
        facts.push(fact(part, format!("{process}, since {}", moment(process.since, zone))));
    }
    if let Some(edit) = report.untaken.as_ref().filter(|edit| edit.is_refused) {
        let since = moment(edit.since, zone);
        let value = format!("the edit of {since} has errors; still running with the previous one");
        facts.push(bad("configuration", "Configuration", value));
    }
    for (at, due) in report.held_slots.iter().enumerate() {
        let value = format!("the {} digest of {}: most feeds cannot be read", due.cadence, moment(due.slot.utc, zone));
        facts.push(bad(first(at, "held"), "Held", value));
    }
    for (at, pause) in report.pauses.iter().enumerate() {
        let value = format!("paused since {}: {}", moment(pause.since, zone), pause.reason);
        facts.push(bad(first(at, "delivery"), "Delivery", value));
    }
    for run in &report.held {
        let rest = format!(" ({}): {}; {} waiting", run.cadence, run.because, count(run.waiting, "email"));
        let value = vec![run_link(run.id), TextView::plain(rest)];
        facts.push(FactView { name: "Held".to_owned(), value, is_bad: true, ..FactView::default() });
    }
    for (at, row) in report.drafts.iter().enumerate() {
        facts.push(FactView { id: first(at, "drafts").to_owned(), ..fact("Draft", draft(row, zone)) });
    }
    let last = match &report.last_run {
        Some(run) => {
            let slot = || format!(", sent early for the slot of {}", moment(run.due, zone));
            let early = run.is_early().then(slot).unwrap_or_default();
            let rest = format!(" ({}), {}: {}{early}", run.cadence, moment(run.made, zone), run.size());
            vec![run_link(run.id), TextView::plain(rest)]
        }
        None => vec![TextView::plain("none yet")],
    };
    facts.push(FactView { id: "last-run".to_owned(), name: "Last run".to_owned(), value: last, ..FactView::default() });
    for (cadence, slot) in &report.next {
        facts.push(fact(&format!("Next {cadence}"), moment(slot.utc, zone)));
    }
    facts.extend(report.quality.summary().map(|quality| fact("Selection, last 12 weeks", quality)));
    facts.push(fact(
        "Subscribers",
        counts(report.subscribers.iter().map(|(word, number)| ((*word).to_owned(), *number))),
    ));
    facts.push(FactView { value: by_state(&report.messages), ..fact("Messages", "") });
    let returned = counts(report.returned.iter().map(|(word, known)| (word.replace('_', " "), known.count)));
    facts.push(FactView { id: "returned".to_owned(), ..fact("Bounces and complaints", returned) });
    facts.push(FactView { id: "disk".to_owned(), ..fact("Disk", report.disk.to_string()) });
    facts
}

/// The anchor for the first of several facts of a kind.
fn first(at: usize, id: &str) -> &str {
    if at == 0 { id } else { "" }
}

/// Messages by state; each state leads to the list of them.
fn by_state(counts: &BTreeMap<String, u64>) -> Vec<TextView> {
    let mut pieces = Vec::new();
    for (state, number) in counts {
        if !pieces.is_empty() {
            pieces.push(TextView::plain(", "));
        }
        pieces.push(TextView::link(format!("{number} {state}"), format!("/status/messages/{state}")));
    }
    if pieces.is_empty() { vec![TextView::plain("none")] } else { pieces }
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
        latest: format!("{}{unit} in the last 7 days (peak\u{a0}{highest}{unit})", values[WEEKS - 1]),
        bars: bars.collect(),
    }
}

fn view_of(app: &App, report: &StatusReport, feed: &FeedState) -> FeedView {
    let zone = app.config.settings.timezone;
    let listed = app.config.feeds.iter().find(|listed| listed.id.as_str() == feed.id);
    let link = listed.filter(|listed| matches!(listed.url.scheme(), "http" | "https"));
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
        title: listed.map_or_else(|| feed.id.clone(), |listed| listed.title.clone()),
        link: link.map_or_else(String::new, |listed| public_address(&listed.url).into()),
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

pub(super) fn moment(at: DateTime<Utc>, zone: Tz) -> String {
    at.with_timezone(&zone).format("%a %-d %b %Y %H:%M %Z").to_string()
}

/// A moment in the near past or future.
fn short(at: DateTime<Utc>, zone: Tz) -> String {
    at.with_timezone(&zone).format("%-d %b %H:%M").to_string()
}

pub(super) fn counts(counts: impl Iterator<Item = (String, u64)>) -> String {
    let parts: Vec<_> = counts.map(|(word, number)| format!("{number} {word}")).collect();
    if parts.is_empty() { "none".to_owned() } else { parts.join(", ") }
}
