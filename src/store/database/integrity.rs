//! Whether the database file is intact, and what to do when it is damaged, cannot be written, or the disk is full.
//! SQLite's quick check reads every page: some two gigabytes a second from memory, as fast as the disk is otherwise.

use std::time::Duration;

use rusqlite::ErrorCode;

use super::place::Place;
use super::reader::{Apart, Reader};
use crate::domain::operations::os_error;
use crate::store::Error;

/// The pause between two interrupts of a check that takes too long.
const AGAIN: Duration = Duration::from_millis(1);

impl Reader {
    /// Checks the whole file. False if that was not finished within `limit`: so far no damage was found. A server answers for
    /// its files itself, by its checksums.
    ///
    /// # Errors
    /// [`Error::Damaged`]; [`Error::Open`].
    pub async fn quick_check(&self, limit: Duration) -> Result<bool, Error> {
        if matches!(self.place(), Place::Server(_)) {
            return Ok(true);
        }
        let Apart { connection: reader, witness } = self.apart().await?;
        let interrupt = reader.call(|connection| Ok(connection.sqlite().get_interrupt_handle()));
        let interrupt = interrupt.await?;
        let check = reader
            .call(|connection| Ok(connection.query_row("PRAGMA quick_check(1)", [], |row| row.get::<_, String>(0))?));
        tokio::pin!(check);
        let checked = tokio::select! {
            checked = &mut check => checked,
            () = tokio::time::sleep(limit) => loop {
                // A statement that has not started yet ignores an interrupt.
                interrupt.interrupt();
                tokio::select! {
                    checked = &mut check => break checked,
                    () = tokio::time::sleep(AGAIN) => {}
                }
            },
        };
        witness.confirm()?;
        match checked {
            Ok(verdict) if verdict == "ok" => Ok(true),
            // The first line is "*** in database main ***"; the finding follows.
            Ok(found) => Err(self.damaged(found.lines().last().unwrap_or_default())),
            Err(error) => match error.code() {
                Some(ErrorCode::OperationInterrupted) => Ok(false),
                Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
                    Err(self.damaged("a page cannot be read"))
                }
                _ => Err(error),
            },
        }
    }

    fn damaged(&self, found: &str) -> Error {
        Error::Damaged { path: self.path.to_path_buf(), found: found.to_owned() }
    }
}

impl Error {
    /// Whether a database is damaged, rather than inaccessible.
    pub(crate) fn is_damage(&self) -> bool {
        let codes = [ErrorCode::DatabaseCorrupt, ErrorCode::NotADatabase, ErrorCode::ConstraintViolation];
        self.code().is_some_and(|code| codes.contains(&code))
    }

    fn code(&self) -> Option<ErrorCode> {
        match self {
            Self::Open { source, .. } | Self::Migrate { source, .. } | Self::Statement(source) => source.sqlite_code(),
            _ => None,
        }
    }

    /// What a person can do about it.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        const RESTORE: &str = "stop the daemon, and run `policy-digest restore FILE` with the newest copy that \
                               `policy-digest backup` made; the file that is there now is kept beside it";
        match (self, self.code()) {
            (Self::Open { source, .. } | Self::Migrate { source, .. } | Self::Statement(source), _)
                if source.is_another_session() =>
            {
                Some(
                    "a pooler such as PgBouncer gives the connection away between transactions: connect to the server itself, or \
                     let the pooler work in session mode",
                )
            }
            (Self::Open { source, .. }, _) if source.is_of_server() => Some(
                "see that the server runs and has this database, and that `url`, `password_file` and `tls` in [database] of \
                 digest.toml are right",
            ),
            (Self::Damaged { .. }, _) | (_, Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase)) => {
                Some(RESTORE)
            }
            (Self::Missing { .. }, _) => Some(
                "`policy-digest once` or `policy-digest run` makes it; if there is one already, name its folder with `--data`, \
                 or with `data` in digest.toml",
            ),
            (Self::OlderSchema { .. }, _) => Some(
                "stop a daemon of the earlier version, and start this one: `policy-digest run` and `policy-digest once` bring \
                 the database up to date",
            ),
            (Self::Closed, _) => Some("the server has ended it, or is away: try again when it is back"),
            (Self::EarlierVersions { .. }, _) => Some("stop them, and start this version in their place"),
            (Self::Foreign { .. }, _) => Some(
                "it belongs to another program, and is left as it is; if it is in the way, name another folder with `--data`, or by \
                 the key `data` of digest.toml",
            ),
            (Self::Unsteady { .. }, _) => Some("another process has just worked on it: try again"),
            (Self::Occupied { .. }, _) => Some("name a database that holds nothing yet: `createdb` makes one"),
            (Self::InUse { .. }, _) => {
                Some("stop the daemon, wait until every other command on this database has ended, then try again")
            }
            (Self::NewerSchema { .. }, _) => {
                Some("install that version again, or go back to a copy from before (`policy-digest restore FILE`)")
            }
            (_, Some(ErrorCode::CannotOpen)) if descriptors_are_short() => Some(os_error::OUT_OF_DESCRIPTORS),
            (_, Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied)) => {
                Some("your user needs write permission for the data folder and every `policy-digest.db*` in it")
            }
            (_, Some(ErrorCode::DiskFull)) => {
                Some("make room on the disk of the data folder; whatever was answered for is kept")
            }
            _ => None,
        }
    }
}

/// Whether too few file descriptors are left to open a database: SQLite only reports that it cannot open a file, and has
/// closed its own descriptors by the time that it is asked why.
fn descriptors_are_short() -> bool {
    const OF_A_DATABASE: usize = 32;
    let opened: Result<Vec<_>, _> = (0..OF_A_DATABASE).map(|_| std::fs::File::open(".")).collect();
    opened.is_err_and(|error| os_error::is_out_of_descriptors(&error))
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::store::Store;
    use crate::store::database::sql::{Connection, SqlError};

    #[tokio::test]
    async fn a_full_disk_is_told_with_what_to_do_and_leaves_all_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("policy-digest.db")).await.unwrap();
        // As many pages as there are: the next one is refused as a full disk refuses it.
        let limit = |connection: &mut Connection| {
            let connection = connection.sqlite();
            let pages: i64 =
                connection.pragma_query_value(None, "page_count", |row| row.get(0)).map_err(SqlError::from)?;
            connection.pragma_update_and_check(None, "max_page_count", pages, |_| Ok(())).map_err(SqlError::from)?;
            Ok(())
        };
        store.writer.call(limit).await.unwrap();
        let large = crate::store::FreshKeys { token: vec![7; 1 << 20], suppression: Vec::new() };
        let error = store.operations().keys(large, DateTime::UNIX_EPOCH).await.unwrap_err();
        assert_eq!(error.code(), Some(ErrorCode::DiskFull), "{error:?}");
        assert!(error.hint().unwrap().contains("make room"), "{error:?}");
        assert!(store.quick_check(Duration::from_secs(60)).await.unwrap());
        store.operations().mark("small", DateTime::UNIX_EPOCH).await.unwrap();
    }

    #[tokio::test]
    async fn a_check_that_takes_too_long_is_broken_off() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("policy-digest.db")).await.unwrap();
        let fill = |connection: &mut Connection| {
            Ok(connection.execute_batch(
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000)
                 INSERT INTO stories (made) SELECT i FROM n",
            )?)
        };
        store.writer.call(fill).await.unwrap();
        assert!(!store.quick_check(Duration::ZERO).await.unwrap());
        assert!(store.quick_check(Duration::from_secs(60)).await.unwrap());
    }
}
