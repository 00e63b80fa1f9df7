//! The only place where the clock is read. Tests use a manual clock.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use chrono::{DateTime, Utc};

/// The source of the time.
#[derive(Debug, Clone, Default)]
pub enum Clock {
    /// The machine's clock.
    #[default]
    System,
    /// A manual clock, which changes only when it is set; in seconds since 1970.
    Set(Arc<AtomicI64>),
}

impl Clock {
    /// A manual clock set to `now`.
    #[must_use]
    pub fn set_to(now: DateTime<Utc>) -> Self {
        Self::Set(Arc::new(AtomicI64::new(now.timestamp())))
    }

    /// The time in whole seconds, so that stored times equal the compared ones.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        let seconds = match self {
            Self::System => Utc::now().timestamp(),
            Self::Set(seconds) => seconds.load(Ordering::SeqCst),
        };
        DateTime::from_timestamp(seconds, 0).unwrap_or_default()
    }

    /// Waits until it is `at`. It looks again twice a minute, since a machine's clock may be set, or stand still while the
    /// machine sleeps. A hand-set clock must have been set to it.
    pub async fn reach(&self, at: DateTime<Utc>) {
        const LOOK_AGAIN: Duration = Duration::from_secs(30);
        while let Ok(left) = (at - self.now()).to_std()
            && !left.is_zero()
        {
            tokio::time::sleep(left.min(LOOK_AGAIN)).await;
        }
    }

    /// Moves a hand-set clock; the machine's clock is not ours to move.
    pub fn advance(&self, by: chrono::TimeDelta) {
        if let Self::Set(seconds) = self {
            seconds.fetch_add(by.num_seconds(), Ordering::SeqCst);
        }
    }
}
