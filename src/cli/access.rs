//! What each command does with the database: the one place that says so. The doors of `Global` open no more
//! than is said here, and tests read it.

/// The ways in, each of which allows what those before it do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Access {
    /// Works on files and arguments alone.
    None,
    /// Reads; changes nothing, whoever else is at work ([`App::look`](crate::app::App::look)).
    Look,
    /// Changes something in a database that is there, beside a running daemon ([`App::edit`](crate::app::App::edit)).
    Edit,
    /// Adds to a database, and begins one where there is none yet.
    Begin,
    /// Polls, makes digests, delivers: one process at a time ([`App::work`](crate::app::App::work)).
    Work,
}

use Access::{Begin, Edit, Look, None, Work};

/// Every command with the most that it does; with some options it does less.
pub const COMMANDS: &[(&str, Access)] = &[
    ("backup", Look),
    ("bounce", Edit),
    ("check", Look),
    ("completions", None),
    ("config schema", None),
    ("dkim generate", None),
    ("dkim record", None),
    ("explain", Look),
    ("feeds add", Look),
    ("feeds check", Look),
    ("feeds disable", None),
    ("feeds enable", None),
    ("feeds export", None),
    ("feeds import", None),
    ("feeds letter", Look),
    ("feeds list", None),
    ("feeds parse", None),
    ("feeds remove", None),
    ("feeds reopen", Edit),
    ("keys rotate", Edit),
    ("man", None),
    ("messages list", Look),
    ("once", Work),
    ("poll", Work),
    ("preview", Look),
    // Without a decision it looks.
    ("reconcile", Edit),
    // Takes the lock, and puts another database in the place of this one.
    ("restore", None),
    // With --dry-run it looks.
    ("resume", Edit),
    ("run", Work),
    // Without --yes it looks.
    ("runs cancel", Edit),
    ("runs hold", Edit),
    ("runs list", Look),
    ("runs release", Edit),
    ("runs show", Look),
    ("schedule", None),
    ("send", Look),
    ("send-now", Edit),
    ("status", Look),
    ("subscribers add", Begin),
    ("subscribers export", Look),
    ("subscribers forget", Edit),
    ("subscribers import", Begin),
    ("subscribers list", Look),
    ("subscribers remove", Edit),
    ("subscribers set", Edit),
    ("subscribers show", Look),
    ("templates export", None),
    ("topic cross-validate", None),
    ("topic eval", None),
    ("topic test", Look),
    ("topic train", None),
];

/// What a command, by its words, may do.
pub(super) fn of(command: &str) -> Access {
    COMMANDS.iter().find(|(words, _)| *words == command).map_or(None, |(_, access)| *access)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::COMMANDS;

    #[test]
    fn every_command_says_once_what_it_does_with_the_database() {
        let mut leaves = leaves(&super::super::Cli::command(), "");
        leaves.sort();
        let said: Vec<&str> = COMMANDS.iter().map(|(words, _)| *words).collect();
        assert_eq!(leaves, said);
    }

    fn leaves(command: &clap::Command, above: &str) -> Vec<String> {
        let below = command.get_subcommands().flat_map(|below| {
            let words = format!("{above}{}", below.get_name());
            if below.has_subcommands() { leaves(below, &format!("{words} ")) } else { vec![words] }
        });
        below.collect()
    }
}
