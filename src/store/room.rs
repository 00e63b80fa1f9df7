//! How much room the disk of the database has left.

use super::Store;

impl Store {
    /// Bytes that may still be written; `None` where the system does not say.
    #[must_use]
    pub fn room(&self) -> Option<u64> {
        fs4::available_space(self.path.parent()?).ok()
    }
}
