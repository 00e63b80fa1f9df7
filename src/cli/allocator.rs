//! The allocator of glibc keeps what was freed: after one large document each thread's pool may keep up to 64 MiB for good,
//! because its limits grow with the largest block that was freed. They are fixed only where the environment that a process
//! begins with sets them, so the daemon begins once more, as the same process, with both set.
//! <https://man7.org/linux/man-pages/man3/mallopt.3.html>

use std::convert::Infallible;
use std::os::unix::process::CommandExt as _;
use std::process::Command;

use crate::config;

/// Blocks from this size on, in bytes, are returned to the system when they are freed, and so is as much at the end of a pool.
const LIMITS: [(&str, &str); 2] = [("MALLOC_MMAP_THRESHOLD_", "131072"), ("MALLOC_TRIM_THRESHOLD_", "131072")];

/// Begins this process once more with the allocator's limits, unless one of them is set already. If that fails, everything
/// works as well, with more memory.
pub(super) fn limit() {
    if LIMITS.iter().any(|(name, _)| config::is_in_environment(name)) {
        return;
    }
    let Err(error) = begin_once_more();
    tracing::debug!("the allocator's limits cannot be set: {error}");
}

fn begin_once_more() -> std::io::Result<Infallible> {
    let mut arguments = std::env::args_os();
    let mut command = Command::new(std::env::current_exe()?);
    if let Some(name) = arguments.next() {
        command.arg0(name);
    }
    Err(command.args(arguments).envs(LIMITS).exec())
}
