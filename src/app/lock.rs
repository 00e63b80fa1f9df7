//! One at a time: the operating system's lock on `data/lock`, which ends with the process, however it ends.
//! Whoever is refused is told who holds it.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read as _, Seek as _, Write as _};
use std::path::Path;

use anyhow::Context as _;

/// The lock, held until it is dropped.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

/// Another process is at work.
#[derive(Debug, thiserror::Error)]
#[error("{holder} is at work on `{folder}`")]
pub struct Busy {
    /// "`policy-digest once` (process 4711)", in backticks as it wrote itself down.
    pub holder: String,
    /// The data folder.
    pub folder: String,
}

impl Lock {
    /// Takes the lock of a data folder, and writes there who has it.
    ///
    /// # Errors
    /// [`Busy`], or the file cannot be opened.
    pub fn take(folder: &Path, holder: &str) -> anyhow::Result<Self> {
        let path = folder.join("lock");
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&path).with_context(|| format!("cannot open `{}`", path.display()))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut text = String::new();
                let known = file.read_to_string(&mut text).is_ok() && !text.trim().is_empty();
                let holder = if known { text.trim().to_owned() } else { "another process".to_owned() };
                return Err(Busy { holder, folder: folder.display().to_string() }.into());
            }
            Err(TryLockError::Error(error)) => {
                return Err(error).with_context(|| format!("cannot lock `{}`", path.display()));
            }
        }
        file.set_len(0)?;
        file.rewind()?;
        writeln!(file, "`{holder}` (process {})", std::process::id())?;
        file.flush()?;
        Ok(Self { _file: file })
    }
}
