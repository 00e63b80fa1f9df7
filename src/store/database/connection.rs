//! Opening connections: what the writer and the readers may do, and how durable a commit is. `schema` decides whether a
//! file is opened at all; `reader` how it is read beside other processes.

use std::path::Path;

use rusqlite::OpenFlags;
use tokio_rusqlite::Connection;

use super::schema;
use crate::store::{Error, flatten};

/// Prepared statements that a connection caches; a poll alone runs about fifteen.
const STATEMENTS: usize = 64;

/// The single writer of a database that may have to be created or migrated. Nothing is written into another program's
/// file.
pub(crate) async fn maker(path: &Path) -> Result<Connection, Error> {
    make_private(path);
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    writer(path, flags, |connection, path| {
        schema::schema(connection, path)?;
        configure(connection, path)?;
        schema::to_latest(connection, path)
    })
    .await
}

/// The single writer of an existing database with the current schema.
pub(crate) async fn editor(path: &Path) -> Result<Connection, Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    writer(path, flags, |connection, path| {
        schema::require_latest(connection, path)?;
        configure(connection, path)
    })
    .await
}

async fn writer(
    path: &Path,
    flags: OpenFlags,
    prepare: fn(&mut rusqlite::Connection, &Path) -> Result<(), Error>,
) -> Result<Connection, Error> {
    let connection = Connection::open_with_flags(path, flags).await.map_err(|source| cannot_open(path, source))?;
    set_up(connection, path, prepare).await
}

/// `synchronous = FULL`: a finished commit survives a power cut, so that an attempt recorded before connecting is known
/// afterwards.
fn configure(connection: &mut rusqlite::Connection, path: &Path) -> Result<(), Error> {
    // An item's texts fit on a page of 8 KB; smaller pages would waste space. An existing database keeps its page size. With
    // a cache of 4 MB a batch of polls fits, so that few pages are written twice for one commit. Savepoint journals stay in
    // memory, and the log is checkpointed every 40 MB.
    let pragmas = "PRAGMA page_size = 8192; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
        PRAGMA foreign_keys = ON; PRAGMA cache_size = -4000; PRAGMA temp_store = MEMORY; PRAGMA wal_autocheckpoint = 5000;";
    connection.execute_batch(pragmas).map_err(|source| cannot_open(path, source))
}

/// Creates the file if there is none, readable by its owner only; SQLite gives the log beside it the same mode. If that
/// fails, SQLite reports why.
fn make_private(path: &Path) {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let _ = options.open(path);
}

/// A connection that can only read.
pub(crate) async fn reader(path: &Path) -> Result<Connection, Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).await.map_err(|source| cannot_open(path, source))?;
    set_up(connection, path, only_read).await
}

/// A connection that reads the file alone: it takes no lock and creates no file beside it, so it must not be used while
/// another process has the database open (`immutable` in <https://sqlite.org/uri.html>).
pub(crate) async fn still_reader(path: &Path) -> Result<Connection, Error> {
    let whole = std::path::absolute(path).ok().and_then(|path| url::Url::from_file_path(path).ok());
    let Some(mut address) = whole else { return reader(path).await };
    address.set_query(Some("immutable=1"));
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
    let opened = Connection::open_with_flags(address.as_str(), flags).await;
    set_up(opened.map_err(|source| cannot_open(path, source))?, path, only_read).await
}

/// An empty database in memory.
pub(crate) async fn empty() -> Result<Connection, Error> {
    let path = Path::new(":memory:");
    let connection = Connection::open_in_memory().await.map_err(|source| cannot_open(path, source))?;
    set_up(connection, path, |connection, path| {
        schema::to_latest(connection, path)?;
        only_read(connection, path)
    })
    .await
}

fn only_read(connection: &mut rusqlite::Connection, path: &Path) -> Result<(), Error> {
    connection.pragma_update(None, "query_only", true).map_err(|source| cannot_open(path, source))
}

async fn set_up(
    connection: Connection,
    path: &Path,
    prepare: fn(&mut rusqlite::Connection, &Path) -> Result<(), Error>,
) -> Result<Connection, Error> {
    let path = path.to_owned();
    let prepared = connection.call(move |connection| {
        // Another process, such as `subscribers add` beside the daemon, may hold the write lock for a moment.
        connection.busy_timeout(std::time::Duration::from_secs(10)).map_err(|source| cannot_open(&path, source))?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        prepare(connection, &path)
    });
    prepared.await.map_err(flatten)?;
    Ok(connection)
}

pub(crate) fn cannot_open(path: &Path, source: rusqlite::Error) -> Error {
    Error::Open { path: path.to_owned(), source }
}
