//! The command line: the commands and their exit codes. Results go to standard output, everything else to standard
//! error. Each command has its own file; `global` opens the configuration and the database, `error` prints errors.

pub mod access;
#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod allocator;
mod digests;
mod error;
mod feeds;
mod global;
mod operations;
mod outbox;
mod selection;
mod subscribers;
mod terminal;

use digests::draft;
use digests::once;
use digests::preview;
use digests::runs;
use digests::schedule;
use digests::send_now;
use digests::templates;
use feeds::poll;
use operations::backup;
use operations::check;
use operations::completions;
use operations::config;
use operations::keys;
use operations::run;
use operations::status;
use outbox::bounce;
use outbox::dkim;
use outbox::messages;
use outbox::reconcile;
use outbox::send;
use selection::explain;
use selection::labels;
use selection::topic;
use std::io::IsTerminal as _;
use std::process::ExitCode;

use clap::{ArgMatches, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

use crate::telemetry;
pub(crate) use error::Usage;
use error::fail;
pub(crate) use global::{Global, look_ahead};

/// Polls policy blogs' feeds, selects the posts on public-service reform, and emails them as a digest.
#[derive(Parser)]
#[command(
    name = "policy-digest",
    version,
    max_term_width = 100,
    after_help = "\
Try it now; nothing leaves this machine:
  policy-digest once --config config/quickstart"
)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the daemon: poll, make digests, deliver them and serve the pages
    Run(run::Run),
    /// Poll every feed, make a digest of everything new, deliver it and exit
    Once(once::Once),
    /// Have the running daemon poll, make a digest and send it now
    SendNow(send_now::SendNow),
    /// Poll feeds and store new posts
    Poll(poll::Poll),
    /// Render the next digest without storing or sending it, and show what is left out
    Preview(preview::Preview),
    /// Show and edit the draft of the next digest
    Draft(draft::Draft),
    /// Email a proof of the next digest to one address
    Send(send::Send),
    /// Explain why a post is selected or not
    Explain(explain::Explain),
    /// Test, measure and train the topic
    #[command(subcommand)]
    Topic(topic::Topic),
    /// Show, export, import and remove what people said about posts
    #[command(subcommand)]
    Labels(labels::Labels),
    /// Work with the templates of emails and pages
    #[command(subcommand)]
    Templates(templates::Templates),
    /// Manage the list of feeds
    #[command(subcommand)]
    Feeds(feeds::Feeds),
    /// Manage the subscribers
    #[command(subcommand)]
    Subscribers(subscribers::Subscribers),
    /// Manage the DKIM key that signs emails
    #[command(subcommand)]
    Dkim(dkim::Dkim),
    /// Manage the keys that sign personal links in emails
    #[command(subcommand)]
    Keys(keys::Keys),
    /// Show the runs; hold, release or cancel one
    #[command(subcommand)]
    Runs(runs::Runs),
    /// Show the state of each email
    #[command(subcommand)]
    Messages(messages::Messages),
    /// Process one returned email from standard input (bounce, complaint or unsubscribe request)
    Bounce(bounce::Bounce),
    /// Check the installation: files, database, mail server, DNS and feeds; each finding has a next step
    Check(check::Check),
    /// Show when the next digests are due
    Schedule(schedule::Schedule),
    /// Show the current state: feeds, queue, subscribers, last and next run
    Status(status::Status),
    /// Show, resend or drop messages that may or may not have been delivered
    Reconcile(reconcile::Reconcile),
    /// Back up the database, even while the daemon runs
    Backup(backup::Backup),
    /// Restore the database from a backup; the current one is kept
    Restore(backup::Restore),
    /// Move the database from its file to a PostgreSQL server
    MigrateTo(backup::MigrateTo),
    /// Resume paused delivery: of a restored database, or after a mail server's outage
    Resume(backup::Resume),
    /// Editor support for the configuration files
    #[command(subcommand)]
    Config(config::Config),
    /// Generate shell completions
    Completions(completions::Completions),
    /// Generate the manual page
    #[command(hide = true)]
    Man(completions::Man),
}

/// How a command that could be carried out ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    /// Exit code 0.
    Done,
    /// Exit code 1: a digest could not be made, an email finally failed, or no feed could be read.
    Failed,
    /// Exit code 2: something in the configuration is wrong.
    Misconfigured,
    /// Exit code 75 (EX_TEMPFAIL): try again later; a mail server that piped an email here keeps it.
    TryAgain,
}

/// Parses the arguments, runs the command and prints any error.
#[must_use]
pub fn main() -> ExitCode {
    let matches = Cli::command().get_matches();
    let mut cli = Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    cli.global.command = words(&matches);
    let is_daemon = matches!(cli.command, Command::Run(_));
    let json = is_daemon && !std::io::stderr().is_terminal();
    telemetry::start(cli.global.verbose.saturating_add(u8::from(is_daemon)), json);
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    if is_daemon {
        allocator::limit();
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&anyhow::Error::new(error).context("cannot start the runtime")),
    };
    let ended = runtime.block_on(run(cli));
    // Background work, such as a parser that exceeded its time limit, is not waited for.
    runtime.shutdown_background();
    match ended {
        Ok(Ending::Done) => ExitCode::SUCCESS,
        Ok(Ending::Failed) => ExitCode::from(1),
        Ok(Ending::Misconfigured) => ExitCode::from(2),
        Ok(Ending::TryAgain) => ExitCode::from(75),
        Err(error) => fail(&error),
    }
}

/// The words of the given command, such as "subscribers add".
fn words(matches: &ArgMatches) -> String {
    let mut words = Vec::new();
    let mut rest = matches.subcommand();
    while let Some((word, below)) = rest {
        words.push(word);
        rest = below.subcommand();
    }
    words.join(" ")
}

async fn run(cli: Cli) -> anyhow::Result<Ending> {
    let Cli { global, command } = cli;
    let ended = carry_out(command, &global).await;
    if let Some(app) = global.opened.get() {
        app.store.close().await;
    }
    ended
}

async fn carry_out(command: Command, global: &Global) -> anyhow::Result<Ending> {
    match command {
        Command::Run(run) => run.run(global).await,
        Command::Once(once) => once.run(global).await,
        Command::SendNow(send_now) => send_now.run(global).await,
        Command::Poll(poll) => poll.run(global).await,
        Command::Preview(preview) => preview.run(global).await,
        Command::Draft(draft) => draft.run(global).await,
        Command::Send(send) => send.run(global).await,
        Command::Explain(explain) => explain.run(global).await,
        Command::Topic(topic) => topic.run(global).await,
        Command::Labels(labels) => labels.run(global).await,
        Command::Templates(templates) => templates.run(global),
        Command::Feeds(feeds) => feeds.run(global).await,
        Command::Subscribers(subscribers) => subscribers.run(global).await,
        Command::Dkim(dkim) => dkim.run(global),
        Command::Keys(keys) => keys.run(global).await,
        Command::Runs(runs) => runs.run(global).await,
        Command::Messages(messages) => messages.run(global).await,
        Command::Bounce(bounce) => Ok(bounce.run(global).await),
        Command::Check(check) => check.run(global).await,
        Command::Schedule(schedule) => schedule.run(global).await,
        Command::Status(status) => status.run(global).await,
        Command::Reconcile(reconcile) => reconcile.run(global).await,
        Command::Backup(backup) => backup.run(global).await,
        Command::Restore(restore) => restore.run(global).await,
        Command::MigrateTo(migrate) => migrate.run(global).await,
        Command::Resume(resume) => resume.run(global).await,
        Command::Config(config) => config.run(),
        Command::Completions(completions) => Ok(completions.run()),
        Command::Man(man) => man.run(),
    }
}

/// Prints a result. A closed pipe (`… | head`) is not an error.
fn print(text: impl std::fmt::Display) {
    use std::io::Write as _;
    let _ = writeln!(std::io::stdout(), "{text}");
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_consistent() {
        super::Cli::command().debug_assert();
    }
}
