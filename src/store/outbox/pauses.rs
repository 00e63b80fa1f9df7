//! Pauses: why nothing is delivered at present. The way out is closed (`relay`), which is found out and tried again by
//! `app::outbox::deliver`; or the database is a copy of another (`restored`), which a person must release: until then only the
//! alarm that says so leaves.

use chrono::{DateTime, Utc};
use rusqlite::{Connection, params};

use crate::domain::word::words;
use crate::store::{Error, Reader, Store, optional_time, seconds, time, word};

/// What stops delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PauseCause {
    /// The next hop is out of reach, or refuses us.
    Relay,
    /// The database was a backup: what was sent since is not known here.
    Restored,
}

words!(PauseCause { Relay = "relay", Restored = "restored" });

/// Nothing is delivered while this stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pause {
    /// What stops it.
    pub cause: PauseCause,
    /// In words; no address in them.
    pub reason: String,
    /// Since when.
    pub since: DateTime<Utc>,
    /// When the way is tried again; `None`: a person must release it.
    pub probe: Option<DateTime<Utc>>,
    /// How often that failed so far.
    pub failed_probes: u32,
}

impl Reader {
    /// What stops delivery at present; what a person must release first.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn pauses(&self) -> Result<Vec<Pause>, Error> {
        self.read(|connection| {
            let mut statement = connection
                .prepare_cached("SELECT cause, reason, made, probe, probes FROM pauses ORDER BY probe IS NOT NULL")?;
            let mut rows = statement.query([])?;
            let mut pauses = Vec::new();
            while let Some(row) = rows.next()? {
                pauses.push(Pause {
                    cause: word("the cause of a pause", row.get(0)?)?,
                    reason: row.get(1)?,
                    since: time(row.get(2)?)?,
                    probe: optional_time(row.get(3)?)?,
                    failed_probes: row.get(4)?,
                });
            }
            Ok(pauses)
        })
        .await
    }
}

impl Store {
    /// Stops delivery, or keeps it stopped until another probe: since when it stands is not changed.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn pause(&self, pause: Pause) -> Result<(), Error> {
        self.write(move |tx| {
            tx.execute(
                "INSERT INTO pauses (cause, reason, made, probe, probes) VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT (cause) DO UPDATE SET reason = ?2, probe = ?4, probes = ?5",
                params![
                    pause.cause.as_str(),
                    pause.reason,
                    seconds(pause.since),
                    pause.probe.map(seconds),
                    pause.failed_probes
                ],
            )?;
            Ok(())
        })
        .await
    }

    /// Lets delivery go on. False if this did not stop it.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn lift(&self, cause: PauseCause) -> Result<bool, Error> {
        self.write(move |tx| Ok(tx.execute("DELETE FROM pauses WHERE cause = ?1", [cause.as_str()])? > 0)).await
    }
}

/// Whether the database is a copy that nobody has released.
pub(crate) fn is_restored(connection: &Connection) -> Result<bool, Error> {
    let question = "SELECT EXISTS (SELECT 1 FROM pauses WHERE cause = 'restored')";
    Ok(connection.prepare_cached(question)?.query_row([], |row| row.get(0))?)
}
