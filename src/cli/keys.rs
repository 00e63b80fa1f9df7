//! `keys`: the keys that sign the personal links of mails.

use clap::Subcommand;
use serde_json::json;

use super::{Ending, Global, print};
use crate::app::keys;

#[derive(Debug, Subcommand)]
pub(super) enum Keys {
    /// Make a new key that signs links from now on; links that went out before still work
    #[command(after_help = "\
The daemon must not run meanwhile: it would not know the new key. Stop it, rotate, start it again.")]
    Rotate,
}

impl Keys {
    pub(super) async fn run(self, global: &Global) -> anyhow::Result<Ending> {
        let Self::Rotate = self;
        let app = global.edit().await?;
        let _lock = app.lock(&global.name()).await?;
        let report = keys::rotate(&app).await?;
        if global.json {
            print(json!({ "former": report.former }));
        } else {
            let links =
                if report.former == 1 { "1 former key is" } else { &format!("{} former keys are", report.former) };
            print(format_args!(
                "a new key signs from now on; {links} accepted, so that links in older mails still work"
            ));
        }
        Ok(Ending::Done)
    }
}
