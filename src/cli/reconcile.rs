//! `reconcile`: messages of which nobody knows whether they arrived, and what a person decides about them.

use clap::Args;
use serde_json::json;

use super::table::{self, count};
use super::{Ending, Global, Usage, print};
use crate::app::App;
use crate::app::lock::Busy;
use crate::app::reconcile::{NotUnknown, ReconcileReport, reconcile};
use crate::store::{Decision, UnknownMessage};

#[derive(Debug, Args)]
#[command(after_help = "\
A message is unknown when the program or the connection ended between its last byte and the
server's answer. Without a decision each is sent again, the same bytes under the same Message-ID,
so that most mail programs show it once. A dropped one counts as not delivered: the next digest
has its stories.

Examples:
  policy-digest reconcile
  policy-digest reconcile --drop 4711 4712")]
pub(super) struct Reconcile {
    /// Send these again with the next delivery; all of them, without numbers
    #[arg(long, value_name = "ID", num_args = 0.., conflicts_with = "drop")]
    resend: Option<Vec<i64>>,
    /// Do not send these again; all of them, without numbers
    #[arg(long, value_name = "ID", num_args = 0..)]
    drop: Option<Vec<i64>>,
}

impl Reconcile {
    pub(super) async fn run(self, global: &Global) -> anyhow::Result<Ending> {
        let app = global.open().await?;
        // What a dead process was sending is unknown as soon as somebody looks; a living one minds its own.
        let _lock = match app.lock("policy-digest reconcile").await {
            Ok(lock) => Some(lock),
            Err(error) if error.is::<Busy>() => None,
            Err(error) => return Err(error),
        };
        let decision = match (self.resend, self.drop) {
            (Some(ids), _) => Some((Decision::Resend, ids)),
            (None, Some(ids)) => Some((Decision::Drop, ids)),
            (None, None) => None,
        };
        let what = decision.as_ref().map(|(decision, _)| *decision);
        let report = reconcile(&app, decision).await.map_err(|error| match error.downcast::<NotUnknown>() {
            Ok(wrong) => Usage(format!("{wrong}; nothing was changed")).into(),
            Err(error) => error,
        })?;
        if global.json {
            print(to_json(&report, what));
        } else {
            tell(&app, &report, what);
        }
        Ok(Ending::Done)
    }
}

fn tell(app: &App, report: &ReconcileReport, decision: Option<Decision>) {
    let decided = || count(report.decided, "message");
    match decision {
        Some(Decision::Resend) => return print(format_args!("{} to be sent again with the next delivery", decided())),
        Some(Decision::Drop) => return print(format_args!("{} dropped", decided())),
        None if report.unknown.is_empty() => return print("no message's fate is unknown"),
        None => {}
    }
    let zone = app.config.settings.timezone;
    let local = |at: chrono::DateTime<chrono::Utc>| at.with_timezone(&zone).format("%Y-%m-%d %H:%M").to_string();
    let mut table = table::new(["id", "kind", "run", "to", "since", "attempts", "sent again", "Message-ID"]);
    for message in &report.unknown {
        table.add_row([
            message.id.to_string(),
            message.kind.as_str().to_owned(),
            message.run.map_or_else(String::new, |run| run.to_string()),
            masked(message),
            local(message.since),
            message.attempts.to_string(),
            local(message.next),
            message.message_id.clone(),
        ]);
    }
    print(table);
}

fn masked(message: &UnknownMessage) -> String {
    message.address.as_ref().map_or_else(String::new, ToString::to_string)
}

fn to_json(report: &ReconcileReport, decision: Option<Decision>) -> serde_json::Value {
    let unknown: Vec<_> = report
        .unknown
        .iter()
        .map(|message| {
            json!({
                "id": message.id, "kind": message.kind.as_str(), "run": message.run, "address": masked(message),
                "since": message.since.to_rfc3339(), "attempts": message.attempts,
                "next_attempt": message.next.to_rfc3339(), "message_id": message.message_id,
            })
        })
        .collect();
    let decision = decision.map(|decision| match decision {
        Decision::Resend => "resend",
        Decision::Drop => "drop",
    });
    json!({ "unknown": unknown, "decision": decision, "decided": report.decided })
}
