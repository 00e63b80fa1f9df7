//! `runs`: the state of each run, and holding, releasing and cancelling one.

use clap::{Args, Subcommand};
use serde_json::json;

use super::draft::{ledger_json, line};
use crate::app::ReadOnly;
use crate::app::digests::runs;
use crate::app::digests::runs::NotDone;
use crate::cli::terminal::marked::plain;
use crate::cli::terminal::table;
use crate::cli::terminal::table::count;
use crate::cli::{Ending, Global, Usage, print};
use crate::domain::digests::correction::Kind;
use crate::store::{ReportCount, RunStatus};

#[derive(Debug, Subcommand)]
#[command(after_help = "\
Examples:
  policy-digest runs list
  policy-digest runs show 12
  policy-digest runs release 12            # it was our fault and is fixed: try again
  policy-digest runs release 12 --believe  # these addresses are dead: suppress them
  policy-digest runs cancel 12 --yes       # send no more of it; the stories come with the next digest")]
pub(crate) enum Runs {
    /// List the newest runs, and all held ones
    List(List),
    /// Show one run: its messages by state, and the reported faults
    Show(Which),
    /// Hold a run: unsent messages wait until it is released, and no address is suppressed
    Hold(Which),
    /// Release a held run; it will not be held automatically again
    Release(Release),
    /// Say that a story of a sent digest is withdrawn or corrected
    Correct(Correct),
    /// Cancel a run: unsent emails are cancelled, and their stories come with the next digest
    Cancel(Cancel),
}

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  policy-digest runs list --limit 50")]
pub(crate) struct List {
    /// How many runs to list
    #[arg(long, value_name = "N", default_value_t = 20)]
    limit: usize,
}

#[derive(Debug, Args)]
#[command(after_help = "Example, with a number from `runs list`:\n  policy-digest runs show 12")]
pub(crate) struct Which {
    /// The run's number
    run: i64,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Without --believe, refused messages are tried again. An address that is really dead will be refused again and \
then suppressed.

Example:
  policy-digest runs release 12")]
pub(crate) struct Release {
    /// The run's number
    run: i64,
    /// Trust the refusals: suppress those addresses and do not retry
    #[arg(long)]
    believe: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Emails that were sent cannot be recalled. The page of the digest, the feeds and the \
next digest show the correction. The numbers of stories are those of `draft`, or the \
last part of a story's id in the feeds.

Examples:
  policy-digest runs correct 12 85 \"It was twelve councils, not two.\"
  policy-digest runs correct 12 85 --withdrawn \"Its author took it down.\"")]
pub(crate) struct Correct {
    /// The run's number
    run: i64,
    /// The story's number
    story: i64,
    /// What is wrong, for readers
    words: String,
    /// The story should not have been in the digest
    #[arg(long)]
    withdrawn: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Subscribers who did not get it will find its stories in their next digest. \
Sent emails cannot be recalled, so a run without waiting emails is refused. \
Its page in the archive is kept.

Example:
  policy-digest runs cancel 12 --yes")]
pub(crate) struct Cancel {
    /// The run's number
    run: i64,
    /// Do it (default: only show what would be cancelled)
    #[arg(long)]
    yes: bool,
}

impl Runs {
    pub(crate) async fn run(self, global: &Global) -> anyhow::Result<Ending> {
        let done = match self {
            Self::List(list) => list.run(global).await,
            Self::Show(which) => which.show(global).await,
            Self::Hold(which) => which.hold(global).await,
            Self::Release(release) => release.run(global).await,
            Self::Correct(correct) => correct.run(global).await,
            Self::Cancel(cancel) => cancel.run(global).await,
        };
        done.map(|()| Ending::Done).map_err(usage)
    }
}

/// Treats an action that a run's state does not allow as a usage error.
pub(crate) fn usage(error: anyhow::Error) -> anyhow::Error {
    match error.downcast::<NotDone>() {
        Ok(not_done) => Usage(not_done.to_string()).into(),
        Err(error) => error,
    }
}

impl List {
    async fn run(self, global: &Global) -> anyhow::Result<()> {
        let app = &global.look().await?;
        let runs = runs::list(app, self.limit).await?;
        if global.json {
            print(serde_json::Value::from(runs.iter().map(to_json).collect::<Vec<_>>()));
            return Ok(());
        }
        let mut table = table::new(["run", "cadence", "made", "messages", "state"]);
        for run in runs {
            let made = local(app, run.made);
            table.add_row([run.id.to_string(), run.cadence.clone(), made, messages(&run), state(app, &run)]);
        }
        print(table);
        Ok(())
    }
}

impl Which {
    async fn show(self, global: &Global) -> anyhow::Result<()> {
        let app = &global.look().await?;
        let (run, reports) = runs::show(app, self.run).await?;
        let draft = app.store.digests().draft_of_run(self.run).await?;
        if global.json {
            let mut shown = to_json(&run);
            shown["ledger"] = draft.as_ref().map(ledger_json).into();
            shown["reports"] = reports.iter().map(report_json).collect::<Vec<_>>().into();
            print(shown);
            return Ok(());
        }
        print(format_args!("run       {} ({}), made {}", run.id, run.cadence, local(app, run.made)));
        print(format_args!("messages  {}", messages(&run)));
        print(format_args!("state     {}", state(app, &run)));
        print(format_args!("sample    {} of its first {} emails were refused or bounced", run.failed, run.attempted));
        if !reports.is_empty() {
            let mut table = table::new(["reports", "fault", "code", "waiting"]);
            for report in reports {
                table.add_row([report.count.to_string(), report.fault, report.code, report.waiting.to_string()]);
            }
            print(format_args!("\n{table}"));
        }
        if let Some(row) = &draft {
            print("\nledger of its draft");
            for entry in row.draft.ledger() {
                print(format_args!("  {}", line(app, row, entry)));
            }
        }
        if run.held.is_some() {
            print(format_args!("\nfix the cause, then run: policy-digest runs release {}", run.id));
        }
        Ok(())
    }

    async fn hold(self, global: &Global) -> anyhow::Result<()> {
        let app = &global.edit().await?;
        runs::hold(app, self.run).await?;
        if global.json {
            print(json!({ "id": self.run, "held": true }));
        } else {
            print(format_args!("run {} is held", self.run));
        }
        Ok(())
    }
}

impl Release {
    async fn run(self, global: &Global) -> anyhow::Result<()> {
        let app = &global.edit().await?;
        let released = runs::release(app, self.run, self.believe).await?;
        if global.json {
            print(json!({ "id": self.run, "held": false, "retried": released.retried, "open": released.open }));
        } else {
            let again = match released.retried {
                0 => String::new(),
                retried => format!(", including {retried} refused before"),
            };
            let open = count(released.open, "email");
            print(format_args!("run {} is released: {open} will be sent with the next delivery{again}", self.run));
        }
        Ok(())
    }
}

impl Correct {
    async fn run(self, global: &Global) -> anyhow::Result<()> {
        let app = &global.edit().await?;
        let kind = if self.withdrawn { Kind::Withdrawn } else { Kind::Corrected };
        let title = runs::correct(app, self.run, self.story, kind, &self.words).await?;
        if global.json {
            print(json!({ "id": self.run, "story": self.story, "title": title, "kind": kind.as_str() }));
        } else {
            let title = plain(&title);
            print(format_args!("story {} of run {} is {kind}: \u{201c}{title}\u{201d}", self.story, self.run));
            print("the page of its digest, the feeds and the next digest say so");
        }
        Ok(())
    }
}

impl Cancel {
    async fn run(self, global: &Global) -> anyhow::Result<()> {
        if !self.yes {
            let run = runs::cancellable(&global.look().await?, self.run).await?;
            let what = messages(&run);
            return Err(Usage(format!("run {} ({what}) is not cancelled yet: add `--yes`", self.run)).into());
        }
        let app = &global.edit().await?;
        // Messages left behind by a dead process are unknown and cancelled too; a running process keeps its own.
        let _lock = app.lock(&global.name()).await.ok();
        let cancelled = runs::cancel(app, self.run).await?;
        if global.json {
            print(json!({ "id": self.run, "cancelled": cancelled.messages, "under_way": cancelled.under_way }));
            return Ok(());
        }
        let next = match cancelled.messages {
            0 => "no email was waiting to be sent".to_owned(),
            number => {
                let emails = count(number, "email");
                format!("{emails} will not be sent; subscribers will find the stories in their next digest")
            }
        };
        print(format_args!("run {} is cancelled: {next}", self.run));
        if cancelled.under_way > 0 {
            let emails = count(cancelled.under_way, "email");
            print(format_args!("{emails} being sent now cannot be recalled"));
        }
        Ok(())
    }
}

fn messages(run: &RunStatus) -> String {
    let parts: Vec<_> = run.messages.iter().map(|(state, number)| format!("{number} {state}")).collect();
    if parts.is_empty() { "none".to_owned() } else { parts.join(", ") }
}

fn state(app: &ReadOnly, run: &RunStatus) -> String {
    let because = run.because.as_deref().unwrap_or_default();
    if let Some(cancelled) = run.cancelled {
        return format!("cancelled {}", local(app, cancelled));
    }
    match (run.held, run.released) {
        (Some(held), _) => format!("held since {}: {because}", local(app, held)),
        (None, Some(released)) => format!("released {}, after: {because}", local(app, released)),
        (None, None) if run.judged.is_some() => "good".to_owned(),
        (None, None) => "too early to say".to_owned(),
    }
}

/// A moment in the configured zone, to the minute.
pub(crate) fn local(app: &ReadOnly, at: chrono::DateTime<chrono::Utc>) -> String {
    at.with_timezone(&app.config.settings.timezone).format("%Y-%m-%d %H:%M").to_string()
}

fn to_json(run: &RunStatus) -> serde_json::Value {
    json!({
        "id": run.id, "cadence": run.cadence, "slot": run.slot, "made": run.made.to_rfc3339(),
        "held": run.held.map(|at| at.to_rfc3339()), "because": run.because,
        "released": run.released.map(|at| at.to_rfc3339()), "cancelled": run.cancelled.map(|at| at.to_rfc3339()), "judged": run.judged.map(|at| at.to_rfc3339()),
        "attempted": run.attempted, "failed": run.failed, "messages": run.messages,
    })
}

fn report_json(report: &ReportCount) -> serde_json::Value {
    json!({ "fault": report.fault, "code": report.code, "count": report.count, "waiting": report.waiting })
}
