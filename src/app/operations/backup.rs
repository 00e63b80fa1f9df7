//! A copy of the database, and what lets delivery go on where one was put in the place of the original. Of what was
//! sent since the copy was made its database knows nothing, so a person says when it may send again.

use std::path::{Path, PathBuf};

use anyhow::Context as _;

use crate::app::clock::Clock;
use crate::app::lock::Lock;
use crate::app::{App, ReadOnly, database, digests, private};
use crate::config::Config;
use crate::domain::digests::schedule::Slot;
use crate::domain::subscribers::subscriber::Cadence;
use crate::store::{Error, OpenCounts, Pause, PauseCause, Store};

/// Writes a consistent copy while others go on writing. A database that starts from it delivers nothing until
/// [`resume`].
///
/// # Errors
/// The file exists, or cannot be written; or the database fails.
pub async fn backup(app: &ReadOnly, to: &Path) -> Result<(), Error> {
    let now = app.clock.now();
    let made = now.with_timezone(&app.config.settings.timezone).format("%-d %b %Y %H:%M %Z");
    let reason = format!("this database is a backup of {made}; what was sent since then is not known to it");
    app.store.backup(to, reason, now).await
}

/// Puts a copy of `from` in the place of the database, and gives the name under which the one before is kept. What is
/// restored delivers nothing until [`resume`]. The database that is there need not be one that can be opened.
///
/// # Errors
/// Another process is at work ([`crate::app::lock::Busy`]), or `from` is no whole database of this program; nothing was changed then.
pub async fn restore(config: &Config, clock: &Clock, from: &Path) -> anyhow::Result<Option<PathBuf>> {
    let data = &config.settings.data;
    private::make_folder(data).with_context(|| format!("cannot make the data folder `{}`", data.display()))?;
    let _lock = Lock::take(data, "policy-digest restore")?;
    let reason =
        format!("this database was restored from `{}`; what was sent since is not known to it", from.display());
    Ok(Store::restore(from, &database(data), reason, clock.now()).await?)
}

/// What stood in the way of delivery, and what goes out now that it is gone.
#[derive(Debug, Clone, Default)]
pub struct ResumeReport {
    /// What was lifted, or would be.
    pub pauses: Vec<Pause>,
    /// Messages that are open, by kind.
    pub open: OpenCounts,
    /// Digests that are due and not made.
    pub due: Vec<(Cadence, Slot)>,
}

/// What [`resume`] would let go on.
///
/// # Errors
/// The database fails.
pub async fn paused(app: &ReadOnly) -> anyhow::Result<ResumeReport> {
    Ok(ResumeReport {
        pauses: app.store.pauses().await?,
        open: app.store.open_counts().await?,
        due: digests::due(app).await?.into_iter().map(|due| (due.cadence, due.slot)).collect(),
    })
}

/// Lets delivery go on: a restored database may send, a closed way is tried at the next chance. Sends nothing itself.
///
/// # Errors
/// The database fails.
pub async fn resume(app: &App) -> anyhow::Result<ResumeReport> {
    let report = paused(app).await?;
    for pause in &report.pauses {
        match pause.cause {
            PauseCause::Restored => {
                app.store.lift(pause.cause).await?;
                tracing::info!("the restored database may send again");
            }
            PauseCause::Relay => app.store.pause(Pause { probe: Some(app.clock.now()), ..pause.clone() }).await?,
        }
    }
    Ok(report)
}
