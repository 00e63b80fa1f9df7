//! The database access of each command. `Global` allows no more than is listed here, and tests check it.

/// The kinds of access. Each includes the ones before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Access {
    /// Uses only files and arguments.
    None,
    /// Reads and changes nothing, even while another process is running ([`App::look`](crate::app::App::look)).
    Look,
    /// Changes an existing database, even while the daemon runs ([`App::edit`](crate::app::App::edit)).
    Edit,
    /// Adds to a database, and creates one if there is none.
    Begin,
    /// Polls, makes digests and delivers; only one process at a time may do that ([`App::work`](crate::app::App::work)).
    Work,
}

use Access::{Begin, Edit, Look, None, Work};

/// Every command with the most access it may need; with some options it needs less.
pub const COMMANDS: &[(&str, Access)] = &[
    ("backup", Look),
    ("bounce", Edit),
    ("check", Look),
    ("completions", None),
    ("config schema", None),
    ("dkim generate", None),
    ("dkim record", None),
    ("draft add", Edit),
    ("draft approve", Edit),
    ("draft comment", Edit),
    ("draft drop", Edit),
    ("draft edit", Edit),
    ("draft hold", Edit),
    ("draft include", Edit),
    ("draft lead", Edit),
    ("draft move", Edit),
    ("draft note", Edit),
    ("draft postpone", Edit),
    ("draft reopen", Edit),
    ("draft restore", Edit),
    ("draft send", Edit),
    // As `draft` alone.
    ("draft show", Look),
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
    ("labels export", Look),
    ("labels import", Edit),
    ("labels list", Look),
    ("labels remove", Edit),
    ("man", None),
    ("messages list", Look),
    // It takes the lock itself, on the file and on the server.
    ("migrate-to", None),
    ("once", Work),
    ("poll", Work),
    ("preview", Look),
    // Without a decision it only looks.
    ("reconcile", Edit),
    // Takes the lock and replaces the whole database.
    ("restore", None),
    // With --dry-run it only looks.
    ("resume", Edit),
    ("run", Work),
    // Without --yes it only looks.
    ("runs cancel", Edit),
    ("runs correct", Edit),
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
    // Without --apply or --forget it only looks.
    ("topic learn", Edit),
    ("topic test", Look),
    ("topic train", None),
];

/// The access of a command, given by its words.
pub(super) fn of(command: &str) -> Access {
    COMMANDS.iter().find(|(words, _)| *words == command).map_or(None, |(_, access)| *access)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::COMMANDS;

    #[test]
    fn every_command_is_listed_once_with_its_access() {
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
