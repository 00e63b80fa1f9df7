//! Pauses: why nothing is delivered at present. Either the next hop cannot be used (`relay`), which `app::outbox::deliver`
//! finds out and tries again; or the database is a restored copy (`restored`), which a person must release: until then, only
//! the alarm about it is sent.

use crate::store::database::sql::{Connection, Row, Transaction, named_params, params};
use crate::store::{Outbox, OutboxChanges};
use chrono::{DateTime, Utc};

use crate::domain::word::words;
use crate::store::{Error, optional_time, seconds, time, word};

/// What stops delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PauseCause {
    /// The next hop cannot be reached, or refuses us.
    Relay,
    /// The database is a restored copy, which does not know what was sent since it was made.
    Restored,
}

words!(PauseCause { Relay = "relay", Restored = "restored" });

/// Nothing is delivered while there is one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pause {
    /// What stops it.
    pub cause: PauseCause,
    /// In words; no address in them.
    pub reason: String,
    /// Since when.
    pub since: DateTime<Utc>,
    /// When the next hop is tried again; `None`: a person must release it.
    pub probe: Option<DateTime<Utc>>,
    /// How often that failed so far.
    pub failed_probes: u32,
}

const PAUSES: &str = "SELECT cause, reason, made, probe, probes FROM pauses ORDER BY probe IS NOT NULL, cause";

fn pause(row: Row<'_>) -> Result<Pause, Error> {
    Ok(Pause {
        cause: word("the cause of a pause", row.get("cause")?)?,
        reason: row.get("reason")?,
        since: time(row.get("made")?)?,
        probe: optional_time(row.get("probe")?)?,
        failed_probes: row.get("probes")?,
    })
}

const PAUSE: &str = "INSERT INTO pauses (cause, reason, made, probe, probes)
    VALUES (:cause, :reason, :since, :probe, :failed_probes) ON CONFLICT (cause) DO UPDATE
    SET reason = excluded.reason, probe = excluded.probe, probes = excluded.probes";

impl Outbox<'_> {
    /// What stops delivery at present, what a person must release before the others.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn pauses(self) -> Result<Vec<Pause>, Error> {
        self.reader
            .read(|connection| {
                let mut statement = connection.prepare(PAUSES)?;
                let mut rows = statement.query([])?;
                let mut pauses = Vec::new();
                while let Some(row) = rows.next()? {
                    pauses.push(pause(row)?);
                }
                Ok(pauses)
            })
            .await
    }
}

/// Marks a database as one that has moved, and returns whether it was free to deliver until then: a restored copy keeps its
/// own mark. One that began to move and did not arrive is free to deliver, as before.
pub(in crate::store) fn mark_moved(tx: &Transaction<'_>, reason: &str, now: DateTime<Utc>) -> Result<bool, Error> {
    const OTHER: &str = "SELECT EXISTS (SELECT 1 FROM pauses WHERE cause = ?1 AND reason <> ?2)";
    let is_copy: bool =
        tx.prepare(OTHER)?.query_row(params![PauseCause::Restored.as_str(), reason], |row| row.get(0))?;
    if !is_copy {
        mark_restored(tx, reason, now)?;
    }
    Ok(!is_copy)
}

/// Takes the mark of a restored copy away: the database has moved, and the one that it was copied from is silent.
pub(in crate::store) fn unmark_restored(tx: &Transaction<'_>) -> Result<(), Error> {
    tx.execute(LIFT, [PauseCause::Restored.as_str()])?;
    Ok(())
}

const LIFT: &str = "DELETE FROM pauses WHERE cause = ?1";

impl OutboxChanges<'_> {
    /// Stops delivery, or keeps it stopped until another probe; a pause keeps its beginning.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn pause(self, pause: Pause) -> Result<(), Error> {
        self.store
            .write(move |tx| {
                tx.prepare(PAUSE)?.execute(named_params! {
                    ":cause": pause.cause.as_str(),
                    ":reason": pause.reason,
                    ":since": seconds(pause.since),
                    ":probe": pause.probe.map(seconds),
                    ":failed_probes": pause.failed_probes,
                })?;
                Ok(())
            })
            .await
    }

    /// Lets delivery go on. False if this was not what stopped it.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn lift(self, cause: PauseCause) -> Result<bool, Error> {
        self.store.write(move |tx| Ok(tx.execute(LIFT, [cause.as_str()])? > 0)).await
    }
}

/// Whether the database is a restored copy that was not released.
pub(crate) fn is_restored(connection: &Connection) -> Result<bool, Error> {
    const RESTORED: &str = "SELECT EXISTS (SELECT 1 FROM pauses WHERE cause = ?1)";
    Ok(connection.prepare(RESTORED)?.query_row([PauseCause::Restored.as_str()], |row| row.get(0))?)
}

const MARK: &str = "INSERT INTO pauses (cause, reason, made) VALUES (?1, ?2, ?3)
    ON CONFLICT (cause) DO UPDATE SET reason = excluded.reason, made = excluded.made, probe = NULL, probes = 0";

/// Marks a database as a restored copy: a program started on it shows why it sends nothing.
pub(in crate::store) fn mark_restored(copy: &Connection, reason: &str, now: DateTime<Utc>) -> Result<(), Error> {
    copy.execute(MARK, params![PauseCause::Restored.as_str(), reason, seconds(now)])?;
    Ok(())
}
