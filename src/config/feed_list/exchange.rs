//! Exchanges a file for another text: written aside, then renamed, so that whoever looks finds a whole file. Its
//! permissions and its owner stay, and so does a link that leads to it.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

/// Why the old text is there.
#[derive(Debug)]
pub(super) enum Unexchanged<R> {
    /// Something could not be written.
    Io(io::Error),
    /// What was written was refused when it was read again.
    Refused(R),
}

/// Puts `text` into the file. What is there afterwards is read and given to `check`; if that refuses it, the old text
/// is put back.
pub(super) fn exchange<R>(
    path: &Path,
    text: &str,
    check: impl Fn(&str) -> Result<(), R>,
) -> Result<(), Unexchanged<R>> {
    let path = &fs::canonicalize(path).map_err(Unexchanged::Io)?;
    let before = fs::read(path).map_err(Unexchanged::Io)?;
    replace(path, text.as_bytes()).map_err(Unexchanged::Io)?;
    let written = fs::read_to_string(path).map_err(Unexchanged::Io);
    match written.and_then(|written| check(&written).map_err(Unexchanged::Refused)) {
        Ok(()) => Ok(()),
        Err(refused) => {
            replace(path, &before).map_err(Unexchanged::Io)?;
            Err(refused)
        }
    }
}

fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let aside = path.with_added_extension(format!("{}.part", std::process::id()));
    let replaced = write_beside(path, &aside, bytes).and_then(|()| fs::rename(&aside, path));
    if replaced.is_err() {
        let _ = fs::remove_file(&aside);
    } else if let Some(folder) = path.parent() {
        // The new name is on the disk only when the folder is; where a folder cannot be opened, the system sees to it.
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
        // Only root may give a file away; whoever edits another's list in a shared folder owns it afterwards.
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
    fn a_text_that_is_refused_afterwards_is_taken_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("list");
        fs::write(&path, "old").unwrap();
        let refused = exchange(&path, "new", |written| Err::<(), _>(written.to_owned()));
        assert!(matches!(refused, Err(Unexchanged::Refused(written)) if written == "new"));
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        exchange(&path, "new", |_| Ok::<(), ()>(())).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
    }

    #[cfg(unix)]
    #[test]
    fn permissions_and_a_link_stay() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let (path, link) = (folder.path().join("list"), folder.path().join("link"));
        fs::write(&path, "old").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        std::os::unix::fs::symlink("list", &link).unwrap();
        exchange(&link, "new", |_| Ok::<(), ()>(())).unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
    }

    #[test]
    fn a_file_that_is_read_only_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("list");
        fs::write(&path, "old").unwrap();
        let mut permissions = fs::metadata(&path).unwrap().permissions();
        permissions.set_readonly(true);
        fs::set_permissions(&path, permissions).unwrap();
        assert!(matches!(exchange(&path, "new", |_| Ok::<(), ()>(())), Err(Unexchanged::Io(_))));
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
    }
}
