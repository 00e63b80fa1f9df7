//! How much the pages take of a visitor, and for how long: one place for all of it.

use std::time::Duration;

/// The longest address that is read: a token has some 100 bytes, and a proxy or a mail program may add a little.
pub(crate) const ADDRESS_BYTES: usize = 4 * 1024;
/// The largest head, in bytes of names and values, and in lines.
pub(crate) const HEAD_BYTES: usize = 16 * 1024;
pub(crate) const HEADERS: usize = 64;

/// How much there may be at a time, and how long it may take. The defaults are what holds in operation: none of them
/// depends on the installation, so none is a setting.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Connections open at a time: far above what a page without images needs, and below the 1,024 file descriptors that a
    /// process usually has, of which mails, feeds and the database take some.
    pub connections: usize,
    /// Of these, from one network (as the limits of the pages count networks). This machine and the trusted proxies, which
    /// bring everybody's requests, are not counted.
    pub per_network: usize,
    /// Without a request, before the first or between two: longer than the 60 seconds for which proxies keep an idle
    /// connection, so that it is they who close it, and no request is lost on the way.
    pub idle: Duration,
    /// From the first byte of a request's head to its last.
    pub head: Duration,
    /// For the body of a request; then it is refused with 408.
    pub body: Duration,
    /// For a request with all that it does; then it is given up with 503.
    pub request: Duration,
    /// Until an answer has left: 100 KB in it at 2 KB a second, with what the system takes up at once.
    pub answer: Duration,
    /// For what a visitor still sends that is not read any more, lest they lose the answer (RFC 9112 §9.6).
    pub close: Duration,
    /// Where there is no room, a connection that has been at one step for this long gives its place to a new one.
    pub spare: Duration,
    /// How often connections that take too long are looked for.
    pub look: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            connections: 512,
            per_network: 64,
            idle: Duration::from_secs(75),
            head: Duration::from_secs(10),
            body: Duration::from_secs(10),
            request: Duration::from_secs(15),
            answer: Duration::from_secs(40),
            close: Duration::from_secs(2),
            spare: Duration::from_secs(1),
            look: Duration::from_millis(500),
        }
    }
}
