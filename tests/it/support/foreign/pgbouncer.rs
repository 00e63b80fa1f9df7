//! A PgBouncer between a process and a PostgreSQL server.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::postgres::{answers, as_user};
use crate::support::{free_port, wait_for};

/// A PgBouncer of the tests' own in front of a database, which gives sessions away as `mode` says; ended when it is dropped.
/// `None`, with a notice on standard error, where it is not installed.
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
            crate::support::aloud("skipped: PgBouncer is not installed");
            return None;
        };
        let (server, database) = url.rsplit_once('/').unwrap();
        let (port, own) = (server.rsplit(':').next().unwrap(), free_port());
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
        let child = as_user(&mut run).spawn().unwrap();
        let url = format!("postgres://tester@127.0.0.1:{own}/{database}");
        let pooler = Self { url, child, _folder: folder };
        assert!(wait_for(Duration::from_secs(20), || answers(&pooler.url)), "PgBouncer answers");
        Some(pooler)
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
