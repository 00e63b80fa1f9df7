//! One at a time: the operating system's lock on the data folder, which ends with the process, however it ends. Whoever is
//! refused learns who holds it, from the file `lock` in the folder. That file is locked as well, for versions of the
//! program that lock nothing else; a lock on it alone would be lost when somebody deletes it, and two would send.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read as _, Seek as _, Write as _};
use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;

/// The lock, held until it is dropped.
#[derive(Debug)]
pub struct Lock {
    _folder: Option<File>,
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

/// A look whether the lock is held takes it for a moment; whoever wants to work waits that long.
const MOMENT: Duration = Duration::from_millis(10);
/// So many of them.
const MOMENTS: usize = 10;

impl Lock {
    /// Takes the lock of a data folder, and writes there who has it.
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
        let is_free = opened.as_ref().is_none_or(is_free);
        match file.try_lock() {
            Ok(()) if is_free => {}
            Ok(()) | Err(TryLockError::WouldBlock) => {
                let mut text = String::new();
                let known = file.read_to_string(&mut text).is_ok() && !text.trim().is_empty();
                let holder = if known { text.trim().to_owned() } else { "another process".to_owned() };
                return Err(Busy { holder, folder: folder.display().to_string() }.into());
            }
            Err(TryLockError::Error(error)) => return Err(error).with_context(|| cannot("lock")),
        }
        file.set_len(0)?;
        file.rewind()?;
        writeln!(file, "`{holder}` (process {})", std::process::id())?;
        file.flush()?;
        Ok(Self { _folder: opened, _file: file })
    }
}

/// Locks a folder if nobody else has; that stays so until it is closed. Where folders cannot be locked, nobody has.
fn is_free(folder: &File) -> bool {
    for _ in 0..MOMENTS {
        match folder.try_lock() {
            Err(TryLockError::WouldBlock) => std::thread::sleep(MOMENT),
            Ok(()) | Err(TryLockError::Error(_)) => return true,
        }
    }
    false
}

/// Whether a process works on this folder. Nothing is written for it.
#[must_use]
pub fn is_held(folder: &Path) -> bool {
    let is_locked = |opened: &File| matches!(opened.try_lock_shared(), Err(TryLockError::WouldBlock));
    [folder.to_owned(), folder.join("lock")].iter().any(|path| File::open(path).is_ok_and(|opened| is_locked(&opened)))
}
