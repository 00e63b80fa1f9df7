//! `completions` and `man`: generates shell completions and manual pages.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, CommandFactory as _};
use clap_complete::Shell;

use crate::cli::{Cli, Ending, print};

/// The program's name.
const NAME: &str = "policy-digest";

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  policy-digest completions bash > /etc/bash_completion.d/policy-digest
  policy-digest completions zsh > ~/.zfunc/_policy-digest
  policy-digest completions fish > ~/.config/fish/completions/policy-digest.fish")]
pub(crate) struct Completions {
    /// The shell
    shell: Shell,
}

impl Completions {
    pub(crate) fn run(self) -> Ending {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), NAME, &mut script);
        print(String::from_utf8_lossy(&script).trim_end());
        Ending::Done
    }
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  policy-digest man | man -l -
  policy-digest man --out /usr/local/share/man/man1")]
pub(crate) struct Man {
    /// Write the pages of all commands into this folder (default: print the main page)
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

impl Man {
    pub(crate) fn run(self) -> anyhow::Result<Ending> {
        let Some(folder) = self.out else {
            let mut page = Vec::new();
            clap_mangen::Man::new(Cli::command()).render(&mut page).context("cannot write the page")?;
            print(String::from_utf8_lossy(&page).trim_end());
            return Ok(Ending::Done);
        };
        let cannot = || format!("cannot write into `{}`", folder.display());
        std::fs::create_dir_all(&folder).with_context(cannot)?;
        clap_mangen::generate_to(Cli::command(), &folder).with_context(cannot)?;
        print(folder.display());
        Ok(Ending::Done)
    }
}
