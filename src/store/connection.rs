//! How a connection to the database is opened: what the writer and the readers are allowed, and how durable
//! a commit is.

use std::path::Path;

use rusqlite::OpenFlags;
use tokio_rusqlite::Connection;

use super::Error;

/// Prepared statements that a connection keeps; a poll alone runs some fifteen.
const STATEMENTS: usize = 64;

/// The single writer. `synchronous = FULL`: a commit that was answered survives a loss of power, so that an
/// attempt recorded before dialling is known afterwards.
pub(super) async fn writer(path: &Path) -> Result<Connection, Error> {
    make_private(path);
    let open = Connection::open(path).await.map_err(|source| cannot_open(path, source))?;
    // An item's texts fit a page of 8 KB; of smaller ones they would leave much unused. A database that is there already
    // keeps its size. 4 MB of pages: a batch of polls fits, so that hardly a page is written twice for one commit. What a
    // savepoint may have to take back is kept in memory, and the log goes to the database every 40 MB.
    let pragmas = "PRAGMA page_size = 8192; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
        PRAGMA foreign_keys = ON; PRAGMA cache_size = -4000; PRAGMA temp_store = MEMORY; PRAGMA wal_autocheckpoint = 5000;";
    prepare(&open, path, pragmas).await?;
    Ok(open)
}

/// Makes the file where there is none, for its owner alone; SQLite gives the log beside it the same mode. Where that does
/// not work, SQLite says why.
fn make_private(path: &Path) {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let _ = options.open(path);
}

/// A connection that can only read.
pub(super) async fn reader(path: &Path) -> Result<Connection, Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let open = Connection::open_with_flags(path, flags).await.map_err(|source| cannot_open(path, source))?;
    prepare(&open, path, "PRAGMA query_only = ON;").await?;
    Ok(open)
}

async fn prepare(connection: &Connection, path: &Path, pragmas: &'static str) -> Result<(), Error> {
    let prepared = connection.call(move |connection| {
        // Another process (a `subscribers add` beside the daemon) may hold the write lock for a moment.
        connection.busy_timeout(std::time::Duration::from_secs(10))?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        connection.execute_batch(pragmas)
    });
    prepared.await.map_err(|error| match error {
        tokio_rusqlite::Error::Error(source) => cannot_open(path, source),
        _ => Error::Closed,
    })
}

fn cannot_open(path: &Path, source: rusqlite::Error) -> Error {
    Error::Open { path: path.to_owned(), source }
}
