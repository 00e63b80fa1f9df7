//! `subscribers export`: people for other programs, and for a look in a spreadsheet.

use std::path::PathBuf;

use clap::Args;
use serde_json::{Value as Json, json};

use super::list::{Filter, to_json};
use crate::app::subscribers::people;
use crate::app::subscribers::people::to_csv;
use crate::cli::terminal::files;
use crate::cli::terminal::table::count;
use crate::cli::{Ending, Global, print};

#[derive(Debug, Args)]
#[command(after_help = "\
Other users of this machine cannot read the file. `subscribers import` reads it \
back. If it has non-ASCII letters, it begins with a byte order mark, so that spreadsheets show them.

Examples:
  policy-digest subscribers export people.csv --status active
  policy-digest subscribers export --json > people.json")]
pub(in crate::cli) struct Export {
    /// The file to create (default: standard output)
    file: Option<PathBuf>,
    /// Whether CSV begins with a byte order mark; `auto`: if it has non-ASCII letters
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    bom: Bom,
    #[command(flatten)]
    filter: Filter,
}

/// When a byte order mark is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Bom {
    Auto,
    Always,
    Never,
}

impl Export {
    pub(super) async fn run(self, global: &Global) -> anyhow::Result<Ending> {
        let app = global.look().await?;
        let people = people::list(&app, &self.filter.which()).await?;
        let text = match global.json {
            true => format!("{:#}\n", Json::from(people.iter().map(to_json).collect::<Vec<_>>())),
            false => to_csv(&people),
        };
        let is_marked = match self.bom {
            _ if global.json => false,
            Bom::Auto => self.file.is_some() && !text.is_ascii(),
            Bom::Always => true,
            Bom::Never => false,
        };
        let text = if is_marked { format!("\u{feff}{text}") } else { text };
        let Some(file) = self.file else {
            print(text.trim_end());
            return Ok(Ending::Done);
        };
        files::create(&file, &text)?;
        if global.json {
            print(json!({ "file": file, "people": people.len() }));
        } else {
            print(format_args!("{} written to {}", count(people.len(), "subscriber"), file.display()));
        }
        Ok(Ending::Done)
    }
}
