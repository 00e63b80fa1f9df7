//! Checks the PostgreSQL server: its version and encoding, whether an answered commit survives a power cut, its clock, and
//! what stands between it and this program.

use chrono::{DateTime, TimeDelta, Utc};

use super::finding::CheckFinding;
use crate::domain::items::text::count;
use crate::store::ServerSettings;

/// The oldest version that is tested.
const OLDEST: i64 = 150_000;

/// Clocks that differ by more than this give emails and pages wrong times.
const CLOCKS_DIFFER: TimeDelta = TimeDelta::seconds(30);

/// What is wrong with a server, the worst first.
pub(super) fn findings(server: &ServerSettings, now: DateTime<Utc>) -> Vec<CheckFinding> {
    let mut findings = Vec::new();
    let mut failure = |is_one: bool, what: String, next: &str| {
        if is_one {
            findings.push(CheckFinding::failure(what, next));
        }
    };
    let version = server.version / 10_000;
    failure(server.version < OLDEST, format!("the server is PostgreSQL {version}"), "use PostgreSQL 15 or later");
    failure(
        server.encoding != "UTF8",
        format!("the database's encoding is {}", server.encoding),
        "make a database with `createdb --encoding UTF8 --template template0`",
    );
    failure(
        !server.may_create,
        "the role in `url` may not make tables in the database".to_owned(),
        "let it own the database: `ALTER DATABASE … OWNER TO …`, and before PostgreSQL 15 its schema `public` as well",
    );
    failure(
        server.foreign_tables > 0,
        format!(
            "{} in the database belong to another role, so that a new version cannot bring them up to date",
            count(server.foreign_tables, "table")
        ),
        "give them to the role in `url`: `REASSIGN OWNED BY … TO …`",
    );
    failure(
        server.is_pooled,
        "a pooler such as PgBouncer gives the connection away between transactions".to_owned(),
        "connect to the server itself, or let the pooler work in session mode",
    );
    failure(
        !server.is_synced || !server.writes_full_pages,
        "a power cut may lose what was answered, or damage the database".to_owned(),
        "set `fsync = on` and `full_page_writes = on` in postgresql.conf",
    );
    let differ = server.now - now;
    failure(
        differ.abs() > CLOCKS_DIFFER,
        format!("the server's clock differs from this machine's by {} seconds", differ.num_seconds().abs()),
        "let both keep time by NTP",
    );
    if server.is_superuser {
        findings.push(CheckFinding::advice(
            "the role in `url` is a superuser of the server",
            "use a role of its own that owns this database and nothing else",
        ));
    }
    if server.standbys > 0 && server.synchronous_standbys.is_empty() {
        findings.push(CheckFinding::advice(
            "standbys receive commits later than they are answered: a failover may lose what was sent last, and send it again",
            "set `synchronous_standby_names`",
        ));
    }
    findings
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;

    #[test]
    fn a_good_server_has_no_finding_and_each_fault_has_one() {
        let now = DateTime::UNIX_EPOCH;
        let good = ServerSettings {
            name: "postgres://db.example.org/p".to_owned(),
            version: 150_004,
            encoding: "UTF8".to_owned(),
            is_synced: true,
            writes_full_pages: true,
            synchronous_standbys: String::new(),
            standbys: 0,
            is_superuser: false,
            may_create: true,
            foreign_tables: 0,
            is_pooled: false,
            now,
            bytes: 0,
        };
        assert_eq!(findings(&good, now), []);
        for bad in [
            ServerSettings { version: 140_011, ..good.clone() },
            ServerSettings { encoding: "SQL_ASCII".to_owned(), ..good.clone() },
            ServerSettings { is_synced: false, ..good.clone() },
            ServerSettings { writes_full_pages: false, ..good.clone() },
            ServerSettings { standbys: 1, ..good.clone() },
            ServerSettings { is_superuser: true, ..good.clone() },
            ServerSettings { may_create: false, ..good.clone() },
            ServerSettings { foreign_tables: 2, ..good.clone() },
            ServerSettings { is_pooled: true, ..good.clone() },
            ServerSettings { now: now + TimeDelta::seconds(31), ..good.clone() },
        ] {
            assert_eq!(findings(&bad, now).len(), 1, "{bad:?}");
        }
    }
}
