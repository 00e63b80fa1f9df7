//! The processes that have the database open for writing: the worker, those that stand by, and commands. Each names itself
//! on its writer's session, so that the server knows all of them and no list is kept.

use std::fmt;

use chrono::{DateTime, Utc};

use super::WORKER;
use crate::store::database::place::Place;
use crate::store::database::reader::Reader;
use crate::store::database::schema::STEPS;
use crate::store::database::sql::{Connection, Result, Row};
use crate::store::{Error, time};

/// A process that has the database open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Process {
    /// The words of its command, such as "run".
    pub command: String,
    /// The version of the program.
    pub version: String,
    /// The number of the schema that it was written for.
    pub schema: usize,
    /// The number of the process on its machine.
    pub id: u32,
    /// The address of its machine; `None` if it is the server's own.
    pub address: Option<String>,
    /// When its session was opened.
    pub since: DateTime<Utc>,
    /// Whether it holds the worker's lock.
    pub is_worker: bool,
}

impl Process {
    /// Whether it serves the pages: it works or stands by, and is no command.
    #[must_use]
    pub fn serves(&self) -> bool {
        self.command == "run"
    }
}

/// "`policy-digest run` 0.1.0 (process 4711 on 10.0.0.5)".
impl fmt::Display for Process {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { command, version, id, address, .. } = self;
        let program = if command.is_empty() { "policy-digest".to_owned() } else { format!("policy-digest {command}") };
        let place = address.as_ref().map_or(String::new(), |address| format!(" on {address}"));
        write!(f, "`{program}` {version} (process {id}{place})")
    }
}

/// The length of a name on the server, in bytes; more is cut off.
const LONGEST: usize = 63;

/// What a session is called: `policy-digest/0.1.0/36 4711 run`.
pub(super) fn name(command: &str) -> String {
    let command = command.strip_prefix("policy-digest ").unwrap_or(command);
    let plain: String = command.chars().filter(|c| c.is_ascii_graphic() || *c == ' ').collect();
    let name = format!("policy-digest/{}/{} {} {plain}", env!("CARGO_PKG_VERSION"), STEPS.len(), std::process::id());
    name[..name.len().min(LONGEST)].trim_end().to_owned()
}

/// The version, the schema, the process and the command of a name.
fn read_name(name: &str) -> Option<(&str, usize, u32, &str)> {
    let (head, rest) = name.strip_prefix("policy-digest/")?.split_once(' ')?;
    let (version, schema) = head.split_once('/')?;
    let (id, command) = rest.split_once(' ').unwrap_or((rest, ""));
    Some((version, schema.parse().ok()?, id.parse().ok()?, command))
}

/// The lock is stored in two halves of 32 bits.
const PROCESSES: &str = "SELECT CAST(a.application_name AS TEXT) AS name, CAST(host(a.client_addr) AS TEXT) AS address,
    CAST(floor(extract(epoch FROM a.backend_start)) AS BIGINT) AS since,
    EXISTS (SELECT 1 FROM pg_locks l WHERE l.pid = a.pid AND l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
        AND l.database = a.datid AND (CAST(l.classid AS BIGINT) << 32 | CAST(l.objid AS BIGINT)) = ?1) AS is_worker
    FROM pg_stat_activity a WHERE a.datname = current_database() AND a.application_name LIKE 'policy-digest/%'
    ORDER BY a.backend_start, a.pid";

fn of(row: &Row<'_>) -> Result<Option<(Process, i64)>> {
    let name: String = row.get("name")?;
    let Some((version, schema, id, command)) = read_name(&name) else { return Ok(None) };
    let process = Process {
        command: command.to_owned(),
        version: version.to_owned(),
        schema,
        id,
        address: row.get("address")?,
        since: DateTime::UNIX_EPOCH,
        is_worker: row.get("is_worker")?,
    };
    Ok(Some((process, row.get("since")?)))
}

/// All processes, the longest connected first.
pub(super) fn all(connection: &Connection) -> std::result::Result<Vec<Process>, Error> {
    let mut statement = connection.prepare(PROCESSES)?;
    let mut rows = statement.query([WORKER])?;
    let mut processes = Vec::new();
    while let Some(row) = rows.next()? {
        if let Some((process, since)) = of(&row)? {
            processes.push(Process { since: time(since)?, ..process });
        }
    }
    Ok(processes)
}

impl Reader {
    /// The processes that have a database on a server open, this one among them, the longest connected first; empty where the
    /// database is a file.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn processes(&self) -> std::result::Result<Vec<Process>, Error> {
        match self.place() {
            Place::File(_) => Ok(Vec::new()),
            Place::Server(_) => self.read(all).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{LONGEST, name, read_name};

    #[test]
    fn a_process_is_known_by_its_name() {
        let (name, id) = (name("policy-digest run"), std::process::id());
        let (version, schema, process, command) = read_name(&name).unwrap();
        assert_eq!((version, process, command), (env!("CARGO_PKG_VERSION"), id, "run"));
        assert_eq!(schema, super::STEPS.len());
    }

    #[test]
    fn a_long_or_strange_name_is_still_one() {
        let name = name(&format!("policy-digest subscribers add é{}", "x".repeat(100)));
        assert!(name.len() <= LONGEST, "{name}");
        assert!(read_name(&name).unwrap().3.starts_with("subscribers add x"), "{name}");
        assert_eq!(read_name("policy-digest reader"), None);
        assert_eq!(read_name("psql"), None);
    }
}
