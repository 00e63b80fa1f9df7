//! `topic train`: trains the classifier of topic.toml on labelled posts.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;

use super::{Ending, Global, Usage, posts, print, table};
use crate::app::selection::train;

#[derive(Debug, Args)]
#[command(after_help = "\
The same posts always give the same file. The format is that of `topic eval`; see config/training/README.md.

Example:
  policy-digest topic train labelled.jsonl --with config/training/posts.jsonl")]
pub(in crate::cli) struct Train {
    /// Labelled posts, one JSON object a line
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Additional labelled posts of another kind, such as excerpts written for training, with less weight
    #[arg(long, value_name = "FILE")]
    with: Vec<PathBuf>,
    /// Write to this file (default: the one that topic.toml names)
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl Train {
    pub(in crate::cli) fn run(&self, global: &Global) -> anyhow::Result<Ending> {
        let config = global.load_untrained()?;
        let Some(out) = self.out.as_ref().or(config.classifier_file.as_ref()) else {
            let hint = "topic.toml names no classifier: add `[classifier]` with `file = \"topic.classifier\"`, or use \
                        `--out FILE`";
            return Err(Usage(hint.to_owned()).into());
        };
        let (posts, others) = (posts(&self.files, &config.topic)?, posts(&self.with, &config.topic)?);
        let (classifier, file) =
            train::train(&config.topic, &posts.iter().collect::<Vec<_>>(), &others.iter().collect::<Vec<_>>());
        std::fs::write(out, &file).with_context(|| format!("cannot write `{}`", out.display()))?;
        let (features, read) = (classifier.features(), table::count(posts.len() + others.len(), "post"));
        let kib = file.len() / 1024;
        print(format_args!("{}: {features} words and pairs of words from {read}, {kib} KiB", out.display()));
        Ok(Ending::Done)
    }
}
