//! The global options, and how a command opens the configuration and the database with them. A command opens no more than
//! [`access`] allows.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use clap::Args;

use super::access::{self, Access};
use super::error::Usage;
use crate::app::clock::Clock;
use crate::app::lock::Busy;
use crate::app::{App, ReadOnly};
use crate::config::{self as configuration, Findings};
use crate::store;

/// The options of every command, before or after its name.
#[derive(Args)]
pub(crate) struct Global {
    /// Folder with digest.toml, feeds.toml and topic.toml
    #[arg(long, global = true, value_name = "DIR", default_value = "config")]
    pub(crate) config: PathBuf,
    /// Folder for the database and the outbox; overrides the key `data`
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// Print the result as JSON
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Log more on standard error; twice for everything
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub(super) verbose: u8,
    /// The words of the command, such as "subscribers add".
    #[arg(skip)]
    pub(super) command: String,
    /// The database opened for writing, to be closed when the command has ended.
    #[arg(skip)]
    pub(super) opened: OnceLock<App>,
}

impl Global {
    pub(crate) fn load(&self) -> Result<configuration::Config, Findings> {
        configuration::load_from_process(Some(&self.config), self.data.as_deref())
    }

    pub(crate) fn load_untrained(&self) -> Result<configuration::Config, Findings> {
        configuration::load_untrained(&self.config)
    }

    /// For commands that add feeds: `feeds.toml` may be missing.
    pub(crate) fn load_without_feeds(&self) -> Result<configuration::Config, Findings> {
        configuration::load_without_feeds(&self.config, self.data.as_deref())
    }

    /// Opens the database to read. Every command may.
    pub(crate) async fn look(&self) -> anyhow::Result<ReadOnly> {
        App::look(self.load()?, Clock::System).await
    }

    /// The same for commands that also work before the first start.
    pub(crate) async fn look_ahead(&self) -> anyhow::Result<ReadOnly> {
        look_ahead(self.load()?).await
    }

    /// Opens the existing database to change something.
    pub(crate) async fn edit(&self) -> anyhow::Result<App> {
        self.allow(Access::Edit);
        Ok(self.keep(App::edit(self.load()?, Clock::System).await?))
    }

    /// The same, but creates the database if there is none. If another process is creating it, waits for that.
    pub(crate) async fn begin(&self) -> anyhow::Result<App> {
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
                    tracing::warn!("created a new database in `{}`", app.config.settings.data.display());
                    return Ok(app);
                }
            }
        }
    }

    /// Opens the database for work that only one process at a time may do.
    pub(crate) async fn work(&self, config: configuration::Config) -> anyhow::Result<App> {
        self.allow(Access::Work);
        self.take_lock(config).await
    }

    /// Opens the database for the daemon, which may stand by for another one on the same server. Waits while processes of an
    /// earlier version are at work that could not go on with this one's schema, or it with theirs.
    pub(crate) async fn serve(&self, config: configuration::Config) -> anyhow::Result<App> {
        self.allow(Access::Work);
        let mut is_waiting = false;
        loop {
            match App::serve(config.clone(), Clock::System, &self.name()).await {
                Err(error) if config.settings.database.is_on_server() && will_pass(&error) => {
                    if !is_waiting {
                        tracing::warn!("waiting for processes of an earlier version to end: {error:#}");
                    }
                    is_waiting = true;
                    tokio::time::sleep(Duration::from_secs(2)).await;
                }
                served => return Ok(self.keep(served?)),
            }
        }
    }

    async fn take_lock(&self, config: configuration::Config) -> anyhow::Result<App> {
        Ok(self.keep(App::work(config, Clock::System, &self.name()).await?))
    }

    /// The name of this process in the messages of those that it locks out.
    pub(crate) fn name(&self) -> String {
        format!("policy-digest {}", self.command)
    }

    fn allow(&self, access: Access) {
        assert!(access <= access::of(&self.command), "`cli::access` does not let `{}` {access:?}", self.command);
    }

    fn keep(&self, app: App) -> App {
        self.opened.get_or_init(|| app).clone()
    }

    /// The configuration, with another file for the note if one is given. Fails early if the note cannot be used.
    pub(crate) fn load_with(&self, note: Option<&Path>) -> anyhow::Result<configuration::Config> {
        let mut config = self.load()?;
        if let Some(note) = note {
            if !note.is_file() {
                return Err(Usage(format!("the note `{}` does not exist", note.display())).into());
            }
            note.clone_into(&mut config.note_file);
        }
        configuration::read_note(&config.note_file)?;
        Ok(config)
    }
}

/// How long to wait for another process that is creating the database.
const BEGINNING: Duration = Duration::from_secs(10);

pub(crate) async fn look_ahead(config: configuration::Config) -> anyhow::Result<ReadOnly> {
    match App::look(config.clone(), Clock::System).await {
        Err(error) if is_missing(&error) => App::look_ahead(config, Clock::System).await,
        looked => looked,
    }
}

fn will_pass(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(store::Error::OlderSchema { .. } | store::Error::EarlierVersions { .. }))
}

fn is_missing(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(store::Error::Missing { .. }))
}
