//! The built binary as a daemon, for tests: started on a port of its own, asked, told, and ended with the test.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, ChildStderr, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use super::{Entry, rss, wait_for, write_config};
use crate::support::program::{policy_digest, text};

const LIMIT: Duration = Duration::from_secs(60);

/// One file feed, one subscriber, and no slot before New Year.
pub fn configure(folder: &Path) {
    let never = "0 0 1 1 *";
    let more = format!("[schedule]\ndaily = \"{never}\"\nweekly = \"{never}\"\nmonthly = \"{never}\"\n");
    write_config(folder, &[("blog", "file:blog.xml")], &more);
    std::fs::write(folder.join("config/blog.xml"), rss(&[Entry::on_topic("1")])).unwrap();
    std::fs::write(folder.join("config/subscribers.csv"), "email\nada@example.org\n").unwrap();
}

/// A running one; killed when it is dropped.
pub struct Daemon {
    child: Child,
    pub address: String,
    log: Arc<Mutex<String>>,
    listener: Option<JoinHandle<()>>,
}

impl Daemon {
    /// Started, and serving.
    pub fn start(folder: &Path) -> Self {
        Self::start_with(folder, |_| {})
    }

    /// The same with more options or variables.
    pub fn start_with(folder: &Path, more: impl Fn(&mut Command)) -> Self {
        let mut command = policy_digest(folder);
        command.arg("run").env("POLICY_DIGEST__WEB__LISTEN", "127.0.0.1:0");
        command.env("POLICY_DIGEST__WEB__ADMIN_LISTEN", "127.0.0.1:0");
        more(&mut command);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let log = Arc::new(Mutex::new(String::new()));
        let listener = Some(listen(child.stderr.take().unwrap(), Arc::clone(&log)));
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("serving on http://").unwrap_or_else(|| panic!("{line:?}")).to_owned();
        Self { child, address, log, listener }
    }

    pub fn request(&self, method: &str, path: &str) -> String {
        self.post(method, path, "")
    }

    /// With a form as its body.
    pub fn post(&self, method: &str, path: &str, form: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(LIMIT)).unwrap();
        let head = format!("{method} {path} HTTP/1.1\r\nhost: digest.test\r\nconnection: close\r\n");
        let kind = "content-type: application/x-www-form-urlencoded";
        write!(stream, "{head}{kind}\r\ncontent-length: {}\r\n\r\n{form}", form.len()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    pub fn terminate(&self) {
        self.signal("-TERM");
    }

    /// Asks it to read its configuration anew.
    pub fn hang_up(&self) {
        self.signal("-HUP");
    }

    /// Stops it where it is, as a machine does that is paused.
    pub fn freeze(&self) {
        self.signal("-STOP");
    }

    /// Lets it go on.
    pub fn thaw(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, name: &str) {
        let told = Command::new("kill").args([name, &self.id().to_string()]).status().unwrap();
        assert!(told.success());
    }

    /// The number of its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// At once, as a loss of power would.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// How it ended, and its log.
    pub fn end(&mut self) -> (ExitStatus, String) {
        let mut ended = None;
        until("the daemon ended", || {
            ended = self.child.try_wait().unwrap();
            ended.is_some()
        });
        self.listener.take().unwrap().join().unwrap();
        (ended.unwrap(), self.log())
    }

    /// What it has logged so far.
    pub fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }
}

/// Reads the log as it comes: nobody waits for a full pipe.
fn listen(stderr: ChildStderr, log: Arc<Mutex<String>>) -> JoinHandle<()> {
    std::thread::spawn(move || {
        for line in BufReader::new(stderr).lines().map_while(Result::ok) {
            log.lock().unwrap().push_str(&format!("{line}\n"));
        }
    })
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn status(folder: &Path) -> serde_json::Value {
    let output = policy_digest(folder).args(["status", "--json"]).output().unwrap();
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", text(&output)))
}

pub fn until(what: &str, done: impl FnMut() -> bool) {
    assert!(wait_for(LIMIT, done), "it never came that {what}");
}
