//! `topic`: measures the topic file on labelled posts (`eval`, `cross-validate`), trains its classifier (`train`), learns
//! from what people change by hand (`learn`), and shows the effect of an edit on stored posts (`test`).

mod cross_validate;
mod eval;
mod figures;
mod learn;
mod test;
mod train;

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Subcommand;

use crate::app::selection::eval::{Labelled, read};
use crate::cli::terminal::{files, marked, table};
use crate::cli::{Ending, Global, Usage, print};

#[derive(Debug, Subcommand)]
pub(crate) enum Topic {
    /// Show what an edit of topic.toml adds and drops among the stored posts; nothing is stored
    Test(test::Test),
    /// Measure topic.toml against posts that people have labelled
    Eval(eval::Eval),
    /// Train the classifier that topic.toml names, from labelled posts
    Train(train::Train),
    /// Learn from what editors and readers said about posts, if that selects better
    Learn(learn::Learn),
    /// Measure topic.toml and a newly trained classifier on blogs that the classifier has not seen
    CrossValidate(cross_validate::CrossValidate),
}

impl Topic {
    pub(crate) async fn run(self, global: &Global) -> anyhow::Result<Ending> {
        match self {
            Self::Test(test) => test.run(global).await,
            Self::Eval(eval) => eval.run(global),
            Self::Train(train) => train.run(global),
            Self::Learn(learn) => learn.run(global).await,
            Self::CrossValidate(validate) => validate.run(global),
        }
    }
}

/// The labelled posts of all files; `-` is standard input.
fn posts(files: &[PathBuf], topic: &crate::domain::selection::topic::Topic) -> anyhow::Result<Vec<Labelled>> {
    let mut posts = Vec::new();
    for path in files {
        let read = if path == Path::new("-") {
            read(std::io::stdin().lock(), topic)
        } else {
            let file = std::fs::File::open(path).with_context(|| format!("cannot open `{}`", path.display()))?;
            read(std::io::BufReader::new(file), topic)
        };
        posts.extend(read.with_context(|| format!("cannot use `{}`", path.display()))?);
    }
    Ok(posts)
}
