//! `templates`: the built-in templates, written out to be changed.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::json;

use crate::app::digests::templates;
use crate::cli::{Ending, Global, print};

#[derive(Debug, Subcommand)]
pub(crate) enum Templates {
    /// Write the built-in templates into a folder, with a README.md that says what each may use
    Export(Export),
}

#[derive(Debug, Args)]
#[command(after_help = "\
Keep the files that you change, delete the others, and name the folder in digest.toml by the key
`templates_dir`. `policy-digest check` tries them all.

Example:
  policy-digest templates export config/templates")]
pub(crate) struct Export {
    /// Where to; made if it is not there
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Overwrite files that are there already
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
