//! A database on a PostgreSQL server: opening sessions, whose settings are ours whatever the server's are, and the one
//! worker. `schema` makes its tables, `tls` encrypts.

mod home;
pub(crate) mod moving;
pub(in crate::store) mod processes;
pub(in crate::store) mod schema;
pub(in crate::store) mod standing;
mod tls;

use std::path::PathBuf;
use std::time::Duration;

use postgres::config::SslMode;
use postgres::{Client, Config, NoTls};

use super::place::Server;
use super::session::Session;
use super::sql::{Connection, SqlError, params};
use crate::store::Error;

/// The process that polls, makes runs and delivers holds this lock on the session of its writer: if the session ends, the
/// lock is gone, and nothing more of that writer can be committed.
const WORKER: i64 = 0x5044_6967_0002;

/// How long a server may take to answer when a connection is opened.
const PATIENCE: Duration = Duration::from_secs(10);

/// A machine that is gone is noticed by TCP within half a minute, on both sides; a transaction that does nothing, by the
/// server within five seconds. Texts have one form.
const SESSION: &str = "SET idle_in_transaction_session_timeout = '5s'; SET tcp_keepalives_idle = 10;
    SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3; SET tcp_user_timeout = 25000;
    SET standard_conforming_strings = on; SET statement_timeout = 0; SET lock_timeout = 0; SET jit = off;";

/// A writer's session shows the server every few seconds that its process runs (`session`). The session of one that is
/// frozen, with its whole machine or alone, is ended by the server, and its locks are free.
const WRITER: &str = "SET idle_session_timeout = '20s'; SET synchronous_commit = on";

/// The server needs a moment to notice that the worker before has ended; this is how long to wait for it.
const MOMENT: Duration = Duration::from_millis(50);
/// The most of these waits.
const MOMENTS: usize = 40;

/// What a session is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    /// The writer of the worker; it makes and migrates the schema.
    Worker,
    /// The writer of another process, which may become the worker.
    Editor,
    Reader,
}

/// The writer of the one process that works on the database, which is made or migrated.
pub(crate) async fn worker(server: &Server) -> Result<Session, Error> {
    open(server, Role::Worker).await
}

/// The writer of another process, of a database with the current schema.
pub(crate) async fn editor(server: &Server) -> Result<Session, Error> {
    open(server, Role::Editor).await
}

/// A session that only reads.
pub(crate) async fn reader(server: &Server) -> Result<Session, Error> {
    open(server, Role::Reader).await
}

async fn open(server: &Server, role: Role) -> Result<Session, Error> {
    let server = server.clone();
    Session::open(move || {
        let cannot_open = |source| Error::Open { path: server.shown().into(), source };
        let client = connect(&server, role).map_err(cannot_open)?;
        let connection = Connection::from(client);
        let path = PathBuf::from(server.shown());
        match role {
            Role::Worker => become_worker(&connection, &server)?,
            Role::Editor | Role::Reader => schema::require_usable(&connection, &path)?,
        }
        Ok(connection)
    })
    .await
}

/// Makes this session the worker's, with the current schema. A worker that ends just now has a moment for it.
///
/// # Errors
/// [`Error::InUse`]: another process is the worker.
pub(crate) fn become_worker(connection: &Connection, server: &Server) -> Result<(), Error> {
    for _ in 0..MOMENTS {
        if take_over(connection, server)? {
            return Ok(());
        }
        std::thread::sleep(MOMENT);
    }
    Err(Error::InUse { path: server.shown().into() })
}

/// Makes this session the worker's, unless another one is.
///
/// # Errors
/// The schema cannot be brought up to date, and the lock is free again.
pub(crate) fn take_over(connection: &Connection, server: &Server) -> Result<bool, Error> {
    const TAKEN: &str = "SELECT pg_try_advisory_lock(?1) AS is_ours";
    const RELEASE: &str = "SELECT pg_advisory_unlock(?1) AS was_ours";
    if !connection.query_row(TAKEN, params![WORKER], |row| row.get("is_ours"))? {
        return Ok(false);
    }
    let taken = schema::to_latest(connection, &PathBuf::from(server.shown())).and_then(|()| home::settle(connection));
    if taken.is_err() {
        let _: bool = connection.query_row(RELEASE, params![WORKER], |row| row.get("was_ours"))?;
    }
    taken.map(|()| true)
}

/// Names this process on its writer's session.
pub(crate) fn introduce(connection: &Connection, command: &str) -> Result<(), Error> {
    const NAME: &str = "SELECT set_config('application_name', ?1, false) AS name";
    let _: String = connection.query_row(NAME, params![processes::name(command)], |row| row.get("name"))?;
    Ok(())
}

fn connect(server: &Server, role: Role) -> Result<Client, SqlError> {
    let mut config: Config = server.url.as_str().parse()?;
    if let Some(password) = &server.password {
        config.password(password);
    }
    let name = match role {
        Role::Worker | Role::Editor => processes::name(""),
        Role::Reader => "policy-digest reader".to_owned(),
    };
    config.application_name(&name).connect_timeout(PATIENCE).tcp_user_timeout(Duration::from_secs(25));
    config.keepalives_idle(Duration::from_secs(10)).keepalives_interval(Duration::from_secs(5)).keepalives_retries(3);
    let mut client = if server.is_encrypted {
        config.ssl_mode(SslMode::Require);
        config.connect(tls::connector(server.authorities.as_deref())?)?
    } else {
        config.ssl_mode(SslMode::Disable);
        config.connect(NoTls)?
    };
    client.batch_execute(SESSION)?;
    client.batch_execute(match role {
        // `off` would lose answered commits; `on` waits for a synchronous standby where there is one.
        Role::Worker | Role::Editor => WRITER,
        Role::Reader => "SET default_transaction_read_only = on",
    })?;
    Ok(client)
}
