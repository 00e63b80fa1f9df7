//! Files that a command makes for the person who gives it.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};
use std::path::Path;

use anyhow::Context as _;

use super::Usage;

/// Who may read a new file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Readers {
    /// Whoever may read other new files of this person.
    Anybody,
    /// This person alone: others' addresses are in it.
    Owner,
}

/// Makes a file; one that is there is never written over.
pub(super) fn create(path: &Path, text: &str, readers: Readers) -> anyhow::Result<()> {
    match write(path, text, readers, OpenOptions::new().create_new(true)) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            Err(Usage(format!("there is a file `{}` already", path.display())).into())
        }
        written => written.with_context(|| format!("cannot write `{}`", path.display())),
    }
}

/// Makes a file, or another one in the place of an earlier one.
pub(super) fn replace(path: &Path, text: &str, readers: Readers) -> anyhow::Result<()> {
    let written = write(path, text, readers, OpenOptions::new().create(true).truncate(true));
    written.with_context(|| format!("cannot write `{}`", path.display()))
}

fn write(path: &Path, text: &str, readers: Readers, options: &mut OpenOptions) -> std::io::Result<()> {
    options.write(true);
    #[cfg(unix)]
    if readers == Readers::Owner {
        std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    }
    options.open(path)?.write_all(text.as_bytes())
}
