//! `topic train`: the classifier of topic.toml, made from labelled posts.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;

use super::{Ending, Global, Usage, posts, print, table};
use crate::app::topic::train;

#[derive(Debug, Args)]
#[command(after_help = "\
The same posts make the same file. Each line is as `topic eval` reads it.

Example:
  policy-digest topic train config/training/*.jsonl")]
pub(in crate::cli) struct Train {
    /// Labelled posts, one JSON object a line
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Write to this file instead of the one that topic.toml names
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl Train {
    pub(in crate::cli) fn run(&self, global: &Global) -> anyhow::Result<Ending> {
        let config = global.load_untrained()?;
        let Some(out) = self.out.as_ref().or(config.wording_file.as_ref()) else {
            let hint =
                "topic.toml names no model: add `[wording]` with `file = \"topic.wording\"`, or give `--out FILE`";
            return Err(Usage(hint.to_owned()).into());
        };
        let posts = posts(&self.files, &config.topic)?;
        let model = train::train(&config.topic, &posts.iter().collect::<Vec<_>>()).write();
        std::fs::write(out, &model).with_context(|| format!("cannot write `{}`", out.display()))?;
        let features = model.lines().count().saturating_sub(3);
        let (read, kib) = (table::count(posts.len(), "post"), model.len() / 1024);
        print(format_args!("{}: {features} words and pairs of words from {read}, {kib} KiB", out.display()));
        Ok(Ending::Done)
    }
}
