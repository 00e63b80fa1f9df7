//! Backup: a copy of the database, taken in one read while other processes go on writing (WAL). The copy holds a pause of its own, so
//! that a program started on it does not send again what has been sent since.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OpenFlags};
use tempfile::NamedTempFile;

use super::place::Place;
use super::reader::{Apart, Reader};
use super::server::moving;
use super::sql;
use crate::store::outbox::pauses;
use crate::store::{Error, Store, beside};

impl Reader {
    /// Writes the copy; an existing file is never overwritten. Whenever the process ends, the file `to` is complete or does not
    /// exist. `reason` is shown when a program is started on the copy.
    ///
    /// # Errors
    /// [`Error::Copy`]; [`Error::Statement`].
    pub async fn backup(&self, to: &Path, reason: String, now: DateTime<Utc>) -> Result<(), Error> {
        let Apart { connection: source, witness } = self.apart().await?;
        let to = to.to_owned();
        let is_server = matches!(self.place(), Place::Server(_));
        let copied = source.call(move |connection| {
            if is_server {
                return moving::back_up(connection, &to, &reason, now);
            }
            let copy = Temporary::beside(&to)?;
            copy.fill_from(connection.sqlite())?;
            pauses::mark_restored(&sql::Connection::from(copy.open()?), &reason, now)?;
            witness.confirm()?;
            copy.place(To::FreeName(&to))
        });
        copied.await
    }
}

impl Store {
    /// Removes unfinished files that a killed restore left beside the database. Only for the process that holds the folder's
    /// lock: the files of another process may be in use.
    ///
    /// # Errors
    /// A file cannot be removed.
    pub fn remove_unfinished(database: &Path) -> io::Result<()> {
        [COPY, KEPT].iter().try_for_each(|end| remove(&beside(database, end)))
    }
}

/// The ending of files that are being written. A killed process leaves its file behind.
const UNFINISHED: &str = ".part";
/// What a restore has not finished: the copy, and what it keeps of the database before. There is one restore at a time, so
/// that the names can be fixed ones; what a killed process has left behind is found without listing the folder.
pub(super) const COPY: &str = ".restored.part";
pub(super) const KEPT: &str = ".kept.part";

/// A file beside its final place, under a temporary name until it is complete, and readable by its owner only, since a copy
/// holds all addresses and the keys. It is removed unless it is put in its place.
pub(crate) struct Temporary {
    file: NamedTempFile,
}

/// Where a finished file goes.
#[derive(Clone, Copy)]
pub(crate) enum To<'a> {
    /// To this name, if it is free.
    FreeName(&'a Path),
    /// To this name, replacing the file that has it.
    PlaceOf(&'a Path),
}

impl Temporary {
    pub(crate) fn beside(place: &Path) -> Result<Self, Error> {
        let name = place.file_name().unwrap_or_default().to_string_lossy();
        let file = tempfile::Builder::new()
            .prefix(&format!("{name}."))
            .suffix(UNFINISHED)
            .tempfile_in(folder_of(place))
            .map_err(|source| Error::Copy { path: place.to_owned(), source })?;
        Ok(Self { file })
    }

    /// One of a restore's: [`COPY`] or [`KEPT`]. Only for the process that holds the folder's lock.
    pub(super) fn of_restore(database: &Path, end: &str) -> Result<Self, Error> {
        let path = beside(database, end);
        let made = remove(&path).and_then(|()| {
            let name = path.file_name().unwrap_or_default();
            tempfile::Builder::new().prefix(name).rand_bytes(0).tempfile_in(folder_of(&path))
        });
        made.map(|file| Self { file }).map_err(|source| Error::Copy { path, source })
    }

    /// Copies a database, in one read transaction; what was deleted is not in the copy.
    pub(crate) fn fill_from(&self, database: &Connection) -> Result<(), Error> {
        let path = self.file.path();
        let name = path.to_str().ok_or_else(|| Error::Copy {
            path: path.to_owned(),
            source: io::Error::new(io::ErrorKind::InvalidInput, "the name is not UTF-8"),
        })?;
        database.pragma_update(None, "query_only", false)?;
        database.execute("VACUUM INTO ?1", [name])?;
        Ok(())
    }

    /// Copies a file as it is.
    pub(crate) fn fill_with(&mut self, from: &Path) -> io::Result<()> {
        io::copy(&mut File::open(from)?, self.file.as_file_mut()).map(|_| ())
    }

    /// Opens it, to change it before it takes its place. Nothing is written beside it, and nothing waits for the disk: an
    /// unfinished file is never used.
    pub(crate) fn open(&self) -> Result<Connection, Error> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let copy = Connection::open_with_flags(self.file.path(), flags)?;
        copy.execute_batch("PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF;")?;
        Ok(copy)
    }

    /// Puts it in its place in one durable step: its bytes are on the disk before its name is.
    pub(crate) fn place(self, to: To<'_>) -> Result<(), Error> {
        let (To::FreeName(place) | To::PlaceOf(place)) = to;
        let failed = |source| Error::Copy { path: place.to_owned(), source };
        self.file.as_file().sync_all().map_err(failed)?;
        let placed = match to {
            To::FreeName(name) => self.file.persist_noclobber(name),
            To::PlaceOf(name) => self.file.persist(name),
        };
        placed.map_err(|error| failed(error.error))?;
        // The name is on the disk only once the folder is.
        File::open(folder_of(place)).and_then(|folder| folder.sync_all()).map_err(failed)
    }
}

/// Removes a file, if there is one.
pub(super) fn remove(path: &Path) -> io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

fn folder_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(folder) if folder != Path::new("") => folder.to_owned(),
        _ => PathBuf::from("."),
    }
}
