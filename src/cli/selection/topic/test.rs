//! `topic test`: the effect of an edit of the topic file on the stored posts.

use std::time::Duration;

use clap::Args;
use serde_json::json;

use super::{Ending, Global, marked, print, table};
use crate::app::selection::test::{Because, Change, TestReport, Week, test};
use crate::domain::selection::relevance::Place;
use crate::domain::selection::topic::Topic;

/// The width of the output, in columns.
const WIDTH: usize = 80;
/// The longest bar, in columns.
const BAR: usize = 50;
/// The indentation of a change's text.
const INDENT: usize = 18;

#[derive(Debug, Args)]
#[command(after_help = "\
The stored posts are judged with the current topic.toml and compared with their \
stored scores, which are from the time when they arrived, or when a digest or a \
preview was last made. To try an edit without changing the file in use, copy \
the folder: --config DRAFT --data data

Example:
  policy-digest topic test --since 12w")]
pub(in crate::cli) struct Test {
    /// Posts published within this time: 30d, 12w, 1year
    #[arg(long, value_name = "TIME", default_value = "12w", value_parser = humantime::parse_duration)]
    since: Duration,
    /// How many added and dropped posts to list
    #[arg(long, value_name = "N", default_value_t = 10)]
    limit: usize,
}

impl Test {
    pub(in crate::cli) async fn run(self, global: &Global) -> anyhow::Result<Ending> {
        let app = global.look().await?;
        let report = test(&app, self.since).await?;
        if global.json {
            print(to_json(&report, &app.config.topic));
        } else {
            show(&report, self.since, self.limit, &app.config.topic);
        }
        Ok(Ending::Done)
    }
}

fn show(report: &TestReport, since: Duration, limit: usize, topic: &Topic) {
    let posts = table::count(report.items, "post");
    if report.items == 0 {
        return print("no post from that time is stored; run `policy-digest poll` first");
    }
    let days = since.as_secs() / (24 * 3600);
    print(format_args!("{posts} from the last {days} days: {} selected before, {} now", report.before, report.after));
    let unchanged = report.added.is_empty() && report.dropped.is_empty();
    if unchanged {
        print("the edit adds no posts and drops none");
    }
    if report.refiled > 0 {
        print(format_args!("{} moved to other themes", table::count(report.refiled, "post")));
    }
    for (what, changes) in [("added", &report.added), ("dropped", &report.dropped)] {
        if changes.is_empty() {
            continue;
        }
        print(format_args!("\n{what}: {}", table::count(changes.len(), "post")));
        changes.iter().take(limit).for_each(|change| show_change(change, topic));
        if changes.len() > limit {
            print(format_args!("  and {} more; `--limit {}` lists all", changes.len() - limit, changes.len()));
        }
    }
    print("\nselected, by week of publication: # before and now, + added, - dropped\n");
    let scale = report.weeks.values().map(|week| week.kept + week.added + week.dropped).max().unwrap_or(0);
    for (monday, week) in &report.weeks {
        let line = format!("  {monday}  {:>4}  {}", week.kept + week.added, bar(*week, scale));
        print(line.trim_end());
    }
}

pub(super) fn show_change(change: &Change, topic: &Topic) {
    let scale = topic.scale();
    let scores = format!("  {:>5} -> {:>5}", scale.show(change.before), scale.show(change.after));
    let title = marked::wrap(&marked::plain(&change.title), WIDTH - INDENT);
    let why = format!("{}, item {}: {}", marked::plain(&change.source), change.seq, because(&change.because, topic));
    let why = marked::wrap(&why, WIDTH - INDENT);
    for (number, line) in title.lines().chain(why.lines()).enumerate() {
        let head = if number == 0 { scores.as_str() } else { "" };
        print(format_args!("{head:INDENT$}{line}"));
    }
}

fn because(because: &Because, topic: &Topic) -> String {
    match because {
        Because::Phrase { phrase, place, by } => {
            let what = match place {
                Place::Classifier => "the text as a whole".to_owned(),
                Place::Feed => "its feed's prior".to_owned(),
                _ => format!("`{phrase}` ({})", place.as_str()),
            };
            format!("{} {what}", topic.scale().show_effect(*by))
        }
        Because::Excluded(reason) => format!("{reason}, regardless of its other phrases"),
        Because::Threshold => format!("the threshold is now {}", topic.scale().show(topic.threshold)),
    }
}

/// A bar in proportion to the largest week; any number above zero is visible.
fn bar(week: Week, scale: usize) -> String {
    let length = |number: usize| {
        if scale <= BAR { number } else { (number * BAR).div_ceil(scale) }
    };
    format!("{}{}{}", "#".repeat(length(week.kept)), "+".repeat(length(week.added)), "-".repeat(length(week.dropped)))
}

pub(super) fn to_json(report: &TestReport, topic: &Topic) -> serde_json::Value {
    let changes = |changes: &[Change]| -> Vec<_> {
        let to_json = |change: &Change| {
            json!({ "seq": change.seq, "title": change.title, "source": change.source, "before": change.before,
                "after": change.after, "because": because(&change.because, topic) })
        };
        changes.iter().map(to_json).collect()
    };
    let week = |(monday, week): (&chrono::NaiveDate, &Week)| json!({ "monday": monday.to_string(), "kept": week.kept, "added": week.added, "dropped": week.dropped });
    json!({
        "items": report.items, "before": report.before, "after": report.after, "refiled": report.refiled,
        "added": changes(&report.added), "dropped": changes(&report.dropped),
        "weeks": report.weeks.iter().map(week).collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_shows_one_sign_a_post_until_there_are_too_many() {
        let week = Week { kept: 3, added: 2, dropped: 1 };
        assert_eq!(bar(week, 6), "###++-");
        assert_eq!(bar(Week { kept: 300, added: 1, dropped: 0 }, 600).len(), 26);
    }
}
