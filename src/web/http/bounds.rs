//! The limits of the pages: how large a request may be, how many connections there may be, and how long each step may take.

use std::time::Duration;

/// The longest address that is accepted: a token has about 100 bytes, and a proxy or a mail program may add a little.
pub(crate) const ADDRESS_BYTES: usize = 4 * 1024;
/// The largest head that is accepted, in bytes of names and values.
pub(crate) const HEAD_BYTES: usize = 16 * 1024;
/// The most header lines that are accepted.
pub(crate) const HEADERS: usize = 64;

/// Limits on connections and requests. The defaults are those used in operation: none depends on the installation, so none
/// is a setting.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Connections open at a time: far above what a page without images needs, and below the 1,024 file descriptors that a
    /// process usually has, of which mail, feeds and the database take some.
    pub connections: usize,
    /// Of these, from one network (as the rate limits count networks). This machine and the trusted proxies are not counted,
    /// because they bring everybody's requests.
    pub per_network: usize,
    /// From the end of the last answer (or the start of the connection) to the end of the next request's head. Longer than
    /// the 60 seconds for which proxies keep an idle connection, so that the proxy closes it and no request is lost.
    pub head: Duration,
    /// For the body of a request; then it is refused with 408.
    pub body: Duration,
    /// For a request with all that it does; then it is abandoned with 503.
    pub request: Duration,
    /// For a client that reads nothing of its answer; then the connection is closed.
    pub write: Duration,
    /// For what a client still sends after we have closed our side, so that it does not lose the answer (RFC 9112 §9.6).
    pub close: Duration,
    /// When all connections are taken, one that has been inactive for this long makes room for a new one.
    pub evict_after: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            connections: 512,
            per_network: 64,
            head: Duration::from_secs(75),
            body: Duration::from_secs(10),
            request: Duration::from_secs(15),
            write: Duration::from_secs(20),
            close: Duration::from_secs(2),
            evict_after: Duration::from_secs(1),
        }
    }
}
