//! Replaces a file's content atomically: writes a temporary file beside it and renames that, so that readers always see
//! a complete file. Keeps its permissions, its owner and any symbolic link to it.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

/// Why the file still has its old text.
#[derive(Debug)]
pub(super) enum NotReplaced<R> {
    /// The file could not be read or written.
    Io(io::Error),
    /// The new text was refused when it was read back.
    Refused(R),
}

/// Replaces the file's content with `text`, reads it back and passes it to `check`. If `check` refuses it, the old text is
/// restored.
pub(super) fn replace<R>(path: &Path, text: &str, check: impl Fn(&str) -> Result<(), R>) -> Result<(), NotReplaced<R>> {
    let path = &fs::canonicalize(path).map_err(NotReplaced::Io)?;
    let before = fs::read(path).map_err(NotReplaced::Io)?;
    write_and_rename(path, text.as_bytes()).map_err(NotReplaced::Io)?;
    let written = fs::read_to_string(path).map_err(NotReplaced::Io);
    match written.and_then(|written| check(&written).map_err(NotReplaced::Refused)) {
        Ok(()) => Ok(()),
        Err(refused) => {
            write_and_rename(path, &before).map_err(NotReplaced::Io)?;
            Err(refused)
        }
    }
}

fn write_and_rename(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let aside = path.with_added_extension(format!("{}.part", std::process::id()));
    let replaced = write_beside(path, &aside, bytes).and_then(|()| fs::rename(&aside, path));
    if replaced.is_err() {
        let _ = fs::remove_file(&aside);
    } else if let Some(folder) = path.parent() {
        // The rename is durable only once the folder is synced. Where folders cannot be opened, the system does that itself.
        let _ = fs::File::open(folder).and_then(|folder| folder.sync_all());
    }
    replaced
}

fn write_beside(path: &Path, aside: &Path, bytes: &[u8]) -> io::Result<()> {
    let kept = fs::metadata(path)?;
    if kept.permissions().readonly() {
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, "the file is read-only"));
    }
    let mut file = OpenOptions::new().write(true).create_new(true).open(aside)?;
    file.write_all(bytes)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        // Only root may change a file's owner; anyone else becomes the owner of the new file.
        let _ = std::os::unix::fs::fchown(&file, Some(kept.uid()), Some(kept.gid()))
            .or_else(|_| std::os::unix::fs::fchown(&file, None, Some(kept.gid())));
    }
    file.set_permissions(kept.permissions())?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_is_refused_afterwards_is_replaced_by_the_old_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("list");
        fs::write(&path, "old").unwrap();
        let refused = replace(&path, "new", |written| Err::<(), _>(written.to_owned()));
        assert!(matches!(refused, Err(NotReplaced::Refused(written)) if written == "new"));
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        replace(&path, "new", |_| Ok::<(), ()>(())).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
    }

    #[cfg(unix)]
    #[test]
    fn permissions_and_a_symbolic_link_are_kept() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let (path, link) = (folder.path().join("list"), folder.path().join("link"));
        fs::write(&path, "old").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        std::os::unix::fs::symlink("list", &link).unwrap();
        replace(&link, "new", |_| Ok::<(), ()>(())).unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
    }

    #[test]
    fn a_read_only_file_is_not_changed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("list");
        fs::write(&path, "old").unwrap();
        let mut permissions = fs::metadata(&path).unwrap().permissions();
        permissions.set_readonly(true);
        fs::set_permissions(&path, permissions).unwrap();
        assert!(matches!(replace(&path, "new", |_| Ok::<(), ()>(())), Err(NotReplaced::Io(_))));
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
    }
}
