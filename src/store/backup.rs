//! A copy of the database, taken in one read while others go on writing (WAL). The copy bears a pause of its own, so
//! that whoever starts on it does not send again what has been sent since.

use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use rusqlite::{Connection, params};

use super::{Error, PauseCause, Store, connection, seconds};

impl Store {
    /// Writes the copy; an existing file is never written over. It is whole or not there: it is made aside, marked,
    /// and then renamed. `reason` is what the copy says when somebody starts on it.
    ///
    /// # Errors
    /// [`Error::Copy`]; [`Error::Statement`].
    pub async fn backup(&self, to: &Path, reason: String, now: DateTime<Utc>) -> Result<(), Error> {
        let source = connection::reader(&self.path).await?;
        let (to, aside) = (to.to_owned(), to.with_added_extension("part"));
        let copied = source.call(move |connection| {
            let reserved = Reserved::take(&to)?;
            let aside = Aside::make(aside)?;
            copy(connection, &aside.path, &reason, now)?;
            let failed = |source| Error::Copy { path: to.clone(), source };
            File::open(&aside.path).and_then(|file| file.sync_all()).map_err(failed)?;
            std::fs::rename(&aside.path, &to).map_err(failed)?;
            reserved.keep();
            // The name is on the disk only when the folder is.
            match to.parent() {
                Some(folder) if folder != Path::new("") => File::open(folder),
                _ => File::open("."),
            }
            .and_then(|folder| folder.sync_all())
            .map_err(failed)
        });
        copied.await.map_err(super::flatten)
    }
}

fn copy(connection: &Connection, to: &Path, reason: &str, now: DateTime<Utc>) -> Result<(), Error> {
    let name = to.to_str().ok_or_else(|| Error::Copy {
        path: to.to_owned(),
        source: std::io::Error::new(std::io::ErrorKind::InvalidInput, "the name is not UTF-8"),
    })?;
    // One read transaction; what was deleted is not in the copy.
    connection.pragma_update(None, "query_only", false)?;
    connection.execute("VACUUM INTO ?1", [name])?;
    let copy = Connection::open(to)?;
    copy.execute(
        "INSERT OR REPLACE INTO pauses (cause, reason, made) VALUES (?1, ?2, ?3)",
        params![PauseCause::Restored.as_str(), reason, seconds(now)],
    )?;
    copy.close().map_err(|(_, source)| Error::Statement(source))
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
struct Aside {
    path: PathBuf,
}

impl Aside {
    fn make(path: PathBuf) -> Result<Self, Error> {
        let failed = |source| Error::Copy { path: path.clone(), source };
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(failed(error)),
            _ => {}
        }
        private(&path).map_err(failed)?;
        Ok(Self { path })
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
