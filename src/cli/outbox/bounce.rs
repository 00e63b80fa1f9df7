//! `bounce`: one returned mail on standard input, as a mail server pipes it. Whatever cannot be done now exits 75
//! (EX_TEMPFAIL of sysexits), so that the server keeps the mail and tries again, rather than bouncing a bounce.

use std::io::Read as _;

use anyhow::Context as _;
use clap::Args;
use serde_json::json;

use crate::app::outbox::bounces::{BounceReport, Ignored, take_in};
use crate::cli::{Ending, Global, print};
use crate::store::Taken;

/// The most that is read of one mail, twice what is looked at; the rest is taken and dropped.
const MAX_BYTES: u64 = 2 * 1024 * 1024;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  policy-digest bounce < returned.eml
  In Postfix's master.cf, as a transport that runs as the user who owns the database:
    digest-bounce unix - n n - - pipe user=digest
      argv=/usr/local/bin/policy-digest bounce --config /etc/policy-digest --to ${recipient}
  and in main.cf:
    relay_domains = digest.example.org
    transport_maps = inline:{ digest.example.org=digest-bounce: }
    digest-bounce_destination_recipient_limit = 1")]
pub(crate) struct Bounce {
    /// The address that the email was delivered to, if the mail server knows it
    #[arg(long, value_name = "ADDRESS")]
    to: Option<String>,
}

impl Bounce {
    /// Does not fail but for now.
    pub(crate) async fn run(self, global: &Global) -> Ending {
        match self.take_in(global).await {
            Ok(report) => {
                if global.json {
                    print(to_json(&report));
                } else {
                    print(sentence(&report));
                }
                Ending::Done
            }
            Err(error) => {
                crate::cli::fail(&error);
                Ending::TryAgain
            }
        }
    }

    async fn take_in(&self, global: &Global) -> anyhow::Result<BounceReport> {
        let mut bytes = Vec::new();
        let mut input = std::io::stdin().lock();
        input.by_ref().take(MAX_BYTES).read_to_end(&mut bytes).context("cannot read the email from standard input")?;
        // A server whose pipe closes early would take it for a failure.
        std::io::copy(&mut input, &mut std::io::sink()).context("cannot read the email from standard input")?;
        drop(input);
        let app = global.edit().await?;
        take_in(&app, &bytes, self.to.as_deref()).await
    }
}

fn sentence(report: &BounceReport) -> String {
    match report {
        BounceReport::Failed { message, fault, code, taken } => {
            let code = if code.is_empty() { "no code" } else { code };
            let what = match taken {
                Taken::Suppressed => "its reader is suppressed",
                Taken::Kept => "the address is not suppressed yet",
                Taken::Waits => "it counts when its run is judged or released",
                Taken::NoMessage => "there is no such message",
            };
            format!("message {message} came back ({}, {code}): {what}", fault.as_str())
        }
        BounceReport::Complaint { message } => {
            format!("message {message} was called spam: its reader is suppressed for good")
        }
        BounceReport::Left => "a reader left".to_owned(),
        BounceReport::Ignored(ignored) => format!(
            "ignored: {}",
            match ignored {
                Ignored::Forged => "its token is not one of ours",
                Ignored::NoToken => "it carries no token of ours",
                Ignored::NoMessage => "its message is not in this database",
                Ignored::Passing => "the email is delayed or has arrived",
                Ignored::AutoReply => "a machine answered",
                Ignored::Other => "it reports nothing",
            }
        ),
    }
}

fn to_json(report: &BounceReport) -> serde_json::Value {
    match report {
        BounceReport::Failed { message, fault, code, taken } => json!({
            "what": report.word(), "message": message, "fault": fault.as_str(), "code": code,
            "suppressed": *taken == Taken::Suppressed, "waits": *taken == Taken::Waits,
        }),
        BounceReport::Complaint { message } => {
            json!({ "what": report.word(), "message": message, "fault": "complaint", "suppressed": true, "waits": false })
        }
        BounceReport::Left | BounceReport::Ignored(_) => json!({ "what": report.word() }),
    }
}
