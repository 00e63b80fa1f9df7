//! Makes and restores copies of the database. A restored database does not know what was sent after the copy was made,
//! so delivery waits until a person resumes it.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use url::Url;

use crate::app::clock::Clock;
use crate::app::lock::Lock;
use crate::app::{App, ReadOnly, database, digests, place, private};
use crate::config::Config;
use crate::domain::digests::schedule::Slot;
use crate::domain::subscribers::subscriber::Cadence;
use crate::store::{Error, OpenCounts, Pause, PauseCause, Place, Store};

/// Writes a consistent copy while others may write to the database. A database that starts from the copy delivers
/// nothing until [`resume`].
///
/// # Errors
/// The target file exists or cannot be written; or the database fails.
pub async fn backup(app: &ReadOnly, to: &Path) -> Result<(), Error> {
    let now = app.clock.now();
    let made = now.with_timezone(&app.config.settings.timezone).format("%-d %b %Y %H:%M %Z");
    let reason = format!("this database is a backup of {made}; it does not know what was sent since then");
    app.store.backup(to, reason, now).await
}

/// Replaces the database by a copy of `from`, and returns the name under which the previous one is kept. The restored
/// database delivers nothing until [`resume`]. The existing database may be one that cannot be opened.
///
/// # Errors
/// Another process is using the data folder ([`crate::app::lock::Busy`]), or `from` is not an intact database of this
/// program. In both cases nothing has changed.
pub async fn restore(config: &Config, clock: &Clock, from: &Path) -> anyhow::Result<Option<PathBuf>> {
    if config.settings.database.is_on_server() {
        anyhow::bail!(
            "a backup is restored into a file: do so without `url` in [database], and take it to an empty database of the server \
             with `policy-digest migrate-to`"
        );
    }
    let data = &config.settings.data;
    private::make_folder(data).with_context(|| format!("cannot make the data folder `{}`", data.display()))?;
    let _lock = Lock::take(data, "policy-digest restore")?;
    let reason = format!("this database was restored from `{}`; it does not know what was sent since", from.display());
    Ok(Store::restore(from, &database(data), reason, clock.now()).await?)
}

/// What a database's move did.
#[derive(Debug, Clone)]
pub struct Moved {
    /// Where it is now, without a password.
    pub to: String,
    /// Rows of all tables.
    pub rows: u64,
}

/// Takes the database from its file to the empty database of a server, all or nothing. From then on the file delivers nothing,
/// until a person releases it with [`resume`]. The settings of `[database]` say how the server is reached, `url` apart.
///
/// # Errors
/// Another process is using the data folder ([`crate::app::lock::Busy`]); the server's database is not empty or cannot be
/// used. If the move breaks off, the file is silent and the server's database is empty.
pub async fn migrate_to(config: &Config, clock: &Clock, url: Url) -> anyhow::Result<Moved> {
    let data = &config.settings.data;
    let file = database(data);
    if !file.exists() {
        return Err(Error::Missing { path: file }.into());
    }
    let _lock = Lock::take(data, "policy-digest migrate-to")?;
    let mut settings = config.settings.clone();
    settings.database.url = Some(url);
    let Place::Server(server) = place(&settings) else { anyhow::bail!("no server is named") };
    let store = Store::open(&file).await?;
    let to = server.shown();
    let reason = format!("this database has moved to `{to}`; it does not know what was sent from there");
    let rows = store.migrate_to(&server, reason, clock.now()).await?;
    store.close().await;
    Ok(Moved { to, rows })
}

/// The pauses that were lifted, and what is ready to be sent.
#[derive(Debug, Clone, Default)]
pub struct ResumeReport {
    /// Pauses that were lifted, or would be.
    pub pauses: Vec<Pause>,
    /// Open messages by kind.
    pub open: OpenCounts,
    /// Digests that are due but not yet made.
    pub due: Vec<(Cadence, Slot)>,
}

/// What [`resume`] would release.
///
/// # Errors
/// The database fails.
pub async fn paused(app: &ReadOnly) -> anyhow::Result<ResumeReport> {
    Ok(ResumeReport {
        pauses: app.store.outbox().pauses().await?,
        open: app.store.outbox().open_counts().await?,
        due: digests::due(app).await?.into_iter().map(|due| (due.cadence, due.slot)).collect(),
    })
}

/// Resumes delivery: a restored database may send again, and an open circuit is probed at the next opportunity. It does
/// not send anything itself.
///
/// # Errors
/// The database fails.
pub async fn resume(app: &App) -> anyhow::Result<ResumeReport> {
    let report = paused(app).await?;
    for pause in &report.pauses {
        match pause.cause {
            PauseCause::Restored => {
                app.store.outbox().lift(pause.cause).await?;
                tracing::info!("the restored database may send again");
            }
            PauseCause::Relay => {
                app.store.outbox().pause(Pause { probe: Some(app.clock.now()), ..pause.clone() }).await?
            }
        }
    }
    Ok(report)
}
