//! `subscribers show`: all that is known of one address, for the person who asks what is kept about them, and for the operator who
//! has to find out why a digest did not arrive.

use std::fmt::Write as _;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use clap::Args;

use super::parse;
use crate::app::subscribers::people;
use crate::app::subscribers::people::Dossier;
use crate::cli::terminal::marked::{plain, wrap};
use crate::cli::terminal::table;
use crate::cli::{Ending, Global, Usage, print};
use crate::domain::subscribers::subscriber::ConsentBy;
use crate::store::OwnRecord;

/// The output fits a terminal of this width, in columns.
const WIDTH: u16 = 80;

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  policy-digest subscribers show ada@example.org")]
pub(in crate::cli) struct Show {
    /// The address
    address: String,
}

impl Show {
    pub(super) async fn run(self, global: &Global) -> anyhow::Result<Ending> {
        let (address, app) = (parse(&self.address)?, global.look().await?);
        let Some(dossier) = people::show(&app, &address).await? else {
            return Err(Usage(format!("nothing is kept of {}", address.shown())).into());
        };
        if global.json {
            print(dossier.to_json());
        } else {
            print(told(&dossier, &address.shown(), app.config.settings.timezone).trim_end());
        }
        Ok(Ending::Done)
    }
}

fn told(dossier: &Dossier, address: &str, zone: Tz) -> String {
    let mut text = String::new();
    let mut line = |name: &str, value: &str| {
        if !value.is_empty() {
            // A name and its value, the further lines of which stand below it.
            let value = wrap(&plain(value), usize::from(WIDTH) - 13).replace('\n', &format!("\n{:13}", ""));
            let _ = writeln!(text, "{name:12} {value}");
        }
    };
    line("address", address);
    match &dossier.record {
        Some(record) => person(record, zone, &mut line),
        None => line("status", "not a subscriber"),
    }
    line("agreed to", dossier.wording.as_deref().unwrap_or_default());
    if let Some(suppressed) = &dossier.suppressed {
        let why = match suppressed.reason.as_str() {
            "complaint" => "marked a digest as spam; never emailed again",
            "soft" => "emails failed for weeks; only the subscriber's own sign-up lifts it",
            _ => "the mailbox is dead; a sign-up of their own brings them back",
        };
        line("suppressed", &format!("since {}: {why}", day(suppressed.since, zone)));
    }
    if let Some(record) = dossier.record.as_ref().filter(|record| !record.messages.is_empty()) {
        let _ = write!(text, "\n{}\n", messages(record, zone));
    }
    if let Some(record) = dossier.record.as_ref().filter(|record| !record.reports.is_empty()) {
        let _ = write!(text, "\n{}\n", reports(record, zone));
    }
    text
}

fn person(record: &OwnRecord, zone: Tz, line: &mut impl FnMut(&str, &str)) {
    let person = &record.subscriber;
    let on =
        |word: &str, at: Option<DateTime<Utc>>| at.map_or_else(String::new, |at| format!("{word} {}", day(at, zone)));
    line("name", &person.name);
    let steps = [on("joined", Some(person.joined)), on("confirmed", person.confirmed), on("ended", person.ended)];
    let steps: Vec<_> = steps.into_iter().filter(|step| !step.is_empty()).collect();
    line("status", &format!("{}; {}", person.status, steps.join(", ")));
    let themes = person.preferences.themes.as_ref().map_or("all themes".to_owned(), |themes| themes.join(", "));
    line("wants", &format!("{}; {themes}", person.preferences.cadence));
    line("paused", &on("until", person.paused_until));
    line("new address", &record.new_address.as_ref().map_or(String::new(), |address| address.shown()));
    let by = person.consent_by.map_or("before it was kept how", |by| match by {
        ConsentBy::Page => "on the page",
        ConsentBy::Import => "by an import",
        ConsentBy::Admin => "by an administrator",
    });
    let given = on("given", person.consented);
    line("consent", &format!("{} ({})", person.consent, [given.as_str(), by].join(" ").trim()));
}

fn messages(record: &OwnRecord, zone: Tz) -> impl std::fmt::Display {
    let mut table = table::new(["made", "message", "state", "subject"]);
    table.set_width(WIDTH);
    for message in &record.messages {
        table.add_row([
            day(message.made, zone),
            message.kind.replace('_', " "),
            message.state.clone(),
            plain(&message.subject),
        ]);
    }
    table
}

fn reports(record: &OwnRecord, zone: Tz) -> impl std::fmt::Display {
    let mut table = table::new(["reported", "message", "by", "fault", "answer"]);
    table.set_width(WIDTH);
    for report in &record.reports {
        let by = match report.source.as_str() {
            "smtp" => "mail server",
            "dsn" => "returned mail",
            _ => "complaint",
        };
        table.add_row([
            day(report.at, zone),
            report.kind.replace('_', " "),
            by.to_owned(),
            report.fault.clone(),
            report.code.clone(),
        ]);
    }
    table
}

fn day(at: DateTime<Utc>, zone: Tz) -> String {
    at.with_timezone(&zone).format("%-d %b %Y").to_string()
}
