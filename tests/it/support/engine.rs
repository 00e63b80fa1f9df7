//! Which engine the tests run on. With `TEST_ENGINE=postgres`, those that write their configuration with `write_config` run on
//! a PostgreSQL server that is started for them, each in a database of its own, made from a template. The server is
//! Debian's, runs as an unprivileged user, and ends with the tests.

use std::io::Write as _;
use std::path::Path;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use policy_digest::store::{Place, Server, Store};
use postgres::types::Type;
use rusqlite::types::{FromSql, Value};

pub use super::foreign::postgres::with_client;
use super::foreign::postgres::{Postgres, programs};

/// Tests, or all those of a file, that run on SQLite whatever is asked for, with the reason.
const SQLITE_ONLY: &[(&str, &str)] = &[
    ("command_line", "they look at the file of an installation"),
    ("operations::backup", "copies of the file"),
    ("operations::check::outside", "the permissions of the file"),
    ("operations::costs", "transactions of a file are counted, and pages of it"),
    ("operations::damage", "damage of the file"),
    ("operations::database", "the file itself"),
    ("operations::migrations", "schemas that no server ever had"),
    ("operations::private", "the permissions of the file"),
    ("operations::query_plans", "SQLite's plans"),
    ("operations::server", "they compare both engines"),
    ("operations::standbys", "they make databases of their own on a server"),
    ("operations::whole_states", "processes that are killed while they write the file"),
    ("outbox::bounces", "the key of a token is read from the file"),
    ("outbox::bounces::providers", "the key of a token is read from the file"),
    ("outbox::reconcile", "the file is locked by hand"),
    ("outbox::states::a_crowd_of_late_ones_is_given_up_whole", "rows are written into the file by hand"),
    ("subscribers::keys", "keys of an earlier version are written into the file by hand"),
    (
        "subscribers::leaving::a_forgotten_address_stands_nowhere_and_what_was_counted_stays",
        "the whole file is searched",
    ),
    ("subscribers::people", "rows are written into the file by hand"),
    ("subscribers::people_import", "rows are written into the file by hand"),
    ("digests::runs::slots", "rows are written into the file by hand"),
    ("digests::runs::send_now", "rows are written into the file by hand"),
    ("feeds::fetching::polling", "the file is read beside the program"),
    ("feeds::fetching::polite", "the file is read beside the program"),
    ("operations::alarms::told", "rows are written into the file by hand"),
    ("operations::upkeep", "rows are written into the file by hand, and its size is measured"),
    ("web::responses", "the file is read beside the program"),
    ("web::read_only", "the file may only be read"),
];

/// The URL of the database of a test's folder, where that is on a server.
pub fn url_of(folder: &Path) -> Option<String> {
    std::fs::read_to_string(folder.join(URL)).ok()
}

/// Makes a database for a test's folder, if it is to be on a server. What digest.toml says of it.
pub fn settings(folder: &Path) -> String {
    if !is_postgres() {
        return String::new();
    }
    let url = url_of(folder).unwrap_or_else(|| {
        let url = cluster().make();
        std::fs::write(folder.join(URL), &url).unwrap();
        url
    });
    format!("\n[database]\nurl = \"{url}\"\ntls = false\n")
}

/// Whether PostgreSQL is installed; said on standard error if not.
pub fn has_postgres() -> bool {
    let has_it = programs().is_some();
    if !has_it {
        assert!(std::env::var_os("POSTGRES_REQUIRED").is_none(), "PostgreSQL is not installed");
        super::aloud("skipped: PostgreSQL is not installed");
    }
    has_it
}

/// A database that holds nothing, for a test of servers; `None` where PostgreSQL is not installed.
pub fn empty_database() -> Option<String> {
    if !has_postgres() {
        return None;
    }
    let name = format!("empty_{}", cluster().made.fetch_add(1, Ordering::Relaxed));
    with_client(&cluster().url("postgres"), |client| client.batch_execute(&format!("CREATE DATABASE {name}")).unwrap());
    Some(cluster().url(&name))
}

/// A copy of a database that nobody has open any more, as a dump that is restored elsewhere makes it.
pub fn copy_of(url: &str) -> String {
    let (from, copy) = (url.rsplit('/').next().unwrap(), format!("{url}_copy"));
    let statement = format!("CREATE DATABASE {from}_copy TEMPLATE {from}");
    let deadline = Instant::now() + Duration::from_secs(10);
    // The server needs a moment to notice that a session has ended.
    while with_client(&cluster().url("postgres"), |client| client.batch_execute(&statement).is_err()) {
        assert!(Instant::now() < deadline, "nobody has it open");
        std::thread::sleep(Duration::from_millis(20));
    }
    copy
}

/// The first column of a question, as SQLite would answer it: booleans are integers.
pub fn first_column<T: FromSql + Send>(url: &str, question: &str) -> Vec<T> {
    let read = |row: postgres::Row| {
        let value = match *row.columns()[0].type_() {
            Type::BOOL => row.get::<_, Option<bool>>(0).map(|value| Value::Integer(value.into())),
            Type::INT8 => row.get::<_, Option<i64>>(0).map(Value::Integer),
            Type::INT4 => row.get::<_, Option<i32>>(0).map(|value| Value::Integer(value.into())),
            Type::FLOAT8 => row.get::<_, Option<f64>>(0).map(Value::Real),
            Type::BYTEA => row.get::<_, Option<Vec<u8>>>(0).map(Value::Blob),
            _ => row.get::<_, Option<String>>(0).map(Value::Text),
        };
        T::column_result((&value.unwrap_or(Value::Null)).into()).unwrap()
    };
    with_client(url, |client| client.query(question, &[]).unwrap().into_iter().map(read).collect())
}

const URL: &str = "database.url";

fn is_postgres() -> bool {
    let is_asked = std::env::var("TEST_ENGINE").is_ok_and(|engine| engine == "postgres");
    let thread = std::thread::current();
    let test = thread.name().unwrap_or_default();
    is_asked && !SQLITE_ONLY.iter().any(|(name, _)| test == *name || test.starts_with(&format!("{name}::")))
}

/// The server of all tests, whose databases are copies of a template.
struct Cluster {
    server: Postgres,
    made: AtomicUsize,
}

fn cluster() -> &'static Cluster {
    static CLUSTER: OnceLock<Cluster> = OnceLock::new();
    CLUSTER.get_or_init(|| {
        let cluster = Cluster { server: Postgres::start(""), made: AtomicUsize::new(0) };
        cluster.make_template();
        cluster
    })
}

impl Cluster {
    fn url(&self, database: &str) -> String {
        self.server.url(database)
    }

    /// The schema is made by the program, once.
    fn make_template(&self) {
        let url = self.url("template_world");
        with_client(&self.url("postgres"), |client| client.batch_execute("CREATE DATABASE template_world").unwrap());
        let place = Place::Server(Box::new(Server {
            url: url.parse().unwrap(),
            password: None,
            is_encrypted: false,
            authorities: None,
            readers: 1,
        }));
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async { Store::open(place).await.unwrap().close().await });
        })
        .join()
        .unwrap();
        // A database made from it is no copy that was restored elsewhere.
        with_client(&url, |client| client.batch_execute("DELETE FROM home").unwrap());
    }

    fn make(&self) -> String {
        let name = format!("world_{}", self.made.fetch_add(1, Ordering::Relaxed));
        with_client(&self.url("postgres"), |client| {
            client.batch_execute(&format!("CREATE DATABASE {name} TEMPLATE template_world")).unwrap();
        });
        self.url(&name)
    }
}

#[test]
fn the_tests_that_stay_on_sqlite_are_told_with_a_reason() {
    if std::env::var("TEST_ENGINE").is_ok_and(|engine| engine == "postgres") {
        let reasons = SQLITE_ONLY.iter().map(|(name, reason)| format!("on SQLite: {name}: {reason}\n"));
        std::io::stderr().write_all(reasons.collect::<String>().as_bytes()).unwrap();
    }
    assert!(SQLITE_ONLY.iter().all(|(_, reason)| !reason.is_empty()));
}
