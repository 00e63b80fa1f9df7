//! A copy put in the place of the database. The write-ahead log of the one before must not stay beside it: SQLite would
//! write that into the copy. What was there is kept under another name, its log with it.

use std::fs;
use std::io::{Error as IoError, ErrorKind};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use rusqlite::Connection;

use super::backup::{Aside, copy, mark};
use super::{Error, PauseCause, Store, connection, migrate};

impl Store {
    /// Puts a copy of `from` in the place of `database`, which nobody may have open, and gives the name under which
    /// the one before is kept. The copy delivers nothing until somebody says so, for its own reason or, without one,
    /// for `reason`.
    ///
    /// # Errors
    /// [`Error::Open`], [`Error::Foreign`], [`Error::NewerSchema`] and [`Error::Statement`]: `from` is no whole database of this
    /// program; [`Error::Copy`]. The database that is there stays as it is then.
    pub async fn restore(
        from: &Path,
        database: &Path,
        reason: String,
        now: DateTime<Utc>,
    ) -> Result<Option<PathBuf>, Error> {
        let source = connection::reader(from).await?;
        let (from, database) = (from.to_owned(), database.to_owned());
        let restored = source.call(move |connection| {
            if migrate::schema(connection, &from)? == 0 {
                return Err(Error::Foreign { path: from });
            }
            let aside = Aside::make(database.with_added_extension("part"))?;
            copy(connection, &aside.path)?;
            let mut whole = Connection::open(&aside.path)?;
            migrate::to_latest(&mut whole, &from)?;
            let is_marked = whole.query_row(
                "SELECT EXISTS (SELECT 1 FROM pauses WHERE cause = ?1)",
                [PauseCause::Restored.as_str()],
                |row| row.get::<_, bool>(0),
            )?;
            if !is_marked {
                mark(&whole, &reason, now)?;
            }
            whole.close().map_err(|(_, source)| source)?;
            let kept = set_aside(&database, now)?;
            aside.take_the_place_of(&database)?;
            Ok(kept)
        });
        restored.await.map_err(super::flatten)
    }
}

/// Keeps the database under another name, if there is one. Until the copy takes its place it has its own as well, so
/// that nobody who starts in between makes a new one.
fn set_aside(database: &Path, now: DateTime<Utc>) -> Result<Option<PathBuf>, Error> {
    let kept = database.with_added_extension(format!("before-{}", now.format("%Y%m%dT%H%M%SZ")));
    let failed = |source| Error::Copy { path: kept.clone(), source };
    let beside = |of: &Path, end: &str| PathBuf::from(format!("{}{end}", of.display()));
    match fs::hard_link(database, &kept) {
        Ok(()) => {}
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(error)),
    }
    let is_there = |result: Result<(), IoError>| match result {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        other => other.map_err(failed),
    };
    is_there(fs::rename(beside(database, "-wal"), beside(&kept, "-wal")))?;
    is_there(fs::remove_file(beside(database, "-shm")))?;
    Ok(Some(kept))
}
