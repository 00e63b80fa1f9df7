//! Tracing: where the log goes and how it looks. Standard output is for results; the log is on standard error.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;

/// Starts logging: warnings by default, more with each `-v`; text on a terminal, JSON otherwise when the daemon
/// asks for it.
pub fn start(verbose: u8, json: bool) {
    let level = match verbose {
        0 => "warn",
        1 => "info",
        _ => "debug",
    };
    let filter = EnvFilter::new(format!("policy_digest={level},error"));
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_target(false)
        .with_ansi(std::io::stderr().is_terminal());
    // A second start, as in a test that runs several commands in one process, changes nothing.
    let _ = if json { builder.json().try_init() } else { builder.try_init() };
}
