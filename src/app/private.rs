//! Files for their owner only: the data folder with all addresses, the keys, and waiting emails. Folders are made with
//! mode 0700 and files with 0600, whatever the umask is. `check` reports what others can read, because an earlier
//! version or a person may have made it.

use std::io;
use std::path::{Path, PathBuf};

/// Makes a folder, and missing ones above it, that no other user can read. An existing folder is not changed.
pub(super) fn make_folder(path: &Path) -> io::Result<()> {
    let mut folder = std::fs::DirBuilder::new();
    folder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut folder, 0o700);
    folder.create(path)
}

/// Writes a file that no other user can read, in place of the one that may be there: completely or not at all.
pub(super) fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    let unfinished = PathBuf::from(name);
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&unfinished)?;
    io::Write::write_all(&mut file, content)?;
    file.sync_all()?;
    std::fs::rename(&unfinished, path)
}

/// The folder, its entries, and the entries of its subfolders that other users may read or change.
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
    // Ignore entries that disappear in the meantime, and symbolic links, whose targets are not ours.
    path.symlink_metadata().is_ok_and(|metadata| !metadata.is_symlink() && metadata.mode() & 0o077 != 0)
}

#[cfg(not(unix))]
fn is_open(_: &Path) -> bool {
    false
}
