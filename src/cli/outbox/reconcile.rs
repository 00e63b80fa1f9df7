//! `reconcile`: messages of which nobody knows whether they arrived, and what a person decides about them.

use clap::Args;
use serde_json::json;

use crate::app::ReadOnly;
use crate::app::lock::Busy;
use crate::app::outbox::reconcile::{NotUnknown, decide, unknown};
use crate::cli::terminal::table;
use crate::cli::terminal::table::count;
use crate::cli::{Ending, Global, Usage, print};
use crate::store::{Decision, UnknownMessage};

#[derive(Debug, Args)]
#[command(after_help = "\
A message is unknown if the program or the connection ended between its last byte and the \
server's reply. Unless you decide otherwise, it is sent again, unchanged and with the same Message-ID, \
so that most email programs show it once. A dropped message counts as not delivered: the next digest \
contains its stories.

Examples:
  policy-digest reconcile
  policy-digest reconcile --drop 4711 4712")]
pub(crate) struct Reconcile {
    /// Send these again with the next delivery (without numbers: all of them)
    #[arg(long, value_name = "ID", num_args = 0.., conflicts_with = "drop")]
    resend: Option<Vec<i64>>,
    /// Do not send these again (without numbers: all of them)
    #[arg(long, value_name = "ID", num_args = 0..)]
    drop: Option<Vec<i64>>,
}

impl Reconcile {
    pub(crate) async fn run(self, global: &Global) -> anyhow::Result<Ending> {
        let (decision, ids) = match (self.resend, self.drop) {
            (Some(ids), _) => (Decision::Resend, ids),
            (None, Some(ids)) => (Decision::Drop, ids),
            (None, None) => {
                let app = global.look().await?;
                let unknown = unknown(&app).await?;
                if global.json {
                    print(json!({ "unknown": to_json(&unknown), "decision": null, "decided": 0 }));
                } else {
                    tell(&app, &unknown);
                }
                return Ok(Ending::Done);
            }
        };
        let app = global.edit().await?;
        // What a dead process was sending is unknown as soon as this is noted; a living one minds its own.
        let _lock = match app.lock(&global.name()).await {
            Ok(lock) => Some(lock),
            Err(error) if error.is::<Busy>() => None,
            Err(error) => return Err(error),
        };
        let before = unknown(&app).await?;
        let decided = decide(&app, decision, ids).await.map_err(|error| match error.downcast::<NotUnknown>() {
            Ok(wrong) => Usage(format!("{wrong}; nothing was changed")).into(),
            Err(error) => error,
        })?;
        let (word, done) = match decision {
            Decision::Resend => ("resend", "to be sent again with the next delivery"),
            Decision::Drop => ("drop", "dropped"),
        };
        if global.json {
            print(json!({ "unknown": to_json(&before), "decision": word, "decided": decided }));
        } else {
            print(format_args!("{} {done}", count(decided, "message")));
        }
        Ok(Ending::Done)
    }
}

fn tell(app: &ReadOnly, unknown: &[UnknownMessage]) {
    if unknown.is_empty() {
        return print("no message's fate is unknown");
    }
    let zone = app.config.settings.timezone;
    let local = |at: chrono::DateTime<chrono::Utc>| at.with_timezone(&zone).format("%Y-%m-%d %H:%M").to_string();
    let mut table = table::new(["id", "kind", "run", "to", "since", "attempts", "sent again", "Message-ID"]);
    for message in unknown {
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

fn to_json(unknown: &[UnknownMessage]) -> Vec<serde_json::Value> {
    let message = |message: &UnknownMessage| {
        json!({
            "id": message.id, "kind": message.kind.as_str(), "run": message.run, "address": masked(message),
            "since": message.since.to_rfc3339(), "attempts": message.attempts,
            "next_attempt": message.next.to_rfc3339(), "message_id": message.message_id,
        })
    };
    unknown.iter().map(message).collect()
}
