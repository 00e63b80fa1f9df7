//! `config`: editor support for the configuration files.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, Subcommand};

use crate::cli::{Ending, Usage, print};
use crate::config::schema::{self, FILES};

#[derive(Debug, Subcommand)]
pub(crate) enum Config {
    /// Print or write the JSON Schemas of the files
    Schema(Schema),
}

#[derive(Debug, Args)]
#[command(after_help = "\
Editors with Taplo or Tombi read the line `#:schema schema/digest.json` at the \
top of a file. They then complete keys, explain them, and mark mistakes while \
you type.

Examples:
  policy-digest config schema digest
  policy-digest config schema --out config/schema")]
pub(crate) struct Schema {
    /// The file: digest, feeds or topic
    #[arg(required_unless_present = "out")]
    file: Option<String>,
    /// Write all schemas into this folder
    #[arg(long, value_name = "DIR", conflicts_with = "file")]
    out: Option<PathBuf>,
}

impl Config {
    pub(crate) fn run(self) -> anyhow::Result<Ending> {
        let Self::Schema(Schema { file, out }) = self;
        if let Some(folder) = out {
            std::fs::create_dir_all(&folder).with_context(|| format!("cannot make `{}`", folder.display()))?;
            for name in FILES {
                let path = folder.join(format!("{name}.json"));
                let schema = schema::of(name).unwrap_or_default();
                std::fs::write(&path, schema).with_context(|| format!("cannot write `{}`", path.display()))?;
                print(path.display());
            }
            return Ok(Ending::Done);
        }
        let name = file.unwrap_or_default();
        let schema = schema::of(&name).ok_or_else(|| Usage(format!("`{name}` is not one of {}", FILES.join(", "))))?;
        print(schema.trim_end());
        Ok(Ending::Done)
    }
}
