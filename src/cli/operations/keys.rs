//! `keys`: rotates the keys that sign personal links in emails.

use clap::Subcommand;
use serde_json::json;

use crate::app::operations::keys;
use crate::app::operations::keys::RotateReport;
use crate::cli::terminal::table::count;
use crate::cli::{Ending, Global, print};
use crate::domain::subscribers::token::KEPT_FOR;

#[derive(Debug, Subcommand)]
pub(crate) enum Keys {
    /// Make a new key that signs links from now on
    #[command(after_help = "\
Links in emails already sent keep working for 90 days, after which the key that signed them is removed. If a \
key has leaked, use --revoke: all links in emails already sent stop working at once, and their pages explain how to get a \
new one.

Stop the daemon first, because it would not know the new key, and start it again afterwards.")]
    Rotate {
        /// Remove all old keys now: links in emails already sent stop working
        #[arg(long)]
        revoke: bool,
    },
}

impl Keys {
    pub(crate) async fn run(self, global: &Global) -> anyhow::Result<Ending> {
        let Self::Rotate { revoke } = self;
        let app = global.edit().await?;
        let _lock = app.lock(&global.name()).await?;
        let RotateReport { keys, keep_until } = keys::rotate(&app, revoke).await?;
        if global.json {
            print(json!({
                "former": keys.former,
                "kept_until": keep_until.map(|until| until.to_rfc3339()),
                "revoked": keys.revoked,
                "cancelled": keys.cancelled,
            }));
            return Ok(Ending::Done);
        }
        match keep_until {
            Some(until) => print(format_args!(
                "A new key signs links from now on. Links in emails already sent keep working until {} ({} days).",
                until.with_timezone(&app.config.settings.timezone).format("%-d %b %Y"),
                KEPT_FOR.num_days(),
            )),
            None => {
                let old = if keys.revoked == 1 { "the old key is" } else { &format!("{} old keys are", keys.revoked) };
                print(format_args!(
                    "A new key signs links from now on, and {old} revoked: no link in an email already sent works any more."
                ));
                if keys.cancelled > 0 {
                    let emails = count(keys.cancelled, "email");
                    print(format_args!("{emails} with a revoked link had not left yet and will not be sent."));
                }
            }
        }
        Ok(Ending::Done)
    }
}
