//! `status`: how the installation is, on one screen, feeds in trouble first.

mod feed;
mod json;

use clap::Args;

use super::marked::{self, plain};
use super::once::held;
use super::pause::pause_line;
use super::{Ending, Global, print, table};
use crate::app::App;
use crate::app::status::{StatusReport, needs_attention, status};
use crate::domain::spark;
use crate::store::{FeedState, WEEKS};

/// What is told fits a terminal of this width, in columns,
const WIDTH: usize = 80;
/// and of this height, in lines, unless more is in trouble or all is asked for.
const HEIGHT: usize = 24;
/// A line for the prompt, and one above it.
const SPARE: usize = 2;
/// A feed's name is cut to this.
const NAME: usize = 20;
/// What is left of a row for the next poll.
const NEXT: usize = WIDTH - (NAME + 2 + WEEKS + 2 + 5 + 2 + 6 + 2 + 12 + 2);

#[derive(Debug, Args)]
#[command(after_help = "\
Feeds that deserve a look stand first, each with what it is; of the others as
many as a screen holds. The bars are the posts of the last twelve weeks, the
newest at the right.

Examples:
  policy-digest status
  policy-digest status --all")]
pub(super) struct Status {
    /// List every feed
    #[arg(long)]
    all: bool,
}

impl Status {
    pub(super) async fn run(self, global: &Global) -> anyhow::Result<Ending> {
        let app = global.open().await?;
        let report = status(&app).await?;
        if global.json {
            print(json::report(&report));
            return Ok(Ending::Done);
        }
        let mut lines = summary(&app, &report);
        lines.push(String::new());
        let room = if self.all { usize::MAX } else { HEIGHT - SPARE };
        feeds(&app, &report, room, &mut lines);
        lines.iter().for_each(print);
        Ok(Ending::Done)
    }
}

/// Everything but the feeds, a line each; what stands still comes first.
fn summary(app: &App, report: &StatusReport) -> Vec<String> {
    let zone = app.config.settings.timezone;
    let mut lines = Vec::new();
    for pause in &report.pauses {
        lines.extend(fact("delivery", &format!("paused {}", pause_line(pause, zone))));
    }
    for run in &report.held {
        lines.extend(fact("held", held(run).trim_start_matches("held").trim_start()));
    }
    let last = report.last_run.as_ref().map_or("none yet".to_owned(), |run| {
        let made = run.made.with_timezone(&zone).format("%a %-d %b %Y %H:%M");
        format!("{} {made}: {} stories, {} messages", run.cadence, run.stories, run.messages)
    });
    lines.extend(fact("last run", &last));
    for (cadence, slot) in &report.next {
        let slot = slot.utc.with_timezone(&zone).format("%a %-d %b %Y %H:%M %Z");
        lines.extend(fact(&format!("next {cadence}"), &slot.to_string()));
    }
    let returned = report.returned.iter().map(|(what, known)| (what.replace('_', " "), known.count));
    lines.extend(fact("subscribers", &counts(report.subscribers.iter())));
    lines.extend(fact("messages", &counts(report.messages.iter())));
    lines.extend(fact("returned", &counts(returned)));
    lines.extend(fact("disk", &report.disk.to_string()));
    lines.extend(fact("configuration", &configuration(app)));
    lines
}

/// A name and what it is; what is too long goes on below.
fn fact(name: &str, value: &str) -> Vec<String> {
    const INDENT: usize = 14;
    let value = marked::wrap(&plain(value), WIDTH - INDENT);
    let line = |(number, line)| format!("{:INDENT$}{line}", if number == 0 { name } else { "" });
    value.lines().enumerate().map(line).collect()
}

/// The feeds in trouble with what it is, and of the others as many as there is room for.
fn feeds(app: &App, report: &StatusReport, room: usize, lines: &mut Vec<String>) {
    let (mut troubled, fine): (Vec<_>, Vec<_>) = report.feeds.iter().partition(|feed| needs_attention(feed));
    troubled.sort_by(|a, b| b.failures.cmp(&a.failures).then_with(|| a.id.cmp(&b.id)));
    let all = table::count(report.feeds.len(), "feed");
    let trouble =
        if troubled.is_empty() { "none in trouble".to_owned() } else { format!("{} to look at", troubled.len()) };
    lines.push(format!("{:NAME$}  {:WEEKS$}  items  picked  last read     next", format!("{all}, {trouble}"), ""));
    let zone = app.config.settings.timezone;
    for feed in &troubled {
        lines.push(row(app, report, feed));
        let state = marked::wrap(&plain(&feed::state(feed, zone)), WIDTH - 4);
        lines.extend(state.lines().map(|line| format!("    {line}")));
    }
    let fits = room.saturating_sub(lines.len());
    // The line that says how many are left out needs its room, too.
    let shown = if fine.len() <= fits { fine.len() } else { fits.saturating_sub(1) };
    lines.extend(fine.iter().take(shown).map(|feed| row(app, report, feed)));
    if shown < fine.len() {
        lines.push(format!("and {} more that are read as they should; `--all` lists them", fine.len() - shown));
    }
}

fn row(app: &App, report: &StatusReport, feed: &FeedState) -> String {
    let zone = app.config.settings.timezone;
    let weeks = report.weeks.feeds.get(&feed.id).copied().unwrap_or_default();
    let read =
        feed.succeeded.map_or("never".to_owned(), |at| at.with_timezone(&zone).format("%-d %b %H:%M").to_string());
    let name: String = feed.id.chars().take(NAME).collect();
    let next = feed::next(feed, zone, app.clock.now(), NEXT);
    let bars = spark::line(&weeks.map(|week| week.items));
    format!("{name:NAME$}  {bars}  {:>5}  {:>6}  {read:12}  {next}", feed.items, feed.picked)
}

fn configuration(app: &App) -> String {
    let config = &app.config;
    let (feeds, themes) = (table::count(config.feeds.len(), "feed"), table::count(config.topic.themes.len(), "theme"));
    format!("{} ({feeds}; topic `{}`, {themes})", config.folder.display(), config.topic.name)
}

fn counts(counts: impl Iterator<Item = (impl std::fmt::Display, impl std::fmt::Display)>) -> String {
    let parts: Vec<_> = counts.map(|(word, number)| format!("{number} {word}")).collect();
    if parts.is_empty() { "none".to_owned() } else { parts.join(", ") }
}
