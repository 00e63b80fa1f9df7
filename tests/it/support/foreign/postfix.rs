//! A Postfix of the tests' own: a relay on loopback with STARTTLS and a log-in, that keeps its configuration, queue
//! and log in a temporary folder, delivers into files, and lets nothing out. The system's own is not touched. It is
//! stopped when it is dropped.

use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use crate::support::{free_port, wait_for};

/// The user whose files mailboxes are: nobody.
const NOBODY: u32 = 65_534;

pub const USERNAME: &str = "digest@example.org";
pub const PASSWORD: &str = "correct horse";

const MASTER: &str = "\
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
";

pub struct Postfix {
    pub port: u16,
    folder: TempDir,
}

impl Postfix {
    /// Mailboxes for these users of example.org; whoever else is there is taken at RCPT and bounces at delivery. All
    /// of digest.example.org goes into one mailbox, `bounces`. `None`, told on standard error, where it cannot be
    /// had; `POSTFIX_REQUIRED=1` makes that a failure.
    pub fn start(users: &[String]) -> Option<Self> {
        if let Err(missing) = is_there() {
            assert!(std::env::var_os("POSTFIX_REQUIRED").is_none(), "a real Postfix is wanted: {missing}");
            crate::support::aloud(&format!("skipped: a real Postfix is wanted: {missing}"));
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let port = free_port();
        let postfix = Self { port, folder };
        postfix.set_up(users);
        let started = postfix.ask("start");
        assert!(started, "Postfix does not start:\n{}", postfix.log());
        let is_listening =
            wait_for(Duration::from_secs(20), || std::net::TcpStream::connect(("127.0.0.1", port)).is_ok());
        assert!(is_listening, "Postfix does not listen:\n{}", postfix.log());
        Some(postfix)
    }

    /// The authority whose certificate it has.
    pub fn authority() -> PathBuf {
        fixture("authority.pem")
    }

    /// The mails in a mailbox, as they lie there.
    pub fn mails(&self, user: &str) -> Vec<Vec<u8>> {
        let Ok(folder) = std::fs::read_dir(self.path("boxes").join(user).join("new")) else { return Vec::new() };
        folder.map(|mail| std::fs::read(mail.unwrap().path()).unwrap()).collect()
    }

    /// What it has to say.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.path("mail.log")).unwrap_or_default()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn set_up(&self, users: &[String]) {
        let folder = self.folder.path();
        std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o755)).unwrap();
        for name in ["etc/sasl", "queue", "data", "boxes"] {
            std::fs::create_dir_all(folder.join(name)).unwrap();
        }
        let postfix = id("postfix", "-u").unwrap();
        chown(self.path("data"), Some(postfix), None).unwrap();
        chown(self.path("boxes"), Some(NOBODY), Some(NOBODY)).unwrap();
        std::fs::copy(fixture("here.pem"), self.path("etc/here.pem")).unwrap();
        let boxes: String = users.iter().map(|user| format!("{user}@example.org {user}/\n")).collect();
        std::fs::write(self.path("etc/boxes"), format!("{boxes}@digest.example.org bounces/\n")).unwrap();
        std::fs::write(self.path("etc/main.cf"), self.main()).unwrap();
        let smtpd = format!("127.0.0.1:{} inet n - n - - smtpd\n{MASTER}", self.port);
        std::fs::write(self.path("etc/master.cf"), smtpd).unwrap();
        let sasl = format!(
            "pwcheck_method: auxprop\nauxprop_plugin: sasldb\nsasldb_path: {}\nmech_list: PLAIN LOGIN\n",
            self.path("etc/sasldb2").display()
        );
        std::fs::write(self.path("etc/sasl/smtpd.conf"), sasl).unwrap();
        self.keep_password();
        chown(self.path("etc/sasldb2"), Some(postfix), None).unwrap();
    }

    fn keep_password(&self) {
        let mut command = Command::new("saslpasswd2");
        command.args(["-p", "-c", "-u", "example.org", "-f"]).arg(self.path("etc/sasldb2")).arg("digest");
        let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), PASSWORD.as_bytes()).unwrap();
        assert!(child.wait().unwrap().success(), "saslpasswd2 keeps no password");
    }

    fn main(&self) -> String {
        let folder = self.folder.path().display();
        format!(
            "compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = {folder}/mail.log
maillog_file_prefixes = {folder}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mx.example.org
mydestination =
default_transport = error:nothing leaves this test
relay_transport = error:nothing leaves this test
alias_maps =
alias_database =
virtual_alias_maps =
virtual_mailbox_domains = example.org, digest.example.org
virtual_mailbox_base = {folder}/boxes
virtual_mailbox_maps = texthash:{folder}/etc/boxes
virtual_uid_maps = static:{NOBODY}
virtual_gid_maps = static:{NOBODY}
recipient_delimiter = +
smtpd_reject_unlisted_recipient = no
smtpd_relay_restrictions =
smtpd_recipient_restrictions = permit_sasl_authenticated, reject
smtpd_tls_cert_file = {folder}/etc/here.pem
smtpd_tls_key_file = {folder}/etc/here.pem
smtpd_tls_security_level = encrypt
smtpd_tls_auth_only = yes
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = cyrus
cyrus_sasl_config_path = {folder}/etc/sasl
smtpd_sasl_local_domain = example.org
"
        )
    }

    /// One of `postfix`'s own commands; whether it was done.
    fn ask(&self, what: &str) -> bool {
        let mut command = Command::new("postfix");
        command.arg("-c").arg(self.path("etc")).arg(what).stdout(Stdio::null()).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    }
}

impl Drop for Postfix {
    fn drop(&mut self) {
        self.ask("stop");
        if !wait_for(Duration::from_secs(10), || !self.ask("status")) {
            self.ask("abort");
        }
    }
}

fn is_there() -> Result<(), String> {
    if id("root", "-u") != id("", "-u") {
        return Err("it starts as root only".to_owned());
    }
    for (program, asking, package) in [("postconf", "-d", "postfix"), ("saslpasswd2", "-h", "sasl2-bin")] {
        let asked = Command::new(program).arg(asking).stdout(Stdio::null()).stderr(Stdio::null()).status();
        asked.map_err(|error| format!("{program} (Debian: {package}): {error}"))?;
    }
    id("postfix", "-u").map(drop).ok_or_else(|| "there is no user `postfix`".to_owned())
}

/// A user's number; this process's own for no name.
fn id(user: &str, which: &str) -> Option<u32> {
    let mut command = Command::new("id");
    command.arg(which).args((!user.is_empty()).then_some(user));
    String::from_utf8(command.output().ok()?.stdout).ok()?.trim().parse().ok()
}

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/fixtures/tls").join(name)
}
