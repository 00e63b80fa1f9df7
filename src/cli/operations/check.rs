//! `check`: the state of each part of an installation, and every finding with its next step.

use std::net::{IpAddr, SocketAddr};

use anstyle::AnsiColor;
use clap::Args;
use serde_json::json;

use crate::app::clock::Clock;
use crate::app::operations::check::{CheckFinding, CheckReport, Outside, Part, Severity, check_folder};
use crate::cli::terminal::marked;
use crate::cli::terminal::marked::{Paint, plain};
use crate::cli::terminal::progress::Bar;
use crate::cli::terminal::table;
use crate::cli::{Ending, Global, print};

/// The width of the output, in columns.
const WIDTH: usize = 80;

/// The default port of name servers.
const DNS_PORT: u16 = 53;

#[derive(Debug, Args)]
#[command(after_help = "\
Each part is ok, or has a warning or an error. Every finding has a next step.

Exit code 2: mistakes in digest.toml, feeds.toml or topic.toml, shown with \
their place, in note.md or in the templates (each is rendered with sample \
data), or settings that the mail server refuses. Exit code 1: failures that no \
file causes, such as a server that is down, a full disk or a missing DKIM \
record. Exit code 0: nothing, or only advice.

If emails go to a mail server, the command connects and logs in to it, but \
sends nothing. It looks up the DNS records that receivers check (SPF, DKIM, \
DMARC), fetches every feed without storing anything, and lists the topic's \
phrases that match none of the stored posts. A phrase also counts as found \
where a longer phrase covers it.

Examples:
  policy-digest check
  policy-digest check --offline --json")]
pub(crate) struct Check {
    /// Skip network checks: mail server, name server, feeds and pages
    #[arg(long)]
    offline: bool,
    /// Use this name server instead of the system's: 9.9.9.9, or with a port
    #[arg(long, value_name = "ADDRESS", value_parser = name_server)]
    resolver: Option<SocketAddr>,
}

impl Check {
    pub(crate) async fn run(self, global: &Global) -> anyhow::Result<Ending> {
        let bar = Bar::default();
        let outside = Outside { is_offline: self.offline, name_server: self.resolver };
        let report = check_folder(global.load()?, Clock::System, outside, &|step| bar.show(step)).await?;
        if global.json {
            print(to_json(&report));
        } else {
            show(&report);
        }
        Ok(match report.worst() {
            Some(Severity::Mistake) => Ending::Misconfigured,
            Some(Severity::Failure) => Ending::Failed,
            Some(Severity::Advice) | None => Ending::Done,
        })
    }
}

fn name_server(text: &str) -> Result<SocketAddr, String> {
    let alone = text.parse::<IpAddr>().map(|address| SocketAddr::new(address, DNS_PORT));
    alone.or_else(|_| text.parse()).map_err(|_| "write an address such as 9.9.9.9 or [::1]:5353".to_owned())
}

fn show(report: &CheckReport) {
    let mistakes = report.findings().filter(|(_, finding)| finding.severity == Severity::Mistake).count();
    let mistakes = if mistakes == 0 { "no mistakes".to_owned() } else { table::count(mistakes, "mistake") };
    print(format_args!(
        "configuration: {mistakes}; {}, {}, {}\n",
        table::count(report.feeds, "feed"),
        table::count(report.phrases, "phrase"),
        table::count(report.items, "stored post")
    ));
    let paint = Paint::for_stdout();
    report.parts.iter().for_each(|part| print(line(part, paint)));
    for (_, finding) in report.findings().filter(|(_, finding)| finding.phrase.is_none()) {
        let message = format!("{}{}", place(finding), plain(&finding.message));
        print(format_args!("\n{}\n{}", marked::wrap(&message, WIDTH), next(&finding.next)));
    }
    show_phrases(report);
    let wanted: Vec<_> = report.records.iter().filter(|record| record.is_there != Some(true)).collect();
    if !wanted.is_empty() {
        print("\nTXT records to publish in the DNS:");
    }
    for record in wanted {
        print(format_args!("  {}\n    {}", record.name, record.value));
    }
}

/// One part's line: its state, its name, and its summary or the number of findings.
fn line(part: &Part, paint: Paint) -> String {
    let colour = match part.worst() {
        None => AnsiColor::Green,
        Some(Severity::Advice) => AnsiColor::Yellow,
        Some(Severity::Failure | Severity::Mistake) => AnsiColor::Red,
    };
    let word = paint.in_style(&format!("{:7}", state(part)), colour.on_default());
    let found = (!part.findings.is_empty()).then(|| table::count(part.findings.len(), "finding"));
    let says = [plain(&part.says), found.unwrap_or_default()];
    let says: Vec<_> = says.iter().filter(|words| !words.is_empty()).map(String::as_str).collect();
    format!("{word}  {:14}  {}", part.name, says.join("; "))
}

/// The next step, wrapped and indented.
fn next(step: &str) -> String {
    marked::wrap(&format!("next: {step}"), WIDTH - 2)
        .lines()
        .map(|line| format!("  {line}"))
        .collect::<Vec<_>>()
        .join("\n")
}

fn show_phrases(report: &CheckReport) {
    let phrases: Vec<&CheckFinding> = report.findings().map(|(_, it)| it).filter(|it| it.phrase.is_some()).collect();
    let Some(first) = phrases.first() else { return };
    let number = table::count(phrases.len(), "phrase");
    print(format_args!("\nIn {}, nothing matches {number}:", table::count(report.items, "stored post")));
    for (finding, unused) in phrases.iter().filter_map(|finding| Some((finding, finding.phrase.as_ref()?))) {
        print(format_args!("  {}{} ({})", place(finding), unused.phrase, unused.table));
    }
    print(next(&first.next));
}

fn place(finding: &CheckFinding) -> String {
    finding.place.as_ref().map(|place| format!("{place}: ")).unwrap_or_default()
}

/// A part's state in one word, which depends only on its findings.
fn state(part: &Part) -> &'static str {
    match part.worst() {
        None => "ok",
        Some(Severity::Advice) => "warning",
        Some(Severity::Failure | Severity::Mistake) => "error",
    }
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Advice => "advice",
        Severity::Failure => "failure",
        Severity::Mistake => "mistake",
    }
}

fn to_json(report: &CheckReport) -> serde_json::Value {
    let finding = |(part, finding): (&Part, &CheckFinding)| {
        let phrase = finding.phrase.as_ref();
        json!({
            "part": part.name,
            "message": finding.message,
            "next": finding.next,
            "phrase": phrase.map(|it| &it.phrase),
            "table": phrase.map(|it| &it.table),
            "place": finding.place,
            "severity": severity(finding.severity),
            "mistake": finding.severity == Severity::Mistake,
        })
    };
    let part = |part: &Part| {
        json!({
            "name": part.name, "state": state(part), "says": part.says, "worst": part.worst().map(severity),
        })
    };
    let records = report
        .records
        .iter()
        .map(|it| json!({ "name": it.name, "type": "TXT", "value": it.value, "found": it.is_there }));
    json!({
        "feeds": report.feeds, "phrases": report.phrases, "items": report.items,
        "findings": report.findings().map(finding).collect::<Vec<_>>(),
        "parts": report.parts.iter().map(part).collect::<Vec<_>>(),
        "records": records.collect::<Vec<_>>(),
    })
}
