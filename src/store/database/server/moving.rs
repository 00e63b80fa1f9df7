//! The way from a file to a server, and back: a backup of a server's database is a file, as any other backup is.

use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};

use crate::store::database::backup::{Temporary, To};
use crate::store::database::place::Server;
use crate::store::database::sql::{self, Connection};
use crate::store::database::{copy, schema};
use crate::store::outbox::pauses;
use crate::store::{Error, Store};

/// One state of the whole database, whatever is written meanwhile. Nothing is asked of the server while the copy of a large
/// table is read again.
const SNAPSHOT: &str =
    "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL idle_in_transaction_session_timeout = '10min'";

/// Writes a server's database into a file that is marked as a restored copy. An existing file is never overwritten.
pub(in crate::store::database) fn back_up(
    server: &Connection,
    to: &Path,
    reason: &str,
    now: DateTime<Utc>,
) -> Result<(), Error> {
    let place = Temporary::beside(to)?;
    let mut file = Connection::from(place.open()?);
    schema::to_latest(&mut file, to)?;
    server.execute_batch(SNAPSHOT)?;
    let copied = file.begin().map_err(Error::from).and_then(|transaction| {
        copy::copy(server, &transaction)?;
        pauses::mark_restored(&transaction, reason, now)?;
        Ok(transaction.commit()?)
    });
    server.execute_batch("ROLLBACK")?;
    copied?;
    sql::Connection::close(file)?;
    place.place(To::FreeName(to))
}

impl Store {
    /// Takes the database of this file to a server whose database is empty, all or nothing, and returns the number of rows.
    /// The file delivers nothing any more, from before the copy is made: for `reason`, until a person releases it. On the
    /// server, delivery goes on, unless the file was itself a restored copy that nobody had released.
    ///
    /// # Errors
    /// [`Error::Occupied`]; [`Error::Open`], [`Error::InUse`] and [`Error::Foreign`] about the server; [`Error::Statement`].
    pub async fn migrate_to(&self, server: &Server, reason: String, now: DateTime<Utc>) -> Result<u64, Error> {
        let path = self.reader().path.to_path_buf();
        let target = super::worker(server).await?;
        let name = PathBuf::from(server.shown());
        target.call(move |server| is_empty(server, name)).await?;
        let is_released = self.write(move |tx| pauses::mark_moved(tx, &reason, now)).await?;
        target.call(move |server| fill(server, &path, is_released)).await
    }
}

fn is_empty(server: &Connection, path: PathBuf) -> Result<(), Error> {
    let is_used = server.query_row("SELECT EXISTS (SELECT 1 FROM keys) AS is_used", [], |row| row.get("is_used"))?;
    if is_used { Err(Error::Occupied { path }) } else { Ok(()) }
}

fn fill(server: &Connection, path: &Path, is_released: bool) -> Result<u64, Error> {
    let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY | rusqlite::OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let file = Connection::from(rusqlite::Connection::open_with_flags(path, flags)?);
    file.execute_batch("BEGIN")?;
    let transaction = server.begin()?;
    let rows = copy::copy(&file, &transaction)?;
    if is_released {
        pauses::unmark_restored(&transaction)?;
    }
    transaction.commit()?;
    Ok(rows)
}
