//! The built binary under systemd's protocol, sd_notify(3): a socket that the test listens on.
#![cfg(unix)]

use std::os::unix::net::UnixDatagram;
use std::time::Duration;

use crate::support::daemon::{Daemon, configure};

/// The next word that satisfies, with what stands beside it in its datagram.
fn heard(socket: &UnixDatagram, wanted: &str) -> String {
    let mut buffer = [0; 4096];
    loop {
        let length = socket.recv(&mut buffer).unwrap_or_else(|error| panic!("`{wanted}` never came: {error}"));
        let text = String::from_utf8_lossy(&buffer[..length]).into_owned();
        if text.lines().any(|line| line == wanted) {
            return text;
        }
    }
}

#[test]
fn systemd_hears_ready_alive_reloading_and_stopping() {
    let folder = tempfile::tempdir().unwrap();
    configure(folder.path());
    let path = folder.path().join("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let mut daemon = Daemon::start_with(folder.path(), |command| {
        command.env("NOTIFY_SOCKET", &path).env("WATCHDOG_USEC", "200000");
    });
    assert!(heard(&socket, "READY=1").contains(&format!("STATUS=serving on {}", daemon.address)));
    for _ in 0..3 {
        heard(&socket, "WATCHDOG=1");
    }
    daemon.hang_up();
    assert!(heard(&socket, "RELOADING=1").contains("MONOTONIC_USEC="));
    heard(&socket, "READY=1");
    std::fs::write(folder.path().join("config/feeds.toml"), "[[feed]]\nid = 1\n").unwrap();
    daemon.hang_up();
    heard(&socket, "RELOADING=1");
    assert!(heard(&socket, "READY=1").contains("has errors"));
    daemon.terminate();
    heard(&socket, "STOPPING=1");
    assert!(daemon.end().0.success());
}

#[test]
fn a_supervisor_that_is_gone_is_no_reason_to_end() {
    let folder = tempfile::tempdir().unwrap();
    configure(folder.path());
    let mut daemon = Daemon::start_with(folder.path(), |command| {
        command.env("NOTIFY_SOCKET", folder.path().join("nowhere"));
    });
    assert!(daemon.request("GET", "/health/ready").starts_with("HTTP/1.1 200"));
    daemon.terminate();
    assert!(daemon.end().0.success());
}
