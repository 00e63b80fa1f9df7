//! The stop signal: a use case that is running claims no more work and finishes what is in flight. Fetches are
//! abandoned, since they will be repeated; an attempt to send a message is always settled.

use tokio::sync::watch;

/// Whether the process was asked to stop; once set, it stays set.
#[derive(Debug, Default)]
pub struct Stop(watch::Sender<bool>);

impl Stop {
    /// Asks every use case to finish.
    pub fn request(&self) {
        self.0.send_replace(true);
    }

    /// Whether a stop was requested.
    #[must_use]
    pub fn is_requested(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits until a stop is requested.
    pub async fn requested(&self) {
        // The sender lives as long as `self`, so waiting cannot fail.
        let _ = self.0.subscribe().wait_for(|is_requested| *is_requested).await;
    }
}
