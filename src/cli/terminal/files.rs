//! Files that only their owner may read, because they contain addresses, or feed URLs with access keys.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};
use std::path::Path;

use anyhow::Context as _;

use crate::cli::Usage;

/// Creates a file. Never overwrites an existing one.
pub(crate) fn create(path: &Path, text: &str) -> anyhow::Result<()> {
    match write(path, text, OpenOptions::new().create_new(true)) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            Err(Usage(format!("the file `{}` already exists", path.display())).into())
        }
        written => written.with_context(|| format!("cannot write `{}`", path.display())),
    }
}

/// Creates a file, or replaces its content.
pub(crate) fn replace(path: &Path, text: &str) -> anyhow::Result<()> {
    let written = write(path, text, OpenOptions::new().create(true).truncate(true));
    written.with_context(|| format!("cannot write `{}`", path.display()))
}

fn write(path: &Path, text: &str, options: &mut OpenOptions) -> std::io::Result<()> {
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    let mut file = options.open(path)?;
    // An existing file would keep its mode.
    #[cfg(unix)]
    file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    file.write_all(text.as_bytes())
}
