//! `feeds import` and `feeds export`: the list, from and for other programs.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use serde_json::json;

use super::shown;
use crate::app::feeds::exchange::{self, ImportOptions, ImportReport};
use crate::cli::terminal::files;
use crate::cli::terminal::table::count;
use crate::cli::{Ending, Global, print};

#[derive(Debug, Args)]
#[command(after_help = "\
Reads OPML as feed readers export it, in any encoding, or a plain list with one address a line. Folders \
become tags. Nothing is fetched; run `policy-digest feeds check` afterwards.

Examples:
  policy-digest feeds import subscriptions.opml
  policy-digest feeds import addresses.txt --tag council --dry-run")]
pub(in crate::cli) struct Import {
    /// The file with the list (- for standard input)
    #[arg(value_name = "OPML|LIST")]
    file: PathBuf,
    /// A tag for all of them; can be given more than once
    #[arg(long = "tag", value_name = "TAG", value_delimiter = ',')]
    tags: Vec<String>,
    /// Only show what would be added
    #[arg(long)]
    dry_run: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Log-ins in addresses are left out, and so are feeds read from local files.

Examples:
  policy-digest feeds export > feeds.opml
  policy-digest feeds export feeds.opml --all")]
pub(in crate::cli) struct Export {
    /// The file to create (default: standard output)
    file: Option<PathBuf>,
    /// Include disabled feeds, marked as comments
    #[arg(long)]
    all: bool,
}

impl Import {
    pub(super) fn run(self, global: &Global) -> anyhow::Result<Ending> {
        let config = global.load_without_feeds()?;
        let is_stdin = self.file == Path::new("-");
        let name = if is_stdin { "standard input".to_owned() } else { self.file.display().to_string() };
        let mut bytes = Vec::new();
        if is_stdin {
            std::io::stdin().lock().read_to_end(&mut bytes).context("cannot read standard input")?;
        } else {
            bytes = exchange::read(&self.file)?;
        }
        let options = ImportOptions { tags: self.tags, is_trial: self.dry_run };
        let report = exchange::import(&config, &name, &bytes, &options)?;
        if global.json {
            print(to_json(&report, self.dry_run));
        } else {
            tell(&report, &name, &config.folder.join("feeds.toml"), self.dry_run);
        }
        let is_in_vain = report.added.is_empty() && report.known == 0;
        Ok(if is_in_vain { Ending::Failed } else { Ending::Done })
    }
}

fn tell(report: &ImportReport, name: &str, file: &Path, is_trial: bool) {
    for feed in &report.added {
        let off = if feed.enabled { "" } else { " (disabled)" };
        print(format_args!("{}  {}{off}", feed.id, shown(&feed.url)));
    }
    for bad in &report.bad {
        print(format_args!("{name}:{}: {}", bad.line, bad.reason));
    }
    let would = if is_trial { "would be added" } else { "added" };
    print(format_args!(
        "{} {would} to {}, {} there already, {} left out",
        count(report.added.len(), "feed"),
        file.display(),
        report.known,
        report.bad.len()
    ));
    if !is_trial && !report.added.is_empty() {
        print("next: `policy-digest feeds check` tries each of them");
    }
}

fn to_json(report: &ImportReport, is_trial: bool) -> serde_json::Value {
    let added = report.added.iter().map(|feed| {
        json!({ "id": feed.id.as_str(), "title": feed.title, "url": shown(&feed.url), "tags": feed.tags, "enabled": feed.enabled })
    });
    let bad = report.bad.iter().map(|bad| json!({ "line": bad.line, "reason": bad.reason }));
    json!({
        "dry_run": is_trial, "added": added.collect::<Vec<_>>(), "known": report.known, "bad": bad.collect::<Vec<_>>(),
    })
}

impl Export {
    pub(super) fn run(self, global: &Global) -> anyhow::Result<Ending> {
        let config = global.load()?;
        let export = exchange::export(&config, self.all);
        if let Some(file) = &self.file {
            files::create(file, &export.opml)?;
        }
        if global.json {
            let opml = self.file.is_none().then_some(&export.opml);
            print(json!({
                "file": self.file, "feeds": export.feeds, "files_left_out": export.files,
                "logins_left_out": export.logins, "opml": opml,
            }));
            return Ok(Ending::Done);
        }
        match &self.file {
            Some(file) => print(format_args!("{} written to {}", count(export.feeds, "feed"), file.display())),
            None => print(export.opml.trim_end()),
        }
        if export.files > 0 {
            tracing::warn!(feeds = export.files, "files of this machine are left out");
        }
        if export.logins > 0 {
            tracing::warn!(feeds = export.logins, "log-ins in addresses are left out");
        }
        Ok(Ending::Done)
    }
}
