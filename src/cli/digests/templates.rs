//! `templates`: exports the built-in templates to be customised.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::json;

use crate::app::digests::templates;
use crate::cli::{Ending, Global, print};

#[derive(Debug, Subcommand)]
pub(crate) enum Templates {
    /// Write the built-in templates into a folder, with a README.md that documents their variables
    Export(Export),
}

#[derive(Debug, Args)]
#[command(after_help = "\
Keep the files that you change, delete the others, and set `templates_dir` in digest.toml to the \
folder. `policy-digest check` renders all templates with sample data.

Example:
  policy-digest templates export config/templates")]
pub(crate) struct Export {
    /// The folder, created if necessary
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Overwrite existing files
    #[arg(long)]
    force: bool,
}

impl Templates {
    pub(crate) fn run(self, global: &Global) -> anyhow::Result<Ending> {
        let Self::Export(Export { folder, force }) = self;
        let written = templates::export(&folder, force)?;
        if global.json {
            print(json!({ "files": written }));
        } else {
            written.iter().for_each(|path| print(path.display()));
        }
        Ok(Ending::Done)
    }
}
