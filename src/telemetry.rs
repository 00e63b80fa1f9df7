//! Sets up logging. The log goes to standard error, because standard output is for results.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;

/// Starts logging: warnings by default, more with each `-v`, as text or as JSON.
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
    // In a test that runs several commands in one process, only the first call has an effect.
    let _ = if json { builder.json().try_init() } else { builder.try_init() };
}
