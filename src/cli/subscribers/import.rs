//! `subscribers import`: people from another program's file.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use crate::app::subscribers::import::{ImportReport, import};
use crate::cli::terminal::files;
use crate::cli::terminal::progress::Bar;
use crate::cli::{Ending, Global, Usage, print};
use crate::domain::items::text::count;

#[derive(Debug, Args)]
#[command(after_help = "\
Columns are matched by name, in any case and several languages: `email` (or `Email Address`, \
`E-Mail-Adresse`, or any column that has addresses), and, if present, `name` (or `First Name`, \
`Last Name`), `cadence`, `themes` (separated by `;`), `status`. Comma, semicolon or tab; any \
encoding. `Name <address>` and `mailto:` are understood. No email is sent. Skipped are those who are not subscribed in \
the file (unsubscribed, cleaned, blocklisted, unconfirmed), who have unsubscribed here, or who are \
suppressed. Lines that cannot be read are written to a separate file, for you to correct.

Example:
  policy-digest subscribers import people.csv --consent \"sign-up page of the old newsletter\"")]
pub(in crate::cli) struct Import {
    /// The CSV file
    csv: PathBuf,
    /// Where their consent is recorded
    #[arg(long, value_name = "NOTE")]
    consent: String,
    /// Where to write lines that cannot be read (default: `people.rejected.csv` for `people.csv`)
    #[arg(long, value_name = "FILE")]
    rejects: Option<PathBuf>,
}

impl Import {
    pub(super) async fn run(self, global: &Global) -> anyhow::Result<Ending> {
        if self.consent.trim().is_empty() {
            return Err(Usage("`--consent` must say where their consent is recorded".to_owned()).into());
        }
        let rejects = self.rejects.unwrap_or_else(|| self.csv.with_extension("rejected.csv"));
        if rejects == self.csv {
            return Err(Usage("`--rejects` must be another file than the one that is imported".to_owned()).into());
        }
        let app = global.begin().await?;
        let bar = Bar::default();
        let report = import(&app, &self.csv, self.consent.trim(), &|progress| bar.show(progress)).await?;
        // What was imported stays so, whether or not the rejected lines can be written.
        let written = match report.rejected.is_empty() {
            true => Ok(()),
            false => files::replace(&rejects, &report.rejects),
        };
        if global.json {
            print(to_json(&report, &rejects));
        } else {
            tell(&report, &self.csv, &rejects);
        }
        written?;
        let read = report.added + report.known + report.suppressed + report.left;
        let is_in_vain = read == 0 && report.not_subscribed.is_empty() && !report.rejected.is_empty();
        Ok(if is_in_vain { Ending::Failed } else { Ending::Done })
    }
}

fn tell(report: &ImportReport, csv: &Path, rejects: &Path) {
    for (line, reason) in &report.rejected {
        print(format_args!("{}:{line}: {reason}", csv.display()));
    }
    let rejected = report.rejected.len();
    let (added, known, suppressed) = (report.added, report.known, report.suppressed);
    print(format_args!("{added} added, {known} there already, {suppressed} suppressed, {rejected} rejected"));
    if report == &ImportReport::default() {
        print(format_args!("{} has no people below its first line", csv.display()));
    }
    if report.left > 0 {
        print(format_args!("left out because they have left here: {}", report.left));
    }
    if !report.not_subscribed.is_empty() {
        let words: Vec<_> = report.not_subscribed.iter().map(|(word, number)| format!("{number} {word}")).collect();
        print(format_args!("left out because they are not subscribed there: {}", words.join(", ")));
    }
    if report.duplicates > 0 {
        print(format_args!("left out because they repeat a person above: {}", report.duplicates));
    }
    if report.outside > 0 {
        let subscribers = count(report.outside, "subscriber");
        print(format_args!("imported although their domain is not in `sign_up_domains`: {subscribers}"));
    }
    if rejected > 0 {
        print(format_args!("next: correct the rejected lines in {}, and import that file", rejects.display()));
    }
}

fn to_json(report: &ImportReport, rejects: &Path) -> serde_json::Value {
    let rejected = report.rejected.iter().map(|(line, reason)| json!({ "line": line, "reason": reason }));
    json!({
        "added": report.added, "known": report.known, "suppressed": report.suppressed, "left": report.left,
        "not_subscribed": report.not_subscribed, "duplicates": report.duplicates,
        "outside_sign_up_domains": report.outside,
        "rejected": rejected.collect::<Vec<_>>(), "rejects": (!report.rejected.is_empty()).then_some(rejects),
    })
}
