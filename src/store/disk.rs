//! How much room is left where the database lies.

use std::path::Path;

/// Bytes that this program may still write beside `path`.
///
/// # Errors
/// The file system does not say.
#[cfg(unix)]
pub fn free_bytes(path: &Path) -> std::io::Result<u64> {
    let found = rustix::fs::statvfs(path)?;
    Ok(found.f_bavail.saturating_mul(found.f_frsize))
}

/// Bytes that this program may still write beside `path`.
///
/// # Errors
/// It is not known how to ask this system.
#[cfg(not(unix))]
pub fn free_bytes(_: &Path) -> std::io::Result<u64> {
    Err(std::io::ErrorKind::Unsupported.into())
}
