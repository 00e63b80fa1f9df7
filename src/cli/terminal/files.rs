//! Files that a command makes for the person who gives it, and for nobody else on the machine: they hold addresses, or
//! the keys that are part of a feed's URL.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};
use std::path::Path;

use anyhow::Context as _;

use crate::cli::Usage;

/// Makes a file; one that is there is never written over.
pub(crate) fn create(path: &Path, text: &str) -> anyhow::Result<()> {
    match write(path, text, OpenOptions::new().create_new(true)) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            Err(Usage(format!("there is a file `{}` already", path.display())).into())
        }
        written => written.with_context(|| format!("cannot write `{}`", path.display())),
    }
}

/// Makes a file, or another one in the place of an earlier one.
pub(crate) fn replace(path: &Path, text: &str) -> anyhow::Result<()> {
    let written = write(path, text, OpenOptions::new().create(true).truncate(true));
    written.with_context(|| format!("cannot write `{}`", path.display()))
}

fn write(path: &Path, text: &str, options: &mut OpenOptions) -> std::io::Result<()> {
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    let mut file = options.open(path)?;
    // An earlier file keeps the mode that it had.
    #[cfg(unix)]
    file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    file.write_all(text.as_bytes())
}
