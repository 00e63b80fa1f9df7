//! Which engine the tests run on. With `TEST_ENGINE=postgres`, those that write their configuration with `write_config` run on
//! a PostgreSQL server that is started for them, each in a database of its own, made from a template. The server is
//! Debian's, runs as an unprivileged user, and ends with the tests.

use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use policy_digest::store::{Place, Server, Store};
use postgres::types::Type;
use postgres::{Client, NoTls};
use rusqlite::types::{FromSql, Value};

/// Tests, or all those of a file, that run on SQLite whatever is asked for, with the reason.
const SQLITE_ONLY: &[(&str, &str)] = &[
    ("command_line", "they look at the file of an installation"),
    ("operations::backup", "copies of the file"),
    ("operations::check_outside", "the permissions of the file"),
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
    ("outbox::provider_bounces", "the key of a token is read from the file"),
    ("outbox::reconcile", "the file is locked by hand"),
    ("outbox::states::a_crowd_of_late_ones_is_given_up_whole", "rows are written into the file by hand"),
    ("subscribers::keys", "keys of an earlier version are written into the file by hand"),
    (
        "subscribers::leaving::a_forgotten_address_stands_nowhere_and_what_was_counted_stays",
        "the whole file is searched",
    ),
    ("subscribers::people", "rows are written into the file by hand"),
    ("subscribers::people_import", "rows are written into the file by hand"),
    ("digests::slots", "rows are written into the file by hand"),
    ("digests::send_now", "rows are written into the file by hand"),
    ("feeds::fetching::polling", "the file is read beside the program"),
    ("feeds::fetching::polite", "the file is read beside the program"),
    ("operations::alarms_told", "rows are written into the file by hand"),
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

/// A database that holds nothing, for a test of servers; `None`, told on standard error, where PostgreSQL is not installed.
pub fn empty_database() -> Option<String> {
    if programs().is_none() {
        assert!(std::env::var_os("POSTGRES_REQUIRED").is_none(), "PostgreSQL is not installed");
        super::aloud("skipped: PostgreSQL is not installed");
        return None;
    }
    let name = format!("empty_{}", cluster().made.fetch_add(1, Ordering::Relaxed));
    with_client(&cluster().url("postgres"), |client| client.batch_execute(&format!("CREATE DATABASE {name}")).unwrap());
    Some(cluster().url(&name))
}

/// A PgBouncer of the tests' own in front of a database, which gives sessions away as `mode` says; ended when it is dropped.
/// `None`, told on standard error, where it is not installed.
pub struct Pooler {
    pub url: String,
    child: Child,
    _folder: tempfile::TempDir,
}

impl Pooler {
    pub fn start(url: &str, mode: &str) -> Option<Self> {
        let Some(program) = ["/usr/sbin/pgbouncer", "/usr/bin/pgbouncer"].iter().find(|path| Path::new(path).exists())
        else {
            assert!(std::env::var_os("PGBOUNCER_REQUIRED").is_none(), "PgBouncer is not installed");
            super::aloud("skipped: PgBouncer is not installed");
            return None;
        };
        let (server, database) = url.rsplit_once('/').unwrap();
        let (port, own) = (server.rsplit(':').next().unwrap(), super::free_port());
        let (user, group) = unprivileged();
        let folder = tempfile::tempdir().unwrap();
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
        let (settings, people) = (folder.path().join("pgbouncer.ini"), folder.path().join("people"));
        std::fs::write(&people, "\"tester\" \"\"\n").unwrap();
        let text = format!(
            "[databases]\n{database} = host=127.0.0.1 port={port}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {own}\n\
             auth_type = trust\nauth_file = {}\npool_mode = {mode}\nunix_socket_dir =\nlogfile =\npidfile =\n\
             ignore_startup_parameters = extra_float_digits\n",
            people.display()
        );
        std::fs::write(&settings, text).unwrap();
        let mut run = Command::new(program);
        run.arg("-q").arg(&settings).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let child = as_user(&mut run, user, group).spawn().unwrap();
        let url = format!("postgres://tester@127.0.0.1:{own}/{database}");
        let pooler = Self { url, child, _folder: folder };
        let answers =
            || std::thread::scope(|scope| scope.spawn(|| Client::connect(&pooler.url, NoTls).is_ok()).join().unwrap());
        assert!(super::wait_for(Duration::from_secs(20), answers), "PgBouncer answers");
        Some(pooler)
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
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

/// Does something with a client, which must not run on a thread of the runtime.
pub fn with_client<T: Send>(url: &str, work: impl FnOnce(&mut Client) -> T + Send) -> T {
    std::thread::scope(|scope| {
        scope.spawn(|| work(&mut Client::connect(url, NoTls).unwrap())).join().expect("a question to the server")
    })
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

/// A server of the tests' own.
struct Cluster {
    port: u16,
    made: AtomicUsize,
    /// Ends the server when the tests end, with its standard input.
    _keeper: Child,
}

fn cluster() -> &'static Cluster {
    static CLUSTER: OnceLock<Cluster> = OnceLock::new();
    CLUSTER.get_or_init(Cluster::start)
}

impl Cluster {
    fn start() -> Self {
        let programs = programs().expect("PostgreSQL 15 or later is installed, as TEST_ENGINE=postgres asks for it");
        let (user, group) = unprivileged();
        let folder = tempfile::tempdir().unwrap().keep();
        if is_root() {
            std::os::unix::fs::chown(&folder, Some(user), Some(group)).unwrap();
        }
        let data = folder.join("data");
        let mut make = Command::new(programs.join("initdb"));
        make.args(["-U", "tester", "-A", "trust", "-E", "UTF8", "--no-locale", "-N", "-D"]).arg(&data);
        let made = as_user(&mut make, user, group).stdout(Stdio::null()).status().unwrap();
        assert!(made.success(), "initdb: {made}");
        let port = super::free_port();
        // Who asks for TLS gets it, with the certificate of 127.0.0.1 that the fixtures have.
        let certificate = data.join("here.pem");
        std::fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/fixtures/tls/here.pem"), &certificate)
            .unwrap();
        std::fs::set_permissions(&certificate, std::fs::Permissions::from_mode(0o600)).unwrap();
        if is_root() {
            std::os::unix::fs::chown(&certificate, Some(user), Some(group)).unwrap();
        }
        let options = "-c fsync=off -c full_page_writes=off -c max_connections=400 -c unix_socket_directories= \
                       -c listen_addresses=127.0.0.1,127.0.0.2 -c shared_buffers=64MB -c autovacuum=off -c ssl=on \
                       -c ssl_cert_file=here.pem -c ssl_key_file=here.pem";
        // It ends when this process does, however that ends: its standard input is closed then.
        let script = "\"$0\" -D \"$1\" -p \"$2\" $3 >\"$4/log\" 2>&1 & server=$!; cat >/dev/null; kill -QUIT $server; \
                      wait $server; rm -rf \"$1\" \"$4\"";
        let mut keep = Command::new("sh");
        keep.args(["-c", script]).arg(programs.join("postgres")).arg(&data).arg(port.to_string()).arg(options);
        keep.arg(&folder).stdin(Stdio::piped());
        let keeper = as_user(&mut keep, user, group).spawn().unwrap();
        let cluster = Self { port, made: AtomicUsize::new(0), _keeper: keeper };
        let deadline = Instant::now() + Duration::from_secs(60);
        while std::thread::scope(|scope| {
            let answers = scope.spawn(|| Client::connect(&cluster.url("postgres"), NoTls).is_ok());
            !answers.join().unwrap()
        }) {
            assert!(Instant::now() < deadline, "the server starts");
            std::thread::sleep(Duration::from_millis(50));
        }
        cluster.make_template();
        cluster
    }

    fn url(&self, database: &str) -> String {
        format!("postgres://tester@127.0.0.1:{}/{database}", self.port)
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

/// The folder of `initdb` and `postgres`, the newest first.
fn programs() -> Option<PathBuf> {
    let mut folders: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .ok()?
        .filter_map(|entry| Some(entry.ok()?.path().join("bin")))
        .collect();
    folders.sort();
    folders.into_iter().rfind(|folder| folder.join("initdb").exists())
}

/// The server refuses to run as root: the numbers of `postgres` or `nobody` then.
fn unprivileged() -> (u32, u32) {
    let users = std::fs::read_to_string("/etc/passwd").unwrap();
    let find = |name: &str| {
        let line = users.lines().find(|line| line.split(':').next() == Some(name))?;
        let mut numbers = line.split(':').skip(2).map(|number| number.parse().ok());
        Some((numbers.next()??, numbers.next()??))
    };
    find("postgres").or_else(|| find("nobody")).expect("there is an unprivileged user")
}

fn is_root() -> bool {
    std::os::unix::fs::MetadataExt::uid(&std::fs::metadata("/proc/self").unwrap()) == 0
}

fn as_user(command: &mut Command, user: u32, group: u32) -> &mut Command {
    if is_root() { command.uid(user).gid(group).current_dir("/") } else { command }
}

#[test]
fn the_tests_that_stay_on_sqlite_are_told_with_a_reason() {
    if std::env::var("TEST_ENGINE").is_ok_and(|engine| engine == "postgres") {
        let reasons = SQLITE_ONLY.iter().map(|(name, reason)| format!("on SQLite: {name}: {reason}\n"));
        std::io::stderr().write_all(reasons.collect::<String>().as_bytes()).unwrap();
    }
    assert!(SQLITE_ONLY.iter().all(|(_, reason)| !reason.is_empty()));
}
