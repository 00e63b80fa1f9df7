//! `status`: the state of the installation on one screen. What needs a person comes first; of the feeds, those in
//! trouble.

pub(crate) mod alarm;
mod feed;
mod json;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use clap::Args;

use crate::app::App;
use crate::app::clock::Clock;
use crate::app::digests::Due;
use crate::app::operations::status;
use crate::app::operations::status::{StatusReport, needs_attention, status};
use crate::app::selection::learn;
use crate::cli::digests::once::{held, unread};
use crate::cli::outbox::pause::pause_line;
use crate::cli::terminal::marked;
use crate::cli::terminal::marked::plain;
use crate::cli::terminal::table;
use crate::cli::{Ending, Global, print};
use crate::config::{Config, Findings, data_folder};
use crate::domain::operations::spark;
use crate::store::{FeedState, PendingConfiguration, WEEKS};
pub(in crate::cli) use json::cut as cut_json;

/// The width of the output, in columns.
const WIDTH: usize = 80;
/// The height of the output, in lines, unless more feeds are in trouble or `--all` is given.
const HEIGHT: usize = 24;
/// Lines left free for the prompt.
const SPARE: usize = 2;
/// The width of a feed's name; longer ones are cut.
const NAME: usize = 20;
/// The width left in a row for the next poll.
const NEXT: usize = WIDTH - (NAME + 2 + WEEKS + 2 + 5 + 2 + 8 + 2 + 12 + 2);

#[derive(Debug, Args)]
#[command(after_help = "\
Feeds that need attention come first, each with the reason, followed by as many \
others as fit on the screen. The bars show the posts of the last twelve weeks, \
newest at the right.

Examples:
  policy-digest status
  policy-digest status --all")]
pub(crate) struct Status {
    /// List every feed
    #[arg(long)]
    all: bool,
}

impl Status {
    pub(crate) async fn run(self, global: &Global) -> anyhow::Result<Ending> {
        let config = match global.load() {
            Ok(config) => config,
            Err(findings) => return self.without_configuration(global, &findings).await,
        };
        let app = App::look(config, Clock::System).await?;
        let report = status(&app).await?;
        let worth_it = learn::worth_it_since(&app).await?;
        if global.json {
            let mut answer = json::report(&report);
            if let Some(at) = worth_it {
                answer["learning_worth_it_since"] = at.to_rfc3339().into();
            }
            print(answer);
        } else {
            if worth_it.is_some() {
                let text = "worth it: `policy-digest topic learn` shows what the labels would change";
                fact("learning", text).iter().for_each(print);
            }
            let screen = Screen { zone: app.config.settings.timezone, now: app.clock.now(), report: &report };
            screen.show(Some(configuration(&app.config)), self.all);
        }
        Ok(Ending::Done)
    }

    /// The state in the database, after the configuration's findings: a daemon may still run with the previous configuration.
    async fn without_configuration(self, global: &Global, findings: &Findings) -> anyhow::Result<Ending> {
        let data = data_folder(&global.config, global.data.as_deref());
        let clock = Clock::System;
        let Some(mut report) = status::without_configuration(&data, &clock).await? else {
            return Err(findings.clone().into());
        };
        if global.json {
            let mut answer = json::report(&report);
            answer["findings"] = findings.iter().map(|finding| finding.to_string()).collect::<Vec<_>>().into();
            print(answer);
        } else {
            print(format_args!("{findings}\n"));
            if let Some(untaken) = report.untaken.as_mut().filter(|untaken| untaken.text == findings.to_string()) {
                untaken.text = "it has the errors above".to_owned();
            }
            Screen { zone: chrono_tz::UTC, now: clock.now(), report: &report }.show(None, self.all);
        }
        Ok(Ending::Misconfigured)
    }
}

/// A report, with the current time and the time zone to show it in.
struct Screen<'a> {
    zone: Tz,
    now: DateTime<Utc>,
    report: &'a StatusReport,
}

impl Screen<'_> {
    fn show(&self, configuration: Option<String>, is_all: bool) {
        let mut lines = self.summary();
        lines.extend(configuration.into_iter().flat_map(|configuration| fact("configuration", &configuration)));
        lines.push(String::new());
        let room = if is_all { usize::MAX } else { HEIGHT - SPARE };
        self.feeds(room, &mut lines);
        lines.iter().for_each(print);
    }

    /// Everything except the feeds, a line each; what needs a person or is paused comes first.
    fn summary(&self) -> Vec<String> {
        let Self { zone, report, .. } = self;
        let mut lines = Vec::new();
        for (part, process) in status::parts(&report.processes) {
            let since = process.since.with_timezone(zone).format("%a %-d %b %H:%M");
            lines.extend(fact(&part.to_lowercase(), &format!("{process}, since {since}")));
        }
        lines.extend(report.untaken.iter().map(|untaken| edit(untaken, *zone)));
        lines.extend(report.alarms.iter().flat_map(|notice| alarm::lines(notice, *zone)));
        for pause in &report.pauses {
            lines.extend(fact("delivery", &format!("paused {}", pause_line(pause, *zone))));
        }
        for row in &report.drafts {
            let status = row.draft.status().as_str().replace('_', " ");
            let changes = table::count(row.draft.ledger().len(), "change");
            let due = row.due.with_timezone(zone).format("%a %-d %b %H:%M");
            lines.extend(fact("draft", &format!("{} of {due}: {status}, {changes}", row.cadence)));
        }
        for run in &report.held {
            lines.extend(fact("held", held(run).trim_start_matches("held").trim_start()));
        }
        let last = report.last_run.as_ref().map_or("none yet".to_owned(), |run| {
            let made = run.made.with_timezone(zone).format("%a %-d %b %Y %H:%M");
            let slot = run.due.with_timezone(zone).format("%a %-d %b %H:%M");
            let early = if run.is_early() { format!(", sent early for the slot of {slot}") } else { String::new() };
            format!("{} {made}: {}{early}", run.cadence, run.size())
        });
        lines.extend(fact("last run", &last));
        for due in &report.held_slots {
            lines.extend(fact(&format!("held {}", due.cadence), &held_slot(due, *zone)));
        }
        for (cadence, slot) in &report.next {
            let slot = slot.utc.with_timezone(zone).format("%a %-d %b %Y %H:%M %Z");
            lines.extend(fact(&format!("next {cadence}"), &slot.to_string()));
        }
        let returned = report.returned.iter().map(|(what, known)| (what.replace('_', " "), known.count));
        lines.extend(report.quality.summary().iter().flat_map(|quality| fact("selection", quality)));
        lines.extend(fact("subscribers", &counts(report.subscribers.iter())));
        lines.extend(fact("messages", &counts(report.messages.iter())));
        lines.extend(fact("returned", &counts(returned)));
        lines.extend(fact("disk", &report.disk.to_string()));
        lines
    }

    /// The feeds in trouble with the reason, and as many others as there is room for.
    fn feeds(&self, room: usize, lines: &mut Vec<String>) {
        let (mut troubled, fine): (Vec<_>, Vec<_>) = self.report.feeds.iter().partition(|feed| needs_attention(feed));
        troubled.sort_by(|a, b| b.failures.cmp(&a.failures).then_with(|| a.id.cmp(&b.id)));
        let all = table::count(self.report.feeds.len(), "feed");
        let trouble =
            if troubled.is_empty() { "none in trouble".to_owned() } else { format!("{} to look at", troubled.len()) };
        lines.push(format!(
            "{:NAME$}  {:WEEKS$}  items  selected  last read     next",
            format!("{all}, {trouble}"),
            ""
        ));
        for feed in &troubled {
            lines.push(self.row(feed));
            let state = marked::wrap(&plain(&feed::state(feed, self.zone)), WIDTH - 4);
            lines.extend(state.lines().map(|line| format!("    {line}")));
        }
        let fits = room.saturating_sub(lines.len());
        // The line that says how many are left out needs room as well.
        let shown = if fine.len() <= fits { fine.len() } else { fits.saturating_sub(1) };
        lines.extend(fine.iter().take(shown).map(|feed| self.row(feed)));
        if shown < fine.len() {
            lines.push(format!("and {} more without problems; `--all` lists them", fine.len() - shown));
        }
    }

    fn row(&self, feed: &FeedState) -> String {
        let weeks = self.report.weeks.feeds.get(&feed.id).copied().unwrap_or_default();
        let at = |at: DateTime<Utc>| at.with_timezone(&self.zone).format("%-d %b %H:%M").to_string();
        let read = feed.succeeded.map_or("never".to_owned(), at);
        let name: String = feed.id.chars().take(NAME).collect();
        let next = feed::next(feed, self.zone, self.now, NEXT);
        let bars = spark::line(&weeks.map(|week| week.items));
        format!("{name:NAME$}  {bars}  {:>5}  {:>8}  {read:12}  {next}", feed.items, feed.selected)
    }
}

/// The pending configuration: an edit that the daemon has not applied, with the reason.
fn edit(untaken: &PendingConfiguration, zone: Tz) -> String {
    let since = untaken.since.with_timezone(&zone).format("%a %-d %b %Y %H:%M %Z");
    if untaken.is_refused {
        let text = untaken.text.replace('\n', "\n  ");
        format!("configuration has errors since {since}; the daemon still runs with the previous one:\n  {text}\n")
    } else {
        format!("configuration since {since} changed: {} need a restart of the daemon", untaken.text)
    }
}

/// A held slot: which one, why, and until when.
fn held_slot(due: &Due, zone: Tz) -> String {
    let local = |at: DateTime<Utc>| at.with_timezone(&zone).format("%a %-d %b %Y %H:%M %Z");
    let rolled = due.slot.utc + due.cadence.period() / 2;
    let reach = due.thin.unwrap_or_default();
    format!("{}: {}; rolled into the next after {}", local(due.slot.utc), unread(&reach), local(rolled))
}

/// A name and its value, wrapped.
fn fact(name: &str, value: &str) -> Vec<String> {
    const INDENT: usize = 14;
    let value = marked::wrap(&plain(value), WIDTH - INDENT);
    let line = |(number, line)| format!("{:INDENT$}{line}", if number == 0 { name } else { "" });
    value.lines().enumerate().map(line).collect()
}

fn configuration(config: &Config) -> String {
    let (feeds, themes) = (table::count(config.feeds.len(), "feed"), table::count(config.topic.themes.len(), "theme"));
    format!("{} ({feeds}; topic `{}`, {themes})", config.folder.display(), config.topic.name)
}

fn counts(counts: impl Iterator<Item = (impl std::fmt::Display, impl std::fmt::Display)>) -> String {
    let parts: Vec<_> = counts.map(|(word, number)| format!("{number} {word}")).collect();
    if parts.is_empty() { "none".to_owned() } else { parts.join(", ") }
}
