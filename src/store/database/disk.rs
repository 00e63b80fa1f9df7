//! Free space on the disk of the database.

use std::path::Path;

/// Bytes that this program may still write beside `path`.
///
/// # Errors
/// The file system does not say.
pub fn free_bytes(path: &Path) -> std::io::Result<u64> {
    fs4::available_space(path)
}
