//! How a server is set up, for `check`: what it must be, and what makes an answered commit durable.

use std::hash::{BuildHasher as _, RandomState};

use chrono::{DateTime, Utc};

use crate::store::database::place::Place;
use crate::store::database::reader::Reader;
use crate::store::{Error, time};

/// A server as a session finds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerSettings {
    /// Its URL without a password.
    pub name: String,
    /// 150004 is 15.4.
    pub version: i64,
    /// The database's encoding: UTF8.
    pub encoding: String,
    /// `fsync` is on: a commit waits for the disk.
    pub is_synced: bool,
    /// `full_page_writes` is on: a page that was half written is repaired.
    pub writes_full_pages: bool,
    /// Standbys that a commit waits for; empty for none.
    pub synchronous_standbys: String,
    /// Standbys that are connected, where the role may see them.
    pub standbys: u64,
    /// Whether our role may do anything on the server.
    pub is_superuser: bool,
    /// Whether our role may make tables in the database.
    pub may_create: bool,
    /// Tables of ours that belong to another role, whose schema ours cannot bring up to date.
    pub foreign_tables: u64,
    /// Whether one session is answered by several of the server's: a pooler gives a session's connection away between
    /// transactions.
    pub is_pooled: bool,
    /// The server's clock.
    pub now: DateTime<Utc>,
    /// The size of the database.
    pub bytes: u64,
}

const SETTINGS: &str = "SELECT CAST(current_setting('server_version_num') AS BIGINT) AS version,
    CAST(current_setting('server_encoding') AS TEXT) AS encoding, current_setting('fsync') = 'on' AS is_synced,
    current_setting('full_page_writes') = 'on' AS writes_full_pages,
    CAST(current_setting('synchronous_standby_names') AS TEXT) AS synchronous_standbys,
    (SELECT count(*) FROM pg_stat_replication) AS standbys,
    current_setting('is_superuser') = 'on' AS is_superuser,
    coalesce(has_schema_privilege(current_schema(), 'CREATE'), false) AS may_create,
    (SELECT count(*) FROM pg_class c WHERE c.relkind IN ('r', 'v') AND c.relnamespace = to_regnamespace(current_schema())
        AND NOT pg_has_role(c.relowner, 'USAGE')) AS foreign_tables,
    CAST(floor(extract(epoch FROM clock_timestamp())) AS BIGINT) AS now,
    CAST(pg_database_size(current_database()) AS BIGINT) AS bytes";

const SESSION: &str = "SELECT CAST(pg_backend_pid() AS BIGINT) AS process, pg_try_advisory_lock(?1) AS is_locked";

const IS_SAME: &str = "SELECT CAST(pg_backend_pid() AS BIGINT) AS process, pg_advisory_unlock(?1) AS was_locked";

/// A lock that only this question takes, drawn at random.
fn lock() -> i64 {
    RandomState::new().hash_one(()).cast_signed()
}

impl Reader {
    /// How the server is set up; `None` where the database is a file.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn server_settings(&self) -> Result<Option<ServerSettings>, Error> {
        let Place::Server(server) = self.place() else { return Ok(None) };
        let name = server.shown();
        let settings = self.read(move |connection| {
            let lock = lock();
            // A session's lock is there in its next statement, unless that was given to another session of the server's.
            let (locked, is_locked): (i64, bool) =
                connection.query_row(SESSION, [lock], |row| Ok((row.get("process")?, row.get("is_locked")?)))?;
            let (process, was_locked): (i64, bool) =
                connection.query_row(IS_SAME, [lock], |row| Ok((row.get("process")?, row.get("was_locked")?)))?;
            let (mut settings, now) = connection.query_row(SETTINGS, [], |row| {
                let settings = ServerSettings {
                    name: name.clone(),
                    version: row.get("version")?,
                    encoding: row.get("encoding")?,
                    is_synced: row.get("is_synced")?,
                    writes_full_pages: row.get("writes_full_pages")?,
                    synchronous_standbys: row.get("synchronous_standbys")?,
                    standbys: row.get("standbys")?,
                    is_superuser: row.get("is_superuser")?,
                    may_create: row.get("may_create")?,
                    foreign_tables: row.get("foreign_tables")?,
                    is_pooled: process != locked || !is_locked || !was_locked,
                    now: DateTime::UNIX_EPOCH,
                    bytes: row.get("bytes")?,
                };
                Ok((settings, row.get("now")?))
            })?;
            settings.now = time(now)?;
            Ok(settings)
        });
        settings.await.map(Some)
    }
}
