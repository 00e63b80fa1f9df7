//! The state of an installation: alarms, feeds, queue, subscribers, the last and next runs, the last weeks, and the
//! disk. The command, the operator's page and the metrics show the same report.

use std::collections::BTreeMap;
use std::path::Path;

use chrono::{DateTime, TimeDelta, Utc};

use crate::app::clock::Clock;
use crate::app::digests::Due;
use crate::app::selection::quality;
use crate::app::selection::quality::Quality;
use crate::app::{App, ReadOnly, database, digests};
use crate::config::Settings;
use crate::domain::digests::schedule::Slot;
use crate::domain::operations::alarm::{Notice, notices};
use crate::domain::subscribers::subscriber::Cadence;
pub use crate::store::{DraftRow, FeedState, WEEKS};
use crate::store::{
    Error, HeldRun, MessageCounts, Pause, PendingConfiguration, Process, Reader, ReturnedCount, RunRow, Weeks,
    free_bytes,
};

/// The state of an installation.
#[derive(Debug, Clone)]
pub struct StatusReport {
    /// The processes that have a database on a server open, the worker among them; empty where the database is a file.
    pub processes: Vec<Process>,
    /// Open alarms, the most serious first.
    pub alarms: Vec<Notice>,
    /// Every feed in the list.
    pub feeds: Vec<FeedState>,
    /// Messages by state.
    pub messages: MessageCounts,
    /// Why nothing is being delivered.
    pub pauses: Vec<Pause>,
    /// Subscribers by status.
    pub subscribers: BTreeMap<&'static str, u64>,
    /// Runs that are held until a person releases them.
    pub held: Vec<HeldRun>,
    /// Returned emails by kind.
    pub returned: BTreeMap<String, ReturnedCount>,
    /// Due digests that wait because most feeds cannot be read.
    pub held_slots: Vec<Due>,
    /// Drafts that are neither sent nor rolled on.
    pub drafts: Vec<DraftRow>,
    /// The run of any kind that was made last.
    pub last_run: Option<RunRow>,
    /// The next slot of each cadence whose digest is not made yet.
    pub next: Vec<(Cadence, Slot)>,
    /// An edit of the configuration that the running daemon has not taken over.
    pub untaken: Option<PendingConfiguration>,
    /// Activity of the last weeks.
    pub weeks: Weeks,
    /// How good the selection of the last twelve weeks was, by what editors did.
    pub quality: Quality,
    /// The size of the database and the space on its disk.
    pub disk: Disk,
}

/// Sizes in bytes; `None` where the file system does not say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Disk {
    /// The size of the database.
    pub database: Option<u64>,
    /// The free space on its disk.
    pub free: Option<u64>,
}

/// "database 1.8 MB, free 43.5 GB".
impl std::fmt::Display for Disk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let size = |bytes: u64| match bytes {
            ..1_000_000_000 => format!("{:.1} MB", bytes as f64 / 1e6),
            _ => format!("{:.1} GB", bytes as f64 / 1e9),
        };
        let said = |bytes: Option<u64>| bytes.map_or("not known".to_owned(), size);
        write!(f, "database {}, free {}", said(self.database), said(self.free))
    }
}

/// Reads the whole state; changes nothing.
///
/// # Errors
/// The database fails.
pub async fn status(app: &ReadOnly) -> anyhow::Result<StatusReport> {
    let weeks = app.store.operations().weeks(app.clock.now()).await?;
    let quality = quality::quality(app).await?;
    Ok(StatusReport { weeks, quality, ..figures(app).await? })
}

/// Like [`status`], but without the last weeks, whose counts take time that grows with the data.
///
/// # Errors
/// The database fails.
pub async fn figures(app: &ReadOnly) -> anyhow::Result<StatusReport> {
    let held_slots = digests::due(app).await?.into_iter().filter(|due| due.thin.is_some()).collect();
    let known = known(&app.store, &app.config.settings.data).await?;
    let mut next: Vec<(Cadence, Slot)> = Vec::new();
    for (cadence, slot) in next_slots(&app.config.settings, app.clock.now(), 2)? {
        if next.iter().any(|(known, _)| *known == cadence) {
            continue;
        }
        let last = app.store.digests().last_run(cadence, slot.utc).await?;
        if last.is_none_or(|run| run.due < slot.utc) {
            next.push((cadence, slot));
        }
    }
    Ok(StatusReport { held_slots, next, ..known })
}

/// Like [`status`], but without the next slots, for callers that cannot read the configuration; `None` if there is no
/// database.
///
/// # Errors
/// The database fails.
pub async fn without_configuration(data: &Path, clock: &Clock) -> anyhow::Result<Option<StatusReport>> {
    match Reader::open(&database(data)).await {
        Ok(store) => {
            let weeks = store.operations().weeks(clock.now()).await?;
            let quality = quality::of(&store, clock.now()).await?;
            Ok(Some(StatusReport { weeks, quality, ..known(&store, data).await? }))
        }
        Err(Error::Missing { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

async fn known(store: &Reader, data: &Path) -> anyhow::Result<StatusReport> {
    Ok(StatusReport {
        processes: store.processes().await?,
        alarms: notices(&store.operations().open_alarms().await?),
        feeds: store.feeds().feed_states().await?,
        messages: store.outbox().message_counts().await?,
        pauses: store.outbox().pauses().await?,
        subscribers: store.subscribers().subscriber_counts().await?,
        held: store.digests().held_runs().await?,
        returned: store.outbox().returned().await?,
        held_slots: Vec::new(),
        drafts: store.digests().open_drafts().await?,
        last_run: store.digests().newest_run().await?,
        next: Vec::new(),
        weeks: Weeks::default(),
        quality: Quality::default(),
        disk: Disk { database: database_bytes(data), free: free_bytes(data).ok() },
        untaken: store.operations().pending_configuration().await?,
    })
}

/// The processes that serve, with the part that each has, the worker first; commands are left out.
pub(crate) fn parts(processes: &[Process]) -> impl Iterator<Item = (&'static str, &Process)> {
    let standing_by = processes.iter().filter(|it| !it.is_worker && it.serves());
    let workers = processes.iter().filter(|it| it.is_worker);
    workers.map(|it| ("At work", it)).chain(standing_by.map(|it| ("Standing by", it)))
}

/// Checks that the database answers.
///
/// # Errors
/// The database does not answer.
pub async fn ready(app: &ReadOnly) -> anyhow::Result<()> {
    Ok(app.store.digests().made().await.map(drop)?)
}

/// Whether something failed because the database is away for the moment.
pub(crate) fn is_away(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| matches!(cause.downcast_ref(), Some(Error::Closed)))
}

/// The mark that records when the pages were last served.
pub(crate) const SERVED: &str = "pages served";

/// Records, about once an hour, that the pages are served. `check` warns an administrator whose emails have links that
/// no server answers.
pub async fn note_serving(app: &App) {
    let now = app.clock.now();
    let noted = async {
        match app.store.operations().marked(SERVED).await? {
            Some(last) if last <= now && now - last < TimeDelta::hours(1) => Ok(()),
            _ => app.store.operations().mark(SERVED, now).await,
        }
    };
    if let Err(error) = noted.await {
        tracing::debug!("cannot record that the pages are served: {error}");
    }
}

/// The next `count` slots of each cadence.
///
/// # Errors
/// A cron expression that the configuration's check should have refused.
pub fn next_slots(settings: &Settings, now: DateTime<Utc>, count: usize) -> anyhow::Result<Vec<(Cadence, Slot)>> {
    let mut next = Vec::new();
    for &cadence in Cadence::ALL {
        let schedule = digests::schedule(settings, cadence)?;
        next.extend(schedule.slots_after(now).take(count).map(|slot| (cadence, slot)));
    }
    Ok(next)
}

/// The size of the database, including recent writes that are not yet in its main file.
pub(crate) fn database_bytes(data: &Path) -> Option<u64> {
    let file = database(data);
    let bytes = |file: &Path| std::fs::metadata(file).map(|file| file.len()).ok();
    Some(bytes(&file)? + bytes(&file.with_extension("db-wal")).unwrap_or(0))
}

/// Whether a feed needs attention: it fails, has moved, or may have dropped entries.
#[must_use]
pub fn needs_attention(feed: &FeedState) -> bool {
    feed.failures > 0 || feed.gone.is_some() || feed.moved.is_some() || feed.gap.is_some() || !feed.cut.is_nothing()
}
