//! Opening connections: what the writer and the readers may do, and how durable a commit is. `schema` decides whether a
//! file is opened at all; `reader` how it is read beside other processes.

use std::path::Path;

use rusqlite::OpenFlags;

use super::schema;
use super::session::Session;
use super::sql::{Connection, SqlError};
use crate::store::Error;

/// Prepared statements that a connection keeps: all that it is ever asked.
const STATEMENTS: usize = 256;

/// The single writer of a database that may have to be created or migrated. Nothing is written into another program's
/// file.
pub(crate) async fn maker(path: &Path) -> Result<Session, Error> {
    make_private(path);
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    writer(path, flags, |connection, path| {
        schema::schema(connection.sqlite(), path)?;
        configure(connection.sqlite(), path)?;
        schema::to_latest(connection, path)
    })
    .await
}

/// The single writer of an existing database with the current schema.
pub(crate) async fn editor(path: &Path) -> Result<Session, Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    writer(path, flags, |connection, path| {
        schema::require_latest(connection.sqlite(), path)?;
        configure(connection.sqlite(), path)
    })
    .await
}

async fn writer(
    path: &Path,
    flags: OpenFlags,
    prepare: fn(&mut Connection, &Path) -> Result<(), Error>,
) -> Result<Session, Error> {
    open(path, move |path| rusqlite::Connection::open_with_flags(path, flags), prepare).await
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
pub(crate) async fn reader(path: &Path) -> Result<Session, Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    open(path, move |path| rusqlite::Connection::open_with_flags(path, flags), only_read).await
}

/// A connection that reads the file alone: it takes no lock and creates no file beside it, so it must not be used while
/// another process has the database open (`immutable` in <https://sqlite.org/uri.html>).
pub(crate) async fn still_reader(path: &Path) -> Result<Session, Error> {
    let whole = std::path::absolute(path).ok().and_then(|path| url::Url::from_file_path(path).ok());
    let Some(mut address) = whole else { return reader(path).await };
    address.set_query(Some("immutable=1"));
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
    open(path, move |_| rusqlite::Connection::open_with_flags(address.as_str(), flags), only_read).await
}

/// An empty database in memory.
pub(crate) async fn empty() -> Result<Session, Error> {
    let path = Path::new(":memory:");
    let opened = |_: &Path| rusqlite::Connection::open_in_memory();
    open(path, opened, |connection, path| {
        schema::to_latest(connection, path)?;
        only_read(connection, path)
    })
    .await
}

fn only_read(connection: &mut Connection, path: &Path) -> Result<(), Error> {
    connection.sqlite().pragma_update(None, "query_only", true).map_err(|source| cannot_open(path, source))
}

async fn open(
    path: &Path,
    open: impl FnOnce(&Path) -> rusqlite::Result<rusqlite::Connection> + Send + 'static,
    prepare: fn(&mut Connection, &Path) -> Result<(), Error>,
) -> Result<Session, Error> {
    let path = path.to_owned();
    let opened = move || {
        let connection = open(&path).map_err(|source| cannot_open(&path, source))?;
        // Another process, such as `subscribers add` beside the daemon, may hold the write lock for a moment.
        connection.busy_timeout(std::time::Duration::from_secs(10)).map_err(|source| cannot_open(&path, source))?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        let mut connection = Connection::from(connection);
        prepare(&mut connection, &path)?;
        Ok(connection)
    };
    Session::open(opened).await
}

pub(crate) fn cannot_open(path: &Path, source: impl Into<SqlError>) -> Error {
    Error::Open { path: path.to_owned(), source: source.into() }
}
