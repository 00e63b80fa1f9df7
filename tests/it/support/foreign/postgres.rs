//! PostgreSQL servers of the tests' own: each in a temporary folder on a port of its own, run by an unprivileged user, and
//! ended with the tests, however those end.

use std::io::Read as _;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use postgres::{Client, NoTls};

use crate::support::{free_port, wait_for};

/// What holds for every server: nothing waits for a disk, and who asks for TLS gets it.
const OPTIONS: &str = "-c fsync=off -c full_page_writes=off -c max_connections=400 -c unix_socket_directories= \
    -c listen_addresses=127.0.0.1,127.0.0.2 -c shared_buffers=64MB -c autovacuum=off -c ssl=on -c ssl_cert_file=here.pem \
    -c ssl_key_file=here.pem";

/// A server.
pub struct Postgres {
    pub port: u16,
    folder: PathBuf,
    options: String,
    /// Each ends the server that it started when its standard input is closed, which the end of this process does.
    keepers: Vec<Child>,
}

impl Postgres {
    /// A new one, with these options beside the usual ones.
    pub fn start(options: &str) -> Self {
        let folder = folder();
        let mut make = program("initdb");
        make.args(["-U", "tester", "-A", "trust", "-E", "UTF8", "--no-locale", "-N", "-D"]).arg(folder.join("data"));
        run(&mut make);
        // With the certificate of 127.0.0.1 that the fixtures have.
        let certificate = folder.join("data/here.pem");
        let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/fixtures/tls/here.pem");
        std::fs::copy(fixture, &certificate).unwrap();
        std::fs::set_permissions(&certificate, std::fs::Permissions::from_mode(0o600)).unwrap();
        own(&certificate);
        let mut server = Self { port: free_port(), folder, options: options.to_owned(), keepers: Vec::new() };
        server.run();
        server
    }

    /// A replica of it, which receives what is committed here.
    pub fn replica(&self) -> Self {
        let folder = folder();
        let mut copy = program("pg_basebackup");
        copy.args(["-R", "-X", "stream", "-c", "fast", "-N", "-h", "127.0.0.1", "-U", "tester", "-p"]);
        copy.arg(self.port.to_string()).arg("-D").arg(folder.join("data"));
        run(&mut copy);
        let mut server = Self { port: free_port(), folder, options: String::new(), keepers: Vec::new() };
        server.run();
        server
    }

    /// Makes a replica the server that takes what is written.
    pub fn promote(&self) {
        self.with(|client| client.batch_execute("SELECT pg_promote()").unwrap());
    }

    /// Starts it, for the first time or after [`Postgres::kill`].
    pub fn run(&mut self) {
        let data = self.folder.join("data");
        let script = "\"$0\" -D \"$1\" -p \"$2\" $3 >>\"$4/log\" 2>&1 & server=$!; cat >/dev/null; kill -QUIT $server 2>&-; \
                      wait $server; rm -rf \"$1\" \"$4\"";
        let begin = || {
            let mut keep = Command::new("sh");
            keep.args(["-c", script]).arg(programs().unwrap().join("postgres")).arg(&data).arg(self.port.to_string());
            keep.arg(format!("{OPTIONS} {}", self.options)).arg(&self.folder).stdin(Stdio::piped());
            as_user(&mut keep).spawn().unwrap()
        };
        self.keepers.push(begin());
        let url = self.url("postgres");
        assert!(wait_for(Duration::from_secs(60), || answers(&url)), "it answers");
    }

    /// Ends it at once, as a power cut would, and all its processes.
    pub fn kill(&self) {
        let file = self.folder.join("data/postmaster.pid");
        let mut text = String::new();
        std::fs::File::open(&file).unwrap().read_to_string(&mut text).unwrap();
        let process = text.lines().next().unwrap().to_owned();
        let told = Command::new("kill").args(["-QUIT", &process]).status().unwrap();
        assert!(told.success());
        let path = format!("/proc/{process}");
        assert!(wait_for(Duration::from_secs(30), || !Path::new(&path).exists()), "it has ended");
    }

    pub fn url(&self, database: &str) -> String {
        format!("postgres://tester@127.0.0.1:{}/{database}", self.port)
    }

    /// Does something with a client, which must not run on a thread of the runtime.
    fn with<T: Send>(&self, work: impl FnOnce(&mut Client) -> T + Send) -> T {
        with_client(&self.url("postgres"), work)
    }
}

/// Does something with a client, which must not run on a thread of the runtime.
pub fn with_client<T: Send>(url: &str, work: impl FnOnce(&mut Client) -> T + Send) -> T {
    std::thread::scope(|scope| {
        scope.spawn(|| work(&mut Client::connect(url, NoTls).unwrap())).join().expect("a question to the server")
    })
}

/// Whether a server answers.
pub fn answers(url: &str) -> bool {
    std::thread::scope(|scope| scope.spawn(|| Client::connect(url, NoTls).is_ok()).join().unwrap())
}

/// A folder of the unprivileged user's.
fn folder() -> PathBuf {
    let folder = tempfile::tempdir().unwrap().keep();
    own(&folder);
    folder
}

fn own(path: &Path) {
    if is_root() {
        let (user, group) = unprivileged();
        chown(path, Some(user), Some(group)).unwrap();
    }
}

fn program(name: &str) -> Command {
    Command::new(programs().expect("PostgreSQL 15 or later is installed").join(name))
}

fn run(command: &mut Command) {
    let done = as_user(command).stdout(Stdio::null()).status().unwrap();
    assert!(done.success(), "{command:?}: {done}");
}

/// The folder of `initdb` and `postgres`, the newest first.
pub fn programs() -> Option<PathBuf> {
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

/// The command as the unprivileged user, if we are not one already.
pub fn as_user(command: &mut Command) -> &mut Command {
    let (user, group) = unprivileged();
    if is_root() { command.uid(user).gid(group).current_dir("/") } else { command }
}
