//! `run`: the daemon, in the foreground.

use clap::Args;
use serde_json::json;

use crate::app::operations::integrity::look_over;
use crate::cli::{Ending, Global, print};
use crate::{config, daemon};

#[derive(Debug, Args)]
#[command(after_help = "\
SIGTERM or Ctrl-C stops it: it sends no further email and finishes work in progress, within 30 \
seconds. A second signal ends it at once. Edits of the configuration take effect within half a \
minute, or at once on SIGHUP; while they contain a mistake, the previous configuration stays in \
use. The log goes to standard error, as JSON if that is not a terminal.

Example:
  policy-digest run --config /etc/policy-digest --data /var/lib/policy-digest")]
pub(crate) struct Run {}

impl Run {
    pub(crate) async fn run(self, global: &Global) -> anyhow::Result<Ending> {
        let app = global.serve(global.load()?).await?;
        look_over(&app).await?;
        let (folder, data) = (global.config.clone(), global.data.clone());
        let read = move || config::load_from_process(Some(&folder), data.as_deref());
        daemon::run(app, read, |address| {
            if global.json {
                print(json!({ "listen": address.to_string() }));
            } else {
                print(format_args!("serving on http://{address}"));
            }
        })
        .await?;
        Ok(Ending::Done)
    }
}
