//! `check`: every finding with its next step.

use clap::Args;
use serde_json::json;

use super::{Ending, Global, print, table};
use crate::app::check::{CheckFinding, CheckReport, check_folder};
use crate::app::clock::Clock;

#[derive(Debug, Args)]
#[command(after_help = "\
What is wrong in digest.toml, feeds.toml and topic.toml is shown with its place, and is exit code 2.
So is what is wrong in note.md and in the templates, each of which is rendered on sample data.
Where mails go to a server, it is dialled and logged in to; no mail is sent.
The database is read whole, and must be undamaged.
Then the topic's phrases are looked for in the stored items, and those that match nothing are listed;
a phrase counts as found also where a longer one covers it and earns the weight.

Example:
  policy-digest check --json")]
pub(super) struct Check {}

impl Check {
    pub(super) async fn run(self, global: &Global) -> anyhow::Result<Ending> {
        let report = check_folder(global.load()?, Clock::System).await?;
        if global.json {
            print(to_json(&report));
        } else {
            tell(&report);
        }
        let is_wrong = report.findings.iter().any(|finding| finding.is_mistake);
        Ok(if is_wrong { Ending::Misconfigured } else { Ending::Done })
    }
}

fn tell(report: &CheckReport) {
    let mistakes = match report.findings.iter().filter(|finding| finding.is_mistake).count() {
        0 => "no mistakes".to_owned(),
        mistakes => table::count(mistakes, "mistake"),
    };
    print(format_args!(
        "configuration: {mistakes}; {}, {}, {}",
        table::count(report.feeds, "feed"),
        table::count(report.phrases, "phrase"),
        table::count(report.items, "stored item")
    ));
    let (phrases, others): (Vec<&CheckFinding>, Vec<_>) = report.findings.iter().partition(|it| it.phrase.is_some());
    for finding in others {
        print(format_args!("\n{}{}\n  next: {}", place(finding), finding.message, finding.next));
    }
    let Some(first) = phrases.first() else { return };
    let number = table::count(phrases.len(), "phrase");
    print(format_args!("\nIn {}, nothing matches {number}:", table::count(report.items, "stored item")));
    for (finding, unused) in phrases.iter().filter_map(|finding| Some((finding, finding.phrase.as_ref()?))) {
        print(format_args!("  {}{} ({})", place(finding), unused.phrase, unused.table));
    }
    print(format_args!("  next: {}", first.next));
}

fn place(finding: &CheckFinding) -> String {
    finding.place.as_ref().map(|place| format!("{place}: ")).unwrap_or_default()
}

fn to_json(report: &CheckReport) -> serde_json::Value {
    let findings: Vec<_> = report
        .findings
        .iter()
        .map(|finding| {
            let phrase = finding.phrase.as_ref();
            json!({
                "message": finding.message,
                "next": finding.next,
                "phrase": phrase.map(|it| &it.phrase),
                "table": phrase.map(|it| &it.table),
                "place": finding.place,
                "mistake": finding.is_mistake,
            })
        })
        .collect();
    json!({ "feeds": report.feeds, "phrases": report.phrases, "items": report.items, "findings": findings })
}
