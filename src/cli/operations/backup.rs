//! `backup` copies the database, `restore` puts a copy in its place, and `resume` resumes delivery.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use serde_json::json;
use url::Url;

use crate::app::ReadOnly;
use crate::app::clock::Clock;
use crate::app::operations::backup::{ResumeReport, backup, migrate_to, paused, restore, resume};
use crate::cli::outbox::pause::{pause_json, pause_line, since_line};
use crate::cli::terminal::table::count;
use crate::cli::{Ending, Global, Usage, print};
use crate::store::PauseCause;

#[derive(Debug, Args)]
#[command(after_help = "\
A backup can be made while the daemon runs, and contains everything: the feeds' state, subscribers, \
the keys of their links, the suppression list. An existing file is never overwritten.

`policy-digest restore` restores it.

Example:
  policy-digest backup /var/backups/policy-digest-$(date +%F).db")]
pub(crate) struct Backup {
    /// The file to create
    file: PathBuf,
}

impl Backup {
    pub(crate) async fn run(self, global: &Global) -> anyhow::Result<Ending> {
        if self.file.exists() {
            return Err(Usage(format!("the file `{}` already exists", self.file.display())).into());
        }
        let app = global.look().await?;
        backup(&app, &self.file).await?;
        let read = std::fs::metadata(&self.file).with_context(|| format!("cannot read `{}`", self.file.display()))?;
        let bytes = read.len();
        if global.json {
            print(json!({ "file": self.file, "bytes": bytes }));
        } else {
            let megabytes = bytes as f64 / 1e6;
            print(format_args!(
                "backed up to {} ({megabytes:.1} MB). If you restore it, nothing is emailed until you run `resume`.",
                self.file.display()
            ));
        }
        Ok(Ending::Done)
    }
}

#[derive(Debug, Args)]
#[command(after_help = "\
Stop the daemon first. The current database is kept beside the restored one, even if it is damaged. \
A restored database polls feeds and serves the pages, but sends no email until `policy-digest resume`, \
because it does not know what was sent after the backup was made.

Example:
  policy-digest restore /var/backups/policy-digest-2026-11-23.db && policy-digest resume --dry-run")]
pub(crate) struct Restore {
    /// A file that `backup` created
    file: PathBuf,
}

impl Restore {
    pub(crate) async fn run(self, global: &Global) -> anyhow::Result<Ending> {
        if !self.file.is_file() {
            return Err(Usage(format!("the file `{}` does not exist", self.file.display())).into());
        }
        let kept = restore(&global.load()?, &Clock::System, &self.file).await?;
        if global.json {
            print(json!({ "file": self.file, "kept": kept }));
            return Ok(Ending::Done);
        }
        print(format_args!("restored from `{}`", self.file.display()));
        if let Some(kept) = kept {
            print(format_args!("the previous database is kept as `{}`", kept.display()));
        }
        print("nothing is emailed until `policy-digest resume`; `resume --dry-run` shows what will be sent");
        Ok(Ending::Done)
    }
}

#[derive(Debug, Args)]
#[command(after_help = "\
Stop the daemon first. The server's database must be empty, and the role in the URL must own it. \
The password comes from `password_file` in [database] or POLICY_DIGEST__DATABASE__PASSWORD; `tls` \
and `ca_file` in [database] apply. Everything moves, or nothing. From then on the file sends no \
email. Write the URL into [database] of digest.toml and start the daemon.

Example:
  policy-digest migrate-to postgres://policy_digest@db.example.org/policy_digest")]
pub(crate) struct MigrateTo {
    /// Where to: postgres://ROLE@HOST/DATABASE, without a password
    url: Url,
}

impl MigrateTo {
    pub(crate) async fn run(self, global: &Global) -> anyhow::Result<Ending> {
        if !matches!(self.url.scheme(), "postgres" | "postgresql") || self.url.password().is_some() {
            return Err(Usage("write the URL as postgres://ROLE@HOST/DATABASE, without a password".to_owned()).into());
        }
        let moved = migrate_to(&global.load()?, &Clock::System, self.url).await?;
        if global.json {
            print(json!({ "to": moved.to, "rows": moved.rows }));
            return Ok(Ending::Done);
        }
        print(format_args!("moved {} to `{}`", count(moved.rows, "row"), moved.to));
        print(format_args!(
            "write `url = \"{}\"` into [database] of digest.toml; the file sends no email any more",
            moved.to
        ));
        Ok(Ending::Done)
    }
}

#[derive(Debug, Args)]
#[command(after_help = "\
A database restored from a backup does not know what was sent after the backup was made. Check \
first what would be sent, and use `policy-digest reconcile` for messages that may or may not have \
been delivered. A mail server that could not be reached is tried again immediately.

Example:
  policy-digest resume --dry-run && policy-digest resume")]
pub(crate) struct Resume {
    /// Only show what would be sent
    #[arg(long)]
    dry_run: bool,
}

impl Resume {
    pub(crate) async fn run(self, global: &Global) -> anyhow::Result<Ending> {
        if self.dry_run {
            let app = global.look().await?;
            self.show(global, &app, &paused(&app).await?);
        } else {
            let app = global.edit().await?;
            self.show(global, &app, &resume(&app).await?);
        }
        Ok(Ending::Done)
    }

    fn show(&self, global: &Global, app: &ReadOnly, report: &ResumeReport) {
        if global.json {
            print(to_json(report, self.dry_run));
        } else {
            print_report(app, report, self.dry_run);
        }
    }
}

fn print_report(app: &ReadOnly, report: &ResumeReport, is_dry: bool) {
    let zone = app.config.settings.timezone;
    if report.pauses.is_empty() {
        print("delivery is not paused");
    }
    for pause in &report.pauses {
        match (is_dry, pause.cause) {
            (true, _) => print(format_args!("paused   {}", pause_line(pause, zone))),
            (false, PauseCause::Restored) => print(format_args!("lifted   {}", since_line(pause, zone))),
            (false, PauseCause::Relay) => {
                print(format_args!("retrying with the next delivery; paused {}", since_line(pause, zone)))
            }
        }
    }
    let open: Vec<String> = report.open.iter().map(|(kind, number)| count(*number, kind)).collect();
    let open = if open.is_empty() { "none".to_owned() } else { open.join(", ") };
    print(format_args!("to send  {open}"));
    for (cadence, slot) in &report.due {
        let at = slot.utc.with_timezone(&zone).format("%a %-d %b %Y %H:%M %Z");
        print(format_args!("to make  the {cadence} digest of {at}"));
    }
    if !is_dry && !report.pauses.is_empty() {
        print("\na running daemon continues automatically; otherwise run `policy-digest once`");
    }
}

fn to_json(report: &ResumeReport, is_dry: bool) -> serde_json::Value {
    let due: Vec<_> = report
        .due
        .iter()
        .map(|(cadence, slot)| json!({ "cadence": cadence.as_str(), "utc": slot.utc.to_rfc3339() }))
        .collect();
    let pauses: Vec<_> = report.pauses.iter().map(pause_json).collect();
    json!({ "pauses": pauses, "lifted": !is_dry && !report.pauses.is_empty(), "open": report.open, "due": due })
}
