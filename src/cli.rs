//! The command line: what can be asked, the exit code, and how an error is printed. Results go to standard
//! output, everything else to standard error. Each command has its file.

pub mod access;
mod digests;
mod feeds;
mod operations;
mod outbox;
mod selection;
mod subscribers;
mod terminal;

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
use selection::topic;
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use clap::{ArgMatches, Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

use crate::app::clock::Clock;
use crate::app::digests::send_now::Unanswered;
use crate::app::feeds::Refusal;
use crate::app::feeds::poll::UnknownFeed;
use crate::app::feeds::reopen::NeverRead;
use crate::app::subscribers::subscribe;
use crate::app::subscribers::subscribe::UnknownTheme;
use crate::app::{Advised, App, OldPlace, ReadOnly, lock::Busy};
use crate::config::{self as configuration, Findings, NoteError};
use crate::domain::operations::os_error;
use crate::{store, telemetry};
use access::Access;

/// Polls policy blogs' feeds, picks the posts on public-service reform, and mails them as a digest.
#[derive(Parser)]
#[command(
    name = "policy-digest",
    version,
    max_term_width = 100,
    after_help = "\
Try it at once, nothing leaves this machine:
  policy-digest once --config config/quickstart"
)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

/// What every command takes, before or after its name.
#[derive(Args)]
struct Global {
    /// Folder with digest.toml, feeds.toml and topic.toml
    #[arg(long, global = true, value_name = "DIR", default_value = "config")]
    config: PathBuf,
    /// Folder for the database and the outbox; wins over the key `data`
    #[arg(long, global = true, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Print the result as JSON
    #[arg(long, global = true)]
    json: bool,
    /// Log more on standard error; twice for everything
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    verbose: u8,
    /// The command's words: "subscribers add".
    #[arg(skip)]
    command: String,
    /// What the command has opened to write, to be closed when it has ended.
    #[arg(skip)]
    opened: OnceLock<App>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// The daemon: poll, make digests, deliver, serve the pages, until told to stop
    Run(run::Run),
    /// Poll every feed, make the digest of all that is new, deliver it, exit
    Once(once::Once),
    /// Have the running daemon poll, make a digest and send it now
    SendNow(send_now::SendNow),
    /// Only poll: fetch feeds and keep what is new
    Poll(poll::Poll),
    /// Render the next digest without storing or sending it, and say what is left out
    Preview(preview::Preview),
    /// Mail a proof of the next digest to one address
    Send(send::Send),
    /// Say why an item is in or out
    Explain(explain::Explain),
    /// Work on the topic file
    #[command(subcommand)]
    Topic(topic::Topic),
    /// The templates of mails and pages
    #[command(subcommand)]
    Templates(templates::Templates),
    /// The list of feeds
    #[command(subcommand)]
    Feeds(feeds::Feeds),
    /// The people who receive the digest
    #[command(subcommand)]
    Subscribers(subscribers::Subscribers),
    /// The key that mails are signed with
    #[command(subcommand)]
    Dkim(dkim::Dkim),
    /// The keys that sign the personal links of mails
    #[command(subcommand)]
    Keys(keys::Keys),
    /// How each run went; hold one, let it go on, or end it
    #[command(subcommand)]
    Runs(runs::Runs),
    /// What became of each mail
    #[command(subcommand)]
    Messages(messages::Messages),
    /// Take in one returned mail from standard input: a bounce, a complaint, a wish to leave
    Bounce(bounce::Bounce),
    /// Look everything over: files, database, mail server, DNS, feeds; each finding with its next step
    Check(check::Check),
    /// When the next digests are due
    Schedule(schedule::Schedule),
    /// How it is, on one screen: feeds' health, queue, people, last and next run
    Status(status::Status),
    /// Messages of which nobody knows whether they arrived: show them, resend or drop them
    Reconcile(reconcile::Reconcile),
    /// A consistent copy of the database, while the daemon runs
    Backup(backup::Backup),
    /// Put a backup in the place of the database; the one before is kept
    Restore(backup::Restore),
    /// Let delivery go on: in a restored database, or to a mail server that is back
    Resume(backup::Resume),
    /// What editors need for the configuration's files
    #[command(subcommand)]
    Config(config::Config),
    /// Shell completions
    Completions(completions::Completions),
    /// The manual page
    #[command(hide = true)]
    Man(completions::Man),
}

/// How a command ended, when it could be carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    /// Exit 0.
    Done,
    /// Exit 1: a digest could not be made, a mail finally failed, or no feed could be read.
    Failed,
    /// Exit 2: something in the configuration is at fault.
    Misconfigured,
    /// Exit 75: not now; whoever asked keeps what they handed in.
    TryAgain,
}

/// Parses the arguments, runs the command, prints an error if there is one.
#[must_use]
pub fn main() -> ExitCode {
    let matches = Cli::command().get_matches();
    let mut cli = Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    cli.global.command = words(&matches);
    let is_daemon = matches!(cli.command, Command::Run(_));
    let json = is_daemon && !std::io::stderr().is_terminal();
    telemetry::start(cli.global.verbose.saturating_add(u8::from(is_daemon)), json);
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&anyhow::Error::new(error).context("cannot start the runtime")),
    };
    let ended = runtime.block_on(run(cli));
    // What still runs beside it, as a parser that was given up, is not waited for.
    runtime.shutdown_background();
    match ended {
        Ok(Ending::Done) => ExitCode::SUCCESS,
        Ok(Ending::Failed) => ExitCode::from(1),
        Ok(Ending::Misconfigured) => ExitCode::from(2),
        Ok(Ending::TryAgain) => ExitCode::from(75),
        Err(error) => fail(&error),
    }
}

/// The words of the command that was given.
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
        Command::Send(send) => send.run(global).await,
        Command::Explain(explain) => explain.run(global).await,
        Command::Topic(topic) => topic.run(global).await,
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
        Command::Resume(resume) => resume.run(global).await,
        Command::Config(config) => config.run(),
        Command::Completions(completions) => Ok(completions.run()),
        Command::Man(man) => man.run(),
    }
}

impl Global {
    fn load(&self) -> Result<configuration::Config, Findings> {
        configuration::load_from_process(Some(&self.config), self.data.as_deref())
    }

    fn load_untrained(&self) -> Result<configuration::Config, Findings> {
        configuration::load_untrained(&self.config)
    }

    /// To read. Every command may.
    async fn look(&self) -> anyhow::Result<ReadOnly> {
        App::look(self.load()?, Clock::System).await
    }

    /// The same for what makes sense before the first start as well.
    async fn look_ahead(&self) -> anyhow::Result<ReadOnly> {
        look_ahead(self.load()?).await
    }

    /// To change something in the database that is there.
    async fn edit(&self) -> anyhow::Result<App> {
        self.allow(Access::Edit);
        Ok(self.keep(App::edit(self.load()?, Clock::System).await?))
    }

    /// The same, or to begin one where there is none. Whoever comes while another process begins it waits for that.
    async fn begin(&self) -> anyhow::Result<App> {
        self.allow(Access::Begin);
        let (config, start) = (self.load()?, Instant::now());
        loop {
            match App::edit(config.clone(), Clock::System).await {
                Err(error) if is_missing(&error) => {}
                edited => return Ok(self.keep(edited?)),
            }
            match self.take_lock(config.clone()).await {
                Err(error) if error.is::<Busy>() && start.elapsed() < BEGINNING => {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
                worked => {
                    let app = worked?;
                    tracing::warn!("made a new database in `{}`", app.config.settings.data.display());
                    return Ok(app);
                }
            }
        }
    }

    /// To do what one process at a time does.
    async fn work(&self, config: configuration::Config) -> anyhow::Result<App> {
        self.allow(Access::Work);
        self.take_lock(config).await
    }

    async fn take_lock(&self, config: configuration::Config) -> anyhow::Result<App> {
        Ok(self.keep(App::work(config, Clock::System, &self.name()).await?))
    }

    /// Who this process is to others that it keeps out.
    fn name(&self) -> String {
        format!("policy-digest {}", self.command)
    }

    fn allow(&self, access: Access) {
        assert!(access <= access::of(&self.command), "`cli::access` does not let `{}` {access:?}", self.command);
    }

    fn keep(&self, app: App) -> App {
        self.opened.get_or_init(|| app).clone()
    }

    /// The configuration with a note of its own, if one is named. Whatever is wrong with the note is told before anything is
    /// done.
    fn load_with(&self, note: Option<&Path>) -> anyhow::Result<configuration::Config> {
        let mut config = self.load()?;
        if let Some(note) = note {
            if !note.is_file() {
                return Err(Usage(format!("there is no note `{}`", note.display())).into());
            }
            note.clone_into(&mut config.note_file);
        }
        configuration::read_note(&config.note_file)?;
        Ok(config)
    }
}

/// The longest that another process may take to begin a database.
const BEGINNING: Duration = Duration::from_secs(10);

async fn look_ahead(config: configuration::Config) -> anyhow::Result<ReadOnly> {
    match App::look(config.clone(), Clock::System).await {
        Err(error) if is_missing(&error) => App::look_ahead(config, Clock::System).await,
        looked => looked,
    }
}

fn is_missing(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(store::Error::Missing { .. }))
}

/// Prints a result; a reader that went away (`… | head`) ends it quietly.
fn print(text: impl std::fmt::Display) {
    use std::io::Write as _;
    let _ = writeln!(std::io::stdout(), "{text}");
}

/// `error: …`, its causes, a hint. Exit 2 when the configuration or the arguments are at fault, else 1.
#[expect(clippy::print_stderr, reason = "the one place that prints errors")]
fn fail(error: &anyhow::Error) -> ExitCode {
    if let Some(findings) = error.downcast_ref::<Findings>() {
        eprintln!("{findings}");
        return ExitCode::from(2);
    }
    eprintln!("error: {error}");
    for cause in error.chain().skip(1) {
        eprintln!("  caused by: {cause}");
    }
    if let Some(hint) = hint(error) {
        eprintln!("\nhint: {hint}");
    }
    if is_usage(error) { ExitCode::from(2) } else { ExitCode::from(1) }
}

/// The next step that an error knows, else what helps against the operating system's error beneath it.
fn hint(error: &anyhow::Error) -> Option<String> {
    fn of<E: std::error::Error + Send + Sync + 'static>(
        error: &anyhow::Error,
        next: impl FnOnce(&E) -> Option<String>,
    ) -> Option<String> {
        error.downcast_ref().and_then(next)
    }
    of(error, |it: &Advised| Some(it.hint.clone()))
        .or_else(|| of(error, |it: &Busy| Some(it.next().to_owned())))
        .or_else(|| of(error, |it: &Unanswered| Some(it.next().to_owned())))
        .or_else(|| of(error, |it: &OldPlace| Some(it.next())))
        .or_else(|| of(error, |it: &store::Error| it.hint().map(str::to_owned)))
        .or_else(|| of(error, |it: &NoteError| Some(it.next().to_owned())))
        .or_else(|| of(error, |it: &Refusal| Some(it.next())))
        .or_else(|| of(error, |it: &subscribe::Refusal| Some(it.next())))
        .or_else(|| of(error, |it: &NeverRead| Some(it.next())))
        .or_else(|| os_error::root(error.as_ref()).and_then(os_error::next).map(str::to_owned))
}

fn is_usage(error: &anyhow::Error) -> bool {
    error.is::<Usage>()
        || error.is::<NoteError>()
        || error.is::<UnknownFeed>()
        || error.is::<UnknownTheme>()
        || error.is::<subscribe::Refusal>()
        || error.downcast_ref::<Refusal>().is_some_and(Refusal::is_usage)
        || error.downcast_ref::<Advised>().is_some_and(|advised| advised.is_usage)
}

/// An argument that the grammar lets through and that makes no sense.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Usage(String);

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_holds_together() {
        super::Cli::command().debug_assert();
    }
}
