//! Archives: the page that each run leaves for everybody, under a name of its own. It is written in the transaction
//! that freezes the run (`runs`), and never changes.

use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension as _, Transaction, params};

use super::{Error, Store, time};

/// The page of a run to be frozen.
#[derive(Debug, Clone)]
pub struct NewArchive {
    /// See [`Store::free_archive_name`].
    pub name: String,
    /// What a list of pages calls it.
    pub title: String,
    /// The whole page; no personal link in it.
    pub html: String,
}

/// A page in the list of pages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArchiveRow {
    /// The last part of its address.
    pub name: String,
    /// The subject of its digest.
    pub title: String,
    /// The instant of its run's slot.
    pub due: DateTime<Utc>,
}

impl Store {
    /// `base` itself, or with the first number from 2 that no run has: `2026-11-23-2`.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn free_archive_name(&self, base: String) -> Result<String, Error> {
        self.read(move |connection| {
            let mut statement = connection.prepare("SELECT 1 FROM archives WHERE name = ?1")?;
            let mut name = base.clone();
            let mut number = 1;
            while statement.exists([&name])? {
                number += 1;
                name = format!("{base}-{number}");
            }
            Ok(name)
        })
        .await
    }

    /// The page of the run of this name.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn archive(&self, name: String) -> Result<Option<String>, Error> {
        self.read(move |connection| {
            let html = connection.query_row("SELECT html FROM archives WHERE name = ?1", [name], |row| row.get(0));
            Ok(html.optional()?)
        })
        .await
    }

    /// At most `limit` pages after the first `skip`, newest first.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn archives(&self, skip: usize, limit: usize) -> Result<Vec<ArchiveRow>, Error> {
        self.read(move |connection| {
            let mut statement = connection.prepare(
                "SELECT a.name, a.title, r.due FROM archives a JOIN runs r ON r.id = a.run
                 ORDER BY r.due DESC, r.id DESC LIMIT ?1 OFFSET ?2",
            )?;
            let mut rows = statement.query(params![limit as u64, skip as u64])?;
            let mut archives = Vec::new();
            while let Some(row) = rows.next()? {
                archives.push(ArchiveRow { name: row.get(0)?, title: row.get(1)?, due: time(row.get(2)?)? });
            }
            Ok(archives)
        })
        .await
    }
}

pub(super) fn keep(tx: &Transaction<'_>, run: i64, archive: &NewArchive) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO archives (run, name, title, html) VALUES (?1, ?2, ?3, ?4)",
        params![run, archive.name, archive.title, archive.html],
    )?;
    Ok(())
}
