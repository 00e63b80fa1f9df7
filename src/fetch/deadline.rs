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
    /// From the beginning to the head of the answer.
    pub first_byte: Duration,
    /// All requests of a fetch together, redirects included, without the waiting for a turn.
    pub total: Duration,
}

impl Deadlines {
    /// Each stage's share of a total, from the beginning of a request: of 30 seconds a name gets 7.5, a connection
    /// 15, and the slowest of content management systems has 22.5 to begin its answer.
    #[must_use]
    pub fn within(total: Duration) -> Self {
        Self { dns: total / 4, connect: total / 2, first_byte: total * 3 / 4, total }
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
