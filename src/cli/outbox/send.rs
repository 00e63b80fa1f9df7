//! `send`: a proof of the next digest, by mail, to one address.

use clap::Args;
use serde_json::json;

use crate::app::digests::proof;
use crate::cli::terminal::table::count;
use crate::cli::{Ending, Global, Usage, print};
use crate::domain::subscribers::subscriber::{Cadence, EmailAddress};

#[derive(Debug, Args)]
#[command(after_help = "\
Nothing is stored, and no subscriber gets an email. The personal links in it do not work. \
To get a proof of every digest, set `proof_to` in [mail] of digest.toml.

Example:
  policy-digest send --to editor@example.org")]
pub(crate) struct Send {
    /// Where to
    #[arg(long, value_name = "ADDRESS")]
    to: String,
    /// daily, weekly or monthly
    #[arg(long, default_value = "weekly")]
    cadence: String,
}

impl Send {
    pub(crate) async fn run(self, global: &Global) -> anyhow::Result<Ending> {
        let cadence: Cadence = self
            .cadence
            .parse()
            .map_err(|_| Usage(format!("`{}` is no cadence; write daily, weekly or monthly", self.cadence)))?;
        let address = EmailAddress::parse(&self.to).map_err(|error| Usage(error.to_string()))?;
        let report = proof::send(&global.look().await?, address, cadence).await?;
        if global.json {
            print(json!({ "subject": report.subject, "stories": report.stories, "reply": report.reply }));
        } else {
            match &report.subject {
                Some(subject) => print(format_args!("sent “{subject}”, {}", count(report.stories, "post"))),
                None => print("nothing is new: there is no digest to prove"),
            }
            if let Some(reply) = &report.reply {
                print(format_args!("         {reply}"));
            }
        }
        Ok(if report.subject.is_some() { Ending::Done } else { Ending::Failed })
    }
}
