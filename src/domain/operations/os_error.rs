//! Advice for errors of the operating system, by kind: "Address already in use (os error 98)" says what happened but
//! not what to do. The caller adds the file or address, and the setting that it came from.

use std::error::Error as StdError;
use std::io::{Error, ErrorKind};

/// Advice for a process that has too many files and connections open.
pub const OUT_OF_DESCRIPTORS: &str = "this process may open no more files and connections: raise its limit (`ulimit -n 4096`, or \
                                      `LimitNOFILE=4096` in the systemd unit), or lower `concurrency` in `[polling]`";

/// The next step for a person, if the kind of error suggests one.
#[must_use]
pub fn next(error: &Error) -> Option<&'static str> {
    Some(match error.kind() {
        _ if is_out_of_descriptors(error) => OUT_OF_DESCRIPTORS,
        ErrorKind::NotFound => "check the spelling of the path; a relative one starts from the current folder",
        ErrorKind::PermissionDenied => "give the user who runs this program the permission, or choose another place",
        ErrorKind::AlreadyExists => "choose another name, or move what is there out of the way",
        ErrorKind::IsADirectory => "name a file, not a folder",
        ErrorKind::NotADirectory => "a part of the path is a file where a folder must be: check the path",
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "make room on that disk, or choose another one",
        ErrorKind::ReadOnlyFilesystem => {
            "that disk is mounted read-only: mount it to be written, or choose another place"
        }
        ErrorKind::InvalidData => "save the file as UTF-8",
        ErrorKind::AddrInUse => "another program listens there: stop it, or choose another port",
        ErrorKind::AddrNotAvailable => {
            "this machine has no such address: choose one of its own, or 0.0.0.0 for all of them"
        }
        _ => return None,
    })
}

/// The operating system's error in a chain of causes; if it is hidden, the error with the same kind.
#[must_use]
pub fn root<'e>(error: &'e (dyn StdError + 'static)) -> Option<&'e Error> {
    let Some(found) = error.downcast_ref::<Error>() else { return root(error.source()?) };
    if found.raw_os_error().is_some() {
        return Some(found);
    }
    // The `source` of such an error skips the error that it wraps.
    found.get_ref().and_then(|inner| root(inner)).or((found.kind() != ErrorKind::Other).then_some(found))
}

/// Whether no file or connection can be opened because this process or the system has run out of descriptors.
#[must_use]
pub fn is_out_of_descriptors(error: &Error) -> bool {
    const ENFILE: i32 = 23;
    const EMFILE: i32 = 24;
    cfg!(unix) && matches!(error.raw_os_error(), Some(ENFILE | EMFILE))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_of_the_system_is_found_beneath_others_and_has_a_next_step() {
        let beneath = Error::other(Error::from_raw_os_error(24));
        let found = root(&beneath).expect("it is in the chain");
        assert!(next(found).is_some_and(|next| next.contains("ulimit -n")));
        assert!(root(&Error::other("something else")).is_none());
        let hidden = Error::new(ErrorKind::NotFound, "a library's own words");
        assert!(root(&hidden).is_some_and(|found| next(found).is_some()));
    }
}
