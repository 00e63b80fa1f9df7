//! Ensures that only one process works on a data folder, with an operating-system lock on the folder that ends with the
//! process. A process that is refused reads the holder's name from the file `lock` in the folder. That file is locked
//! as well, for versions of the program that lock only the file. A lock on the file alone would be lost if somebody
//! deleted it, and two processes would send.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;

/// The name of the daemon as a holder.
pub const DAEMON: &str = "policy-digest run";

/// The lock, held until this value is dropped.
#[derive(Debug)]
pub struct Lock {
    _folder: Option<File>,
    _file: File,
}

/// Another process holds the lock.
#[derive(Debug, thiserror::Error)]
#[error("{holder} is at work on `{folder}`")]
pub struct Busy {
    /// "`policy-digest once` (process 4711)": the holder as it wrote its name, in backticks.
    pub holder: String,
    /// The data folder.
    pub folder: String,
    /// The name of the refused process, in the same form.
    pub wanted_by: String,
}

impl Busy {
    /// What the person can do.
    #[must_use]
    pub fn next(&self) -> &'static str {
        if self.wanted_by.starts_with("policy-digest once") && is_daemon(&self.holder) {
            "`policy-digest send-now` has the running daemon make and send a digest now"
        } else {
            "wait until it has ended, or stop it"
        }
    }
}

/// Whether a holder's name is that of the daemon.
pub(super) fn is_daemon(holder: &str) -> bool {
    holder.starts_with(&format!("`{DAEMON}`"))
}

/// The process that holds the lock of a data folder: "`policy-digest run` (process 4711)". `None` if it is free.
#[must_use]
pub fn holder(folder: &Path) -> Option<String> {
    let is_held = |file: &File| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock));
    let (mut file, opened) = (File::open(folder.join("lock")).ok(), File::open(folder).ok());
    let is_worked_on = file.as_ref().is_some_and(is_held) || opened.as_ref().is_some_and(is_held);
    is_worked_on.then(|| file.as_mut().map_or_else(unnamed, name))
}

/// The name that the holder wrote into the file. A holder that has just taken the lock gets some time to write it.
fn name(file: &mut File) -> String {
    for _ in 0..MOMENTS {
        let mut text = String::new();
        let is_read = file.rewind().and_then(|()| file.read_to_string(&mut text)).is_ok();
        if is_read && !text.trim().is_empty() {
            return text.trim().to_owned();
        }
        std::thread::sleep(MOMENT);
    }
    unnamed()
}

fn unnamed() -> String {
    "another process".to_owned()
}

/// A check takes the lock for a moment, and a new holder needs a moment to write its name; this is how long to wait for
/// either.
const MOMENT: Duration = Duration::from_millis(10);
/// The maximum number of these waits.
const MOMENTS: usize = 10;

impl Lock {
    /// Takes the lock of a data folder and writes the holder's name there.
    ///
    /// # Errors
    /// [`Busy`], or the file cannot be opened.
    pub fn take(folder: &Path, holder: &str) -> anyhow::Result<Self> {
        let path = folder.join("lock");
        let cannot = |what: &str| format!("cannot {what} `{}`", path.display());
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&path).with_context(|| cannot("open"))?;
        let opened = File::open(folder).ok();
        // The order is the same everywhere: of two processes that start together, the one that locks the folder also
        // gets the file.
        let is_ours = opened.as_ref().is_none_or(|folder| lock(folder).unwrap_or(true))
            && lock(&file).with_context(|| cannot("lock"))?;
        if !is_ours {
            let (wanted_by, folder) = (holder.to_owned(), folder.display().to_string());
            return Err(Busy { holder: name(&mut file), folder, wanted_by }.into());
        }
        file.set_len(0)?;
        file.rewind()?;
        writeln!(file, "`{holder}` (process {})", std::process::id())?;
        file.flush()?;
        Ok(Self { _folder: opened, _file: file })
    }
}

/// Locks a file or folder until it is closed. `false` if another process holds a lock; an error if it cannot be locked
/// at all, as is the case for folders on some file systems.
fn lock(file: &File) -> io::Result<bool> {
    for _ in 0..MOMENTS {
        match file.try_lock() {
            Ok(()) => return Ok(true),
            Err(TryLockError::WouldBlock) => std::thread::sleep(MOMENT),
            Err(TryLockError::Error(error)) => return Err(error),
        }
    }
    Ok(false)
}
