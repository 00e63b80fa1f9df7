//! A copy of the database, taken in one read while others go on writing (WAL). The copy bears a pause of its own, so
//! that whoever starts on it does not send again what has been sent since.

use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use rusqlite::{Connection, params};

use super::reader::{Apart, Reader};
use super::{Error, PauseCause, seconds};

impl Reader {
    /// Writes the copy; an existing file is never written over. It is whole or not there: it is made aside, marked,
    /// and then renamed. `reason` is what the copy says when somebody starts on it.
    ///
    /// # Errors
    /// [`Error::Copy`]; [`Error::Statement`].
    pub async fn backup(&self, to: &Path, reason: String, now: DateTime<Utc>) -> Result<(), Error> {
        let Apart { connection: source, witness } = self.apart().await?;
        let (to, aside) = (to.to_owned(), to.with_added_extension("part"));
        let copied = source.call(move |connection| {
            let reserved = Reserved::take(&to)?;
            let aside = Aside::make(aside)?;
            copy(connection, &aside.path)?;
            mark(&Connection::open(&aside.path)?, &reason, now)?;
            witness.confirm()?;
            aside.take_the_place_of(&to)?;
            reserved.keep();
            Ok(())
        });
        copied.await.map_err(super::flatten)
    }
}

/// One read transaction; what was deleted is not in the copy.
pub(super) fn copy(connection: &Connection, to: &Path) -> Result<(), Error> {
    let name = to.to_str().ok_or_else(|| Error::Copy {
        path: to.to_owned(),
        source: std::io::Error::new(std::io::ErrorKind::InvalidInput, "the name is not UTF-8"),
    })?;
    connection.pragma_update(None, "query_only", false)?;
    connection.execute("VACUUM INTO ?1", [name])?;
    Ok(())
}

/// Whoever starts on this database is told why it sends nothing.
pub(super) fn mark(copy: &Connection, reason: &str, now: DateTime<Utc>) -> Result<(), Error> {
    copy.execute(
        "INSERT OR REPLACE INTO pauses (cause, reason, made) VALUES (?1, ?2, ?3)",
        params![PauseCause::Restored.as_str(), reason, seconds(now)],
    )?;
    Ok(())
}

/// The copy's name, taken before it is made; given back unless it is kept.
struct Reserved<'a> {
    path: &'a Path,
    is_kept: bool,
}

impl<'a> Reserved<'a> {
    fn take(path: &'a Path) -> Result<Self, Error> {
        private(path).map_err(|source| Error::Copy { path: path.to_owned(), source })?;
        Ok(Self { path, is_kept: false })
    }

    fn keep(mut self) {
        self.is_kept = true;
    }
}

impl Drop for Reserved<'_> {
    fn drop(&mut self) {
        if !self.is_kept {
            let _ = std::fs::remove_file(self.path);
        }
    }
}

/// The file beside it that it is made in.
pub(super) struct Aside {
    pub(super) path: PathBuf,
}

impl Aside {
    pub(super) fn make(path: PathBuf) -> Result<Self, Error> {
        let failed = |source| Error::Copy { path: path.clone(), source };
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(failed(error)),
            _ => {}
        }
        private(&path).map_err(failed)?;
        Ok(Self { path })
    }

    /// Whole and on the disk, or not at all.
    pub(super) fn take_the_place_of(self, path: &Path) -> Result<(), Error> {
        let failed = |source| Error::Copy { path: path.to_owned(), source };
        File::open(&self.path).and_then(|file| file.sync_all()).map_err(failed)?;
        std::fs::rename(&self.path, path).map_err(failed)?;
        // The name is on the disk only when the folder is.
        match path.parent() {
            Some(folder) if folder != Path::new("") => File::open(folder),
            _ => File::open("."),
        }
        .and_then(|folder| folder.sync_all())
        .map_err(failed)
    }
}

impl Drop for Aside {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

/// A new, empty file for its owner alone: a copy holds everybody's address, and the keys.
fn private(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
