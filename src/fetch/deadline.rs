//! How long each stage of a fetch may take. A server that answers nothing, and one that sends a byte a second,
//! are both cut off, and the message says at which stage.

use std::time::Duration;

/// The most that each stage may take; none is above the total.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadlines {
    /// Resolving the host's name.
    pub dns: Duration,
    /// From the beginning to an open connection, the name and TLS included.
    pub connect: Duration,
    /// From an open connection to the head of the answer.
    pub first_byte: Duration,
    /// All requests of a fetch together, redirects included, without the waiting for a turn.
    pub total: Duration,
}

/// A name server or a connection that has not answered by then hardly ever does.
const DNS: Duration = Duration::from_secs(8);
const CONNECT: Duration = Duration::from_secs(12);
/// Slow pages are made within this by the slowest of content management systems.
const FIRST_BYTE: Duration = Duration::from_secs(20);

impl Deadlines {
    /// The usual ones, within a total.
    #[must_use]
    pub fn within(total: Duration) -> Self {
        Self { dns: DNS.min(total), connect: CONNECT.min(total), first_byte: FIRST_BYTE.min(total), total }
    }
}

/// Where a fetch was when its time was up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// The name was being resolved.
    Dns,
    /// The connection was being made.
    Connect,
    /// The request was sent.
    FirstByte,
    /// The answer was coming in.
    Body,
}
