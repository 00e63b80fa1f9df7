//! Restoring: a copy takes the place of the database, which is kept under another name.
//!
//! Whenever the process ends, the database is one of the two, complete: the copy is finished beside it, its log is written
//! back and removed, and then a single rename swaps them. SQLite would write a log that was left behind into the copy.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::{DateTime, Utc};
use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::backup::{COPY, KEPT, Temporary, To, remove};
use super::{connection, schema, sql};
use crate::store::outbox::pauses;
use crate::store::{Error, Store, beside};

/// The endings of the files that SQLite keeps beside a database: a log, its index, and the journal of another mode.
const BESIDE: [&str; 3] = ["-wal", "-shm", "-journal"];

/// How long to wait for commands that have the database open.
const PATIENCE: Duration = Duration::from_secs(5);

impl Store {
    /// Replaces `database`, whose folder's lock the caller holds, by a copy of `from`, and returns the name under which the
    /// previous database is kept. The copy delivers nothing until a person releases it, for the reason that it carries or,
    /// without one, for `reason`.
    ///
    /// # Errors
    /// [`Error::Open`], [`Error::Foreign`], [`Error::NewerSchema`] and [`Error::Statement`]: `from` is not a complete database of this
    /// program; [`Error::InUse`]; [`Error::Copy`]. The database that is there stays as it is then.
    pub async fn restore(
        from: &Path,
        database: &Path,
        reason: String,
        now: DateTime<Utc>,
    ) -> Result<Option<PathBuf>, Error> {
        let failed = |source| Error::Copy { path: database.to_owned(), source };
        Self::remove_unfinished(database).map_err(failed)?;
        let source = connection::reader(from).await?;
        let (from, place) = (from.to_owned(), database.to_owned());
        let copied = source.call(move |connection| {
            let connection = connection.sqlite();
            if schema::schema(connection, &from)? == 0 {
                return Err(Error::Foreign { path: from });
            }
            let copy = Temporary::of_restore(&place, COPY)?;
            copy.fill_from(connection)?;
            let mut whole = sql::Connection::from(copy.open()?);
            schema::to_latest(&mut whole, &from)?;
            if !pauses::is_restored(&whole)? {
                pauses::mark_restored(&whole, &reason, now)?;
            }
            Ok(copy)
        });
        let copy = copied.await?;
        // It may be the database that is to be replaced.
        source.close().await?;
        let database = database.to_owned();
        let swap = tokio::task::spawn_blocking(move || swap(copy, &database, now));
        swap.await.map_err(|panic| failed(std::io::Error::other(panic)))?
    }
}

/// Keeps the existing database, if there is one, and puts the copy in its place.
fn swap(copy: Temporary, database: &Path, now: DateTime<Utc>) -> Result<Option<PathBuf>, Error> {
    let kept = free_name(database, now);
    let is_there = database.exists();
    let kept_whole = if is_there { keep(database, &kept).map(Some) } else { Ok(None) };
    // No process can write to the previous database while this connection is open.
    let _alone = match kept_whole {
        Ok(Some(alone)) => Some(alone),
        Err(error) if !error.is_damage() => return Err(error),
        _ => {
            keep_as_it_is(database, &kept)?;
            None
        }
    };
    remove_beside(database)?;
    copy.place(To::PlaceOf(database))?;
    Ok(is_there.then_some(kept))
}

/// Keeps a copy of the database under another name; the returned connection holds an exclusive lock.
fn keep(database: &Path, kept: &Path) -> Result<Connection, Error> {
    let alone = alone(database)?;
    let copy = Temporary::of_restore(database, KEPT)?;
    copy.fill_from(&alone)?;
    copy.place(To::FreeName(kept))?;
    Ok(alone)
}

/// Opens a database exclusively, and makes it a single file.
fn alone(database: &Path) -> Result<Connection, Error> {
    let in_use = || Error::InUse { path: database.to_owned() };
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(database, flags)?;
    connection.busy_timeout(PATIENCE)?;
    // The mode is changed first: under an exclusive lock a journal would stay to the end, and be removed by its name.
    let statements = "PRAGMA journal_mode = DELETE; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; COMMIT;";
    connection.execute_batch(statements).map_err(|error| match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => in_use(),
        _ => error.into(),
    })?;
    // SQLite does not report when other processes prevent the change.
    let mode: String = connection.pragma_query_value(None, "journal_mode", |row| row.get(0))?;
    if mode == "delete" { Ok(connection) } else { Err(in_use()) }
}

/// Keeps whatever there is of a missing or unreadable database, byte for byte.
fn keep_as_it_is(database: &Path, kept: &Path) -> Result<(), Error> {
    for end in ["-wal", "-journal", ""] {
        let (from, to) = (beside(database, end), beside(kept, end));
        let failed = |source| Error::Copy { path: to.clone(), source };
        let mut copy = Temporary::of_restore(database, KEPT)?;
        match copy.fill_with(&from) {
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            filled => filled.map_err(failed)?,
        }
        copy.place(To::FreeName(&to))?;
    }
    Ok(())
}

/// Removes the files that SQLite kept beside the previous database. It does so itself, without reporting a failure, and a
/// log left behind would be read as the copy's.
fn remove_beside(database: &Path) -> Result<(), Error> {
    for end in BESIDE {
        let path = beside(database, end);
        remove(&path).map_err(|source| Error::Copy { path, source })?;
    }
    Ok(())
}

/// A free name beside the database: `….before-20261123T090000Z`, with a number if that is taken.
fn free_name(database: &Path, now: DateTime<Utc>) -> PathBuf {
    let base = format!("before-{}", now.format("%Y%m%dT%H%M%SZ"));
    let numbered = (2..).map(|number: u64| database.with_added_extension(format!("{base}-{number}")));
    let mut names = std::iter::once(database.with_added_extension(&base)).chain(numbered);
    names.find(|name| !name.exists()).expect("there are more names than files")
}
