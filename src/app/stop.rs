//! Told to stop: a use case that is at work claims nothing more, and finishes what is in flight. Fetches are
//! given up, since what was not kept is asked for again; an attempt at a mail is always settled.

use tokio::sync::watch;

/// Whether the process was told to stop; once it was, it stays so.
#[derive(Debug, Default)]
pub struct Stop(watch::Sender<bool>);

impl Stop {
    /// Tells every use case to come to its end.
    pub fn request(&self) {
        self.0.send_replace(true);
    }

    /// Whether that was told.
    #[must_use]
    pub fn is_requested(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits until it is told.
    pub async fn requested(&self) {
        // The sender lives as long as `self`, so waiting cannot fail.
        let _ = self.0.subscribe().wait_for(|is_requested| *is_requested).await;
    }
}
