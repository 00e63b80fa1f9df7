//! `messages`: what became of each email, to find out why one did not arrive.

use clap::{Args, Subcommand};
use serde_json::json;

use crate::app::ReadOnly;
use crate::app::digests::runs;
use crate::cli::digests::runs::{local, usage};
use crate::cli::terminal::{marked, table};
use crate::cli::{Ending, Global, Usage, print};
use crate::domain::outbox::State;
use crate::store::{Kind, MessageRow, Wanted};

#[derive(Debug, Subcommand)]
pub(crate) enum Messages {
    /// The newest messages, by state, run and kind
    List(List),
}

#[derive(Debug, Args)]
#[command(after_help = "\
States: queued, sending, unknown, retry (open); sent, failed, cancelled, replaced (final).
Addresses are masked, so that the output can be shown to others.

Examples:
  policy-digest messages list --state failed,retry --run 12
  policy-digest messages list --kind confirmation --reveal")]
pub(crate) struct List {
    /// Only those in one of these states, separated by commas
    #[arg(long, value_name = "STATE", value_delimiter = ',')]
    state: Vec<String>,
    /// Only those of this run
    #[arg(long, value_name = "N")]
    run: Option<i64>,
    /// Only those of this kind: digest, confirmation, welcome, link, …
    #[arg(long)]
    kind: Option<String>,
    /// How many
    #[arg(long, value_name = "N", default_value_t = 50)]
    limit: usize,
    /// Show full addresses
    #[arg(long)]
    reveal: bool,
}

impl Messages {
    pub(crate) async fn run(self, global: &Global) -> anyhow::Result<Ending> {
        let Self::List(list) = self;
        list.run(global).await
    }
}

impl List {
    async fn run(self, global: &Global) -> anyhow::Result<Ending> {
        let wanted = Wanted {
            states: self.state.iter().map(|state| known(state, State::ALL)).collect::<Result<_, _>>()?,
            run: self.run,
            kind: self.kind.as_deref().map(|kind| known(kind, Kind::ALL)).transpose()?,
        };
        let app = global.look().await?;
        let (messages, all) = runs::messages(&app, wanted, self.limit).await.map_err(usage)?;
        if global.json {
            let rows: Vec<_> = messages.iter().map(|message| to_json(message, self.reveal)).collect();
            print(json!({ "messages": rows, "all": all }));
        } else if messages.is_empty() {
            print("there is no such message");
        } else {
            tell(&app, &messages, all, self.reveal);
        }
        Ok(Ending::Done)
    }
}

/// The one of these words that was written.
fn known<T: Copy + std::fmt::Display + std::str::FromStr>(word: &str, all: &[T]) -> Result<T, Usage> {
    word.parse().map_err(|_| {
        let all: Vec<_> = all.iter().map(ToString::to_string).collect();
        Usage(format!("`{word}` is not one of {}", all.join(", ")))
    })
}

fn tell(app: &ReadOnly, messages: &[MessageRow], all: u64, is_revealed: bool) {
    let mut table = table::new(["id", "kind", "run", "to", "state", "tries", "when", "what it met with"]);
    for message in messages {
        let when = if is_open(message.state) { message.next_attempt } else { message.settled.unwrap_or(message.made) };
        table.add_row([
            message.id.to_string(),
            message.kind.to_string(),
            message.run.map_or_else(String::new, |run| run.to_string()),
            address(message, is_revealed),
            message.state.to_string(),
            message.attempts.to_string(),
            local(app, when),
            marked::plain(message.error.as_deref().unwrap_or_default()),
        ]);
    }
    print(table);
    let shown = messages.len();
    if u64::try_from(shown).is_ok_and(|shown| shown < all) {
        print(format_args!("\nthe newest {shown} of {all}; `--limit {all}` shows all"));
    }
}

/// Of an open message, "when" is its next attempt.
fn is_open(state: State) -> bool {
    matches!(state, State::Queued | State::Sending | State::Unknown | State::Retry)
}

fn address(message: &MessageRow, is_revealed: bool) -> String {
    match &message.address {
        Some(address) if is_revealed => address.reveal().to_owned(),
        Some(address) => address.to_string(),
        None => "erased".to_owned(),
    }
}

fn to_json(message: &MessageRow, is_revealed: bool) -> serde_json::Value {
    json!({
        "id": message.id, "kind": message.kind.as_str(), "run": message.run, "address": address(message, is_revealed),
        "state": message.state.as_str(), "attempts": message.attempts, "made": message.made.to_rfc3339(),
        "next_attempt": is_open(message.state).then(|| message.next_attempt.to_rfc3339()),
        "settled": message.settled.map(|at| at.to_rfc3339()), "error": message.error, "message_id": message.message_id,
    })
}
