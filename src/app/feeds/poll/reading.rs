//! Records which feeds' documents are being read, in the file `reading` of the data folder. A feed is recorded before
//! the first byte of its document is parsed, and again when parsing ends. A document that makes the program end in any
//! way is thus known at the next start: it counts as a failed visit and is not read again at once.
//!
//! This takes two short writes for each document and no transaction: the writes survive the end of the process, though
//! not a crash of the machine, for which no document is to blame.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::domain::feeds::FeedId;

/// The sign before a feed's id when parsing begins.
const BEGUN: &str = "+";
/// The sign when parsing has ended.
const DONE: &str = "-";

/// The file for one poll.
pub(super) struct Log {
    path: PathBuf,
    file: File,
}

/// A document that is being parsed, until this value is dropped.
pub(super) struct Reading {
    log: Option<Arc<Log>>,
    feed: FeedId,
}

impl Log {
    /// Starts with an empty file. If that fails, feeds are polled without it.
    pub(super) fn begin(folder: &Path) -> Option<Arc<Self>> {
        let path = path(folder);
        let mut options = OpenOptions::new();
        options.create(true).append(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        match options.open(&path).and_then(|file| file.set_len(0).map(|()| file)) {
            Ok(file) => Some(Arc::new(Self { path, file })),
            Err(error) => {
                tracing::warn!("cannot write `{}`, which would tell what a crash was due to: {error}", path.display());
                None
            }
        }
    }

    /// Empties the file after all documents have been parsed.
    pub(super) fn end(&self) {
        let _ = self.file.set_len(0);
    }

    fn write(&self, sign: &str, feed: &FeedId) {
        // One write, so that the lines of two threads do not mix.
        if let Err(error) = (&self.file).write_all(format!("{sign}{feed}\n").as_bytes()) {
            tracing::debug!("cannot write `{}`: {error}", self.path.display());
        }
    }
}

impl Reading {
    pub(super) fn begin(log: Option<Arc<Log>>, feed: FeedId) -> Self {
        log.iter().for_each(|log| log.write(BEGUN, &feed));
        Self { log, feed }
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        self.log.iter().for_each(|log| log.write(DONE, &self.feed));
    }
}

/// The feeds whose documents an earlier process started to read but did not finish. Only the holder of the lock may
/// call this.
pub(super) fn left_behind(folder: &Path) -> BTreeSet<FeedId> {
    let path = path(folder);
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) => {
            if error.kind() != ErrorKind::NotFound {
                tracing::warn!("cannot read `{}`: {error}", path.display());
            }
            return BTreeSet::new();
        }
    };
    let mut begun = BTreeSet::new();
    for line in text.lines() {
        if let Some(feed) = line.strip_prefix(BEGUN).and_then(FeedId::parse) {
            begun.insert(feed);
        } else if let Some(feed) = line.strip_prefix(DONE).and_then(FeedId::parse) {
            begun.remove(&feed);
        }
    }
    begun
}

/// Removes the records of an earlier process, after they have been stored elsewhere.
pub(super) fn forget(folder: &Path) {
    let _ = fs::write(path(folder), "");
}

fn path(folder: &Path) -> PathBuf {
    folder.join("reading")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_begun_and_not_done_is_left_behind() {
        let folder = tempfile::tempdir().unwrap();
        let feed = |id: &str| FeedId::parse(id).unwrap();
        let log = Log::begin(folder.path());
        let done = Reading::begin(log.clone(), feed("good"));
        let killed = Reading::begin(log.clone(), feed("bad"));
        drop(done);
        assert_eq!(left_behind(folder.path()), BTreeSet::from([feed("bad")]), "as the next process would find it");
        drop(killed);
        assert!(left_behind(folder.path()).is_empty());
        log.unwrap().end();
        assert_eq!(fs::read_to_string(path(folder.path())).unwrap(), "");
    }
}
