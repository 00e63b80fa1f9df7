//! What is for its owner alone: the data folder with everybody's address, the keys, and mails that wait. Folders are made
//! 0700 and files 0600, whatever the umask is; `check` says what others can read, for an earlier version or a person may
//! have made it.

use std::io;
use std::path::{Path, PathBuf};

/// Makes a folder, and those above it, that nobody else can look into. One that is there stays as it is.
pub(super) fn make_folder(path: &Path) -> io::Result<()> {
    let mut folder = std::fs::DirBuilder::new();
    folder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut folder, 0o700);
    folder.create(path)
}

/// The folder, what is in it, and what is in the folders in it, as far as other users may read or change it.
///
/// # Errors
/// The folder cannot be read.
pub(super) fn open_to_others(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths = vec![folder.to_owned()];
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            for inner in std::fs::read_dir(&path)? {
                paths.push(inner?.path());
            }
        }
        paths.push(path);
    }
    paths.retain(|path| is_open(path));
    paths.sort();
    Ok(paths)
}

#[cfg(unix)]
fn is_open(path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    // What goes away meanwhile is no concern, and what a link leads to is another's.
    path.symlink_metadata().is_ok_and(|metadata| !metadata.is_symlink() && metadata.mode() & 0o077 != 0)
}

#[cfg(not(unix))]
fn is_open(_: &Path) -> bool {
    false
}
