//! Where a database is at home: on which cluster, and which of its databases it is. A copy that is elsewhere (a dump restored
//! on another server, a clone) does not know what was sent since it was made, so that it delivers nothing until a person
//! releases it, as a restored file does.

use crate::store::database::sql::{Connection, OptionalExtension as _, params};
use crate::store::outbox::pauses;
use crate::store::{Error, time};

/// `pg_control_system` names the cluster by a number that was drawn when it was made; its physical replicas have the same.
const HERE: &str = "SELECT CAST(c.system_identifier AS TEXT) AS cluster, CAST(d.oid AS BIGINT) AS database,
    CAST(floor(extract(epoch FROM now())) AS BIGINT) AS now
    FROM pg_control_system() c, pg_database d WHERE d.datname = current_database()";

const KNOWN: &str = "SELECT cluster, database FROM home";

const SET: &str = "INSERT INTO home (one, cluster, database) VALUES (1, ?1, ?2)
    ON CONFLICT (one) DO UPDATE SET cluster = excluded.cluster, database = excluded.database";

/// Remembers where the database is, or pauses the delivery of one that was elsewhere.
pub(super) fn settle(connection: &Connection) -> Result<(), Error> {
    let here: (String, i64, i64) =
        connection.query_row(HERE, [], |row| Ok((row.get("cluster")?, row.get("database")?, row.get("now")?)))?;
    let known: Option<(String, i64)> =
        connection.query_row(KNOWN, [], |row| Ok((row.get("cluster")?, row.get("database")?))).optional()?;
    let (cluster, database, now) = here;
    let is_copy = match known {
        Some((known, number)) if known == cluster && number == database => return Ok(()),
        known => known.is_some(),
    };
    let transaction = connection.begin()?;
    if is_copy {
        let reason =
            "this database is a copy of one on another server; it does not know what was sent since it was made";
        pauses::mark_restored(&transaction, reason, time(now)?)?;
    }
    transaction.execute(SET, params![cluster, database])?;
    Ok(transaction.commit()?)
}
